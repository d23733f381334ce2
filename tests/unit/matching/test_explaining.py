"""Explanations: parts that add up, words as written, spans inside the text."""

from __future__ import annotations

import dataclasses

import pytest

from engage.matching import (
    DocumentReason,
    Explanation,
    InputError,
    Parameters,
    SupplierProfile,
    build_background,
    build_index,
    build_lexicon,
    encode_missing,
    explain_pair,
    sentence_texts,
)
from tests.unit.matching.corpus import (
    FLOOD,
    PUBLISHED,
    HashEmbedder,
    crowd,
    document,
    features_for,
    supplier,
    words_alone,
)

DOCUMENTS = (
    document(
        "a",
        "We cater too. Our river gauges send flood warnings by radio telemetry!\nOffices are in Leeds.",
        "River gauges",
        cpv=("38421100", "45000000"),
        weight=0.9,
    ),
    document("b", "Weather reports for farmers and their models.", "Weather"),
    document("c", "Sensors that count pallets in warehouses."),
    document("d", "We lend theatre costumes."),
    document("e", "Radio plays for small towns."),
)
RIVER = supplier("river", *DOCUMENTS)


def explain(
    *others: SupplierProfile, blend: bool = True, parameters: Parameters | None = None
) -> Explanation:
    suppliers = [*crowd(), RIVER, *others]
    texts = [d for s in [*crowd(), RIVER] for d in s.documents]
    index = build_index(
        suppliers=suppliers,
        features=features_for(suppliers, [FLOOD]) if blend else words_alone(),
        parameters=parameters,
        lexicon=build_lexicon(texts),
        background=build_background(texts),
    )
    return explain_pair(index, FLOOD, "river")


@pytest.mark.parametrize("blend", [True, False])
@pytest.mark.parametrize("parameters", [Parameters(), Parameters(ceiling=2.0), Parameters(cpv=0.0)])
def test_the_parts_add_up_to_the_score(blend: bool, parameters: Parameters) -> None:
    found = explain(blend=blend, parameters=parameters)
    assert found.score > 1
    assert sum(reason.contribution for reason in found.documents) == pytest.approx(found.score, abs=1e-6)
    for reason in found.documents:
        parts = reason.semantic + reason.lexical + reason.cpv + reason.limit
        assert parts == pytest.approx(reason.contribution, abs=1e-6)
        lexical = sum(t.contribution for t in reason.terms) + reason.other_terms + reason.lexical_baseline
        assert lexical == pytest.approx(reason.lexical, abs=1e-6)


def test_the_three_best_statements_are_named_best_first() -> None:
    alone = [supplier(document.id, document) for document in DOCUMENTS]
    everybody = [*crowd(), RIVER, *alone]
    texts = [d for s in [*crowd(), RIVER] for d in s.documents]
    index = build_index(
        suppliers=everybody,
        features=features_for(everybody, [FLOOD]),
        lexicon=build_lexicon(texts),
        background=build_background(texts),
    )
    points = {one.id: explain_pair(index, FLOOD, one.id).score for one in alone}
    best = sorted((score, name) for name, score in points.items())[:-4:-1]
    found = explain_pair(index, FLOOD, "river")
    assert [reason.document_id for reason in found.documents] == [name for _, name in best]
    squares = [weight * score**2 for weight, (score, _) in zip(Parameters().ranks, best, strict=True)]
    assert found.score == pytest.approx(sum(squares) ** 0.5)
    assert [reason.contribution for reason in found.documents] == pytest.approx(
        [square / found.score for square in squares]
    )


def about_gauges(found: Explanation) -> DocumentReason:
    return next(reason for reason in found.documents if reason.document_id == "a")


def test_words_are_shown_as_the_statement_writes_them() -> None:
    first = about_gauges(explain(blend=False))
    shown = {reason.term: reason.shown for reason in first.terms}
    assert shown["gaug"] == "gauges"
    assert shown["telemetri"] == "telemetry"
    assert first.terms == tuple(sorted(first.terms, key=lambda t: (-t.contribution, t.term)))


def test_passages_are_spans_of_the_original_text() -> None:
    first = about_gauges(explain())
    sources = {"title": DOCUMENTS[0].title, "text": DOCUMENTS[0].text}
    assert [sources[p.field][p.start : p.end] for p in first.passages] == [
        "Our river gauges send flood warnings by radio telemetry!",
        "River gauges",
    ]


def test_passages_are_chosen_by_meaning_when_sentences_have_vectors() -> None:
    suppliers = [*crowd(), RIVER]
    features = features_for(suppliers, [FLOOD])
    before = explain_pair(build_index(suppliers=suppliers, features=features), FLOOD, "river")
    encode_missing(features, [t for d in DOCUMENTS for t in sentence_texts(d)], HashEmbedder())
    after = explain_pair(build_index(suppliers=suppliers, features=features), FLOOD, "river")
    assert after.score == before.score
    by_words, by_meaning = about_gauges(before).passages, about_gauges(after).passages
    assert by_meaning[0].strength > by_words[0].strength


def test_sentence_texts_are_clean() -> None:
    assert sentence_texts(document("x", "One\u200b two. Three four", "Ti\u00adtle")) == [
        "Title",
        "One two.",
        "Three four",
    ]


def test_a_shared_code_is_named() -> None:
    first = about_gauges(explain())
    assert first.shared_cpv == ("38421100",)
    assert first.cpv > 0


def test_the_model_is_named_when_it_took_no_part() -> None:
    assert explain(blend=False).matched_by_words_alone
    assert all(reason.semantic == 0 for reason in explain(blend=False).documents)
    assert not explain().matched_by_words_alone


def test_a_copy_of_the_challenge_counts_nothing_and_is_named() -> None:
    words = f"About us. {FLOOD.text} Call us."
    copied = supplier("copy", document("d", words, recorded=PUBLISHED), document("e", "We built a weir."))
    earlier = supplier("earlier", document("d", words), document("e", "We built a weir."))
    suppliers = [*crowd(), copied, earlier]
    index = build_index(suppliers=suppliers, features=features_for(suppliers, [FLOOD]))
    found, before = (explain_pair(index, FLOOD, name) for name in ("copy", "earlier"))
    assert [found.left_out, before.left_out] == [("d",), ()]
    assert "d" not in {reason.document_id for reason in found.documents}
    assert before.documents[0].document_id == "d"
    assert (before.documents[0].kept, before.documents[0].near_copy) == (1.0, False)


def test_nothing_about_another_supplier_shows() -> None:
    secret = supplier("secret", "Flood flood river radio telemetry sensors, our secret prices are low.")
    other = dataclasses.replace(secret, documents=(document("x", "Nothing."),), name="Other")
    assert explain(secret) == explain(other)


def test_an_unknown_supplier_is_refused() -> None:
    index = build_index(suppliers=[RIVER], features=words_alone())
    with pytest.raises(InputError, match="There is no supplier nobody among those ranked"):
        explain_pair(index, FLOOD, "nobody")
