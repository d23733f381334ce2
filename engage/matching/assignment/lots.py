"""Chance that anybody can compute again: every lot comes from the seed by SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np

from engage.matching.assignment.table import Table
from engage.matching.assignment.types import Ints, Terms


def ticket(seed: str, session: str, supplier: str, *, among: int) -> int:
    """Return the lot of a pair: a whole number from 0 to ``among`` - 1, equally likely each."""
    words = json.dumps([seed.lower(), "lot", session, supplier])
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:16]) % among


def tickets(table: Table, seed: str, places: Iterable[int], *, among: int) -> Ints:
    """Return the lots of the pairs at ``places``."""
    drawn = [ticket(seed, *table.pair(int(place)), among=among) for place in places]
    return np.array(drawn, np.int64)


class Stream:
    """An endless row of numbers that depends on nothing but ``seed`` and ``purpose``."""

    def __init__(self, seed: str, purpose: str) -> None:
        self._start = json.dumps([seed.lower(), purpose]).encode()
        self._taken = 0

    def below(self, bound: int) -> int:
        """Return the next number, from 0 to ``bound`` - 1 (the bias is below 2 to the power -64)."""
        self._taken += 1
        digest = hashlib.sha256(self._start + str(self._taken).encode()).digest()
        return int.from_bytes(digest[:24]) % bound


def balanced(table: Table, terms: Terms) -> Ints:
    """Return the points of each pair less what recent invitations take off (never below 0)."""
    recent = np.array([supplier.recent for supplier in table.suppliers], np.int64)
    off = np.minimum(recent, terms.balance_most) * round(terms.balance / table.grain)
    lowered = np.maximum(table.points - off[table.supplier], np.minimum(table.points, 0))
    return lowered if len(recent) else table.points


def near_tie_lots(table: Table, terms: Terms, seed: str) -> Ints:
    """Return what lots add to each pair: less than ``terms.near_tie``; the previous plan's pairs get all of it.

    Two pairs further apart than ``near_tie`` therefore never change places.
    """
    found = np.zeros(table.size, np.int64)
    if _range(table, terms):
        found = near_tie_lots_at(table, terms, seed, np.arange(table.size))
    return found


def near_tie_lots_at(table: Table, terms: Terms, seed: str, places: Ints) -> Ints:
    """Return ``near_tie_lots`` at all pairs, but 0 where not asked for in ``places``."""
    found, among = np.zeros(table.size, np.int64), _range(table, terms)
    if among:
        found[places] = tickets(table, seed, places, among=among)
        found[places[table.previous[places]]] = among
    return found


def _range(table: Table, terms: Terms) -> int:
    return round(terms.near_tie / table.grain)
