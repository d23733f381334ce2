"""What makes no sense is refused with a sentence that says where and what to mend."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from engage.matching.assignment import (
    Entrant,
    Instance,
    Scores,
    Session,
    Terms,
    instance_from_json,
    plan_from_json,
    solve,
)
from engage.matching.errors import InputError


def document(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "sessions": [{"id": "a", "places": 1}],
        "suppliers": [{"id": "x", "capacity": 1}, {"id": "y", "capacity": 1}],
        "scores": [["a", "x", 1.5], ["a", "y", 1]],
    }
    return {**base, **changes}


def refusal(found: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        solve(instance_from_json(json.dumps(found)))
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"scores": [["a", "x", math.nan]]}, "scores[0]: the score must be a finite number, not nan."),
        ({"scores": [["a", "x", math.inf]]}, "scores[0]: the score must be a finite number, not inf."),
        ({"scores": [["a", "x", "5"]]}, "scores[0]: the score must be a finite number, not '5'."),
        ({"scores": [["a", "x", 1e7]]}, "scores[0]: 10000000.0 is beyond 1,000,000: scale the scores."),
        ({"scores": [["b", "x", 1]]}, "scores[0]: no session is called 'b'."),
        ({"scores": [["a", "q", 1]]}, "scores[0]: no supplier is called 'q'."),
        ({"scores": [["a", "x"]]}, "scores[0] must be [session, supplier, score]."),
        ({"scores": [["a", "x", 1], ["a", "x", 2]]}, "scores[1]: 'a' with 'x' has a score already."),
        ({"pins": [["a", "q"]]}, "pins[0]: no supplier is called 'q'."),
        ({"conflicts": [["b", "x"]]}, "conflicts[0]: no session is called 'b'."),
        ({"sessions": [{"id": "a", "places": -1}]}, "session 'a': places must be a whole number from 0 to 1,000,000, not -1."),
        ({"sessions": [{"id": "a", "places": 1.5}]}, "session 'a': places must be a whole number from 0 to 1,000,000, not 1.5."),
        ({"sessions": [{"id": "a", "places": True}]}, "session 'a': places must be a whole number from 0 to 1,000,000, not True."),
        ({"sessions": [{"id": "a", "places": 1}] * 2}, "Two of the sessions are called 'a': give each its own id."),
        ({"suppliers": [{"id": "x", "capacity": 1}] * 2}, "Two of the suppliers are called 'x': give each its own id."),
        ({"sessions": [{"id": "a"}]}, "sessions[0] lacks 'places'."),
        ({"sessions": [{"id": "a", "places": 1, "floor": {}}]}, "sessions[0] does not know 'floor'."),
        ({"sessions": [{"id": "a", "places": 1, "floors": {"sme": -1}}]}, "session 'a': floors 'sme' must be a whole number from 0 to 1,000,000, not -1."),
        ({"sessions": [{"id": "a", "places": 1, "floors": ["sme"]}]}, "sessions[0].floors must be an object."),
        ({"sessions": [{"id": "a", "places": 1, "exploration": 2}]}, "session 'a': exploration must be a number from 0 to 1, not 2."),
        ({"suppliers": [{"id": "x", "capacity": -2}]}, "supplier 'x': capacity must be a whole number from 0 to 1,000,000, not -2."),
        ({"suppliers": [{"id": "", "capacity": 1}]}, "The id of a supplier must be a text that is not empty, not ''."),
        ({"suppliers": [{"id": "x", "capacity": 1, "tags": "sme"}]}, "suppliers[0].tags must be a list."),
        ({"suppliers": [{"id": "\ud800", "capacity": 1}]}, "The id of a supplier must be a text that is not empty, not '\\ud800'."),
        ({"suppliers": [{"id": "x", "capacity": 1, "tags": ["\ud800"]}]}, "supplier 'x': tags must be a list of names."),
        ({"suppliers": [{"id": "x", "capacity": 1, "group": 3}]}, "supplier 'x': group must be a name, or \"\" for none."),
        ({"sessions": [{"id": "a", "places": 1, "floors_give_way": 1}]}, "session 'a': floors_give_way must be true or false."),
        ({"seed": "xyz"}, "seed 'xyz' is not hexadecimal: use the digits 0-9 and a-f."),
        ({"terms": {"speed": 1}}, None),
        ({"terms": {"near_tie": -1}}, "terms.near_tie must be a number from 0 to 1,000,000, not -1."),
        ({"sessions": {}}, "sessions must be a list."),
        ({"suplliers": []}, "the instance does not know 'suplliers'."),
    ],
)  # fmt: skip
def test_a_sentence_names_the_place_and_the_mend(changes: dict[str, Any], sentence: str | None) -> None:
    said = refusal(document(**changes))
    if sentence is None:
        assert said.startswith("Unknown terms: speed. Known are alternates, balance, ")
    else:
        assert said == sentence


def test_a_pin_needs_a_score() -> None:
    said = refusal(document(scores=[["a", "x", 1]], pins=[["a", "y"]]))
    assert said == "pins: 'a' with 'y' has no score: give the pair a score, or drop the pin."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "Line 1 is not JSON (Expecting property name enclosed in double quotes): mend it there."),
        ("[]", "the instance must be an object."),
        ('{"sessions": [], "sessions": []}', "The name 'sessions' stands twice in one object: keep one."),
        (b"\xff", "The text is not UTF-8: save it as UTF-8."),
        ("[" * 100_000, "The JSON is nested too deeply to be one of these."),
    ],
)
def test_what_is_no_instance_is_refused(text: str | bytes, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        instance_from_json(text)
    assert str(caught.value) == sentence


def test_what_is_no_plan_is_refused() -> None:
    with pytest.raises(InputError):
        plan_from_json('{"status": "grand", "assignments": []}')
    with pytest.raises(InputError):
        plan_from_json('{"status": "optimal", "assignments": [["a"]]}')


@pytest.mark.parametrize(
    "scores",
    [
        Scores(session=np.array([0]), supplier=np.array([5]), score=np.array([1.0])),
        Scores(session=np.array([-1]), supplier=np.array([0]), score=np.array([1.0])),
        Scores(session=np.array([0, 0]), supplier=np.array([0]), score=np.array([1.0])),
        Scores(session=np.array([0]), supplier=np.array([0]), score=np.array([np.nan])),
        Scores(session=np.array([0, 0]), supplier=np.array([0, 0]), score=np.array([1.0, 2.0])),
    ],
)
def test_arrays_are_checked_too(scores: Scores) -> None:
    with pytest.raises(InputError):
        solve(Instance(sessions=[Session(id="a", places=1)], suppliers=[Entrant(id="x")], scores=scores))


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e3])
def test_scores_of_any_size_are_compared_finely(factor: float) -> None:
    scores = [("a", "x", 1.50 * factor), ("a", "y", 1.51 * factor)]
    plan = solve(
        Instance(
            sessions=[Session(id="a", places=1)],
            suppliers=[Entrant(id="x"), Entrant(id="y")],
            scores=scores,
            terms=Terms(),
        )
    )
    assert [place.supplier for place in plan.places] == ["y"]


def test_a_number_that_nobody_can_read_is_refused() -> None:
    text = '{"sessions": [{"id": "a", "places": ' + "9" * 5000 + '}], "suppliers": [], "scores": []}'
    with pytest.raises(InputError, match="too many digits"):
        instance_from_json(text)
