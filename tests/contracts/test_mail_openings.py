"""What a mail says before anything else: its subject, its heading and its first paragraph fit who reads it."""

from __future__ import annotations

import pytest

from tests.support.mails import SAMPLES, rendered, written

VAGUE = {"Read them", "See it", "Read it", "Hear no more of it", "Click here"}
"""Words of a link that do not say where it leads."""
ABOUT = "Roundtable on heat and rent"
HAVE = f"You have a place in the advisory session “{ABOUT}”."


def opening(name: str, number: int) -> tuple[str, str, str]:
    """Return subject, heading and first paragraph of the text."""
    mail = written(name, SAMPLES[name][number])
    heading, _rule, first = (line for line in mail.text.splitlines()[:5] if line)
    return mail.subject, heading, first


@pytest.mark.parametrize(
    ("number", "subject", "heading"),
    [
        (0, "Confirm again before you come", "Please confirm again before you come"),
        (1, "Choose who attends", "Choose who attends, then they confirm"),
    ],
)
def test_who_cannot_confirm_for_somebody_who_left_is_asked_to_choose(
    number: int, subject: str, heading: str
) -> None:
    assert opening("entry_asked", number)[:2] == (f"{subject}: {ABOUT}", heading)


@pytest.mark.parametrize(
    ("number", "subject", "heading", "first"),
    [
        (0, "Your place is confirmed", "Your place is confirmed", HAVE),
        (1, "You have a place, please confirm", "You have a place: one step is left", HAVE),
        (
            2,
            "Your place is on hold",
            "Your place is on hold",
            f"Your place in the advisory session “{ABOUT}” is on hold.",
        ),
        (
            5,
            "You have a place, choose who attends",
            "You have a place: choose who attends",
            HAVE,
        ),
    ],
)
def test_a_new_place_says_first_what_is_left_to_do(
    number: int, subject: str, heading: str, first: str
) -> None:
    assert opening("seat_confirmed", number) == (f"{subject}: {ABOUT}", heading, first)


@pytest.mark.parametrize(
    ("number", "first"),
    [
        (0, f"You have a place in “{ABOUT}”."),
        (1, f"You have a place in “{ABOUT}”. Please confirm before you come: one step is left."),
        (2, f"Your place in “{ABOUT}” is on hold."),
        (5, f"You have a place in “{ABOUT}”, and have to choose who attends."),
    ],
)
def test_a_reminder_says_first_what_stands_in_the_way(number: int, first: str) -> None:
    assert opening("session_reminder", number)[2] == first


def test_a_changed_text_asks_for_an_answer_before_it_gives_the_reason() -> None:
    text = written("challenge_changed", SAMPLES["challenge_changed"][0]).text
    order = (
        "Please say whether you keep your place.",
        "Keep your place or give it up:",
        "What changed and why",
    )
    assert sorted(order, key=text.index) == list(order)


def test_a_receipt_for_answers_says_whether_they_came_or_changed() -> None:
    subjects = [opening("answers_sent", number)[0].split(":")[0] for number in (0, 1)]
    assert subjects == ["Your answers were sent", "Your answers changed"]


def test_a_session_cancelled_for_good_asks_nothing() -> None:
    asks_nothing = [
        "There is nothing that you need to do." in written("session_cancelled", sample).text
        for sample in SAMPLES["session_cancelled"]
    ]
    assert asks_nothing == [False, True]


def test_words_of_links_say_where_they_lead() -> None:
    ways = {line.rstrip(":") for _name, mail in rendered() for line in mail.text.splitlines()}
    assert sorted(ways & VAGUE) == []
