"""Passwords: hashing with argon2id, and which ones are too easy to guess.

There are no rules about what a password must be made of, and nothing is cut off: 12 to 128 characters of
any kind. Those that attackers try first are refused: made of a word or two from the lists of common
passwords, of keyboard runs, of a short text repeated, or of what is known about the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engage.kernel.errors import Invalid

SHORTEST, LONGEST = 12, 128
UNUSABLE = "!"
"""Stands where a hash belongs when no password opens the account yet."""

FEWEST_DIFFERENT = 5
FEWEST_OWN = 5  # characters beyond common words, runs and what is known about the person
MOST_COMMON_WORDS = 2  # a passphrase of three different common words is no longer common itself
MOST_DIGITS = 4  # a year or a few digits are what everybody adds
SHORTEST_CONTEXT, SHORTEST_RUN = 4, 4

hasher = PasswordHasher()

# Of a random password nobody kept, with the hasher's parameters (a test compares them): verifying against
# it takes as long as verifying against a real one.
DUMMY = "$argon2id$v=19$m=65536,t=3,p=4$/QY+OP/cYK7EH0pQV8e0nw$QaD0+/6KavteaEbNrK2wRZaQgore+N60yx1lCMHNxxM"

RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujm",
)
_LOOKALIKES = str.maketrans("013457@$!", "oleastasi")


def hash_password(password: str) -> str:
    """Return the argon2id hash of ``password``; every character counts."""
    return hasher.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Tell whether ``password`` fits the hash; ``None`` or an unusable one takes as long and never does."""
    if password_hash is None or password_hash == UNUSABLE:
        _fits(DUMMY, password)
        return False
    return _fits(password_hash, password)


def _fits(password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def outdated(password_hash: str) -> bool:
    """Tell whether the hash was made with other parameters than the present ones."""
    return hasher.check_needs_rehash(password_hash)


def check(password: str, *, about: Iterable[str] = ()) -> None:
    """Raise ``Invalid`` on the field ``password`` when it is too short, too long or among the first to be
    guessed.

    ``about`` are texts about the person (name, address, organisation): a password made of them is easy to
    guess.
    """
    if len(password) < SHORTEST:
        raise Invalid({"password": f"Password must be {SHORTEST} characters or more"})
    if len(password) > LONGEST:
        raise Invalid({"password": f"Password must be {LONGEST} characters or fewer"})
    if easy_to_guess(password, about=about):
        raise Invalid({"password": "Password is too easy to guess. Three random words make a good one"})


def easy_to_guess(password: str, *, about: Iterable[str] = ()) -> bool:
    """Tell whether attackers would try ``password`` early."""
    folded = password.casefold()
    if len(_unrepeated(folded)) < SHORTEST or len(set(folded)) < FEWEST_DIFFERENT:
        return True
    known = {
        word
        for text in about
        for word in re.findall(r"[^\W_]+", text.casefold())
        if len(word) >= SHORTEST_CONTEXT
    }
    return any(_common(form, known) for form in (folded, folded.translate(_LOOKALIKES)))


def _unrepeated(text: str) -> str:
    """Return the shortest text that, repeated, gives ``text``."""
    return text[: (text + text).index(text, 1)]


def _common(text: str, known: set[str]) -> bool:
    """Tell whether little is left of ``text`` without runs, common words, what is known, and a few digits."""
    for run in _runs():
        text = text.replace(run, " ")
    longest_first = sorted(known | _common_words(), key=len, reverse=True)
    words = re.findall("|".join(map(re.escape, longest_first)), text)
    rest = re.sub("|".join(map(re.escape, longest_first)), " ", text)
    letters = sum(sign.isalpha() for sign in rest)
    digits = sum(sign.isdecimal() for sign in rest)
    own = letters + max(0, digits - MOST_DIGITS)
    return own < FEWEST_OWN and len(set(words)) <= MOST_COMMON_WORDS


@cache
def _common_words() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("common_words.txt").read_text(encoding="utf-8").split())


@cache
def _runs() -> tuple[str, ...]:
    """Every stretch of four or more characters along a row of the keyboard or the alphabet, longest first."""
    both_ways = [row for run in RUNS for row in (run, run[::-1])]
    stretches = {
        row[start:end]
        for row in both_ways
        for start in range(len(row))
        for end in range(start + SHORTEST_RUN, len(row) + 1)
    }
    return tuple(sorted(stretches, key=lambda stretch: (-len(stretch), stretch)))
