"""How everybody pushes everybody else away: exactly for a few, on a grid for many.

The grid is that of G. Linderman and others, "Fast interpolation-based t-SNE for improved visualization of single-cell
RNA-seq data", Nature Methods 16 (2019): the kernel is smooth, so its sums over all points are interpolated from
nodes between which they are computed by one Fourier transform. The work grows with n, not with n².
"""

from __future__ import annotations

import numpy as np
import scipy  # its parts are imported when they are first used: only who draws needs them

from engage.matching.landscape.arrays import Floats, Ints, Places

EXACTLY = 1_500
"""Up to so many points every pair is computed."""
_NODES = 3  # of each box, in each direction
_FEWEST, _MOST = 40, 150  # boxes in each direction
_THREADS = 2


def repulsion(places: Places) -> tuple[Places, float]:
    """Return the push on each point, ``Σ_j q² (y_i - y_j)`` with ``q = 1 / (1 + |y_i - y_j|²)``, and ``Σ q``.

    Both sums leave out a point itself.
    """
    if len(places) <= EXACTLY:
        return _exactly(places)
    return _on_a_grid(places)


def _exactly(places: Places) -> tuple[Places, float]:
    squares = (places**2).sum(axis=1)
    q = 1.0 / (1.0 + np.maximum(squares[:, None] + squares[None, :] - 2 * places @ places.T, 0))
    np.fill_diagonal(q, 0.0)
    total = float(q.sum())
    q *= q
    return q.sum(axis=1)[:, None] * places - q @ places, total


def _on_a_grid(places: Places) -> tuple[Places, float]:
    low = float(places.min())
    span = max(float(places.max()) - low, 1e-9) * (1 + 1e-9)
    boxes = int(np.clip(np.ceil(span), _FEWEST, _MOST))
    size, width = boxes * _NODES, span / boxes
    box = np.minimum(((places - low) / width).astype(np.int64), boxes - 1)
    weights = _lagrange((places - low) / width - box)
    nodes = _nodes(box, size)
    spread = (weights[0][:, :, None] * weights[1][:, None, :]).reshape(len(places), -1)
    charges = np.column_stack([np.ones(len(places)), places, (places**2).sum(axis=1)])
    fields: Floats = (
        np.stack(
            [
                np.bincount(nodes.ravel(), (spread * charge[:, None]).ravel(), size * size)
                for charge in charges.T
            ]
        )
        .reshape(-1, size, size)
        .astype(np.float64, copy=False)
    )
    sums = _convolved(fields, width / _NODES)
    felt = np.stack([(each.ravel()[nodes] * spread).sum(axis=1) for each in sums], axis=1)
    return places * felt[:, :1] - felt[:, 1:3], _total(places, charges[:, 3], felt)


def _total(places: Places, squares: Floats, felt: Floats) -> float:
    """Return ``Σ q`` out of the sums of q²: q = q² (1 + d²), and d² splits into products."""
    each = (1 + squares) * felt[:, 0] - 2 * (places * felt[:, 1:3]).sum(axis=1) + felt[:, 3]
    return float(each.sum()) - len(places)


def _lagrange(within: Places) -> Floats:
    """Return the weight of each node of the box a point is in, ``float64[2, n, nodes]``; ``within`` from 0 to 1."""
    at = (np.arange(_NODES) + 0.5) / _NODES
    weights = np.ones((2, len(within), _NODES))
    for node in range(_NODES):
        for other in range(_NODES):
            if other != node:
                weights[:, :, node] *= (within.T - at[other]) / (at[node] - at[other])
    return weights


def _nodes(box: Ints, size: int) -> Ints:
    """Return the numbers of the nodes around each point, row by row of the grid."""
    inside = np.arange(_NODES)
    rows = box[:, 0, None] * _NODES + inside
    columns = box[:, 1, None] * _NODES + inside
    made: Ints = (rows[:, :, None] * size + columns[:, None, :]).reshape(len(box), -1)
    return made


def _convolved(fields: Floats, step: float) -> Floats:
    """Sum up at every node what all nodes hold, weighted by the kernel q² of their distance."""
    size = fields.shape[1]
    full = scipy.fft.next_fast_len(2 * size, real=True)
    offsets = np.minimum(np.arange(full), full - np.arange(full)) * step
    kernel = (1.0 / (1.0 + offsets[:, None] ** 2 + offsets[None, :] ** 2) ** 2).astype(np.float32)
    with scipy.fft.set_workers(_THREADS):
        product = scipy.fft.rfft2(fields.astype(np.float32), s=(full, full)) * scipy.fft.rfft2(kernel)
        sums = scipy.fft.irfft2(product, s=(full, full))[:, :size, :size]
    wide: Floats = sums.astype(np.float64)
    return wide
