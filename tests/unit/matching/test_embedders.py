"""The model: pinned, quiet, and the same in any company."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engage.matching import Embedder, EmbedderError, Features, InputError, encode_missing, load_embedder
from engage.matching.embedders import (
    DEFAULT_EMBEDDER,
    MODEL_SHA256,
    TOKENIZER_SHA256,
    OnnxEmbedder,
    minilm_int8,
    read_pinned,
)
from tests.unit.matching.corpus import HashEmbedder

DATA = Path(importlib.import_module("engage.matching").__file__ or "").parent / "data"


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return minilm_int8()


def test_the_default_is_minilm(minilm: Embedder) -> None:
    assert load_embedder() is minilm
    assert (minilm.id, minilm.dim, minilm.max_tokens) == (DEFAULT_EMBEDDER, 384, 256)


def test_meaning_counts_not_spelling(minilm: Embedder) -> None:
    rows = minilm.encode(["river level gauges", "measuring the height of streams", "school catering"])
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1], abs=1e-6)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.2


def test_a_vector_does_not_depend_on_the_company(minilm: Embedder) -> None:
    texts = ["short", "a text of middling length about flood sensors", "long " * 300, ""]
    together = minilm.encode(texts)
    alone = np.concatenate([minilm.encode([text]) for text in texts])
    backwards = minilm.encode(texts[::-1])[::-1]
    assert together.tobytes() == alone.tobytes() == backwards.tobytes()


def test_what_stands_late_in_a_long_text_is_read(minilm: Embedder) -> None:
    filler = "The council publishes its accounts each year. " * 40
    plain, late, asked = minilm.encode(
        [filler, filler + "flood warning sensors " * 40, "flood warning sensors"]
    )
    assert late @ asked > plain @ asked + 0.1


def test_the_vectors_are_those_that_were_measured(minilm: Embedder) -> None:
    row = minilm.encode(["Earlier flood warnings for small rivers"])[0]
    # Other processors round the model's whole numbers a little differently.
    assert row[:4].tolist() == pytest.approx([0.0326, 0.0727, 0.0753, 0.0221], abs=0.01)


def test_no_model_needs_no_vectors() -> None:
    none = load_embedder("none")
    assert none.encode(["anything"]).shape == (1, 0)
    features = Features.of(none)
    assert encode_missing(features, ["anything"], none) == []


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(EmbedderError) as refused:
        load_embedder("word2vec")
    assert str(refused.value) == "There is no embedder called word2vec. Known ones: minilm-int8, none."


def test_a_file_with_another_digest_is_refused(tmp_path: Path) -> None:
    tampered = tmp_path / "model.onnx"
    tampered.write_bytes(b"not the model")
    with pytest.raises(EmbedderError, match="is not the one this version was tested with: its SHA-256 is"):
        OnnxEmbedder(
            name="x",
            model=tampered,
            model_sha256=MODEL_SHA256,
            tokenizer=DATA / "minilm" / "tokenizer.json",
            tokenizer_sha256=TOKENIZER_SHA256,
            dim=384,
            max_tokens=256,
        )


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match=r"cannot be read \(No such file or directory\)\. Reinstall"):
        read_pinned(tmp_path / "absent.onnx", MODEL_SHA256)


def test_the_shipped_tokenizer_is_the_pinned_one_with_its_licence() -> None:
    assert len(read_pinned(DATA / "minilm" / "tokenizer.json", TOKENIZER_SHA256)) == 466_247
    assert "Apache License" in (DATA / "minilm" / "LICENSE").read_text()


def test_the_runtime_is_told_not_to_report(minilm: Embedder) -> None:
    assert minilm.dim == 384
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_telemetry_is_off_before_the_runtime_is_loaded() -> None:
    code = (
        "import builtins, os, sys\n"
        "import engage.matching\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "os.environ.pop('ORT_DISABLE_TELEMETRY', None)\n"
        "real = builtins.__import__\n"
        "def watched(name, *rest, **more):\n"
        "    if name == 'onnxruntime':\n"
        "        print(os.environ.get('ORT_DISABLE_TELEMETRY'))\n"
        "        raise SystemExit\n"
        "    return real(name, *rest, **more)\n"
        "builtins.__import__ = watched\n"
        "engage.matching.load_embedder()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_vectors_of_two_models_are_not_mixed() -> None:
    with pytest.raises(InputError, match="belong to another embedder"):
        encode_missing(Features(digest="other", dim=64), ["text"], HashEmbedder())
