"""The walk of ``live`` in plain text, for a terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import queries as sessions
from engage.audit.models import AuditEvent
from engage.challenges import queries as challenges
from engage.challenges.models import Challenge
from engage.demo import texts
from engage.demo.live import PITCH, Walk
from engage.kernel.chain import verify
from engage.kernel.codes import REGIONS
from engage.kernel.text import excerpt
from engage.kernel.uktime import uk_date, uk_range, uk_time
from engage.ledger.models import Disclosure
from engage.matching import TermReason
from engage.matchmaking import queries as matchmaking
from engage.matchmaking import service as matching
from engage.matchmaking.enums import HardRule, InvitationState, Outcome, OverrideKind
from engage.matchmaking.models import MatchCandidate, MatchRun
from engage.matchmaking.service.texts import telling
from engage.outbox.models import Letter
from engage.suppliers import queries as suppliers

WIDTH = 88
FIRST = 10
ALTERNATES = 5
LONGEST_SENTENCE = 220
TERMS = 4
MADE_UP = frozenset(one.name for one in texts.invented())


def tell(session: Session, walk: Walk) -> str:
    """Return the story of ``walk``: challenge, approval, ranking with reasons, plan, invitations, offer, digest."""
    parts = (
        _challenge(session, walk),
        _approval(session, walk),
        _ranking(session, walk),
        _plan(session, walk),
        _invitations(session, walk),
        _seat(session, walk),
        _not_invited(session, walk),
        _offer(walk),
        _digest(walk),
        _traces(session, walk),
    )
    return "\n\n".join("\n".join(part) for part in parts)


def _challenge(session: Session, walk: Walk) -> Iterator[str]:
    found = session.get_one(Challenge, walk.challenge_id)
    yield _heading(1, "A department writes down a problem")
    yield f"{found.ref}  {found.title}"
    region = REGIONS.get(found.region or "", "United Kingdom")
    assert found.closes_on is not None
    yield f"{found.organisation.name} · {region} · open until {uk_date(found.closes_on)}"
    yield ""
    yield _wrapped(found.problem)
    yield ""
    yield _wrapped(f"Not decided yet: {found.undecided}")
    yield _wrapped(f"Expertise wanted: {found.expertise}")
    yield _wrapped(f"Where the text comes from: {found.source}")


def _approval(session: Session, walk: Walk) -> Iterator[str]:
    found = session.get_one(Challenge, walk.challenge_id)
    review = challenges.reviews(session, challenge_id=found.id)[-1]
    yield _heading(2, "Another person approves it, and it is published")
    assert found.approved_hash is not None
    assert found.published_at is not None
    yield _wrapped(
        f"{found.author.name} wrote the text. {review.reviewer.name} read it and approved exactly these words "
        f"(SHA-256 {found.approved_hash[:16]}…). It was published on {uk_time(found.published_at)}."
    )


def _ranking(session: Session, walk: Walk) -> Iterator[str]:
    run = session.get_one(MatchRun, walk.run_id)
    yield _heading(3, f"The engine compares {run.suppliers_considered} suppliers")
    how = "words only" if run.embedder == "none" else f"meaning ({run.embedder}) and words"
    left_out = ", ".join(
        f"{count} {HardRule(rule).sentence}" for rule, count in run.suppliers_excluded.items() if count
    )
    yield _wrapped(f"Compared by {how}. Left out beforehand: {left_out or 'nobody'}. The first ten:")
    for place in matchmaking.candidates(session, run_id=run.id)[:FIRST]:
        yield from _place(matchmaking.candidate(session, run_id=run.id, supplier_ref=place.supplier.ref))


def _place(candidate: MatchCandidate) -> Iterator[str]:
    yield ""
    name = candidate.supplier.organisation.name
    made_up = ", made up for the demo" if name in MADE_UP else ""
    yield f"{candidate.rank:>3}. {name}  [{candidate.band.value}, score {candidate.score:.2f}{made_up}]"
    documents: Sequence[Mapping[str, Any]] = candidate.explanation["documents"]
    if not documents:
        yield _indented(candidate.why)
        return
    best = documents[0]
    about = ", ".join(filter(None, (best["client"], best["dated"])))
    yield _indented(f"“{excerpt(best['title'], length=90)}”{f' ({about})' if about else ''}")
    if sentence := _sentence(best):
        yield _indented(f"> {sentence}")
    if words := telling([TermReason(**term) for term in best["terms"]]):
        yield _indented(f"Words in common: {', '.join(words[:TERMS])}")


def _sentence(reason: Mapping[str, Any]) -> str:
    """Return the sentence of a statement that is nearest to the challenge; empty when only the title is."""
    passages = [one for one in reason["passages"] if one["field"] == "text"]
    if not passages:
        return ""
    best = max(passages, key=lambda one: one["strength"])
    return excerpt(reason["text"][best["start"] : best["end"]], length=LONGEST_SENTENCE)


def _plan(session: Session, walk: Walk) -> Iterator[str]:
    run = session.get_one(MatchRun, walk.run_id)
    assert run.rules is not None
    assert run.round is not None
    assert run.commitment is not None
    yield _heading(4, "One plan gives the places, by rules that were set before")
    yield _wrapped(" ".join(matching.rules_sentences(run.rules)))
    yield _wrapped(
        f"The draw among near-ties was committed to before anybody was matched (SHA-256 of its secret: "
        f"{run.commitment.commitment[:16]}…)."
    )
    for decision in matchmaking.overrides(session, challenge_id=walk.challenge_id):
        deed = "puts in" if decision.kind is OverrideKind.PIN else "leaves out"
        name = decision.supplier.organisation.name
        yield _wrapped(
            f"{decision.made_by.name} {deed} {name}, with a reason that is kept: {decision.reason}"
        )
    yield ""
    found = matchmaking.candidates(session, run_id=run.id)
    for one in found:
        if one.outcome is Outcome.CHOSEN:
            yield f"  {one.supplier.organisation.name}"
            yield _indented(matching.decided_sentence(one.decided_by, chosen=True))
    waiting = sorted((one for one in found if one.alternate_rank), key=lambda one: one.alternate_rank or 0)
    yield ""
    yield _wrapped(
        f"Next in line: {', '.join(one.supplier.organisation.name for one in waiting[:ALTERNATES])}."
    )
    for shortage in run.round.result["challenges"][run.challenge.ref]["shortages"]:
        yield _wrapped(f"Not met: {shortage['words']}")
    yield _wrapped(
        f"{run.round.solver}: the plan is {run.round.status.value}, with {run.round.objective:.2f} points of at most "
        f"{run.round.bound:.2f}."
    )


def _invitations(session: Session, walk: Walk) -> Iterator[str]:
    found = matchmaking.for_challenge(session, challenge_id=walk.challenge_id)
    states = Counter(one.state is InvitationState.HELD for one in found)
    run = session.get_one(MatchRun, walk.run_id)
    yield _heading(5, f"{len(found)} suppliers are invited")
    yield _wrapped(
        f"{matchmaking.releaser(session, run=run)} let the invitations go: {states[False]} left at once, "
        f"{states[True]} wait until somebody of the supplier has an account."
    )
    for one in found:
        until = f", to be answered by {uk_date(one.expires_at)}" if one.expires_at else ""
        yield f"  {one.state.value:<9} {one.supplier.organisation.name}{until}"


def _seat(session: Session, walk: Walk) -> Iterator[str]:
    meeting = sessions.sessions_of_challenge(session, challenge_id=walk.challenge_id)[0]
    yield _heading(6, "One of them takes a seat")
    for seat in sessions.live_seats(meeting):
        yield _wrapped(
            f"{seat.supplier.organisation.name} accepted. {seat.person.name} has a place in “{meeting.title}”, "
            f"{uk_range(meeting.starts_at, meeting.ends_at)}. {meeting.free} of {meeting.places} places are left."
        )


def _not_invited(session: Session, walk: Walk) -> Iterator[str]:
    run = session.get_one(MatchRun, walk.run_id)
    supplier = suppliers.by_ref(session, ref=walk.volunteer_ref)
    own = matching.standing(session, run=run, supplier=supplier)
    yield _heading(7, "Who was not invited can see why, and everybody can see how")
    yield _wrapped(f"{walk.volunteer} reads: {own.sentence}")
    yield _indented(own.why)
    record = matching.record(session, challenge=run.challenge)
    assert record is not None
    used = next(one for one in record.commitments if one.secret is not None)
    yield _wrapped(
        f"On the public record of match {run.ref}: the rules, numbers of who was compared and invited, digests to "
        f"replay it by, and now the secret of the draw ({(used.secret or '')[:16]}…), so that anybody can check it."
    )


def _offer(walk: Walk) -> Iterator[str]:
    yield _heading(8, "That supplier volunteers")
    yield _wrapped(f"{walk.volunteer} was not invited and offers to help:")
    yield _indented(f"“{PITCH}”")


def _digest(walk: Walk) -> Iterator[str]:
    yield _heading(9, "A digest tells those who asked")
    yield f"To {walk.digest.recipient}, goes out on {uk_time(walk.digest.at)}:"
    yield ""
    yield f"  | Subject: {walk.digest.subject}"
    yield "  |"
    for line in walk.digest.text.rstrip().splitlines():
        yield (
            textwrap.fill(
                line, WIDTH, initial_indent="  | ", subsequent_indent="  | ", break_long_words=False
            )
            or "  |"
        )


def _traces(session: Session, walk: Walk) -> Iterator[str]:
    ref = session.get_one(Challenge, walk.challenge_id).ref
    about = sa.select(sa.func.count()).select_from(Letter).where(Letter.challenge_ref == ref)
    disclosed = sa.select(sa.func.count()).select_from(Disclosure).where(Disclosure.challenge_ref == ref)
    faults = [fault for table in (AuditEvent, Disclosure) for fault in verify(session, table)]
    yield _heading(10, "What is kept")
    yield _wrapped(
        f"{session.scalar(about)} letters about {ref}, {session.scalar(disclosed)} lines in the ledger of who was "
        f"told what. The audit trail and the ledger are {'BROKEN' if faults else 'sound'} to the last row."
    )
    yield "To see all of it in a browser: engage demo"


def _heading(number: int, words: str) -> str:
    line = f"{number}. {words}"
    return f"{line}\n{'-' * len(line)}"


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.fill(part, WIDTH) if part else "" for part in text.splitlines())


def _indented(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="     ", subsequent_indent="     ")
