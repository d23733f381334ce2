"""What a plan says, in words for the department's pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engage.matchmaking import service
from engage.matchmaking.enums import Outcome, RoundStatus

if TYPE_CHECKING:
    from engage.matchmaking.models import MatchCandidate, MatchRun, SelectionRound

QUALITY = {
    RoundStatus.OPTIMAL: "Proven: no other plan under these rules has a better total fit",
    RoundStatus.FEASIBLE: "The best that was found in time; another could be at most {:.1%} better",
    RoundStatus.INFEASIBLE: "No plan keeps everything that was asked for",
}


@dataclass(frozen=True)
class PlanWords:
    """What a round says about one challenge."""

    quality: str
    shortages: Sequence[str]
    prices: Sequence[tuple[str, str]]
    """A rule in words, and the points of fit that its last place costs."""
    unkept: Sequence[str]
    """References of suppliers that a person put in and that could not be kept."""
    fairness: Sequence[tuple[str, str]]
    """What was done for newcomers and for each challenge, and what it took off the total fit."""

    @classmethod
    def of(cls, run: MatchRun, ref: str) -> PlanWords:
        """Return what the round of ``run`` says about the challenge ``ref``; nothing before a plan."""
        made = run.round
        if made is None:
            return cls("", [], [], [], [])
        found: dict[str, Any] = made.result["challenges"].get(ref, {})
        return cls(
            quality=quality(made),
            shortages=[each["words"] for each in found.get("shortages", ())],
            prices=[price(each) for each in found.get("prices", ())],
            unkept=found.get("unkept", ()),
            fairness=fairness_words(made.result),
        )


def fairness_words(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a round did for newcomers, for the draw and for each challenge, and what each cost, in words."""
    whole, rows = float(found.get("score") or 0.0), []
    parity, even, drawn = (found.get(name) for name in ("parity", "evenness", "exploration_cost"))
    if parity and parity["share"] is not None and parity["qualified"] is not None:
        share = (
            f"They get {_part(parity['share'])} of all places planned together, and are "
            f"{_part(parity['qualified'])} of the suppliers that fit. {_cost(parity['cost'], whole)}"
        )
        rows.append(("Newcomers", share))
    if drawn:
        rows.append(("Places that are drawn", _cost(drawn, whole)))
    if even:
        least = f"Each has at least {even['percent']} in 100 of the best plan that it could have alone."
        rows.append(("Every challenge planned together", f"{least} {_cost(even['cost'], whole)}"))
    return rows


def _part(share: float) -> str:
    return f"{share * 100:.0f} in 100"


def _cost(points: float, whole: float) -> str:
    if points <= 0 or whole <= 0:
        return "This cost nothing."
    return f"This took {points:.2f} points, {points / whole:.1%}, off the total fit."


def quality(made: SelectionRound) -> str:
    """Return how good a plan is known to be."""
    return QUALITY[made.status].format(made.result.get("gap") or 0.0)


def price(found: dict[str, Any]) -> tuple[str, str]:
    """Return a rule in words, and what its last place costs in points."""
    return rule_words(str(found["rule"])), f"{'' if found['exact'] else 'up to '}{found['points']:.2f}"


def rule_words(rule: str) -> str:
    """Return a rule of a plan in words: ``floor:sme`` is a least, ``cap:incumbent`` a greatest number."""
    kind, _, tag = rule.partition(":")
    if kind == "places":
        return "The number of places"
    return f"At {'least' if kind == 'floor' else 'most'} so many {service.tag_words(tag)}"


def decided(candidate: MatchCandidate) -> str:
    """Return what decided about a candidate, in one sentence."""
    return service.decided_sentence(candidate.decided_by, chosen=candidate.outcome is Outcome.CHOSEN)


def cost(candidate: MatchCandidate) -> str:
    """Return what including a candidate would have cost, in words; empty for who is chosen or takes no part."""
    found = service.cost_of(candidate)
    if found is None or found.points is None:
        return ""
    if found.points == 0:
        return "Nothing: it fits as well as one that is in the plan"
    return f"{found.points:.2f} points less in all than the plan has"
