"""What a plan says, in words for the department's pages."""

from __future__ import annotations

from collections.abc import Sequence
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

    @classmethod
    def of(cls, run: MatchRun, ref: str) -> PlanWords:
        """Return what the round of ``run`` says about the challenge ``ref``; nothing before a plan."""
        made = run.round
        if made is None:
            return cls("", [], [], [])
        found: dict[str, Any] = made.result["challenges"].get(ref, {})
        return cls(
            quality=quality(made),
            shortages=[each["words"] for each in found.get("shortages", ())],
            prices=[price(each) for each in found.get("prices", ())],
            unkept=found.get("unkept", ()),
        )


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
