"""What a plan did for newcomers and for each challenge, and what it cost, in words."""

from __future__ import annotations

from engage.matchmaking.views.wording import fairness_words

PARITY = {"share": 0.29, "qualified": 0.31, "cost": 0.5}


def test_each_has_its_cost_in_points_and_as_a_part() -> None:
    found = {
        "score": 50.0,
        "parity": PARITY,
        "exploration_cost": 1.0,
        "evenness": {"percent": 95, "possible": 96, "cost": 0.0},
    }
    assert fairness_words(found) == [
        (
            "Newcomers",
            (
                "They get 29 in 100 of all places planned together, and are 31 in 100 of the suppliers that fit. "
                "This took 0.50 points, 1.0%, off the total fit."
            ),
        ),
        ("Places that are drawn", "This took 1.00 points, 2.0%, off the total fit."),
        (
            "Every challenge planned together",
            "Each has at least 95 in 100 of the best plan that it could have alone. This cost nothing.",
        ),
    ]


def test_small_numbers_and_what_was_not_asked_for_are_left_out() -> None:
    assert fairness_words({"score": 5.0, "parity": PARITY | {"share": None}, "exploration_cost": 0.0}) == []
    assert fairness_words({}) == []
