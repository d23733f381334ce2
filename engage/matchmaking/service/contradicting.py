"""What cannot all be kept, in words for the department that asked: its own orders by name, those of others unnamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    orders = solved.conflicting
    words = _Words(known, own, one_challenge=len({each.session for each in orders if each.session}) == 1)
    pins = [order for order in orders if order.kind == "pin"]
    wanted = words.pinned(pins) + [words.wish(order) for order in orders if order.kind != "pin"]
    ways = [words.way(change) for change in solved.relaxation]
    return f"This cannot all be kept: {'; '.join(wanted)}. The smallest way out: {'; '.join(ways)}."


@dataclass(frozen=True)
class _Words:
    """Says orders in words; ``one_challenge``: all are about one, which need not be named."""

    contests: Mapping[str, Contest]
    own: set[str]
    one_challenge: bool

    def pinned(self, pins: Sequence[Order]) -> list[str]:
        """Return what people decided, in one part for each challenge."""
        names: dict[str, list[str]] = {}
        for order in pins:
            names.setdefault(self.where(order), []).append(_name(order, self.contests))
        return [f"people gave a place{where} to {_listed(found)}" for where, found in names.items()]

    def wish(self, order: Order) -> str:
        """Return an order that is no pin."""
        if order.kind == "capacity":
            left = _count(_left(order, self.contests), "more invitation")
            return f"{_name(order, self.contests)} takes {left} this quarter"
        if order.kind == "exclusion":
            return f"somebody left {_name(order, self.contests)} out{self.where(order)}"
        if order.kind == "group":
            return "only one supplier of a corporate group can be invited to a challenge"
        rules, tag = self.contests[order.session].rules, plain(order.tag)
        if order.kind == "places":
            given = self.contests[order.session].room.given
            besides = f", of which {given} {'is' if given == 1 else 'are'} given" if given else ""
            return f"the rules give {_count(rules.places, 'place')}{besides}"
        if order.kind == "floor":
            return f"the rules ask for at least {_count(rules.floors[tag], 'place')} for {tag_words(tag)}"
        return f"the rules take at most {_count(rules.caps[tag], 'place')} for {tag_words(tag)}"

    def way(self, change: Change) -> str:
        """Return one step of the smallest way out."""
        order, to = change.order, change.to
        if to is None:
            return f"take the place{self.where(order)} back from {_name(order, self.contests)}"
        tag, room = plain(order.tag), self.contests[order.session].room
        if order.kind == "places":
            return f"give {_count(to + room.given, 'place')} instead of {room.places}"
        least = "at least" if order.kind == "floor" else "at most"
        return f"ask for {least} {_count(to + room.tags[tag], 'place')} for {tag_words(tag)}"

    def where(self, order: Order) -> str:
        """Return in which challenge, where that has to be said."""
        if order.session not in self.own:
            return " in another department’s challenge"
        return "" if self.one_challenge else f" in {order.session}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _name(order: Order, contests: Mapping[str, Contest]) -> str:
    found = (each.candidates.get(order.supplier) for each in contests.values())
    candidate = next((one for one in found if one is not None), None)
    return candidate.supplier.organisation.name if candidate else "a supplier"


def _left(order: Order, contests: Mapping[str, Contest]) -> int:
    return min(
        each.entrants[order.supplier].capacity_left
        for each in contests.values()
        if order.supplier in each.entrants
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
