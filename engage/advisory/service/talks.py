"""One-to-one talks: offered to everyone on the same terms, asked for, and then offered to every asker at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from engage.accounts import queries as accounts
from engage.advisory import queries
from engage.advisory.enums import ASK_TRANSITIONS, AskState, SessionFormat
from engage.advisory.models import AdvisorySession, OneToOneAsk, OneToOneTerms
from engage.advisory.service import offer_letters
from engage.advisory.service.answers import release_seat
from engage.advisory.service.one_to_one import NOT_YET, open_session_held, terms_of
from engage.advisory.service.session_details import SessionDetails
from engage.advisory.service.sessions import schedule
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.interests import service as interests
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.kernel.states import check
from engage.kernel.uktime import uk_time
from engage.ledger import service as ledger
from engage.ledger.enums import Channel
from engage.matchmaking import service as matchmaking
from engage.suppliers.models import Supplier

SHORTEST, LONGEST = 15, 120
MOST_AT_ONCE = 12
_ONE_EACH = "uq_one_to_one_ask_live"


@dataclass(frozen=True, kw_only=True)
class TalkTimes:
    """Several talks after one another on one day. Times are aware."""

    first_at: datetime
    number: int
    pause: timedelta
    """Between two talks."""
    place: str
    joining_details: str = ""
    facilitator_id: int | None = None


def set_terms(
    session: Session, *, actor: Actor, challenge: Challenge, minutes: int, questions: str, ask_until: datetime
) -> OneToOneTerms:
    """Offer one-to-one talks to everyone, on terms that are the same for all and public from now on.

    They can be set anew until somebody has asked or a talk is scheduled. Side effects, in order: the challenge's row
    locked, the terms, an audit line, a ledger line. Raises ``Conflict`` when the challenge is not open, no open session
    has been held yet, or somebody counts on the terms already; ``Invalid`` for a length, questions or a last moment
    that will not do.
    """
    challenge = challenges.lock(session, challenge)
    if not challenge.is_open:
        raise Conflict("One-to-one talks can be offered while the challenge is open.")
    if not open_session_held(session, challenge_id=challenge.id):
        raise Conflict(NOT_YET)
    _check_terms(minutes, questions, ask_until)
    terms = terms_of(session, challenge_id=challenge.id)
    if terms is not None and queries.talks_begun(session, challenge_id=challenge.id):
        raise Conflict("Suppliers count on these terms: somebody has asked, or a talk is scheduled already.")
    terms = terms or OneToOneTerms(challenge_id=challenge.id)
    terms.minutes, terms.questions, terms.ask_until = minutes, questions, ask_until
    terms.set_at, terms.set_by_id = clock.now(), actor.person_id
    session.add(terms)
    session.flush()
    _record(session, actor, challenge, "terms_set", minutes=minutes, ask_until=ask_until.isoformat())
    summary = (
        f"One-to-one talks of {minutes} minutes are offered to everyone who asks by {uk_time(ask_until)}"
    )
    ledger.disclose(
        session,
        challenge_ref=challenge.ref,
        fact=f"one_to_one:{challenge.ref}/{terms.set_at:%Y%m%dT%H%M%S}",
        summary=summary,
        channel=Channel.PAGE,
        body=f"{summary}.\nThe same questions for all:\n{questions}",
    )
    return terms


def ask(session: Session, *, actor: Actor, challenge: Challenge, supplier: Supplier) -> OneToOneAsk:
    """Ask for a one-to-one talk, invited or not; asking again changes nothing.

    Side effects, in order: the challenge's row locked and the supplier's organisation kept as it is, the ask, an
    audit line. Raises ``Conflict`` when the challenge offers none or the last moment is over, ``NotAllowed`` when
    the supplier is not verified.
    """
    challenge = challenges.lock(session, challenge)
    if not matchmaking.is_verified(session, supplier):
        raise NotAllowed("Your organisation has to be verified before it can ask for a talk.")
    terms = terms_of(session, challenge_id=challenge.id)
    if terms is None or not challenge.is_open:
        raise Conflict("This challenge offers no one-to-one talks at the moment.")
    if terms.ask_until <= clock.now():
        raise Conflict(f"One-to-one talks could be asked for until {uk_time(terms.ask_until)}.")
    standing = queries.ask_of(session, challenge_id=challenge.id, supplier_id=supplier.id)
    if standing is not None:
        return standing
    made = OneToOneAsk(
        challenge=challenge, supplier=supplier, person_id=actor.person_id, asked_at=clock.now()
    )
    made.state = AskState.ASKED
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != _ONE_EACH:
            raise
        raise Conflict("Your organisation has asked already.") from error
    _record(session, actor, challenge, "asked", supplier=supplier.ref)
    return made


def take_back(session: Session, *, actor: Actor, asked: OneToOneAsk) -> None:
    """Take a wish for a talk back; again changes nothing. The place in a talk to come is given up with it.

    Side effects, in order: the challenge's row locked, those of ``answers.release_seat``, the state, an audit line.
    Raises ``Conflict`` when the talk has begun.
    """
    challenge = challenges.lock(session, asked.challenge)
    session.refresh(asked)
    if asked.state is AskState.WITHDRAWN:
        return
    seat = queries.talk_of(session, challenge_id=challenge.id, supplier_id=asked.supplier_id)
    if seat is not None and seat.session.starts_at <= clock.now():
        raise Conflict("Your talk has taken place, so you cannot take your wish back any more.")
    if seat is not None:
        release_seat(session, actor=actor, seat=seat)
    _move(asked, AskState.WITHDRAWN)
    session.flush()
    _record(session, actor, challenge, "taken_back", supplier=asked.supplier.ref)


def schedule_talks(
    session: Session, *, actor: Actor, challenge: Challenge, times: TalkTimes
) -> Sequence[AdvisorySession]:
    """Schedule talks one after another, each on the announced terms, and return them.

    Side effects: those of ``sessions.schedule`` for each. Raises what that raises, and ``Invalid`` (``number``).
    """
    terms = terms_of(session, challenge_id=challenge.id)
    if terms is None:
        raise Conflict("Say first on what terms one-to-one talks are offered to everyone.")
    if not 1 <= times.number <= MOST_AT_ONCE:
        raise Invalid({"number": f"The number of talks must be between 1 and {MOST_AT_ONCE}"})
    length, made = timedelta(minutes=terms.minutes), []
    so_far = queries.count_talks(session, challenge_id=challenge.id)
    for place in range(times.number):
        begin = times.first_at + place * (length + times.pause)
        details = SessionDetails(
            title=f"One-to-one talk {so_far + place + 1}",
            format=SessionFormat.ONE_TO_ONE,
            starts_at=begin,
            ends_at=begin + length,
            places=1,
            place=times.place,
            joining_details=times.joining_details,
            agenda=terms.questions,
            facilitator_id=times.facilitator_id,
        )
        made.append(schedule(session, actor=actor, challenge=challenge, details=details))
    return made


def offer_talks(session: Session, *, actor: Actor, challenge: Challenge) -> list[OneToOneAsk]:
    """Offer a talk to everyone who asked, all at once, and return to whom.

    Whom a rule bars (suspended, a conflict of interest) goes on waiting and can be offered one when that has ended.
    Only after the last moment for asking, and only when there is a free talk for each of them: nobody is offered one
    before another, or instead of another. Each chooses a time on its invitation; who was not invited is now, and whose
    invitation has ended gets it again, beside the places of the plan.

    Side effects, in order: the challenge's row locked, the organisations of who waits kept as they are; for each
    the ask, an invitation where there was none that can be answered, a letter; the terms' ``offered_at``; an audit
    line; a ledger line. Raises ``Conflict`` when it is too early, nobody waits, or there are too few talks.
    """
    challenge = challenges.lock(session, challenge)
    terms = terms_of(session, challenge_id=challenge.id)
    if terms is None:
        raise Conflict("Say first on what terms one-to-one talks are offered to everyone.")
    if terms.ask_until > clock.now():
        raise Conflict(
            f"Suppliers can ask until {uk_time(terms.ask_until)}. Talks are offered to all of them at once, after that."
        )
    accounts.keep_organisations(
        session, {one.supplier.organisation_id for one in _waiting(session, challenge)}
    )
    waiting = _waiting(session, challenge)  # again: some may have been suspended or merged until now
    if not waiting:
        raise Conflict("Nobody waits for a talk whom the rules let take part.")
    short = len(waiting) - queries.free_talks(session, challenge_id=challenge.id)
    if short > 0:
        more = "one more" if short == 1 else f"{short} more"
        raise Conflict(
            f"{_number(len(waiting))} asked, and there are not enough free talks for all of them. Schedule {more} "
            "first: everybody who asked gets the same offer, or nobody does."
        )
    for asked in waiting:
        _move(asked, AskState.OFFERED)
        invitation = matchmaking.let_answer(
            session, actor=actor, challenge=challenge, supplier=asked.supplier
        )
        offer_letters.talk_offered(session, sender=actor, asked=asked, invitation=invitation, terms=terms)
    terms.offered_at = clock.now()
    session.flush()
    _record(session, actor, challenge, "offered", suppliers=len(waiting))
    ledger.disclose(
        session,
        challenge_ref=challenge.ref,
        fact=f"one_to_one:{challenge.ref}/offered/{terms.offered_at:%Y%m%dT%H%M%S}",
        summary="One-to-one talks were offered to everyone who had asked, on the same terms",
        channel=Channel.PAGE,
        body=f"{terms.minutes} minutes each, the same questions for all:\n{terms.questions}",
    )
    return list(waiting)


def _waiting(session: Session, challenge: Challenge) -> Sequence[OneToOneAsk]:
    """Return who waits for an offer and may have one."""
    query = (
        sa.select(OneToOneAsk)
        .where(OneToOneAsk.challenge_id == challenge.id, OneToOneAsk.state == AskState.ASKED)
        .options(joinedload(OneToOneAsk.supplier), joinedload(OneToOneAsk.person))
        .order_by(OneToOneAsk.id)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).all()
    torn = interests.blocked(
        session,
        department=challenge.organisation,
        challenge=challenge,
        supplier_ids={asked.supplier_id for asked in found},
        on=clock.uk_today(),
    )
    return [one for one in found if one.supplier_id not in torn and one.supplier.organisation.verified]


def _move(asked: OneToOneAsk, state: AskState) -> None:
    check(ASK_TRANSITIONS, now=asked.state, to=state, thing="request for a talk")
    asked.state = state
    if state is AskState.WITHDRAWN:
        asked.ended_at = clock.now()


def _check_terms(minutes: int, questions: str, ask_until: datetime) -> None:
    wrong = {}
    if not SHORTEST <= minutes <= LONGEST:
        wrong["minutes"] = f"The length must be between {SHORTEST} and {LONGEST} minutes"
    if not questions.strip():
        wrong["questions"] = "Enter the questions: every supplier is asked the same"
    if ask_until <= clock.now():
        wrong["ask_until"] = "The last day for asking must be in the future"
    if wrong:
        raise Invalid(wrong)


def _number(count: int) -> str:
    return "1 supplier has" if count == 1 else f"{count} suppliers have"


def _record(session: Session, actor: Actor, challenge: Challenge, deed: str, **details: object) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"advisory:one_to_one:{deed}",
        subject=f"challenge:{challenge.ref}",
        **details,
    )
