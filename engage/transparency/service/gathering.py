"""Reading the record of a notice from the rows: the challenge, its details, the department, its sessions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from engage.advisory import queries as advisory
from engage.advisory.enums import SessionState
from engage.advisory.models import AdvisorySession
from engage.challenges import queries as challenges
from engage.challenges.models import Attached, Challenge, EngagementStep
from engage.kernel import clock
from engage.kernel.filetypes import FileKind
from engage.kernel.settings import settings
from engage.transparency import queries
from engage.transparency.enums import Subject
from engage.transparency.models import BuyerDetails, NoticeDetails, NoticeParty
from engage.transparency.service.record import Address, Annex, Authority, Contact, Event, NoticeRecord, Party

PPON_SCHEME = "GB-PPON"


def record_of(session: Session, *, challenge: Challenge) -> NoticeRecord:
    """Return everything the notice of ``challenge`` says, as it stands now; changes nothing.

    What the department has not written is taken from the challenge where it says it: CPV codes, region, closing
    date. Sessions that are not cancelled are its events.
    """
    written = queries.details(session, challenge_id=challenge.id)
    buyer = queries.buyer_details(session, organisation_id=challenge.organisation_id)
    meetings = [
        each
        for each in advisory.sessions_of_challenge(session, challenge_id=challenge.id)
        if each.state is not SessionState.CANCELLED
    ]
    # of a notice that was recorded the challenge itself no longer changes: its state moves on, its text does not
    recorded = challenge.notice_recorded_at if challenge.ocid else None
    steps = _steps(session, challenge, until=recorded)
    stamps = [
        *_stamps(written, buyer, meetings),
        *(each.recorded_at for each in steps),
        challenge.created_at if recorded else challenge.updated_at,
    ]
    region = [challenge.region] if challenge.region else []
    own = written or NoticeDetails.empty(challenge.id)
    return NoticeRecord(
        ref=challenge.ref,
        title=challenge.title,
        problem=challenge.problem,
        purposes=tuple(challenge.purposes),
        authority=_authority(challenge, buyer),
        parties=[_party(each) for each in queries.parties(session, challenge_id=challenge.id)],
        contact=_contact(own),
        category=own.category,
        kinds=own.kinds,
        how=own.how,
        starts_on=own.starts_on,
        ends_on=own.ends_on,
        quantity=own.quantity,
        value_net=own.value_net,
        value_gross=own.value_gross,
        above_threshold=own.above_threshold,
        cpv=tuple(dict.fromkeys([*challenge.cpv, *own.cpv])),
        regions=tuple(own.regions or ([] if own.abroad else region)),
        abroad=own.abroad,
        not_known=frozenset(Subject(each) for each in own.not_known),
        sme=own.sme,
        vcse=own.vcse,
        opens_on=own.opens_on,
        closes_on=own.closes_on or challenge.closes_on,
        process=own.engagement_process,
        events=[_event(each) for each in meetings],
        steps=tuple(each.text for each in steps),
        languages=tuple(own.languages),
        tender_notice_on=own.tender_notice_on,
        annexes=[_annex(challenge, each) for each in challenge.attachments],
        notice_number=challenge.notice_number or "",
        ocid=challenge.ocid or "",
        recorded_at=recorded,
        changed_at=max(stamps),
        today=clock.uk_today(),
    )


def _steps(session: Session, challenge: Challenge, *, until: datetime | None) -> Sequence[EngagementStep]:
    """Return the steps that the notice tells: those taken after it was recorded stand on the page alone."""
    found = challenges.engagement_steps(session, challenge_id=challenge.id)
    return [each for each in found if until is None or each.recorded_at <= until]


def _stamps(
    written: NoticeDetails | None, buyer: BuyerDetails | None, meetings: Iterable[AdvisorySession]
) -> list[datetime]:
    found = [row.updated_at for row in (written, buyer) if row is not None]
    # a session's row also changes when somebody takes a place, which no notice tells: its sequence does not
    return found + [each.updated_at if each.sequence else each.created_at for each in meetings]


def _authority(challenge: Challenge, buyer: BuyerDetails | None) -> Authority:
    organisation = challenge.organisation
    numbers: Sequence[tuple[str, str]] = [(each.scheme, each.value) for each in organisation.identifiers]
    ppon = next((value for scheme, value in numbers if scheme == PPON_SCHEME), "")
    others = tuple(pair for pair in numbers if pair[0] != PPON_SCHEME)
    if buyer is None:
        return Authority(name=organisation.name, ppon=ppon, other_ids=others)
    return Authority(
        name=organisation.name,
        ppon=buyer.ppon or ppon,
        other_ids=others,
        address=_address(buyer, region=buyer.region),
        email=buyer.email,
        website=buyer.website,
        kind=buyer.kind,
        devolved=buyer.devolved,
    )


def _address(row: BuyerDetails | NoticeParty, *, region: str = "") -> Address:
    return Address(street=row.street, locality=row.locality, postal_code=row.postal_code, region=region)


def _party(row: NoticeParty) -> Party:
    return Party(
        name=row.name, ppon=row.ppon, address=_address(row), email=row.email, part=row.part, role=row.role
    )


def _contact(own: NoticeDetails) -> Contact:
    return Contact(
        name=own.contact_name,
        email=own.contact_email,
        telephone=own.contact_telephone,
        address=own.contact_address,
    )


def _annex(challenge: Challenge, each: Attached) -> Annex:
    return Annex(
        name=each["name"],
        url=f"{settings().base_url}/challenges/{challenge.ref}/attachments/{each['sha256']}",
        mime=FileKind(each["kind"]).about.mime.partition(";")[0],
        sha256=each["sha256"],
    )


def _event(meeting: AdvisorySession) -> Event:
    return Event(
        title=meeting.title, place=meeting.place, starts_at=meeting.starts_at, ends_at=meeting.ends_at
    )
