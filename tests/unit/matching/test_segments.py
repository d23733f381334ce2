"""Segments and pools: the same ranking however the suppliers are kept, and nothing damaged is believed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.matching import (
    Document,
    Evidence,
    Features,
    InputError,
    MissingVectorsError,
    Pool,
    Ranked,
    Segment,
    SegmentError,
    StatementRow,
    SupplierProfile,
    Yardstick,
    build_background,
    build_lexicon,
    build_segment,
    explain_pool_pair,
    rank_pool,
    read_words,
)
from engage.matching.columns import COLUMNS, MANIFEST
from engage.matching.index import statement_row
from engage.matching.wording import wording
from tests.unit.matching.corpus import FLOOD, crowd, document, features_for, supplier

RIVER = "We make river level gauges with radio telemetry, and flood forecasting models for small rivers."
SENSORS = "Sensors for bridges, with telemetry over radio."
PAPER = "We print leaflets about rivers."
TODAY = dt.date(2026, 6, 1)

MARKET = [
    *crowd(),
    supplier("river", RIVER, document("x", SENSORS, "Telemetry", cpv=("38421100", "45000000"))),
    supplier("bridge", SENSORS, PAPER),
    supplier("same", SENSORS, PAPER),
    supplier("ünïcode-😀", document("q", "Pegelstände 😀 and flood gauges", "Flüsse")),
    supplier("empty"),
]
FEATURES = features_for(MARKET, [FLOOD])
TEXTS = [d for s in MARKET for d in s.documents]
YARDSTICK = Yardstick.of(lexicon=build_lexicon(TEXTS), background=build_background(TEXTS), features=FEATURES)


def rows_of(suppliers: Sequence[SupplierProfile], features: Features = FEATURES) -> list[StatementRow]:
    ordered = sorted(suppliers, key=lambda one: one.id)
    return [statement_row(one, each, wording(each), features) for one in ordered for each in one.documents]


def segment_of(suppliers: Sequence[SupplierProfile], features: Features = FEATURES) -> Segment:
    return build_segment(
        rows_of(suppliers, features), yardstick=YARDSTICK, suppliers=[one.id for one in suppliers]
    )


def pool_of(*parts: Sequence[SupplierProfile], **more: Any) -> Pool:
    return Pool([segment_of(part) for part in parts], yardstick=YARDSTICK, **more)


def ranking(pool: Pool, **more: Any) -> list[Ranked]:
    return rank_pool(pool, FLOOD, features=FEATURES, **{"top": 1000, "explain": 1000, **more})


def ids(places: Sequence[Ranked]) -> list[str]:
    return [place.supplier_id for place in places]


def as_bytes(places: Sequence[Ranked]) -> bytes:
    return json.dumps([dataclasses.asdict(place) for place in places]).encode()


ALL = ranking(pool_of(MARKET))


def test_a_written_segment_opens_with_the_same_columns(tmp_path: Path) -> None:
    made = segment_of(MARKET)
    made.write(tmp_path / "s")
    opened = Segment.open(tmp_path / "s", yardstick=YARDSTICK)
    assert list(opened.each_column()) == list(made.each_column())
    for name, column in made.each_column().items():
        other = opened.each_column()[name]
        assert (name, other.dtype, other.shape) == (name, column.dtype, column.shape)
        assert other.tobytes() == column.tobytes()
        assert not other.size or not other.flags.writeable
    assert [opened.document(row) for row in range(opened.size)] == [
        made.document(row) for row in range(made.size)
    ]
    assert as_bytes(ranking(Pool([opened], yardstick=YARDSTICK))) == as_bytes(ALL)


def test_documents_come_back_as_they_were_written() -> None:
    whole = document(
        "q", "Text\nwith 😀\ud800", "Títle", weight=0.5, level=Evidence.VERIFIED,
        date=dt.date(2024, 2, 29), recorded=dt.date(2025, 1, 1), expires=dt.date(2027, 1, 1),
    )  # fmt: skip
    features = features_for([supplier("s", whole)], [])
    assert segment_of([supplier("s", whole)], features).document(0) == whole


def test_an_empty_segment_is_one_too(tmp_path: Path) -> None:
    segment_of([]).write(tmp_path / "s")
    nobody = Pool([Segment.open(tmp_path / "s", yardstick=YARDSTICK)], yardstick=YARDSTICK)
    assert ranking(nobody) == []
    assert ranking(Pool([], yardstick=YARDSTICK)) == []


def test_another_process_reads_the_folder_with_the_same_result(tmp_path: Path) -> None:
    segment_of(MARKET).write(tmp_path / "s")
    code = (
        "import sys; from pathlib import Path; from engage.matching import Pool, Segment\n"
        "from tests.unit.matching.test_segments import *\n"
        "opened = Segment.open(Path(sys.argv[1]), yardstick=YARDSTICK)\n"
        "sys.stdout.buffer.write(as_bytes(ranking(Pool([opened], yardstick=YARDSTICK))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "s")],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "3", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.stdout == as_bytes(ALL)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=len(MARKET), max_size=len(MARKET)), st.integers(1, 90))
def test_how_suppliers_are_spread_over_segments_makes_no_difference(where: list[int], top: int) -> None:
    parts = [[one for one, part in zip(MARKET, where, strict=True) if part == number] for number in range(4)]
    assert as_bytes(ranking(pool_of(*parts), top=top)) == as_bytes(ALL[:top])


def test_who_does_not_take_part_changes_no_score() -> None:
    some = ["river", "same", "crowd-007", "empty", "nobody", ""]
    found = ranking(pool_of(MARKET, suppliers=some))
    assert sorted(ids(found)) == ["crowd-007", "empty", "river", "same"]
    scores = {place.supplier_id: (place.score, place.explanation) for place in ALL}
    assert {place.supplier_id: (place.score, place.explanation) for place in found} == {
        name: scores[name] for name in ids(found)
    }
    assert [place.rank for place in found] == [1, 2, 3, 4]
    assert pool_of(MARKET, suppliers=some).size == 4
    assert ranking(pool_of(MARKET, suppliers=[])) == []


def test_the_last_segment_speaks_for_a_supplier() -> None:
    changed = [supplier("river", PAPER), supplier("bridge"), supplier("zebra", SENSORS)]
    found = ranking(pool_of(MARKET, changed))
    now = {one.id: one for one in [*MARKET, *changed]}
    assert as_bytes(found) == as_bytes(ranking(pool_of(list(now.values()))))


def test_equal_scores_stand_in_order_of_id_across_segments() -> None:
    same = [supplier(name, SENSORS) for name in ("d", "b", "a", "c")]
    found = ranking(pool_of(same[:2], same[2:]))
    assert ids(found) == ["a", "b", "c", "d"]
    assert ids(ranking(pool_of(same[:2], same[2:]), top=3)) == ["a", "b", "c"]
    assert len({place.score for place in found}) == 1


def test_further_suppliers_come_with_their_rank_and_reasons() -> None:
    last, middle = ALL[-1], ALL[40]
    wanted = [last.supplier_id, middle.supplier_id, ALL[0].supplier_id]
    parts = pool_of(MARKET[::2], MARKET[1::2])
    assert ranking(parts, top=3, explain=3, also=wanted) == [*ALL[:3], middle, last]
    bare = ranking(parts, top=3, explain=0, also=wanted)
    assert [(place.rank, place.explanation) for place in bare] == [
        (1, None), (2, None), (3, None), (middle.rank, None), (last.rank, None),
    ]  # fmt: skip
    with pytest.raises(InputError, match="There is no supplier nobody among those ranked"):
        ranking(parts, also=["nobody"])


def test_a_pair_is_explained_as_in_the_ranking() -> None:
    parts = pool_of(MARKET[::2], MARKET[1::2])
    for place in ALL:
        assert explain_pool_pair(parts, FLOOD, place.supplier_id, features=FEATURES) == place.explanation


def score(*documents: Document, as_of: dt.date | None = TODAY) -> float:
    profile = supplier("s", *documents)
    segment = segment_of([profile], features_for([profile], []))
    pool = Pool([segment], yardstick=YARDSTICK, as_of=as_of)
    return ranking(pool)[0].score


def test_a_statement_counts_until_the_day_before_it_expires() -> None:
    plain = score(document("d", RIVER))
    assert [score(document("d", RIVER, expires=TODAY + dt.timedelta(days))) for days in (1, 0, -1)] == [
        plain, 0.0, 0.0,
    ]  # fmt: skip
    assert score(document("d", RIVER, expires=TODAY), as_of=None) == plain


def test_when_a_statement_expires_its_twin_counts() -> None:
    gone = dt.date(2026, 5, 1)
    first = document("a", RIVER, level=Evidence.VERIFIED, expires=gone)
    twin = document("b", RIVER.upper())
    profile = supplier("s", twin, first, document("c", SENSORS))
    pool = [
        Pool([segment_of([profile], features_for([profile], []))], yardstick=YARDSTICK, as_of=day)
        for day in (gone, gone - dt.timedelta(1))
    ]
    after, before = (ranking(each)[0] for each in pool)
    assert (after.confidence, before.confidence) == (2, 2)
    named = [[reason.document_id for reason in one.explanation.documents] for one in (after, before)]  # type: ignore[union-attr] # explained
    assert named == [["b", "c"], ["a", "c"]]


def test_evidence_adds_a_little_and_is_named() -> None:
    by_level = [score(document("d", RIVER, level=level)) for level in Evidence]
    whole = YARDSTICK.parameters.evidence
    assert [one - by_level[0] for one in by_level] == pytest.approx([0.0, whole / 2, whole])
    assert 0 < whole <= 0.15


@pytest.mark.parametrize(
    ("age", "part"), [(0, 1.0), (1461, 0.5), (2922, 0.25), (1461 * 3 // 2, 0.375), (-30, 1.0)]
)
def test_freshness_halves_every_four_years(age: int, part: float) -> None:
    plain = score(document("d", RIVER))
    dated = document("d", RIVER, date=TODAY - dt.timedelta(days=age))
    assert score(dated) - plain == pytest.approx(YARDSTICK.parameters.freshness * part, rel=1e-3)
    assert score(dated, as_of=None) == plain


def test_a_statement_that_is_not_near_gains_nothing_from_evidence_or_date() -> None:
    strange = "Costumes for the theatre, sewn by hand."
    assert score(document("d", strange, level=Evidence.VERIFIED, date=TODAY)) == 0.0


def test_the_parts_add_up_with_evidence_and_freshness() -> None:
    profile = supplier(
        "s",
        document("a", RIVER, level=Evidence.VERIFIED, date=dt.date(2025, 1, 1), weight=0.8),
        document("b", SENSORS, level=Evidence.EVIDENCED, date=dt.date(2020, 1, 1), cpv=("38421100",)),
    )
    pool = Pool([segment_of([profile], features_for([profile], []))], yardstick=YARDSTICK, as_of=TODAY)
    found = ranking(pool)[0]
    assert found.explanation is not None
    assert sum(one.contribution for one in found.explanation.documents) == pytest.approx(found.score)
    for one in found.explanation.documents:
        assert one.evidence > 0
        assert one.freshness > 0
        parts = one.semantic + one.lexical + one.cpv + one.evidence + one.freshness + one.limit
        assert parts == pytest.approx(one.contribution, abs=1e-9)
        assert one.limit == pytest.approx(0.0, abs=1e-9)


def test_without_vectors_words_alone_can_rank() -> None:
    rows = [dataclasses.replace(row, vector=None, title_vector=None) for row in rows_of(MARKET[-5:])]
    with_vectors = segment_of(MARKET[:-5])
    bare = build_segment(rows, yardstick=YARDSTICK, suppliers=["empty"])
    pool = Pool([with_vectors, bare], yardstick=YARDSTICK)
    assert pool.unread == sum(len(one.documents) for one in MARKET[-5:])
    with pytest.raises(MissingVectorsError, match="7 statements have no vector yet"):
        ranking(pool)
    words = Features(digest="none", dim=0)
    alone = rank_pool(pool, FLOOD, features=words, top=1000)
    assert alone == rank_pool(pool_of(MARKET), FLOOD, features=words, top=1000)
    known = Pool([with_vectors, bare], yardstick=YARDSTICK, suppliers=["crowd-001", "empty"])
    assert ids(ranking(known)) == ["crowd-001", "empty"]


def test_vectors_of_another_model_are_refused() -> None:
    other = Features(digest="other", dim=64)
    with pytest.raises(InputError, match="belong to another embedder"):
        rank_pool(pool_of(MARKET), FLOOD, features=other)


ROW = StatementRow(supplier="s", id="d", title="", text="flood", reading=read_words("", "flood"))


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([ROW, dataclasses.replace(ROW, text="x")], "The id d of supplier s is given twice"),
        ([ROW, dataclasses.replace(ROW, supplier="a")], "must come in order of their ids"),
        ([ROW, dataclasses.replace(ROW, supplier="t"), ROW], "The id s is given twice"),
        ([dataclasses.replace(ROW, weight=1.5)], "weight of statement d must be between 0 and 1"),
        ([dataclasses.replace(ROW, vector=b"123")], "A vector of statement d has 3 bytes instead of 64"),
        ([dataclasses.replace(ROW, reading=b"\x09" + ROW.reading[1:])], "read the statement again"),
        ([dataclasses.replace(ROW, reading=ROW.reading[:-1])], "read the statement again"),
        ([dataclasses.replace(ROW, reading=b"")], "read the statement again"),
        ([dataclasses.replace(ROW, supplier="s" * 257)], "cannot be used: at most 256 bytes"),
        ([dataclasses.replace(ROW, supplier="s\0")], "no character 0 at its end"),
    ],
)
def test_rows_that_make_no_sense_are_refused(rows: list[StatementRow], why: str) -> None:
    with pytest.raises(InputError, match=why):
        build_segment(rows, yardstick=YARDSTICK)


def _changed(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)


def _shorter(folder: Path) -> None:
    content = (folder / COLUMNS).read_bytes()
    (folder / COLUMNS).write_bytes(content[:-64])


def _another_shape(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["columns"][2]["shape"] = [1]
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda folder: (folder / MANIFEST).unlink(), "holds no finished segment"),
        (lambda folder: (folder / COLUMNS).unlink(), "is damaged"),
        (lambda folder: (folder / MANIFEST).write_text("{"), "is damaged"),
        (lambda folder: (folder / MANIFEST).write_text("[]"), "is damaged"),
        (lambda folder: (folder / MANIFEST).write_bytes(b"\xff\xfe"), "is damaged"),
        (_another_shape, "is damaged"),
        (_shorter, "is damaged"),
        (lambda folder: _changed(folder / COLUMNS, 1000), "is damaged"),
        (lambda folder: _changed(folder / COLUMNS, -1), "is damaged"),
    ],
)
def test_a_damaged_folder_is_refused(tmp_path: Path, harm: Any, why: str) -> None:
    folder = tmp_path / "segment-7"
    segment_of(MARKET[:5]).write(folder)
    harm(folder)
    with pytest.raises(SegmentError, match=rf"segment-7 {why}.*: make it anew\."):
        Segment.open(folder, yardstick=YARDSTICK)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SegmentError, match="The folder nothing holds no finished segment"):
        Segment.open(tmp_path / "nothing", yardstick=YARDSTICK)


def test_a_segment_of_other_snapshots_is_refused(tmp_path: Path) -> None:
    made = segment_of(MARKET)
    made.write(tmp_path / "s")
    other = Yardstick.of(
        lexicon=build_lexicon(TEXTS[1:]), background=build_background(TEXTS[1:]), features=FEATURES
    )
    with pytest.raises(SegmentError, match="The segment s was made with another background and lexicon"):
        Segment.open(tmp_path / "s", yardstick=other)
    with pytest.raises(SegmentError, match="made with another yardstick"):
        Pool([made], yardstick=other)


def test_a_folder_in_use_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(SegmentError, match="is not empty: write into a new one"):
        segment_of(MARKET[:1]).write(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["note.txt"]


def test_opening_without_verifying_reads_no_column(tmp_path: Path) -> None:
    segment_of(MARKET).write(tmp_path / "s")
    _changed(tmp_path / "s" / COLUMNS, -1)
    assert len(Segment.open(tmp_path / "s", yardstick=YARDSTICK, verify=False)) == len(MARKET)


def test_the_reading_alone_decides_what_words_count() -> None:
    other = [
        dataclasses.replace(row, reading=read_words("", "We bake bread.")) for row in rows_of(MARKET[:1])
    ]
    pool = Pool([build_segment(other, yardstick=YARDSTICK)], yardstick=YARDSTICK)
    words = Features(digest="none", dim=0)
    assert rank_pool(pool, FLOOD, features=words)[0].score == 0.0
