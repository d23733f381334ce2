"""Writing what a notice says beyond the challenge: page by page, for the department, for other organisations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.chain import canonical
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.kernel.text import sha256
from engage.transparency import policy, queries
from engage.transparency.enums import Part, PartyPart, Subject
from engage.transparency.models import BuyerDetails, NoticeDetails, NoticeParty
from engage.transparency.service.answers import checked, in_order

FIELDS: Mapping[Part, tuple[str, ...]] = {
    Part.SCOPE: ("category", "kinds", "how", "cpv", "regions", "abroad"),
    Part.DATES: (
        "starts_on",
        "ends_on",
        "quantity",
        "value_net",
        "value_gross",
        "above_threshold",
        "tender_notice_on",
    ),
    Part.ENGAGEMENT: ("opens_on", "closes_on", "engagement_process", "languages", "sme", "vcse"),
    Part.CONTACT: ("contact_name", "contact_email", "contact_telephone", "contact_address"),
}
SUBJECTS: Mapping[Part, tuple[Subject, ...]] = {
    Part.SCOPE: (Subject.CATEGORY, Subject.KINDS, Subject.HOW, Subject.CPV, Subject.PLACE),
    Part.DATES: (Subject.WHEN, Subject.AMOUNT),
}
"""What may be said to be unknown on which page."""
BUYER_FIELDS = ("ppon", "street", "locality", "postal_code", "region", "email", "website", "kind", "devolved")
PARTY_FIELDS = ("part", "name", "ppon", "street", "locality", "postal_code", "email", "role")
MOST_PARTIES = 20
NO_NOTICE = "This challenge is no preliminary market engagement, so it needs no notice."
CHANGED = (
    "Somebody else saved this page after you opened it. Their answers stay: reload the page to see them."
)


def fingerprint(details: NoticeDetails, part: Part) -> str:
    """Return a digest of what stands on one page, to notice that somebody else changed it."""
    values = {field: getattr(details, field) for field in FIELDS[part]}
    plain = {field: str(value) if isinstance(value, date) else value for field, value in values.items()}
    asked = SUBJECTS.get(part, ())
    return sha256(canonical({**plain, "not_known": [each for each in details.not_known if each in asked]}))


def details_of(session: Session, *, challenge: Challenge) -> NoticeDetails:
    """Return what was written for the notice of ``challenge``, or a row outside the session that says nothing."""
    return queries.details(session, challenge_id=challenge.id) or NoticeDetails.empty(challenge.id)


def save_details(
    session: Session,
    *,
    actor: Actor,
    challenge: Challenge,
    part: Part,
    values: Mapping[str, Any],
    seen: str | None = None,
) -> NoticeDetails:
    """Keep the answers of one page (``FIELDS[part]`` by column, and ``not_known``: a list of ``Subject``).

    With ``seen`` (the ``fingerprint`` when the page was opened) what somebody else saved in the meantime is not
    overwritten. Side effects, in order: the row is made if there is none; the columns; an audit line that names
    them, unless nothing changed.

    Raises ``NotAllowed``; ``Conflict`` when the challenge needs no notice, is over, or was changed by somebody
    else; ``Invalid`` with a message for each answer that cannot stand.
    """
    row = _open(session, actor, challenge)
    kept = checked({field: values[field] for field in FIELDS[part] if field in values})
    kept["not_known"] = _not_known(row, part, values.get("not_known", ()))
    changed = {field: value for field, value in kept.items() if getattr(row, field) != value}
    if not changed:
        return row
    if seen is not None and seen != fingerprint(row, part):
        raise Conflict(CHANGED)
    in_order({**_held(row), **changed}, closing=challenge.closes_on)
    for field, value in changed.items():
        setattr(row, field, value)
    _stamp(session, actor, row)
    _note(session, actor, challenge, "changed", part=part.value, fields=sorted(changed))
    return row


def save_buyer(session: Session, *, actor: Actor, values: Mapping[str, Any]) -> BuyerDetails:
    """Keep what the actor's department says about itself in its notices (``BUYER_FIELDS``, all of them).

    Side effects, in order: the row; an audit line that names what changed. Raises ``NotAllowed``, ``Invalid``.
    """
    if not policy.can_describe(actor) or actor.organisation_id is None:
        raise NotAllowed(policy.TransparencyPermission.PREPARE.refusal)
    kept = checked({field: values[field] for field in BUYER_FIELDS})
    row = queries.buyer_details(session, organisation_id=actor.organisation_id)
    row = row or BuyerDetails.empty(actor.organisation_id)
    changed = {field: value for field, value in kept.items() if getattr(row, field) != value}
    if not changed:
        return row
    for field, value in changed.items():
        setattr(row, field, value)
    session.add(row)
    row.updated_at, row.updated_by_id = clock.now(), actor.person_id
    session.flush()
    subject = f"organisation:{actor.organisation_id}"
    audit.record(
        session,
        actor=actor,
        tag="transparency:buyer_details:changed",
        subject=subject,
        fields=sorted(changed),
    )
    return row


def add_party(
    session: Session, *, actor: Actor, challenge: Challenge, values: Mapping[str, Any]
) -> NoticeParty:
    """Add another organisation to the notice (``PARTY_FIELDS``); a summary of its role is needed for an agent.

    Side effects, in order: the row; the details count as changed; an audit line. Raises as ``save_details``.
    """
    details = _open(session, actor, challenge)
    if len(queries.parties(session, challenge_id=challenge.id)) >= MOST_PARTIES:
        raise Conflict(f"A notice can name {MOST_PARTIES} other organisations at most.")
    kept = checked({field: values[field] for field in PARTY_FIELDS})
    wrong = {}
    if not kept["name"]:
        wrong["name"] = "Enter the name of the organisation"
    if kept["part"] is PartyPart.AGENT and not kept["role"]:
        wrong["role"] = "Say what the organisation does for you"
    if wrong:
        raise Invalid(wrong)
    row = NoticeParty(challenge_id=challenge.id, created_at=clock.now(), **kept)
    session.add(row)
    _stamp(session, actor, details)
    _note(session, actor, challenge, "party_added", part=row.part.value, name=row.name)
    return row


def remove_party(session: Session, *, actor: Actor, challenge: Challenge, party_id: int) -> None:
    """Take another organisation out of the notice.

    Side effects, in order: the row goes; the details count as changed; an audit line. Raises ``NotFound``, and
    as ``save_details``.
    """
    details = _open(session, actor, challenge)
    row = queries.party(session, party_id=party_id, challenge_id=challenge.id)
    session.delete(row)
    _stamp(session, actor, details)
    _note(session, actor, challenge, "party_removed", part=row.part.value, name=row.name)


def _open(session: Session, actor: Actor, challenge: Challenge) -> NoticeDetails:
    """Return the details under the challenge's lock, new ones if there are none; refuse when they are closed."""
    if not policy.can_prepare(actor, challenge):
        raise NotAllowed(policy.NOT_ONE_OF_YOU)
    challenges.lock(session, challenge)
    if not policy.needs_notice(challenge):
        raise Conflict(NO_NOTICE)
    if challenge.state in policy.OVER:
        raise Conflict("This challenge is over, so its notice can no longer be changed.")
    row = queries.details(session, challenge_id=challenge.id)
    if row is not None:
        session.refresh(row)
        return row
    return NoticeDetails.empty(challenge.id)


def _held(row: NoticeDetails) -> dict[str, Any]:
    return {field: getattr(row, field) for fields in FIELDS.values() for field in fields}


def _stamp(session: Session, actor: Actor, row: NoticeDetails) -> None:
    row.updated_at, row.updated_by_id = clock.now(), actor.person_id
    session.add(row)


def _note(session: Session, actor: Actor, challenge: Challenge, action: str, **more: Any) -> None:
    session.flush()
    tag = f"transparency:notice_details:{action}"
    audit.record(session, actor=actor, tag=tag, subject=f"challenge:{challenge.ref}", **more)


def _not_known(row: NoticeDetails, part: Part, chosen: Any) -> list[str]:
    """Return the parts said to be unknown when this page says ``chosen``; other pages keep what they said."""
    asked = {subject.value for subject in SUBJECTS.get(part, ())}
    now = ({str(Subject(each)) for each in chosen} & asked) | (set(row.not_known) - asked)
    return [subject.value for subject in Subject if subject.value in now]
