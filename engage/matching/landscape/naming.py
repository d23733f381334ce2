"""What a cluster is called: the words that its own suppliers use and others do not.

A term counts by how many suppliers of the cluster use it, not by how often; more where a title has it; and by how
much rarer it is elsewhere (a class-based TF-IDF). Words of a supplier's own name do not count for it, so no name
becomes the name of a cluster.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from engage.matching.text import stems, telling_words

TERMS = 3
LONGEST_TEXT = 2_500
"""Of each text so many characters are read: what it is about stands at its beginning."""
_LEAST_SHARE = 0.16
_LEAST_USERS = 3
_TITLE = 2.0
_PAIR_IS_BETTER = 0.55
_RARER_ELSEWHERE = 1.5


@dataclass(frozen=True, slots=True)
class Member:
    """A supplier of a cluster: its name, whose words do not count, and its statements as ``(title, text)``."""

    name: str
    statements: Sequence[tuple[str, str]]


def name_clusters(
    members: Mapping[int, Iterable[Member]], *, terms: int = TERMS
) -> dict[int, tuple[str, ...]]:
    """Return up to ``terms`` terms for each cluster, the most telling first, as its suppliers write them.

    Words of buying itself ("lot", "framework") name nothing. A cluster without words of its own gets none.
    """
    groups = {number: _count(group) for number, group in members.items()}
    return {number: _chosen(number, groups, terms) for number in groups}


@lru_cache(maxsize=1)
def _buying() -> frozenset[str]:
    """Return the stems of words of buying and selling as such (data/buying.txt): they say nothing of expertise."""
    listed = (resources.files("engage.matching") / "data" / "buying.txt").read_text("utf-8")
    return frozenset(stems(listed.split()))


@dataclass(eq=False)
class _Group:
    """How many members use a term, how many in a title, and how they write it."""

    size: int
    users: Counter[str]
    titled: Counter[str]
    spelt: defaultdict[str, Counter[str]]

    def share(self, term: str) -> float:
        """The part of the members that use a term, in titles counted more."""
        return (self.users[term] + _TITLE * self.titled[term]) / ((1 + _TITLE) * self.size)


def _count(members: Iterable[Member]) -> _Group:
    group = _Group(0, Counter(), Counter(), defaultdict(Counter))
    for member in members:
        named = set(stems(telling_words(member.name)))
        titles = {term for title, _ in member.statements for term in _terms(title, named, group.spelt)}
        texts = {
            term for _, text in member.statements for term in _terms(text[:LONGEST_TEXT], named, group.spelt)
        }
        group.users.update(titles | texts)
        group.titled.update(titles)
        group.size += 1
    return group


def _terms(text: str, named: set[str], spelt: defaultdict[str, Counter[str]]) -> set[str]:
    """Return the stems and pairs of neighbouring stems of a text but those of a name, and note their spelling."""
    plain = telling_words(text)
    stemmed = [stem if stem.isalpha() and stem not in named else "" for stem in stems(plain)]
    found: set[str] = set()
    for i, stem in enumerate(stemmed):
        if not stem:
            continue
        found.add(stem)
        spelt[stem][plain[i]] += 1
        after = stemmed[i + 1] if i + 1 < len(stemmed) else ""
        if after and after != stem:
            found.add(f"{stem} {after}")
            spelt[f"{stem} {after}"][f"{plain[i]} {plain[i + 1]}"] += 1
    return found


def _chosen(number: int, groups: Mapping[int, _Group], most: int) -> tuple[str, ...]:
    own = groups[number]
    others = [group for name, group in groups.items() if name != number]
    elsewhere = sum(group.size for group in others)
    scored: dict[str, float] = {}
    for term, users in own.users.items():
        if (
            users < min(_LEAST_USERS, own.size)
            or users / own.size < _LEAST_SHARE
            or _buying().intersection(term.split())
        ):
            continue
        if not own.titled[term]:
            continue
        share = own.share(term)
        there = (sum(group.share(term) * group.size for group in others) + 2) / (elsewhere + 4)
        if share >= _RARER_ELSEWHERE * there:
            scored[term] = share * math.log(share / there)
    names: list[str] = []
    used: set[str] = set()
    for term in sorted(scored, key=lambda term: (-scored[term], term)):
        better = _pair_for(term, own.users, scored)
        if used.isdisjoint(better.split()) and len(names) < most:
            used.update(better.split(), term.split())
            spellings = own.spelt[better].items()
            names.append(min(spellings, key=lambda spelling: (-spelling[1], spelling[0]))[0])
    return tuple(names)


def _pair_for(term: str, own: Counter[str], scored: Mapping[str, float]) -> str:
    """Return the pair of words that most suppliers mean by a single one, or the term itself."""
    if " " in term:
        return term
    pairs = [pair for pair in scored if " " in pair and term in pair.split()]
    best = max(pairs, key=lambda pair: (own[pair], pair), default=term)
    return best if own[best] >= _PAIR_IS_BETTER * own[term] else term
