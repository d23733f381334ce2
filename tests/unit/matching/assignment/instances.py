"""Small problems, what it means to keep their rules, and their best plan by trying everything."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

from hypothesis import strategies as st

from engage.matching.assignment import Entrant, Instance, Pair, Plan, Session, Terms

PLAIN = Terms()
TAGS = ("incumbent", "new_entrant", "sme")


@st.composite
def instances(
    draw: st.DrawFn,
    *,
    sessions: int = 3,
    suppliers: int = 5,
    terms: Terms = PLAIN,
    pinned: bool = True,
    exploring: bool = False,
    distinct: bool = False,
) -> Instance:
    """Any small problem; pins may contradict the rules. ``distinct``: no two plans are worth the same."""
    names = [f"s{number}" for number in range(draw(st.integers(1, sessions)))]
    entrants = [
        Entrant(
            id=f"e{number}",
            capacity=draw(st.integers(0, 2)),
            tags=tuple(draw(st.sets(st.sampled_from(TAGS)))),
            group=draw(st.sampled_from(["", "", "g", "h"])),
            recent=draw(st.integers(0, 5)),
        )
        for number in range(draw(st.integers(1, suppliers)))
    ]
    rules = st.dictionaries(st.sampled_from(TAGS), st.integers(0, 2), max_size=2)
    pairs = [(name, entrant.id) for name in names for entrant in entrants]
    scored = [pair for pair in pairs if draw(st.integers(0, 9)) < 8]
    points = st.integers(-200, 1000).map(lambda number: number / 100)
    values = [draw(points) for _ in scored]
    if distinct:
        values = [value + 2.0**place / 10**4 for place, value in enumerate(values)]
    some = st.lists(st.sampled_from(scored or pairs), max_size=2, unique=True)
    return Instance(
        sessions=[
            Session(
                id=name,
                places=draw(st.integers(0, 3)),
                floors=draw(rules),
                caps=draw(rules),
                exploration=draw(st.sampled_from([0.0, 0.3, 0.5])) if exploring else 0.0,
            )
            for name in names
        ],
        suppliers=entrants,
        scores=[(*pair, value) for pair, value in zip(scored, values, strict=True)],
        conflicts=draw(some),
        exclusions=draw(some),
        pins=draw(some) if pinned and scored else [],
        previous=draw(some),
        seed=draw(st.sampled_from(["", "ab12", "ff"])),
        terms=terms,
    )


def broken_rules(instance: Instance, chosen: Iterator[Pair] | list[Pair]) -> list[str]:
    """Every rule, floors aside, that the chosen pairs break."""
    pairs = list(chosen)
    entrants = {entrant.id: entrant for entrant in instance.suppliers}
    found = [f"twice {pair}" for pair, count in Counter(pairs).items() if count > 1]
    barred = {*instance.conflicts, *instance.exclusions}
    found += [f"barred {pair}" for pair in pairs if pair in barred]
    scored = {(session, supplier) for session, supplier, _ in instance.scores}  # type: ignore[union-attr] # tests use lists
    found += [f"without a score {pair}" for pair in pairs if pair not in scored]
    found += [f"not pinned {pair}" for pair in instance.pins if pair not in pairs]
    used = Counter(supplier for _, supplier in pairs)
    found += [f"capacity {name}" for name, count in used.items() if count > entrants[name].capacity]
    for session in instance.sessions:
        inside = [entrants[supplier] for name, supplier in pairs if name == session.id]
        pinned = [entrants[supplier] for name, supplier in set(instance.pins) if name == session.id]
        if len(inside) > session.places:
            found.append(f"places {session.id}")
        groups = Counter(entrant.group for entrant in inside if entrant.group)
        found += [f"group {group}" for group, count in groups.items() if count > 1]
        for tag, number in session.caps.items():
            allowed = max(number, sum(tag in entrant.tags for entrant in pinned))
            if sum(tag in entrant.tags for entrant in inside) > allowed:
                found.append(f"cap {session.id} {tag}")
    return found


def unmet(instance: Instance, pairs: list[Pair]) -> int:
    """How many places of floors are missed."""
    entrants = {entrant.id: entrant for entrant in instance.suppliers}
    missing = 0
    for session in instance.sessions:
        inside = [entrants[supplier] for name, supplier in pairs if name == session.id]
        for tag, number in session.floors.items():
            missing += max(0, number - sum(tag in entrant.tags for entrant in inside))
    return missing


def best_by_trying(instance: Instance, *, having: Pair | None = None) -> tuple[int, int] | None:
    """Return the fewest missed places and the greatest total in 1/100000 of a point; ``None``: no plan.

    With ``having``, of the plans with that pair.
    """
    scores = {(session, supplier): round(score * 1e5) for session, supplier, score in instance.scores}  # type: ignore[union-attr] # tests use lists
    pairs = sorted(scores)
    best: tuple[int, int] | None = None
    for marks in itertools.product((False, True), repeat=len(pairs)):
        chosen = [pair for pair, mark in zip(pairs, marks, strict=True) if mark]
        if (having is not None and having not in chosen) or broken_rules(instance, chosen):
            continue
        found = (-unmet(instance, chosen), sum(scores[pair] for pair in chosen))
        best = found if best is None else max(best, found)
    return None if best is None else (-best[0], best[1])


def chosen(plan: Plan) -> list[Pair]:
    """The pairs of a plan."""
    return [(place.session, place.supplier) for place in plan.places]
