"""Vectors out of words alone, for installations without a language model."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from engage.matching.background import count_readings
from engage.matching.landscape.arrays import Ints, Vectors, unit_rows
from engage.matching.lexical import Vocabulary
from engage.matching.parameters import Parameters
from engage.matching.reading import unpack

DIMENSIONS = 128
_SEED = 15
_PASSES = 3


def word_vectors(readings: list[bytes], owners: Ints, *, suppliers: int) -> Vectors:
    """Return a vector for each supplier, ``float32[suppliers, ≤ 128]``: the main directions of its weighted terms.

    ``readings`` as ``read_words`` packs them, ``owners`` the place of each one's supplier. Terms weigh as in
    matching; the directions come from a randomised singular value decomposition (N. Halko and others, SIAM
    Review 53, 2011) with a fixed seed.
    """
    vocabulary = Vocabulary(count_readings(readings), Parameters())
    weights = vocabulary.weigh(*unpack(readings))
    terms = len(vocabulary.hashes)
    if not terms:
        return np.zeros((suppliers, 1), dtype=np.float32)
    texts = sparse.csr_matrix(
        (weights.values.astype(np.float64), weights.numbers, weights.starts), shape=(len(readings), terms)
    )
    belongs = sparse.csr_matrix(
        (np.ones(len(owners)), (owners, np.arange(len(owners)))), shape=(suppliers, len(readings))
    )
    table = belongs @ texts
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1))).ravel()
    table = sparse.diags_array(1 / np.maximum(lengths, 1e-12)) @ table
    size = min(DIMENSIONS, suppliers, terms)
    basis = np.random.default_rng(_SEED).standard_normal((terms, size))
    for _ in range(_PASSES):
        basis, _ = np.linalg.qr(table.T @ (table @ basis))
    return unit_rows(table @ basis)
