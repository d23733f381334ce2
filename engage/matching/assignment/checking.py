"""Refusing what makes no sense, with a sentence that says what to mend."""

from __future__ import annotations

import math
import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from engage.matching.assignment.types import Entrant, Instance, Pair, Scores, Session, Terms
from engage.matching.errors import InputError

GREATEST_SCORE = 1e6
GREATEST_COUNT = 1_000_000


def check(instance: Instance) -> None:
    """Refuse numbers, names and pairs that make no sense.

    Raises ``InputError`` whose sentence names the first one and the mend. What
    is only contradictory (more pins than places, say) is no error: it ends as
    an infeasible plan.
    """
    _check_terms(instance.terms)
    if any(letter not in string.hexdigits for letter in instance.seed):
        raise InputError(f"seed {instance.seed!r} is not hexadecimal: use the digits 0-9 and a-f.")
    for session in instance.sessions:
        _check_session(session)
    for supplier in instance.suppliers:
        _check_supplier(supplier)
    sessions = _unique("session", (session.id for session in instance.sessions))
    suppliers = _unique("supplier", (supplier.id for supplier in instance.suppliers))
    _check_scores(instance.scores, sessions, suppliers)
    for name in ("conflicts", "exclusions", "pins", "previous"):
        _check_pairs(name, getattr(instance, name), sessions, suppliers)


def _check_terms(terms: Terms) -> None:
    shares = ("parity_slack", "exploration_cap", "fairness_cost", "newcomer_share")
    for name in shares:
        _number(f"terms.{name}", getattr(terms, name), most=1, optional=name == "newcomer_share")
    for name in ("near_tie", "balance", "time_limit"):
        _number(f"terms.{name}", getattr(terms, name))
    for name in ("balance_most", "nodes", "alternates"):
        _count(f"terms.{name}", getattr(terms, name), optional=name == "alternates")
    for name in ("even", "parity"):
        if not isinstance(getattr(terms, name), bool):
            raise InputError(f"terms.{name} must be true or false.")
    if not isinstance(terms.newcomer, str) or not terms.newcomer:
        raise InputError("terms.newcomer must be a tag.")
    if terms.exploration_cap == 0:
        raise InputError("terms.exploration_cap must be above 0: nobody could be drawn.")


def _check_session(session: Session) -> None:
    _name("session", session.id)
    where = f"session {session.id!r}"
    _count(f"{where}: places", session.places)
    _number(f"{where}: exploration", session.exploration, most=1)
    if not isinstance(session.floors_give_way, bool):
        raise InputError(f"{where}: floors_give_way must be true or false.")
    for kind in ("floors", "caps"):
        rules: Mapping[str, int] = getattr(session, kind)
        for tag, number in rules.items():
            if not _readable(tag):
                raise InputError(f"{where}: {kind} must name tags.")
            _count(f"{where}: {kind} {tag!r}", number)


def _check_supplier(supplier: Entrant) -> None:
    _name("supplier", supplier.id)
    where = f"supplier {supplier.id!r}"
    _count(f"{where}: capacity", supplier.capacity)
    _count(f"{where}: recent", supplier.recent)
    if supplier.group != "" and not _readable(supplier.group):
        raise InputError(f'{where}: group must be a name, or "" for none.')
    if not all(map(_readable, supplier.tags)):
        raise InputError(f"{where}: tags must be a list of names.")


def _check_scores(
    scores: Sequence[tuple[str, str, float]] | Scores, sessions: set[str], suppliers: set[str]
) -> None:
    if isinstance(scores, Scores):
        _check_arrays(scores, len(sessions), len(suppliers))
        return
    for place, (session, supplier, score) in enumerate(scores):
        if session not in sessions:
            raise InputError(f"scores[{place}]: no session is called {session!r}.")
        if supplier not in suppliers:
            raise InputError(f"scores[{place}]: no supplier is called {supplier!r}.")
        if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
            raise InputError(f"scores[{place}]: the score must be a finite number, not {score!r}.")
        if abs(score) > GREATEST_SCORE:
            raise InputError(f"scores[{place}]: {score!r} is beyond {GREATEST_SCORE:,.0f}: scale the scores.")
    if len({(session, supplier) for session, supplier, _ in scores}) < len(scores):
        seen: set[Pair] = set()
        for place, (session, supplier, _) in enumerate(scores):
            if (session, supplier) in seen:
                raise InputError(f"scores[{place}]: {session!r} with {supplier!r} has a score already.")
            seen.add((session, supplier))


def _check_arrays(scores: Scores, sessions: int, suppliers: int) -> None:
    if not len(scores.session) == len(scores.supplier) == len(scores.score):
        raise InputError("scores: the three arrays must be equally long.")
    for name, places, bound in (
        ("session", scores.session, sessions),
        ("supplier", scores.supplier, suppliers),
    ):
        if len(places) and not 0 <= int(places.min()) <= int(places.max()) < bound:
            raise InputError(f"scores.{name}: places must be from 0 to {bound - 1}.")
    if not np.isfinite(scores.score).all() or (np.abs(scores.score) > GREATEST_SCORE).any():
        raise InputError(f"scores.score: finite numbers up to {GREATEST_SCORE:,.0f} only.")


def _check_pairs(name: str, pairs: Sequence[Pair], sessions: set[str], suppliers: set[str]) -> None:
    for place, (session, supplier) in enumerate(pairs):
        if session not in sessions:
            raise InputError(f"{name}[{place}]: no session is called {session!r}.")
        if supplier not in suppliers:
            raise InputError(f"{name}[{place}]: no supplier is called {supplier!r}.")


def _unique(kind: str, names: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"Two of the {kind}s are called {name!r}: give each its own id.")
        seen.add(name)
    return seen


def _name(kind: str, name: Any) -> None:
    if not _readable(name):
        raise InputError(f"The id of a {kind} must be a text that is not empty, not {name!r}.")


def _readable(name: Any) -> bool:
    """Whether a name is a text that can be written to a file: half a character from a JSON escape cannot."""
    return isinstance(name, str) and name != "" and not any("\ud800" <= letter <= "\udfff" for letter in name)


def _count(what: str, number: Any, *, optional: bool = False) -> None:
    if number is None and optional:
        return
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= GREATEST_COUNT:
        raise InputError(f"{what} must be a whole number from 0 to {GREATEST_COUNT:,}, not {number!r}.")


def _number(what: str, number: Any, *, most: float = GREATEST_SCORE, optional: bool = False) -> None:
    if number is None and optional:
        return
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number <= most:
        raise InputError(f"{what} must be a number from 0 to {most:,.0f}, not {number!r}.")
