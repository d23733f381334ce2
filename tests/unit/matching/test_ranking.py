"""Ranking: what counts, what must not, and that it is the same every time."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.matching import (
    Band,
    ChallengeText,
    InputError,
    Parameters,
    Ranked,
    SupplierProfile,
    band_of,
    build_background,
    build_index,
    build_lexicon,
    rank,
    rank_challenge,
)
from tests.unit.matching.corpus import (
    FLOOD,
    SCHOOL,
    HashEmbedder,
    crowd,
    document,
    features_for,
    supplier,
    words_alone,
)

RIVER = (
    "We make low-cost river level gauges with radio telemetry, and flood forecasting models for small rivers."
)
SENSORS = "Sensors for bridges, with telemetry over radio."
PAPER = "We print leaflets about rivers."


def places(suppliers: list[SupplierProfile], *, blend: bool = True, **more: Any) -> list[Ranked]:
    features = features_for(suppliers, [FLOOD]) if blend else words_alone()
    return rank(challenges=[FLOOD], suppliers=suppliers, features=features, top=1000, **more)[FLOOD.id]


def score_of(suppliers: list[SupplierProfile], known_as: str, **more: Any) -> float:
    """Score one supplier before a crowd that is the same for everybody, far below the ceiling."""
    more.setdefault("parameters", Parameters(ceiling=100.0))
    everybody = crowd()
    texts = [d for s in everybody for d in s.documents]
    lexicon = build_lexicon([*texts, document("r", RIVER), document("s", SENSORS)])
    found = places([*everybody, *suppliers], lexicon=lexicon, background=build_background(texts), **more)
    return next(place.score for place in found if place.supplier_id == known_as)


@pytest.mark.parametrize("blend", [True, False])
def test_who_knows_the_problem_comes_first(blend: bool) -> None:
    found = places([*crowd(), supplier("river", RIVER), supplier("paper", PAPER)], blend=blend)
    assert found[0].supplier_id == "river"
    assert found[0].band in {Band.STRONG, Band.GOOD}
    assert [place.rank for place in found] == list(range(1, 83))


def test_scores_do_not_depend_on_who_else_is_there() -> None:
    assert score_of([supplier("river", RIVER)], "river") == score_of(
        [supplier("river", RIVER), supplier("other", RIVER + " Again."), supplier("more", SENSORS)], "river"
    )


def test_more_evidence_helps_and_never_harms() -> None:
    one = score_of([supplier("s", RIVER)], "s")
    middling = score_of([supplier("s", SENSORS)], "s")
    assert score_of([supplier("s", RIVER, "Meals.")], "s") == one
    assert score_of([supplier("s", RIVER, SENSORS)], "s") == pytest.approx(
        (one**2 + Parameters().ranks[1] * middling**2) ** 0.5
    )


def test_many_middling_statements_do_not_outweigh_a_strong_one() -> None:
    many = [f"{SENSORS} Bridge number b{i} in town t{i}." for i in range(50)]
    assert score_of([supplier("many", *many)], "many") < score_of([supplier("one", RIVER)], "one")


def test_a_statement_said_twice_counts_once() -> None:
    once = score_of([supplier("s", RIVER)], "s")
    assert score_of([supplier("s", RIVER, RIVER, "\u200b" + RIVER.upper())], "s") == pytest.approx(
        once, rel=0.02
    )
    found = places([*crowd(), supplier("s", RIVER, RIVER, " " + RIVER)])
    assert found[0].confidence == 1


def test_hidden_characters_change_nothing() -> None:
    hidden = "\u200b".join(RIVER) + "\u202e\U000e0041"
    assert score_of([supplier("s", hidden)], "s") == score_of([supplier("s", RIVER)], "s")


def test_saying_a_word_often_gains_nothing_after_the_cap() -> None:
    four = score_of([supplier("s", PAPER + " flood" * 4)], "s", blend=False)
    hundred = score_of([supplier("s", PAPER + " flood" * 100)], "s", blend=False)
    assert hundred == four
    assert hundred < score_of([supplier("s", RIVER)], "s", blend=False)


def test_a_pasted_challenge_is_held_at_the_ceiling() -> None:
    pasted = f"{FLOOD.title}. {FLOOD.text}"
    ceiling = Parameters(ceiling=4.0)
    assert score_of([supplier("s", pasted)], "s", parameters=ceiling) == 4.0


def test_a_shared_cpv_code_adds_a_little() -> None:
    without = score_of([supplier("s", document("d", RIVER))], "s")
    same = score_of([supplier("s", document("d", RIVER, cpv=("38421100",)))], "s")
    division = score_of([supplier("s", document("d", RIVER, cpv=("38000000-5",)))], "s")
    other = score_of([supplier("s", document("d", RIVER, cpv=("45000000", "not a code")))], "s")
    weight = Parameters().cpv
    assert [same - without, division - without] == pytest.approx([weight, weight / 4])
    assert other == without


def test_the_weight_of_a_source_scales_what_a_statement_adds() -> None:
    full = score_of([supplier("s", document("d", RIVER))], "s")
    assert score_of([supplier("s", document("d", RIVER, weight=0.5))], "s") == pytest.approx(full / 2)
    assert score_of([supplier("s", document("d", RIVER, weight=0.0))], "s") == 0.0


def test_a_supplier_without_words_scores_nothing() -> None:
    empty = [
        supplier("e1"),
        supplier("e2", "", "\u200b\u2060"),
        supplier("e3", "!!! ??? …"),
        supplier("e4", "😀 🎉"),
    ]
    found = {
        place.supplier_id: place for place in places([*crowd(), *empty, supplier("r", RIVER)], explain=1000)
    }
    assert [found[f"e{i}"].confidence for i in (1, 2, 3, 4)] == [0, 0, 0, 0]
    assert {(found[f"e{i}"].score, found[f"e{i}"].band) for i in (1, 2, 3, 4)} == {(0.0, Band.NONE)}
    assert found["e1"].explanation is not None
    assert found["e1"].explanation.documents == ()


def test_other_languages_and_long_texts_are_taken() -> None:
    odd = [supplier("de", "Wir messen Pegelstände an kleinen Flüssen."), supplier("long", "river " * 30_000)]
    assert len(places([*crowd(), *odd])) == 82


@pytest.mark.parametrize("size", [0, 1, 2, 5])
def test_small_worlds_are_ranked_too(size: int) -> None:
    suppliers = [supplier("river", RIVER), supplier("paper", PAPER), *crowd(3)][:size]
    found = places(suppliers)
    assert [place.supplier_id for place in found][:1] == (["river"] if size else [])
    assert len(found) == size


def test_equal_scores_stand_in_order_of_id() -> None:
    same = [supplier(one, RIVER) for one in ("c", "a", "d", "b")]
    found = places([*crowd(), *same])
    assert [place.supplier_id for place in found[:4]] == ["a", "b", "c", "d"]
    assert len({place.score for place in found[:4]}) == 1


def test_without_a_model_words_have_the_whole_weight() -> None:
    suppliers = [*crowd(), supplier("river", RIVER), supplier("paper", PAPER)]
    alone = places(suppliers, blend=False)
    weighed = places(suppliers, parameters=Parameters(semantic=0.0, lexical=1.0))
    assert [(p.supplier_id, p.score) for p in alone] == [(p.supplier_id, p.score) for p in weighed]


def test_top_and_explain_limit_what_comes_back() -> None:
    suppliers = [*crowd(), supplier("river", RIVER)]
    found = rank(
        challenges=[FLOOD, SCHOOL],
        suppliers=suppliers,
        features=features_for(suppliers, [FLOOD, SCHOOL]),
        top=5,
        explain=2,
    )
    assert list(found) == ["flood", "school"]
    assert [place.explanation is None for place in found["school"]] == [False, False, True, True, True]


def test_impossible_requests_are_refused() -> None:
    index = build_index(suppliers=[supplier("s", RIVER)], features=words_alone())
    for wrong in ({"top": 0}, {"explain": -1}):
        with pytest.raises(InputError, match="top is 1 or more, explain 0 or more"):
            rank_challenge(index, FLOOD, **wrong)
    with pytest.raises(InputError, match="The id s is given twice"):
        places([supplier("s", RIVER), supplier("s", PAPER)])
    with pytest.raises(InputError, match="The id d of supplier s is given twice"):
        places([supplier("s", document("d", RIVER), document("d", PAPER))])
    with pytest.raises(InputError, match="weight of statement d must be between 0 and 1"):
        places([supplier("s", document("d", RIVER, weight=float("nan")))])
    with pytest.raises(InputError, match="Two challenges have the same id"):
        rank(challenges=[FLOOD, FLOOD], suppliers=[], features=words_alone())
    with pytest.raises(InputError, match="Without a model the lexical weight cannot be 0"):
        places([supplier("s", RIVER)], blend=False, parameters=Parameters(lexical=0.0))


def test_bands_follow_the_thresholds() -> None:
    parameters = Parameters(bands=(3.0, 2.0, 1.0), bands_by_words=(30.0, 20.0, 10.0))
    assert band_of(10.0, parameters, by_words=True) == Band.POSSIBLE
    assert [band_of(score, parameters) for score in (3.0, 2.99, 2.0, 1.0, 0.99, 0.0)] == [
        Band.STRONG, Band.GOOD, Band.GOOD, Band.POSSIBLE, Band.NONE, Band.NONE,
    ]  # fmt: skip


def _bytes(suppliers: list[SupplierProfile]) -> bytes:
    found = places(suppliers, explain=20)
    return json.dumps([dataclasses.asdict(place) for place in found]).encode()


def test_the_order_of_the_input_makes_no_difference() -> None:
    suppliers = [*crowd(), supplier("river", RIVER, SENSORS, PAPER), supplier("paper", PAPER)]
    shuffled = [
        dataclasses.replace(s, documents=tuple(random.Random(1).sample(s.documents, len(s.documents))))
        for s in random.Random(2).sample(suppliers, len(suppliers))
    ]
    assert shuffled != suppliers
    assert _bytes(shuffled) == _bytes(suppliers)


def test_another_process_gives_the_same_bytes() -> None:
    code = (
        "import sys; from tests.unit.matching.test_ranking import _bytes, RIVER, SENSORS\n"
        "from tests.unit.matching.corpus import crowd, supplier\n"
        "sys.stdout.buffer.write(_bytes([*crowd(), supplier('river', RIVER, SENSORS)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert done.stdout == _bytes([*crowd(), supplier("river", RIVER, SENSORS)])


vocabulary = st.sampled_from(
    ["flood", "river", "sensor", "radio", "school", "meal", "road", "bridge", "legal", "advice", "5g"]
)
texts = st.lists(vocabulary, max_size=12).map(" ".join)
profiles = st.lists(st.lists(texts, max_size=5), max_size=8).map(
    lambda all_texts: [supplier(f"s{i}", *own) for i, own in enumerate(all_texts)]
)


@settings(max_examples=40, deadline=None)
@given(profiles, texts)
def test_a_ranking_is_a_permutation_with_falling_scores(suppliers: list[SupplierProfile], asked: str) -> None:
    challenge = ChallengeText(id="c", title=asked)
    found = rank(
        challenges=[challenge],
        suppliers=suppliers,
        features=features_for(suppliers, [challenge], HashEmbedder()),
        explain=100,
    )["c"]
    scores = [place.score for place in found]
    assert sorted(place.supplier_id for place in found) == [s.id for s in suppliers]
    assert [place.rank for place in found] == list(range(1, len(suppliers) + 1))
    assert scores == sorted(scores, reverse=True)
    for place in found:
        assert place.explanation is not None
        parts = [reason.contribution for reason in place.explanation.documents]
        assert sum(parts) == pytest.approx(place.score, abs=1e-9)
