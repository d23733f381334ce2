"""`engage assign`: the file it writes, what it says, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engage.cli import main
from engage.matching.assignment import plan_from_json

INSTANCE: dict[str, Any] = {
    "sessions": [{"id": "a", "places": 1, "floors": {"sme": 1}}, {"id": "b", "places": 1}],
    "suppliers": [{"id": "x", "capacity": 1, "tags": ["sme"]}, {"id": "y", "capacity": 2, "group": "g"}],
    "scores": [["a", "x", 1.5], ["a", "y", 3], ["b", "x", 2.5], ["b", "y", 1]],
    "conflicts": [],
    "seed": "ab",
}


def run(folder: Path, instance: Any, *options: str) -> tuple[int, str, str, Path]:
    source, out = folder / "instance.json", folder / "plan.json"
    source.write_text(instance if isinstance(instance, str) else json.dumps(instance))
    found = CliRunner().invoke(main, ["assign", str(source), "--out", str(out), *options])
    return found.exit_code, found.stdout, found.stderr, out


def test_the_best_plan_is_written_with_its_proof(tmp_path: Path) -> None:
    code, said, _, out = run(tmp_path, INSTANCE)
    written = json.loads(out.read_text())
    assert code == 0
    assert said == f"Gave 2 places worth 2.50000 (no plan within the rules is better); see {out}.\n"
    assert written["status"] == "optimal"
    assert (written["objective"], written["bound"], written["gap"]) == (2.5, 2.5, 0.0)
    assert written["assignments"] == [["a", "x", 1.5, "floor:sme"], ["b", "y", 1.0, "fit"]]
    assert written["left_out"] == [["a", "y", 3.0, "floor:sme"], ["b", "x", 2.5, "capacity"]]
    assert written["conflicting"] == []
    assert plan_from_json(out.read_bytes()).objective == 2.5


def test_json_is_one_object(tmp_path: Path) -> None:
    code, said, _, out = run(tmp_path, INSTANCE, "--json")
    assert code == 0
    assert json.loads(said) == {
        "status": "optimal",
        "objective": 2.5,
        "bound": 2.5,
        "gap": 0.0,
        "assignments": 2,
        "shortages": [],
        "conflicting": [],
        "relaxation": [],
        "out": str(out),
    }


def test_a_contradiction_is_exit_code_1_and_still_written(tmp_path: Path) -> None:
    sessions = [{"id": "a", "places": 1, "floors": {"sme": 2}}, {"id": "b", "places": 1}]
    code, said, _, out = run(tmp_path, {**INSTANCE, "sessions": sessions})
    written = json.loads(out.read_text())
    assert code == 1
    assert said.splitlines() == [
        "There is no plan: these cannot all be met.",
        "  At least 2 of sme are asked for in session a.",
        "  Session a has 1 place.",
        "The least that would have to change:",
        "  Ask for 1 instead of 2 of sme in session a.",
    ]
    assert written["status"] == "infeasible"
    assert [order["kind"] for order in written["conflicting"]] == ["floor", "places"]
    assert [change["to"] for change in written["relaxation"]] == [1]
    assert written["assignments"] == []


@pytest.mark.parametrize(
    ("instance", "sentence"),
    [
        ("{", "Line 1 is not JSON (Expecting property name enclosed in double quotes): mend it there."),
        ({**INSTANCE, "scores": [["a", "q", 1]]}, "scores[0]: no supplier is called 'q'."),
        ({**INSTANCE, "suppliers": []}, "scores[0]: no supplier is called 'x'."),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path: Path, instance: Any, sentence: str) -> None:
    code, said, wrong, out = run(tmp_path, instance)
    assert (code, said) == (2, "")
    assert wrong == f"engage: {tmp_path / 'instance.json'}: {sentence}\n"
    assert not out.exists()


def test_a_missing_file_and_a_wrong_place_are_said(tmp_path: Path) -> None:
    absent = tmp_path / "absent.json"
    found = CliRunner().invoke(main, ["assign", str(absent), "--out", str(tmp_path / "plan.json")])
    assert found.exit_code == 2
    assert found.stderr == f"engage: {absent} cannot be read (No such file or directory): check the name.\n"
    absent.write_text(json.dumps(INSTANCE))
    for out in (tmp_path, tmp_path / "nowhere" / "plan.json", absent):
        found = CliRunner().invoke(main, ["assign", str(absent), "--out", str(out)])
        assert found.exit_code == 2
        assert str(out) in found.stderr
    assert json.loads(absent.read_text()) == INSTANCE


def test_the_same_problem_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    turned = {key: value[::-1] if isinstance(value, list) else value for key, value in INSTANCE.items()}
    assert run(first, INSTANCE)[3].read_bytes() == run(second, turned)[3].read_bytes()
