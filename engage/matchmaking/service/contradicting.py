"""What cannot all be kept, in words for the department that asked: its own orders by name, those of others unnamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engage.matching.assignment import Change, Order, Plan
from engage.matchmaking.service.problem import Contest
from engage.matchmaking.service.tags import plain, tag_words


def contradiction(solved: Plan, contests: Sequence[Contest], *, asked_by: int | None) -> str:
    """Return what cannot be met together, and the least that would have to change.

    ``asked_by`` is the organisation that reads it. Of another department's challenge, which may not be
    public, it learns no more than that there is one.
    """
    known = {each.ref: each for each in contests}
    own = {ref for ref, each in known.items() if each.run.challenge.organisation_id == asked_by}
    wanted = "; ".join(dict.fromkeys(_wish(order, known, own) for order in solved.conflicting))
    ways = "; ".join(dict.fromkeys(_way(change, known, own) for change in solved.relaxation))
    return f"This cannot all be kept: {wanted}. The smallest way out: {ways}."


def _wish(order: Order, contests: Mapping[str, Contest], own: set[str]) -> str:
    name, where = _name(order, contests), _where(order, own)
    if order.kind == "capacity":
        left = _left(order, contests)
        return f"{name} takes {_count(left, 'more invitation')} this quarter"
    if order.kind == "pin":
        return f"somebody gave {name} a place in {where}"
    if order.kind == "exclusion":
        return f"somebody left {name} out of {where}"
    if order.kind == "group":
        return f"only one supplier of a corporate group can be invited to {where}"
    rules = contests[order.session].rules
    if order.kind == "places":
        return f"the rules give {_count(rules.places, 'place')}"
    tag = plain(order.tag)
    if order.kind == "floor":
        return f"the rules ask for at least {_count(rules.floors[tag], 'place')} for {tag_words(tag)}"
    return f"the rules take at most {_count(rules.caps[tag], 'place')} for {tag_words(tag)}"


def _way(change: Change, contests: Mapping[str, Contest], own: set[str]) -> str:
    order, to = change.order, change.to
    if to is None:
        return f"do not give {_name(order, contests)} a place in {_where(order, own)}"
    if order.kind == "places":
        return f"give {_count(to, 'place')} instead of {contests[order.session].rules.places}"
    least = "at least" if order.kind == "floor" else "at most"
    return f"ask for {least} {_count(to, 'place')} for {tag_words(plain(order.tag))}"


def _name(order: Order, contests: Mapping[str, Contest]) -> str:
    found = (each.candidates.get(order.supplier) for each in contests.values())
    candidate = next((one for one in found if one is not None), None)
    return candidate.supplier.organisation.name if candidate else "a supplier"


def _where(order: Order, own: set[str]) -> str:
    return order.session if order.session in own else "another department’s challenge"


def _left(order: Order, contests: Mapping[str, Contest]) -> int:
    return min(
        each.entrants[order.supplier].capacity_left
        for each in contests.values()
        if order.supplier in each.entrants
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
