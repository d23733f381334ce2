"""Details of notices, and releases as Find a Tender publishes them (made up, in its shape)."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import System
from engage.transparency.enums import AuthorityType, Category, LinkState
from engage.transparency.models import BuyerDetails, Notice, NoticeDetails, NoticeLink
from engage.transparency.service import Facts, import_notices, parse_release

PPON = "PABC-1234-DEFG"
WRITTEN: dict[str, Any] = {
    "category": Category.SERVICES,
    "kinds": "Software and services for booking.",
    "how": "As a service over the internet.",
    "regions": ["TLC"],
    "starts_on": date(2031, 4, 1),
    "ends_on": date(2033, 3, 31),
    "value_net": 1_000_000,
    "value_gross": 1_200_000,
    "above_threshold": True,
    "tender_notice_on": date(2031, 1, 15),
    "engagement_process": "Two sessions online and a form for answers in writing.",
    "contact_name": "Seats team",
    "contact_email": "team@seats.example",
}
OF_BUYER: dict[str, Any] = {
    "ppon": PPON,
    "street": "1 High Street",
    "locality": "Leeds",
    "postal_code": "LS1 1AA",
    "region": "TLE",
    "email": "buying@seats.example",
    "website": "https://seats.example/",
    "kind": AuthorityType.CENTRAL,
    "devolved": None,
}


def details(session: Session, challenge: Challenge, **values: Any) -> NoticeDetails:
    """Everything the notice of ``challenge`` needs, and everything its department says about itself."""
    if session.get(BuyerDetails, challenge.organisation_id) is None:
        session.add(
            BuyerDetails(
                organisation_id=challenge.organisation_id,
                updated_at=challenge.updated_at,
                updated_by_id=challenge.author_id,
                **OF_BUYER,
            )
        )
    made = NoticeDetails.empty(challenge.id)
    for field, value in {**WRITTEN, **values}.items():
        setattr(made, field, value)
    made.updated_at, made.updated_by_id = challenge.updated_at, challenge.author_id
    session.add(made)
    session.flush()
    return made


KINDS = {
    "UK2": ("planning", "planning", "marketEngagementNotice"),
    "UK4": ("tender", "tender", "tenderNotice"),
    "UK6": ("award", "awards", "awardNotice"),
    "UK9": ("implementation", "contracts", "implementationNotice"),
}


def release(
    number: str, kind: str = "UK4", *, ocid: str = "ocds-h6vhtk-0bbbbb", **changes: Any
) -> dict[str, Any]:
    """A release in the shape of Find a Tender's; ``changes`` replace its top fields."""
    tag, place, document_type = KINDS[kind]
    document = {
        "id": number,
        "documentType": document_type,
        "noticeType": kind,
        "url": f"https://www.find-tender.service.gov.uk/Notice/{number}",
    }
    made: dict[str, Any] = {
        "ocid": ocid,
        "id": number,
        "date": "2030-06-01T10:00:00+01:00",
        "tag": [tag],
        "initiationType": "tender",
        "parties": [
            {
                "id": f"GB-PPON-{PPON}",
                "name": "Department for Seats",
                "identifier": {"scheme": "GB-PPON", "id": PPON},
                "roles": ["buyer"],
                "contactPoint": {"name": "Ann Author", "email": "ann@seats.example"},
            }
        ],
        "buyer": {"id": f"GB-PPON-{PPON}", "name": "Department for Seats"},
        "tender": {
            "id": ocid,
            "title": "Booking of seats on patient transport",
            "description": "A service.",
            "status": "active",
            "items": [{"id": "1", "additionalClassifications": [{"scheme": "CPV", "id": "60130000"}]}],
        },
    }
    if place == "awards":
        suppliers = [{"id": "GB-COH-01234567", "name": "Riverbank Ltd"}]
        made["awards"] = [{"id": "1", "suppliers": suppliers, "documents": [document]}]
    elif place == "contracts":
        made["contracts"] = [{"id": "1", "documents": [document]}]
    else:
        made.setdefault(place, {})["documents"] = [document]
    return {**made, **changes}


def package(*releases: dict[str, Any]) -> dict[str, Any]:
    """A release package around ``releases``."""
    return {
        "uri": "https://www.find-tender.service.gov.uk/api/1.0/ocdsReleasePackages",
        "version": "1.1",
        "license": "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        "publisher": {"name": "Cabinet Office"},
        "releases": list(releases),
    }


def facts(*releases: dict[str, Any]) -> list[Facts]:
    """What is kept of ``releases``."""
    return [parse_release(each) for each in releases]


def notice(session: Session, number: str, kind: str = "UK4", **changes: Any) -> Notice:
    """A notice that was imported; proposals are made as by any import."""
    (kept,) = facts(release(number, kind, **changes))
    import_notices(session, actor=System("test"), releases=[kept], source="test.json")
    query = sa.select(Notice).where(Notice.ocid == kept.ocid, Notice.release_id == kept.release_id)
    return session.scalars(query).one()


def link(
    session: Session,
    challenge: Challenge,
    *,
    ocid: str = "ocds-h6vhtk-0bbbbb",
    state: LinkState = LinkState.PROPOSED,
) -> NoticeLink:
    """A link of ``challenge`` in ``state``."""
    made = NoticeLink(
        challenge_id=challenge.id,
        ocid=ocid,
        state=state,
        score=0.7,
        reasons=["The same buyer."],
        proposed_at=clock.now(),
        decided_at=None if state is LinkState.PROPOSED else clock.now(),
        decided_by_id=None if state is LinkState.PROPOSED else challenge.author_id,
    )
    session.add(made)
    session.flush()
    return made
