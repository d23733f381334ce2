"""Notices: what the demo department writes for its own, and what Find a Tender would say of what followed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engage.challenges.models import Challenge
from engage.demo import texts
from engage.demo.accounts import AUTHOR, DEPARTMENT
from engage.demo.script import Diary, Step
from engage.demo.stories.people import OPERATOR
from engage.demo.world import World
from engage.kernel import clock
from engage.transparency import service
from engage.transparency.enums import AuthorityType, Category, Part

Entry = Mapping[str, Any]
SOURCE = "made up for the demo"
DAYS = frozenset({"starts_on", "ends_on", "tender_notice_on", "opens_on"})
KINDS = {"UK4": ("tender", "tenderNotice"), "UK6": ("award", "awardNotice")}


def steps(today: date) -> list[Step]:
    """Return the steps about notices of the demo department."""
    diary, found = Diary(today), texts.lawful()
    first = min(one["day"] for one in found["notices"].values())
    diary.note(first - 1, "09:50", "The department describes itself", partial(_describes, found["buyer"]))
    for name, one in found["notices"].items():
        diary.note(one["day"], "11:20", f"{name}: notice written", partial(_writes, name, one))
    for one in found["notices_that_followed"]:
        name = f"{one['challenge']}: notice {one['number']}"
        diary.note(one["day"], "07:10", name, partial(_arrives, one))
        if "linked" in one:
            diary.note(one["linked"], "10:40", f"{name} linked", partial(_links, one))
    return diary.steps()


def _describes(buyer: Entry, session: Session, world: World) -> None:
    values = {**buyer, "kind": AuthorityType(buyer["kind"])}
    service.save_buyer(session, actor=world.actor(session, AUTHOR.email), values=values)


def _writes(name: str, one: Entry, session: Session, world: World) -> None:
    challenge, actor = world.challenge(session, name), world.actor(session, AUTHOR.email)
    for part in Part:
        values = {field: _value(field, value, world.today) for field, value in one[part.value].items()}
        service.save_details(session, actor=actor, challenge=challenge, part=part, values=values)


def _value(field: str, value: Any, today: date) -> Any:
    if field in DAYS:
        return today + timedelta(days=value)
    return Category(value) if field == "category" else value


def _arrives(one: Entry, session: Session, world: World) -> None:
    challenge = world.challenge(session, one["challenge"])
    kept = service.parse_release(release(one, challenge, clock.now()))
    service.import_notices(session, actor=OPERATOR, releases=[kept], source=SOURCE)


def _links(one: Entry, session: Session, world: World) -> None:
    service.add_link(
        session,
        actor=world.actor(session, AUTHOR.email),
        challenge=world.challenge(session, one["challenge"]),
        ocid=_ocid(one),
    )


def _ocid(one: Entry) -> str:
    return f"ocds-h6vhtk-{one['process']}"


def release(one: Entry, challenge: Challenge, moment: datetime) -> dict[str, Any]:
    """Return a made-up release in the shape in which Find a Tender publishes them."""
    number, (tag, document_type) = f"{one['number']}-{moment.year}", KINDS[one["kind"]]
    document = {
        "id": number,
        "documentType": document_type,
        "noticeType": one["kind"],
        "url": f"https://www.find-tender.service.gov.uk/Notice/{number}",
    }
    buyer = f"GB-PPON-{texts.lawful()['buyer']['ppon']}"
    tender: dict[str, Any] = {
        "id": _ocid(one),
        "title": one["title"],
        "description": challenge.problem[:400],
        "status": "complete" if tag == "award" else "active",
        "items": [
            {
                "id": "1",
                "additionalClassifications": [{"scheme": "CPV", "id": code} for code in challenge.cpv],
            }
        ],
    }
    made: dict[str, Any] = {
        "ocid": _ocid(one),
        "id": number,
        "date": moment.isoformat(timespec="seconds"),
        "tag": [tag],
        "initiationType": "tender",
        "parties": [{"id": buyer, "name": DEPARTMENT, "roles": ["buyer"]}],
        "buyer": {"id": buyer, "name": DEPARTMENT},
        "tender": tender,
    }
    if tag == "award":
        winner = texts.invented()[0]
        suppliers = [{"id": "-".join(winner.identifier), "name": winner.name}]
        return {**made, "awards": [{"id": "1", "suppliers": suppliers, "documents": [document]}]}
    tender["documents"] = [document]
    return made
