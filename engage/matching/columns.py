"""Columns of numbers in a folder: written once, then mapped into memory by any number of processes.

``columns.bin`` holds one array after the other, each at a multiple of 64 bytes,
little-endian; ``manifest.json`` says what is where and is written last, so that
a folder without it is unfinished. Nothing in either is code.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engage.matching.errors import SegmentError

FORMAT = 1
MANIFEST = "manifest.json"
COLUMNS = "columns.bin"

_ALIGNED = 64
_CHUNK = 1 << 20
_KINDS = frozenset("iufS")

Column = npt.NDArray[Any]


def write_columns(folder: Path, columns: Mapping[str, Column], about: Mapping[str, Any]) -> None:
    """Write columns and what is to be known about them into a new folder.

    Side effects, in order: makes the folder, writes the columns, writes the
    manifest; each is on the disk before the next. Raises ``SegmentError`` when
    the folder holds something already; an ``OSError`` leaves it unfinished.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise SegmentError(f"The folder {folder.name} is not empty: write into a new one.")
    digest = hashlib.sha256()
    listed: list[dict[str, Any]] = []
    offset = 0
    with (folder / COLUMNS).open("wb") as file:
        for name, column in columns.items():
            plain = np.ascontiguousarray(column, dtype=column.dtype.newbyteorder("<"))
            listed.append(
                {"name": name, "dtype": plain.dtype.str, "shape": list(plain.shape), "offset": offset}
            )
            padding = b"\0" * (-plain.nbytes % _ALIGNED)
            for part in (plain.tobytes(), padding):
                file.write(part)
                digest.update(part)
            offset += plain.nbytes + len(padding)
        _settle(file)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "about": dict(about),
        "columns": listed,
        "bytes": offset,
        "sha256": digest.hexdigest(),
    }
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump({**manifest, "seal": _seal(manifest)}, file, indent=1)
        _settle(file)


def open_columns(folder: Path, *, verify: bool) -> tuple[dict[str, Column], dict[str, Any]]:
    """Map the columns of a folder and return them with what is known about them.

    Read-only; nothing is read before it is used, unless ``verify`` asks for the
    whole file to be compared with its digest. Raises ``SegmentError`` for a
    folder that is unfinished, damaged or of another format.
    """
    manifest = _manifest(folder)
    try:
        with (folder / COLUMNS).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            whole = size == manifest["bytes"] and (not verify or _digest(file) == manifest["sha256"])
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if whole and size else b""
    except OSError as error:
        raise _damaged(folder) from error
    if not whole:
        raise _damaged(folder)
    try:
        columns = {one["name"]: _column(mapped, one) for one in manifest["columns"]}
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder) from error
    return columns, manifest["about"]


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except FileNotFoundError as error:
        raise SegmentError(f"The folder {folder.name} holds no finished segment: make it anew.") from error
    except (OSError, ValueError) as error:
        raise _damaged(folder) from error
    if not isinstance(manifest, dict) or manifest.pop("seal", "") != _seal(manifest):
        raise _damaged(folder)
    if manifest.get("format") != FORMAT:
        raise SegmentError(f"The segment {folder.name} has another format: make it anew.")
    return manifest


def _column(mapped: mmap.mmap | bytes, one: Mapping[str, Any]) -> Column:
    dtype = np.dtype(one["dtype"])
    if dtype.kind not in _KINDS:
        raise ValueError(one["dtype"])
    shape = tuple(one["shape"])
    count = int(np.prod(shape, dtype=np.int64))
    if not count:
        return np.zeros(shape, dtype=dtype)
    return np.frombuffer(mapped, dtype=dtype, count=count, offset=one["offset"]).reshape(shape)


def _digest(file: Any) -> str:
    digest = hashlib.sha256()
    while part := file.read(_CHUNK):
        digest.update(part)
    return digest.hexdigest()


def _seal(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _damaged(folder: Path) -> SegmentError:
    return SegmentError(f"The segment {folder.name} is damaged: make it anew.")


def _settle(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
