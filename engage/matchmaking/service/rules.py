"""The rules by which places are given: set by a person, versioned, never edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking.enums import RunState
from engage.matchmaking.models import MatchRun, SelectionRules
from engage.matchmaking.models.selection import EXPLORATION, PLACES
from engage.matchmaking.service import selecting
from engage.matchmaking.service.matchable import MATCHABLE
from engage.matchmaking.service.places import room
from engage.matchmaking.service.tags import CAP_TAGS, FLOOR_TAGS, tag_words

MOST_PLACES = 50
MOST_EXPLORATION = 0.5
LONGEST_REASON = 500


@dataclass(frozen=True, kw_only=True)
class RulesText:
    """The rules as a person enters them. A floor of 0 says nothing; a cap of 0 leaves those suppliers out."""

    places: int = PLACES
    floors: Mapping[str, int] = field(default_factory=dict)
    caps: Mapping[str, int] = field(default_factory=dict)
    exploration: float = EXPLORATION
    reason: str = ""


def set_rules(session: Session, *, actor: Actor, challenge: Challenge, rules: RulesText) -> SelectionRules:
    """Make the next version of the rules of ``challenge`` and plan anew if a match stands unreleased.

    Rules that say the same as those in force change nothing. Side effects, in order: the row; an audit line;
    then those of ``selecting.plan``. Once somebody could have seen a match, a reason is needed and the
    version says for ever that it came after.

    Raises ``Conflict`` when nobody can be matched to the challenge any more, or when the rules and the pins
    that stand cannot all be kept (in words, with the smallest way out); ``Invalid`` by field: ``places``,
    ``exploration``, ``reason``, and each tag with ``_`` for ``:`` (``region_TLC``).
    """
    selecting.begin(session, challenge_ids=[challenge.id])
    if challenge.state not in MATCHABLE:
        raise Conflict("Nobody is matched to this challenge any more, so its rules stay as they are.")
    former = selecting.rules_in_force(session, challenge=challenge)
    seen = _seen(session, challenge)
    given = room(session, challenge_id=challenge.id, places=former.places).given
    clean = _checked(rules, reason_needed=seen, given=given)
    if _same(former, clean):
        return former
    made = SelectionRules(
        challenge_id=challenge.id,
        number=former.number + 1,
        places=clean.places,
        floors=dict(clean.floors),
        caps=dict(clean.caps),
        exploration=clean.exploration,
        reason=clean.reason,
        after_match=seen,
        made_at=clock.now(),
        made_by_id=actor.person_id,
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag="matchmaking:rules:set",
        subject=f"challenge:{challenge.ref}",
        number=made.number,
        places=made.places,
        floors=made.floors,
        caps=made.caps,
        exploration=made.exploration,
        after_match=seen,
    )
    selecting.plan(
        session,
        actor=actor,
        insists=lambda order: order.session == challenge.ref and order.kind in {"places", "cap"},
    )
    return made


def rules_sentences(rules: SelectionRules) -> list[str]:
    """Return the rules in words, one sentence each; for everybody."""
    found = [
        f"Up to {rules.places} suppliers are invited." if rules.places > 1 else "One supplier is invited."
    ]
    found += [
        f"At least {_places(rules.floors[tag])} for {tag_words(tag)}."
        for tag in FLOOR_TAGS
        if rules.floors.get(tag)
    ]
    found += [
        f"At most {_places(rules.caps[tag])} for {tag_words(tag)}." for tag in CAP_TAGS if tag in rules.caps
    ]
    if rules.exploration:
        found.append(
            f"Up to {rules.exploration:.0%} of the places are drawn among newcomers that fit, whom nobody invited "
            "in the last year."
        )
    found.append("At most one supplier of a corporate group.")
    found.append("Whoever volunteers can be invited besides, and takes none of these places.")
    return found


def _places(number: int) -> str:
    return f"{number} place{'' if number == 1 else 's'}"


def _seen(session: Session, challenge: Challenge) -> bool:
    query = sa.select(MatchRun.id).where(
        MatchRun.challenge_id == challenge.id, MatchRun.state != RunState.FROZEN
    )
    return session.scalar(query.limit(1)) is not None


def _same(former: SelectionRules, rules: RulesText) -> bool:
    return (former.places, former.floors, former.caps, former.exploration) == (
        rules.places,
        dict(rules.floors),
        dict(rules.caps),
        rules.exploration,
    )


def _checked(rules: RulesText, *, reason_needed: bool, given: int) -> RulesText:
    wrong: dict[str, str] = {}
    if not 1 <= rules.places <= MOST_PLACES:
        wrong["places"] = f"Places must be between 1 and {MOST_PLACES}"
    elif rules.places < given:
        wrong["places"] = (
            f"Enter {given} or more: so many places are given already, and invitations that are out stay"
        )
    floors = _bounds(rules.floors, FLOOR_TAGS, wrong, most=rules.places)
    floors = {tag: number for tag, number in floors.items() if number}
    caps = _bounds(rules.caps, CAP_TAGS, wrong, most=rules.places)
    if not isfinite(rules.exploration) or not 0 <= rules.exploration <= MOST_EXPLORATION:
        wrong["exploration"] = "The share for newcomers must be between 0% and 50%"
    reason = rules.reason.strip()
    if reason_needed and not reason:
        wrong["reason"] = "Say why the rules change after a match was made: the reason is published"
    if len(reason) > LONGEST_REASON:
        wrong["reason"] = f"The reason must be {LONGEST_REASON} characters or fewer"
    if wrong:
        raise Invalid(wrong)
    return RulesText(
        places=rules.places, floors=floors, caps=caps, exploration=rules.exploration, reason=reason
    )


def _bounds(
    given: Mapping[str, int], known: tuple[str, ...], wrong: dict[str, str], *, most: int
) -> dict[str, int]:
    for tag, number in given.items():
        where = tag.replace(":", "_")
        if tag not in known:
            wrong[where] = f"{tag} is not something that rules can ask for"
        elif not 0 <= number <= most:
            wrong[where] = f"Each number must be between 0 and the number of places, {most}"
    return {tag: given[tag] for tag in known if tag in given}
