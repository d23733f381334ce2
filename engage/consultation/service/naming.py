"""Finding what names the asker in a text that is about to be published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

SHORTEST_NAME = 4
_LEGAL_FORMS = frozenset(
    (
        *("limited", "ltd", "plc", "llp", "lp", "cic", "cio", "uk", "group", "company", "co", "holdings"),
        *("inc", "incorporated", "llc", "corp", "corporation", "gmbh", "ag", "sa", "bv", "nv"),
    )
)
# Bounded, so that no text makes the search slow: a local part has 64 characters at most, a domain 255.
_EMAIL = re.compile(r"[^\s<>()\[\],;:@]{1,64}@[^\s<>()\[\],;:@]{1,255}\.[a-z]{2,}", re.IGNORECASE)
_SHARED_HOSTS = {
    "gmail.com",
    "outlook.com",
    "hotmail.com",
    "icloud.com",
    "yahoo.com",
    "proton.me",
    "live.co.uk",
}


def traces(text: str, *, organisation: str, person: str, email: str, website: str = "") -> list[str]:
    """Return the pieces of ``text`` that name the asker, each once, in order of appearance.

    Found are the organisation's name, also without its legal form, the person's name, the hosts of their
    address and website, and any email address. Words are compared without regard to case, spacing and
    punctuation inside names.
    """
    patterns = [_pattern(name) for name in _names(organisation, person)]
    patterns += [_host_pattern(host) for host in _hosts(email, website)]
    hits = [hit for pattern in (*patterns, _EMAIL) for hit in pattern.finditer(text)]
    hits.sort(key=lambda hit: (hit.start(), -hit.end()))
    return list(dict.fromkeys(hit.group() for hit in _outermost(hits)))


def _names(organisation: str, person: str) -> Iterator[list[str]]:
    words = re.findall(r"\w+", organisation)
    yield words
    core = list(words)
    while len(core) > 1 and core[-1].lower() in _LEGAL_FORMS:
        core.pop()
    if core != words and len("".join(core)) >= SHORTEST_NAME:
        yield core
    yield re.findall(r"\w+", person)


def _hosts(email: str, website: str) -> Iterator[str]:
    for address in (email.rpartition("@")[2], urlsplit(website).hostname or ""):
        host = address.lower().removeprefix("www.")
        if host and host not in _SHARED_HOSTS:
            yield host


def _pattern(words: list[str]) -> re.Pattern[str]:
    """Match ``words`` in a row, whatever stands between them that is neither letter nor digit."""
    between = r"[\W_]{1,3}"
    body = between.join(re.escape(word) for word in words) or r"(?!)"
    return re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE)


def _host_pattern(host: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:[\w-]{{1,63}}\.){{0,8}}{re.escape(host)}(?![\w-])", re.IGNORECASE)


def _outermost(hits: Iterable[re.Match[str]]) -> Iterator[re.Match[str]]:
    end = -1
    for hit in hits:
        if hit.end() > end:
            end = hit.end()
            yield hit
