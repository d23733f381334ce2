"""What was told outside engage: recorded with its time, then released to everyone in the same words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from engage.accounts import queries as accounts
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.consultation import policy, queries
from engage.consultation.events import FactReleased
from engage.consultation.models import Telling, ToldFact
from engage.consultation.service.naming import SHORTEST_NAME, traces
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone, Role, System
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.kernel.events import emit
from engage.kernel.text import one_line, required_text
from engage.ledger import service as ledger
from engage.ledger.enums import Channel
from engage.suppliers.models import Supplier

ELSEWHERE = (
    Channel.PHONE,
    Channel.EMAIL,
    Channel.MEETING,
    Channel.ONE_TO_ONE,
    Channel.EVENT,
    Channel.DOCUMENT,
)
LONGEST_TITLE = 150
LONGEST_TEXT = 20_000
LONGEST_NAME = 200
NAME_REMOVED = "[name removed]"
WORDING_FIRST = (
    "What some were told goes to everyone with the publication, and nobody has written yet what everyone will read of "
    "{}. On the Ledger tab, release it: then the challenge can be published."
)
_ONCE = "uq_telling_told_fact_id_audience_channel_told_at"


@dataclass(frozen=True, kw_only=True)
class Said:
    """To whom a thing was told, how, when and by whom. ``on_engage``: the name is that of a supplier here."""

    organisation: str
    on_engage: bool
    channel: Channel
    told_at: datetime
    told_by_id: int


def record_telling(
    session: Session, *, actor: Actor, challenge: Challenge, title: str, text: str, said: Said
) -> ToldFact:
    """Record what was told to one organisation elsewhere; from then on it is on the asymmetry report.

    ``title`` says in one line what it is about: it stands in the ledger for good, so it names nobody. ``text`` is what
    was said. The same thing recorded a second time is the first record. Side effects, in order: the
    challenge's row is held, the fact and the telling, an audit line, a ledger line to who was told, with
    the time at which they were. Raises ``NotAllowed``; ``Invalid`` for texts that are missing or too long, a title that
    names who was told, a supplier that is not on engage, a time to come.
    """
    _allow(policy.can_tell(actor, challenge))
    challenges.lock(session, challenge)
    words = {"title": one_line(title), "text": text.strip()}
    supplier, wrong = _checked(session, challenge, said)
    wrong = {**_wrong_texts(words, _name_of(supplier, said)), **wrong}
    if wrong:
        raise Invalid(wrong)
    fact = _same(session, challenge, words, said)
    if fact is None:
        fact = ToldFact(
            challenge=challenge,
            recorded_at=clock.now(),
            recorded_by_id=actor.person_id,
            wording="",
            with_publication=False,
            **words,
        )
        session.add(fact)
        session.flush()
        _record(session, actor, fact, "recorded", channel=said.channel.value)
    _tell(session, actor, fact, supplier, said)
    return fact


def record_again(session: Session, *, actor: Actor, fact: ToldFact, said: Said) -> ToldFact:
    """Record that somebody else was told the same thing. Effects and errors as in ``record_telling``.

    A wording that waits for the publication and may name them is taken back, to be written again. Recording the same
    telling again changes nothing.
    """
    _allow(policy.can_tell(actor, fact.challenge))
    challenges.lock(session, fact.challenge)
    fact = _lock(session, fact)
    supplier, wrong = _checked(session, fact.challenge, said)
    if traces(fact.title, organisation=_name_of(supplier, said), person="", email=""):
        wrong["organisation"] = (
            f"“{fact.title}” names this organisation: record what it was told under another name"
        )
    if wrong:
        raise Invalid(wrong)
    if _tell(session, actor, fact, supplier, said):
        _record(session, actor, fact, "recorded_again", channel=said.channel.value)
        if fact.released_at is None and _naming(_name_of(supplier, said), supplier, fact.wording):
            fact.wording = ""
    return fact


def release_fact(
    session: Session, *, actor: Actor, fact: ToldFact, wording: str, names_checked: bool = False
) -> ToldFact:
    """Release what was told elsewhere to everyone, in ``wording``: the exact text, less what names somebody.

    While the challenge is not public the wording is kept, and goes out at the moment of publication. Side effects, in
    order: the challenge's row is held, the fact's locked and changed, an audit line; when it is public, a ledger line
    to everyone with the hash of the wording and the event ``FactReleased`` (letters). Releasing again changes
    nothing. Raises ``NotAllowed``; ``Invalid`` when the wording is missing, too long, or seems to name who was told and
    nobody has checked that it does not.
    """
    _allow(policy.can_release(actor, fact.challenge))
    challenge = challenges.lock(session, fact.challenge)
    fact = _lock(session, fact)
    if fact.released_at is not None:
        return fact
    words = required_text(
        wording,
        field="wording",
        missing="Enter what everyone will read",
        longest=LONGEST_TEXT,
        called="The text",
    )
    found = traces_of_told(session, fact, words)
    if found and not names_checked:
        pieces = ", ".join(f"“{piece}”" for piece in found)
        raise Invalid({"wording": f"Take out what may name who was told: {pieces}"})
    fact.wording = words
    if challenge.is_public:
        _go_out(session, actor, fact)
    else:
        fact.with_publication = True
        _record(session, actor, fact, "set_for_publication", names_checked=names_checked)
    return fact


def set_for_publication(session: Session, *, challenge_id: int) -> None:
    """Have everything that was told elsewhere and is not released go out when the challenge is published.

    Before that somebody writes what everyone will read of each: see ``release_fact``. Side effects: the facts
    locked and marked, an audit line for each.
    """
    for fact in queries.unreleased(session, challenge_id=challenge_id):
        if not fact.with_publication:
            fact.with_publication = True
            _record(session, System(), fact, "set_for_publication")


def release_with_publication(session: Session, *, challenge_id: int) -> None:
    """Release what waited for the publication, now that the challenge is public.

    Side effects for each fact as in ``release_fact``, by engage itself. Raises ``Conflict`` that names each fact
    whose wording nobody has written: only a person can tell which words name somebody, so nothing is published.
    """
    facts = queries.unreleased(session, challenge_id=challenge_id)
    waiting = [fact for fact in facts if fact.with_publication]
    unworded = [f"“{fact.title}”" for fact in waiting if not fact.wording]
    if unworded:
        raise Conflict(WORDING_FIRST.format(", ".join(unworded)))
    for fact in waiting:
        _go_out(session, System(), fact)


def traces_of_told(session: Session, fact: ToldFact, text: str) -> list[str]:
    """Return the pieces of ``text`` that seem to name an organisation that was told ``fact``, or any address."""
    found: list[str] = []
    for telling in queries.recipients(session, fact_id=fact.id):
        found += _naming(telling.recipient, telling.supplier, without_names(text, found))
    return list(dict.fromkeys(found))


def _naming(recipient: str, supplier: Supplier | None, text: str) -> list[str]:
    """Return the pieces of ``text`` that seem to name ``recipient``, a supplier here or not, or any address."""
    website = supplier.website if supplier else ""
    found = traces(text, organisation=recipient, person="", email="", website=website)
    short = re.escape(_short_name(recipient))
    return found + re.findall(rf"\b(?:{short}|{short.upper()})\b", without_names(text, found))


def _short_name(organisation: str) -> str:
    """Return what people call an organisation: the first word of its name that is long enough to tell it."""
    words = re.findall(r"\w+", organisation)
    return next((word for word in words if len(word) >= SHORTEST_NAME), organisation)


def without_names(text: str, names: Iterable[str]) -> str:
    """Return ``text`` with each of ``names`` taken out, the longest first."""
    pieces = sorted(names, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, pieces)), NAME_REMOVED, text) if pieces else text


def _go_out(session: Session, actor: Anyone, fact: ToldFact) -> None:
    fact.released_at = clock.now()
    fact.released_by_id = actor.person_id if isinstance(actor, Actor) else None
    session.flush()
    _record(session, actor, fact, "released")
    ledger.disclose(
        session,
        challenge_ref=fact.challenge.ref,
        fact=fact.key,
        summary=fact.title,
        channel=Channel.PAGE,
        body=fact.wording,
    )
    emit(session, FactReleased(fact.id))


def _tell(session: Session, actor: Actor, fact: ToldFact, supplier: Supplier | None, said: Said) -> bool:
    """Write the telling and its ledger line; return whether it is new."""
    name = "" if supplier else one_line(said.organisation)
    telling = Telling(
        told_fact_id=fact.id,
        supplier=supplier,
        organisation_name=name,
        audience=f"supplier:{supplier.ref}" if supplier else "",
        channel=said.channel,
        told_at=said.told_at,
        told_by_id=said.told_by_id,
        recorded_at=clock.now(),
        recorded_by_id=actor.person_id,
    )
    known = None if supplier else queries.first_with_name(session, challenge_id=fact.challenge_id, name=name)
    if known is not None:
        telling.audience = known.audience
    try:
        with session.begin_nested():
            session.add(telling)
            session.flush()
            telling.audience = telling.audience or f"telling:{telling.id}"
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _ONCE:
            raise
        return False
    ledger.disclose(
        session,
        challenge_ref=fact.challenge.ref,
        fact=fact.key,
        summary=fact.title,
        channel=said.channel,
        audience=telling.audience,
        body=fact.text,
        released_at=said.told_at,
        delivered_at=said.told_at,
    )
    session.expire(fact, ["tellings"])
    return True


def _checked(session: Session, challenge: Challenge, said: Said) -> tuple[Supplier | None, dict[str, str]]:
    name, wrong = one_line(said.organisation), {}
    supplier = queries.supplier_named(session, name) if name else None
    if not name:
        wrong["organisation"] = "Enter who was told"
    elif len(name) > LONGEST_NAME:
        wrong["organisation"] = f"The name must be {LONGEST_NAME} characters or fewer"
    elif said.on_engage and supplier is None:
        wrong["organisation"] = (
            f"No supplier called “{name}” is on engage. Check the spelling, or say that it is not on engage"
        )
    if said.channel not in ELSEWHERE:
        wrong["channel"] = "Choose how it was told"
    if said.told_at > clock.now():
        wrong["told_at"] = "The time must be in the past"
    department = accounts.people_with(
        session,
        Role.POLICY_AUTHOR,
        Role.APPROVER,
        Role.FACILITATOR,
        organisation_id=challenge.organisation_id,
    )
    if said.told_by_id not in {person.id for person in department}:
        wrong["told_by"] = "Choose who told them, from the people of your department"
    return supplier, wrong


def _name_of(supplier: Supplier | None, said: Said) -> str:
    """Return the name of who was told, also when it was entered by its reference."""
    return one_line(supplier.organisation.name if supplier else said.organisation)


def _wrong_texts(words: dict[str, str], organisation: str) -> dict[str, str]:
    missing = {"title": "Enter what it is about", "text": "Enter what was said"}
    longest = {"title": LONGEST_TITLE, "text": LONGEST_TEXT}
    wrong = {name: missing[name] for name, text in words.items() if not text}
    for name, text in words.items():
        if len(text) > longest[name]:
            wrong[name] = f"This must be {longest[name]:,} characters or fewer"
    named = traces(words["title"], organisation=organisation, person="", email="")
    if named:
        wrong["title"] = f"Take “{named[0]}” out: this line is kept for good and everyone reads it in the end"
    return wrong


def _same(session: Session, challenge: Challenge, words: dict[str, str], said: Said) -> ToldFact | None:
    """Return the record of exactly this, made by a first click of two."""
    query = (
        sa.select(ToldFact)
        .join(ToldFact.tellings)
        .where(
            ToldFact.challenge_id == challenge.id,
            ToldFact.title == words["title"],
            ToldFact.text == words["text"],
            Telling.told_at == said.told_at,
        )
        .order_by(ToldFact.id)
        .limit(1)
    )
    return session.scalar(query)


def _lock(session: Session, fact: ToldFact) -> ToldFact:
    query = sa.select(ToldFact).where(ToldFact.id == fact.id).options(joinedload(ToldFact.challenge))
    locked = query.with_for_update(of=ToldFact).execution_options(populate_existing=True)
    return session.scalars(locked).one()


def _allow(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(policy.ONLY_THE_DEPARTMENT)


def _record(session: Session, actor: Anyone, fact: ToldFact, deed: str, **details: object) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"consultation:telling:{deed}",
        subject=f"challenge:{fact.challenge.ref}",
        fact=fact.key,
        **details,
    )
