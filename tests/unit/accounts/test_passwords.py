"""Which passwords are refused, and that nothing of a good one is lost."""

from __future__ import annotations

import pytest

from engage.accounts.service import passwords
from engage.kernel.errors import Invalid

ABOUT = ("Ada Lovelace", "ada@difference-engines.example", "Difference Engines Ltd")


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "password1234",
        "P@ssw0rd2026",
        "Passw0rd!!!!",
        "123456789012",
        "1q2w3e4r5t6y7u",
        "qwertyuiop123",
        "1qaz2wsx3edc",
        "aaaaaaaaaaaa",
        "abababababab",
        "abcdefghijkl",
        "iloveyou2026",
        "iloveyouiloveyou",
        "letmein12345",
        "liverpool2026",
        "Manchester1!",
        "sunshine summer",
        "administrator",
        "LovelaceAda1815",
        "differenceengines",
        "engage-2026!!",
        "            ",
        "welcomewelcome1",
    ],
)
def test_what_attackers_try_first_is_refused(password: str) -> None:
    assert passwords.easy_to_guess(password, about=ABOUT)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "kettle-violin-harbour",
        "monkey dragon sunshine",
        "xK9#mQ2$vL5p",
        "the rain in spain stays",
        "пароль из трёх слов",
        "83 kites over Whitby",
        "tr0ub4dor&3-otters",
    ],
)
def test_what_is_hard_to_guess_is_taken(password: str) -> None:
    passwords.check(password, about=ABOUT)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short words", "Password must be 12 characters or more"),
        ("kettle violin harbour " * 6, "Password must be 128 characters or fewer"),
        ("passwordpassword", "Password is too easy to guess. Three random words make a good one"),
    ],
)
def test_the_message_says_what_to_do(password: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check(password)
    assert refused.value.fields == {"password": message}


def test_every_character_counts_also_after_the_72nd() -> None:
    long = "kettle-violin-harbour-" * 5
    hashed = passwords.hash_password(long + "x")

    assert passwords.verify(hashed, long + "x") is True
    assert passwords.verify(hashed, long + "y") is False
    assert passwords.verify(hashed, long + "x ") is False


def test_no_password_opens_an_account_without_one() -> None:
    assert passwords.verify(passwords.UNUSABLE, "!") is False
    assert passwords.verify(None, "") is False


def test_the_dummy_takes_as_long_as_a_real_hash() -> None:
    """It does when it was made with the same parameters: then argon2 does exactly the same work."""
    assert passwords.outdated(passwords.DUMMY) is False
    cheap = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"
    assert passwords.outdated(cheap) is True
