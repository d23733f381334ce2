"""Segments on the disk of this machine: shared by its processes, made anew whenever there is a doubt.

A folder belongs to one yardstick. Its ``manifest.json`` names the segments that count, from the oldest to the newest,
and is replaced as a whole: who reads it finds the state before or the state after. One process writes at a time, by a
lock of the operating system that ends with the process. What a process that died has left behind is not in the
manifest, and the next one that writes removes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engage.kernel.errors import Conflict
from engage.kernel.folders import make_folder
from engage.kernel.ids import short_id
from engage.matching import Segment, SegmentError, Yardstick
from engage.matching.columns import open_columns, write_columns

MANIFEST = "manifest.json"
PATIENCE = 20.0
"""Seconds to wait while another process writes; then whoever waits is asked to come again."""
LEFT_ALONE = 600.0
"""Seconds for which a segment that no longer counts stays: somebody may be about to open it."""
UNUSED = 3 * 24 * 3600.0
"""Seconds after which the folder of another yardstick is removed when nothing was read from it."""
LOOK_AGAIN = 0.05


@dataclass(frozen=True, eq=False)
class Held:
    """A segment, and beside it what it was made of: in the order of ``segment.columns.suppliers``."""

    name: str
    segment: Segment
    revisions: npt.NDArray[np.int64]
    complete: npt.NDArray[np.uint8]
    """1 where every statement of the supplier has its vectors."""
    line_starts: npt.NDArray[np.int64]
    lines: npt.NDArray[np.uint8]
    """The frozen profiles, one after the other: see ``rows.Profile.line``."""

    def __len__(self) -> int:
        return len(self.segment)

    @property
    def refs(self) -> npt.NDArray[np.bytes_]:
        """The suppliers' references, in order."""
        return self.segment.columns.suppliers

    def line(self, place: int) -> str:
        """Return the frozen profile of the supplier at ``place``."""
        first, last = self.line_starts[place : place + 2].tolist()
        return self.lines[first:last].tobytes().decode()


class Shelf:
    """The folder of one yardstick."""

    def __init__(self, folder: Path, *, yardstick: Yardstick) -> None:
        self.folder = folder
        self.yardstick = yardstick
        self._opened: dict[str, Held] = {}

    def read(self) -> list[Held]:
        """Return the segments that count, oldest first; none when there is no manifest or anything is damaged.

        A segment is read through and compared with its digest once in each process, when it is opened first.
        """
        for _ in range(2):  # a manifest may be replaced between reading it and opening what it names
            names = self._names()
            try:
                opened = {name: self._opened.get(name) or self._open(name) for name in names}
            except (SegmentError, OSError):
                continue
            self._opened = opened
            with contextlib.suppress(OSError):
                os.utime(self.folder / MANIFEST)  # in use: see UNUSED
            return list(opened.values())
        return []

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the one process that writes, until the end of the block. Raises ``Conflict`` when others take too long."""
        make_folder(self.folder)
        with (self.folder / "lock").open("w") as file:
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise Conflict(
                            "The profiles are being prepared for matching. Try again in a moment."
                        ) from None
                    time.sleep(LOOK_AGAIN)
            yield

    def write(self, keep: Sequence[Held], made: Sequence[Held]) -> list[Held]:
        """Keep ``made`` after ``keep``, name both in the manifest, and return them as mapped from the disk.

        Side effects, in order: the new segments, each in a folder of its own; the manifest replaced; folders
        that no longer count removed. Only inside ``writing``. An ``OSError`` leaves the manifest as it was.
        """
        for held in made:
            self._keep(held)
        names = [held.name for held in (*keep, *made)]
        _replace(self.folder / MANIFEST, json.dumps({"yardstick": self.yardstick.id, "segments": names}))
        self._sweep(names)
        self._opened = {held.name: held for held in keep} | {
            held.name: self._open(held.name, verify=False) for held in made
        }
        return list(self._opened.values())

    def _names(self) -> list[str]:
        try:
            manifest = json.loads((self.folder / MANIFEST).read_text("utf-8"))
            names = [str(name) for name in manifest["segments"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return names if manifest.get("yardstick") == self.yardstick.id else []

    def _open(self, name: str, *, verify: bool = True) -> Held:
        folder = self.folder / name
        segment = Segment.open(folder / "segment", yardstick=self.yardstick, verify=verify)
        columns, _ = open_columns(folder / "profiles", verify=verify)
        try:
            held = Held(name, segment, **columns)
        except TypeError as error:
            raise SegmentError(f"The segment {name} is damaged: make it anew.") from error
        if len(held.revisions) != len(segment):
            raise SegmentError(f"The segment {name} does not fit its profiles: make it anew.")
        return held

    def _keep(self, held: Held) -> None:
        folder = self.folder / held.name
        make_folder(folder)
        held.segment.write(folder / "segment")
        beside: dict[str, npt.NDArray[Any]] = {
            "revisions": held.revisions,
            "complete": held.complete,
            "line_starts": held.line_starts,
            "lines": held.lines,
        }
        write_columns(folder / "profiles", beside, {})

    def _sweep(self, names: Sequence[str]) -> None:
        """Remove what does not count: of this folder after some minutes, folders of other yardsticks after days."""
        kept = {*names, MANIFEST, "lock"}
        own = (place for place in self.folder.iterdir() if place.name not in kept)
        for place in own:
            if _age(place) > LEFT_ALONE:
                _remove(place)
        for place in self.folder.parent.iterdir():
            if place != self.folder and _age(place / MANIFEST) > UNUSED:
                _remove(place)


def new_name() -> str:
    """Return a name for a segment that nobody has used."""
    return f"segment-{short_id(16)}"


def _age(place: Path) -> float:
    """Return for how many seconds a file or folder has not been changed; 0 when it is not there."""
    try:
        return time.time() - place.stat().st_mtime
    except OSError:
        return 0.0


def _remove(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)


def _replace(path: Path, content: str) -> None:
    """Write a file whole or not at all, and have it on the disk."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{short_id(8)}")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
