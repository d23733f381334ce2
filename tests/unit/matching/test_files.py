"""`engage match files`: good files ranked, bad ones named by file, line and mend."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engage.cli.match import match
from engage.matching import InputError
from engage.matching.files import read_challenges, read_suppliers

GOOD_SUPPLIER = {
    "id": "s1",
    "name": "Riverbank",
    "docs": [
        {
            "title": "Gauges",
            "text": "River gauges with radio.",
            "date": "2024-05-06",
            "cpv": [{"code": "38421100", "label": "x"}],
        },
        {"id": "own", "title": "Models", "text": "Flood models.", "date": None, "cpv": None, "weight": 0.5},
    ],
    "expertise_cpv": ["72000000"],
    "sme": True,
}
GOOD_CHALLENGE = {"id": "c1", "title": "Flood warnings", "text": "Gauges for small rivers", "cpv": []}


def write(path: Path, *records: object) -> Path:
    path.write_text("".join(r if isinstance(r, str) else json.dumps(r) + "\n" for r in records), "utf-8")
    return path


def run(folder: Path, *more: str) -> Result:
    names = ["--suppliers", "S.jsonl", "--challenges", "C.jsonl", "--out", "RUN.trec"]
    placed = [str(folder / part) if part.endswith((".jsonl", ".trec")) else part for part in [*names, *more]]
    return CliRunner().invoke(match, ["files", "--embedder", "none", *placed])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "S.jsonl", GOOD_SUPPLIER, {"id": "s2", "name": "Empty", "docs": []})
    write(tmp_path / "C.jsonl", "\n", GOOD_CHALLENGE)
    return tmp_path


def test_files_are_read_as_written(folder: Path) -> None:
    first, second = read_suppliers(folder / "S.jsonl")
    assert [(d.id, str(d.date), d.cpv, d.weight) for d in first.documents] == [
        ("1", "2024-05-06", ("38421100",), 1.0),
        ("own", "None", (), 0.5),
    ]
    assert (first.expertise_cpv, second.documents) == (("72000000",), ())
    assert read_challenges(folder / "C.jsonl")[0].title == "Flood warnings"


def test_days_and_levels_are_read(tmp_path: Path) -> None:
    own = {"text": "Gauges.", "level": "verified", "recorded": "2026-01-02", "expires": "2028-01-02"}
    (read,) = read_suppliers(write(tmp_path / "S.jsonl", {"id": "s", "docs": [own]}))[0].documents
    assert (read.level.value, str(read.recorded), str(read.expires)) == (
        "verified",
        "2026-01-02",
        "2028-01-02",
    )
    asked = write(tmp_path / "C.jsonl", {"id": "c", "title": "Floods", "published": "2026-02-01"})
    assert str(read_challenges(asked)[0].published) == "2026-02-01"


def test_the_run_is_written_in_trec_form(folder: Path) -> None:
    done = run(folder)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"Ranked 2 suppliers for 1 challenge; see {folder / 'RUN.trec'}.\n"
    rows = [line.split() for line in (folder / "RUN.trec").read_text().splitlines()]
    assert [(r[0], r[1], r[2], r[3], r[5]) for r in rows] == [
        ("c1", "Q0", "s1", "1", "engage"),
        ("c1", "Q0", "s2", "2", "engage"),
    ]
    assert float(rows[0][4]) > float(rows[1][4]) == 0.0
    assert sorted(path.name for path in folder.iterdir()) == ["C.jsonl", "RUN.trec", "S.jsonl"]


def test_top_and_json(folder: Path) -> None:
    done = run(folder, "--top", "1", "--json")
    said = json.loads(done.stdout)
    assert (said["suppliers"], said["challenges"]) == (2, 1)
    assert said["identity"]["embedder"] == "none"
    assert len((folder / "RUN.trec").read_text().splitlines()) == 1


def test_explanations_quote_the_passages(folder: Path) -> None:
    assert run(folder, "--explain", str(folder / "WHY.jsonl")).exit_code == 0
    first, second = (json.loads(line) for line in (folder / "WHY.jsonl").read_text("utf-8").splitlines())
    reasons = first["explanation"]["documents"]
    assert [reason["document_id"] for reason in reasons] == ["1", "own"]
    assert sum(reason["contribution"] for reason in reasons) == pytest.approx(first["score"], abs=1e-6)
    assert reasons[0]["passages"][0]["words"] == "River gauges with radio."
    assert second["explanation"]["documents"] == []


@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        ("S.jsonl", "{not json\n", "this is not JSON (Expecting property name enclosed in double quotes, column 2); write one object a line."),
        ("S.jsonl", "[1]\n", "this is not an object in braces; write one object a line."),
        ("S.jsonl", "[" * 100_000 + "\n", "this is nested too deep; write one flat object a line."),
        ("S.jsonl", '{"id": "s9", "docs": [{"text": "x", "weight": NaN}]}\n', "NaN is no number; take it out."),
        ("S.jsonl", {"name": "x"}, "id must be a text that is not empty; correct it."),
        ("S.jsonl", {"id": 7}, "id must be a text that is not empty; correct it."),
        ("S.jsonl", {"id": "a b"}, "the id 'a b' may not hold spaces or hidden characters; take them out."),
        ("S.jsonl", {"id": "s1"}, "the id s1 stands on line 1 already; make it different."),
        ("S.jsonl", {"id": "s9", "docs": "x"}, "docs must be a list in square brackets; correct it."),
        ("S.jsonl", {"id": "s9", "docs": ["x"]}, "statement 1 of docs must be an object in braces; correct it."),
        ("S.jsonl", {"id": "s9", "docs": [{"text": 5}]}, "text must be a text; correct it."),
        ("S.jsonl", {"id": "s9", "docs": [{"date": "6 May"}]}, "date must be a date like 2026-01-31, not '6 May'; correct it."),
        ("S.jsonl", {"id": "s9", "docs": [{"level": "sworn"}]}, "level must be one of declared, evidenced, verified, not 'sworn'; correct it."),
        ("S.jsonl", {"id": "s9", "docs": [{"cpv": [5]}]}, "cpv must be a list of CPV codes, each a text like 72000000; correct it."),
        ("S.jsonl", {"id": "s9", "docs": [{"weight": 2}]}, "weight must be a number from 0 to 1; correct it."),
        ("S.jsonl", {"id": "s9", "docs": [{"id": "d"}, {"id": "d"}]}, "the id d is given to two statements; make it different."),
        ("C.jsonl", {"id": "c9", "title": " ", "text": "\u200b"}, "the challenge has neither a title nor a text; give it one."),
        ("C.jsonl", {"id": "c1", "title": "again"}, "the id c1 stands on line 2 already; make it different."),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_and_nothing_is_written(folder: Path, file: str, line: object, said: str) -> None:
    (folder / "RUN.trec").write_text("kept")
    good = (folder / file).read_text()
    write(folder / file, good, line)
    done = run(folder)
    number = good.count("\n") + 1
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"engage: {file}, line {number}: {said}\n"
    assert (folder / "RUN.trec").read_text() == "kept"


def test_a_file_that_is_not_text_or_empty_or_absent_is_named(folder: Path) -> None:
    (folder / "S.jsonl").write_bytes(b'{"id": "a"}\n{"id": "\xff"}\n')
    assert run(folder).stderr == "engage: S.jsonl, line 2: this is not UTF-8 text; save it as UTF-8.\n"
    (folder / "S.jsonl").write_text("\n\n")
    assert run(folder).stderr == (
        "engage: S.jsonl, line 1: the file holds no records; write one JSON object a line.\n"
    )
    (folder / "S.jsonl").unlink()
    absent = run(folder)
    assert absent.stderr == (
        f"engage: {folder / 'S.jsonl'} cannot be read (No such file or directory); check the name.\n"
    )
    assert absent.exit_code == 2


def test_a_byte_order_mark_and_windows_lines_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "C.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD_CHALLENGE).encode() + b"\r\n")
    assert [challenge.id for challenge in read_challenges(file)] == ["c1"]


def test_where_nothing_can_be_written_nothing_is_computed(folder: Path) -> None:
    nowhere = folder / "no" / "RUN.trec"
    done = run(folder, "--out", str(nowhere))
    assert done.stderr == f"engage: {nowhere} cannot be written: name a file in a folder that exists.\n"
    same = run(folder, "--explain", str(folder / "RUN.trec"))
    assert same.stderr == (
        f"engage: --out and --explain both name {folder / 'RUN.trec'}: give them different names.\n"
    )
    assert (done.exit_code, same.exit_code) == (2, 2)


@pytest.mark.parametrize("option", ["--out", "--explain"])
def test_what_is_read_is_never_overwritten(folder: Path, option: str) -> None:
    before = (folder / "S.jsonl").read_bytes()
    done = run(folder, option, "S.jsonl")
    assert (done.exit_code, (folder / "S.jsonl").read_bytes()) == (2, before)
    assert done.stderr == (
        f"engage: {folder / 'S.jsonl'} is read by this command: give its result another name.\n"
    )


def test_an_unknown_embedder_is_named(folder: Path) -> None:
    done = run(folder, "--embedder", "magic")
    assert (done.exit_code, done.stderr) == (
        2,
        "engage: There is no embedder called magic. Known ones: minilm-int8, none.\n",
    )


def test_a_number_that_nobody_can_read_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "S.jsonl", '{"id": "a", "x": ' + "9" * 5000 + "}\n")
    with pytest.raises(InputError, match=r"^S\.jsonl, line 1: a number has too many digits"):
        read_suppliers(file)


def test_python_and_infinity_are_no_json(tmp_path: Path) -> None:
    file = write(tmp_path / "S.jsonl", json.dumps({"id": "a", "x": math.inf}))
    with pytest.raises(InputError, match="Infinity is no number"):
        read_suppliers(file)
