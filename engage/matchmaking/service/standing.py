"""What one supplier may know of a released match: its own data, the public rules, and whether it was invited.

Nothing here depends on what is hidden of anybody else. Whether fit, lot, floor or draw decided about a place does
depend on others' scores, so a supplier is told the rules and its own fit, never which of them tipped the balance; and
one that nearly came onto the list reads the same words as one that did not. The reasons are worked out anew from its
own frozen data, because those that were kept are finer for the first of the ranking.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from engage.kernel import clock
from engage.kernel.errors import NotFound
from engage.matching import Band, MatchingError, Parameters, SupplierProfile, band_of
from engage.matchmaking import queries
from engage.matchmaking.enums import HardRule, OverrideKind
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun, SelectionOverride
from engage.matchmaking.service.deciding import AT_RELEASE
from engage.matchmaking.service.frozen import frozen_profile
from engage.matchmaking.service.replay import explain_frozen
from engage.matchmaking.service.rules import rules_sentences
from engage.matchmaking.service.tags import YEAR
from engage.matchmaking.service.texts import Cited, kept, why
from engage.suppliers.models import Supplier

MOST = 20
"""Matches on one page, at most."""


class Verdict(StrEnum):
    """What became of a supplier in a match, as far as it is its own business."""

    INVITED = "invited"
    HARD_RULE = "hard_rule"
    PERSON = "person"
    NOT_NEAR = "not_near"
    PLACES_TAKEN = "places_taken"


@dataclass(frozen=True)
class Standing:
    """One supplier in one released match."""

    run: MatchRun
    verdict: Verdict
    sentence: str
    hard_rule: HardRule | None
    """The hard rule that left it out, when it was matched or when the invitations went out."""
    band: Band | None
    """How well it fitted; ``None`` when it was not compared, or when that cannot be worked out any more."""
    why: str
    explanation: dict[str, Any] | None
    """Its own statements that counted, in the form of ``MatchCandidate.explanation``."""
    rules: list[str]
    """The rules by which the places were given, in sentences."""
    invitation: Invitation | None
    by_person: OverrideKind | None
    """Whether a person of the department decided about it, against or before the plan."""


@dataclass(frozen=True)
class Listed:
    """A released match, and the invitation that the supplier had by it or before it."""

    run: MatchRun
    invitation: Invitation | None


@dataclass(frozen=True)
class _Fit:
    band: Band | None = None
    why: str = ""
    explanation: dict[str, Any] | None = None


def standing(session: Session, *, run: MatchRun, supplier: Supplier) -> Standing:
    """Return how ``run``, which was released, went for ``supplier``. Nothing is written.

    Raises ``NotFound`` when the run was not released, or the supplier was not there when it was frozen.
    """
    if run.released_at is None:
        raise NotFound
    profile = frozen_profile(session, run=run, supplier=supplier)
    if profile is None:
        raise NotFound
    invitation = _invitation(session, run, supplier)
    person = _decision(session, run, supplier)
    rule = profile if isinstance(profile, HardRule) else _rule_at_release(session, run, supplier)
    fit = _Fit()
    if isinstance(profile, SupplierProfile):
        fit = _fit(session, run, supplier, profile, invited=invitation is not None)
    verdict = _verdict(fit.band, invited=invitation is not None, rule=rule, person=person)
    return Standing(
        run=run,
        verdict=verdict,
        sentence=_sentence(verdict, band=fit.band, rule=rule, invitation=invitation),
        hard_rule=rule,
        band=fit.band,
        why=fit.why,
        explanation=fit.explanation,
        rules=rules_sentences(run.rules) if run.rules else [],
        invitation=invitation,
        by_person=person if verdict in {Verdict.INVITED, Verdict.PERSON} else None,
    )


def standings(session: Session, *, supplier: Supplier) -> list[Listed]:
    """Return the matches of the last year that were released, newest first, at most 20. Two statements.

    Every match of a public challenge counts that was made since the supplier is here: whether it came onto
    the ranked list does not matter. How well it fitted is worked out by ``standing``, one match at a time.
    """
    since = max(clock.now() - YEAR, supplier.created_at)
    sent = {one.challenge_id: one for one in queries.invitations_for(session, supplier_id=supplier.id)}
    runs = queries.released_runs(session, since=since)[:MOST]
    return [Listed(run, _counting(sent.get(run.challenge_id), run)) for run in runs]


def _invitation(session: Session, run: MatchRun, supplier: Supplier) -> Invitation | None:
    """Return the invitation by this match, or one that had gone out before it."""
    found = queries.invitation_of(session, challenge_id=run.challenge_id, supplier_id=supplier.id)
    return _counting(found, run)


def _counting(found: Invitation | None, run: MatchRun) -> Invitation | None:
    if found is None or found.sent_at is None:
        return None
    before = found.sent_at is not None and run.matched_at is not None and found.sent_at <= run.matched_at
    return found if found.run_id == run.id or before else None


def _decision(session: Session, run: MatchRun, supplier: Supplier) -> OverrideKind | None:
    query = sa.select(SelectionOverride.kind).where(
        SelectionOverride.challenge_id == run.challenge_id,
        SelectionOverride.supplier_id == supplier.id,
        SelectionOverride.made_at <= run.released_at,
        sa.or_(SelectionOverride.ended_at.is_(None), SelectionOverride.ended_at > run.released_at),
    )
    return session.scalar(query)


def _rule_at_release(session: Session, run: MatchRun, supplier: Supplier) -> HardRule | None:
    """Return the hard rule that kept a chosen supplier from its place when the invitations went out."""
    candidate = session.get(MatchCandidate, (run.id, supplier.id))
    name = candidate.decided_by.removeprefix(AT_RELEASE) if candidate else ""
    return HardRule(name) if name in set(HardRule) else None


def _fit(
    session: Session, run: MatchRun, supplier: Supplier, profile: SupplierProfile, *, invited: bool
) -> _Fit:
    try:
        explanation = explain_frozen(session, run=run, supplier=supplier)
    except (NotFound, MatchingError):  # made by an earlier engine, or its words are not kept
        return _kept_fit(session, run, supplier) if invited else _Fit()
    if explanation is None:
        return _Fit()
    cited = {
        one.id: Cited(title=one.title, text=one.text, dated=one.date, level=one.level.value)
        for one in profile.documents
    }
    band = band_of(explanation.score, _parameters(run), by_words=explanation.matched_by_words_alone)
    return _Fit(band, why(explanation, cited, band=band), kept(explanation, cited))


def _kept_fit(session: Session, run: MatchRun, supplier: Supplier) -> _Fit:
    """Return what the match kept. Only for the invited: who else has come onto the ranked list is not told."""
    query = sa.select(MatchCandidate).where(
        MatchCandidate.run_id == run.id, MatchCandidate.supplier_id == supplier.id
    )
    found = session.scalar(query.options(undefer(MatchCandidate.explanation)))
    return _Fit(found.band, found.why, found.explanation) if found else _Fit()


def _parameters(run: MatchRun) -> Parameters:
    known = {one.name for one in fields(Parameters)}
    return Parameters.from_dict({name: value for name, value in run.parameters.items() if name in known})


def _verdict(
    band: Band | None, *, invited: bool, rule: HardRule | None, person: OverrideKind | None
) -> Verdict:
    if invited:
        return Verdict.INVITED
    if rule is not None:
        return Verdict.HARD_RULE
    if person is OverrideKind.EXCLUDE:
        return Verdict.PERSON
    return Verdict.NOT_NEAR if band is Band.NONE else Verdict.PLACES_TAKEN


def _sentence(
    verdict: Verdict, *, band: Band | None, rule: HardRule | None, invitation: Invitation | None
) -> str:
    fit = f"Your fit was {band.value}. " if band in (Band.STRONG, Band.GOOD, Band.POSSIBLE) else ""
    if verdict is Verdict.HARD_RULE and rule is not None:
        return f"You were not invited because of a rule that comes before any comparison: {rule.own}."
    if verdict is Verdict.INVITED and invitation is not None and invitation.run_id is None:
        return f"{fit}You had been invited before, after you offered to help."
    return {
        Verdict.INVITED: f"{fit}You were invited under the rules below{_stepped_in(invitation)}.",
        Verdict.PERSON: f"{fit}A person of the department decided not to invite you, with a recorded reason.",
        Verdict.NOT_NEAR: "Your statements did not come near this challenge, so you were not invited.",
        Verdict.PLACES_TAKEN: f"{fit}The places went to other suppliers, under the rules below.",
        Verdict.HARD_RULE: "You were not invited because of a rule that comes before any comparison.",
    }[verdict]


def _stepped_in(invitation: Invitation | None) -> str:
    if invitation is None or invitation.drawn_at is None:
        return ""
    return ", as the next in line: a place had become free, and the order was part of the plan"
