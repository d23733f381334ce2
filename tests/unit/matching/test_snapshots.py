"""Parameters, lexicon, background and the identity of a run."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest

from engage.matching import (
    ENGINE_VERSION,
    Background,
    InputError,
    Lexicon,
    Parameters,
    build_background,
    build_index,
    build_lexicon,
    count_readings,
    profiles_hash,
    rank_challenge,
    read_words,
)
from engage.matching.reading import PAIR, TITLED, term_hash, unpack, words_named
from tests.unit.matching.corpus import FLOOD, crowd, document, features_for, supplier

DOCUMENTS = [d for s in crowd() for d in s.documents]


def counts_of(lexicon: Lexicon) -> dict[int, int]:
    return dict(zip(lexicon.hashes.tolist(), lexicon.counts.tolist(), strict=True))


def counted(terms: dict[str, int]) -> dict[int, int]:
    return {term_hash(term): count for term, count in terms.items()}


def test_parameters_survive_json() -> None:
    parameters = Parameters(semantic=0.5, ranks=(1.0, 0.5))
    again = Parameters.from_dict(json.loads(json.dumps(parameters.to_dict())))
    assert again == parameters
    assert again.id == parameters.id


def test_every_number_shows_in_the_id() -> None:
    ids = {
        Parameters().id,
        Parameters(cpv=0.1).id,
        Parameters(bands=(4, 2, 1)).id,
        Parameters(calibration="2").id,
    }
    assert len(ids) == 4


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"semantic": -0.1}, "finite and not negative"),
        ({"lexical": math.nan}, "finite and not negative"),
        ({"ceiling": math.inf}, "finite and not negative"),
        ({"semantic": 0.0, "lexical": 0.0}, "cannot both be 0"),
        ({"ranks": ()}, "must fall from the best"),
        ({"ranks": (0.5, 1.0)}, "must fall from the best"),
        ({"bands": (1.0, 2.0, 3.0)}, "must fall from strong"),
        ({"shrinkage": 1.5}, "shrinkage is between 0 and 1"),
        ({"term_cap": 0}, "term_cap and min_documents from 1 up"),
    ],
)
def test_impossible_parameters_are_refused(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        Parameters(**wrong)  # type: ignore[arg-type] # wrong on purpose


def test_unknown_parameters_are_refused() -> None:
    with pytest.raises(InputError, match=r"Unknown matching parameters: boost, magic\."):
        Parameters.from_dict({"magic": 1, "boost": 2})


def test_the_lexicon_counts_different_statements() -> None:
    lexicon = build_lexicon(
        [document("1", "flood flood"), document("2", "Flood  flood"), document("3", "floods, river")]
    )
    assert lexicon.documents == 2
    assert counts_of(lexicon) == counted({"flood": 2, "flood flood": 1, "flood river": 1, "river": 1})


def test_rare_pairs_go_once_there_is_enough_to_tell_and_rare_words_stay() -> None:
    lexicon = build_lexicon([*DOCUMENTS, document("x", "biometric passports")])
    before = build_lexicon(DOCUMENTS)
    assert lexicon.documents == 81
    assert counts_of(lexicon) == counts_of(before) | counted({"biometr": 1, "passport": 1})


def test_snapshots_survive_storing_and_are_named_by_their_content() -> None:
    lexicon, background = build_lexicon(DOCUMENTS), build_background(DOCUMENTS)
    assert Lexicon.from_bytes(lexicon.to_bytes()).id == lexicon.id
    assert Background.from_bytes(background.to_bytes()) == background
    assert build_lexicon(DOCUMENTS[::-1]).id == lexicon.id
    assert build_background(DOCUMENTS[::-1]).id == background.id
    assert build_lexicon(DOCUMENTS[1:]).id != lexicon.id
    assert build_background(DOCUMENTS[1:]).id != background.id


def test_the_background_is_a_sample_of_the_size_asked_for() -> None:
    chosen = build_background([*DOCUMENTS, document("e", "")], size=10)
    assert len(chosen.statements) == 10
    assert set(chosen.statements) <= set(build_background(DOCUMENTS).statements)


def test_the_identity_names_everything_that_decides() -> None:
    suppliers = [*crowd(), supplier("s", document("d", "flood sensors", cpv=("1",)))]
    features = features_for(suppliers, [FLOOD])
    identity = build_index(suppliers=suppliers, features=features).identity.to_dict()
    assert identity["engine_version"] == ENGINE_VERSION
    assert identity["embedder"] == "hash-1"
    assert sorted(identity) == [
        "background",
        "embedder",
        "engine_version",
        "lexicon",
        "parameters",
        "profiles",
    ]
    changed = [*crowd(), supplier("s", document("d", "flood sensors", cpv=("2",)))]
    assert profiles_hash(suppliers) == identity["profiles"] != profiles_hash(changed)
    renamed = [dataclasses.replace(s, name="Another name") for s in suppliers]
    assert profiles_hash(renamed) == identity["profiles"]


def test_a_snapshot_of_nothing_still_scores() -> None:
    suppliers = [supplier("a", "flood sensors"), supplier("b", "school meals")]
    index = build_index(
        suppliers=suppliers,
        features=features_for(suppliers, [FLOOD]),
        lexicon=build_lexicon([]),
        background=build_background([]),
    )
    assert [place.supplier_id for place in rank_challenge(index, FLOOD)] == ["a", "b"]


def test_stored_snapshots_of_something_else_are_refused() -> None:
    stored = build_lexicon(DOCUMENTS).to_bytes()
    for wrong in (b"", b"{}", stored[:-1], stored + b"0", b"x" + stored[1:]):
        with pytest.raises(InputError, match="no stored lexicon, or a damaged one"):
            Lexicon.from_bytes(wrong)
    for wrong in (b"", b"{", b"[1]", b'[["a"]]', b"7"):
        with pytest.raises(InputError, match="no stored background, or a damaged one"):
            Background.from_bytes(wrong)


def test_counting_in_blocks_gives_the_same_lexicon(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = [read_words(one.title, one.text) for one in [*DOCUMENTS, *DOCUMENTS[:9]]]
    whole = count_readings(readings)
    assert whole.id == build_lexicon(DOCUMENTS).id
    monkeypatch.setattr("engage.matching.background._AT_ONCE", 7)
    assert count_readings(reversed(readings)).to_bytes() == whole.to_bytes()


def test_a_reading_holds_stems_pairs_and_where_they_stand() -> None:
    found, sizes = unpack([read_words("Flood", "Floods of rivers and floods."), read_words("", "\u200b")])
    listed = zip(found.hashes.tolist(), found.counts.tolist(), found.flags.tolist(), strict=True)
    assert sizes == [5, 0]
    assert {one: (count, flags) for one, count, flags in listed} == {
        term_hash("flood"): (3, TITLED),
        term_hash("river"): (1, 0),
        term_hash("flood flood"): (1, PAIR),
        term_hash("flood river"): (1, PAIR),
        term_hash("river flood"): (1, PAIR),
    }
    assert found.hashes.tolist() == sorted(found.hashes.tolist())


def test_readings_of_texts_that_read_alike_have_one_name() -> None:
    plain = read_words("Title", "the text")
    assert words_named(read_words("TI\u00adtle", " The  text ")) == words_named(plain)
    assert words_named(read_words("Title", "another text")) != words_named(plain)
    assert read_words("", "word " * 1_000) == read_words("", "word " * 1_000)
