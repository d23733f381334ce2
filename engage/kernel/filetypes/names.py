"""The names of files as strangers send them: cleaned, and compared with what the file is."""

from __future__ import annotations

import re
import unicodedata

from engage.kernel.filetypes.kinds import ABOUT, ACCEPTED, FileKind, Refused

LONGEST = 120
_PATH = re.compile(r".*[/\\]", re.DOTALL)
_SPACES = re.compile(r"\s+")
_UNWELCOME = re.compile(r"[<>:\"|?*]")
_ENDING = re.compile(r"\.([^.\s]{1,10})$")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean_name(name: str) -> str:
    """Return ``name`` as it is kept and shown; empty when nothing is left of it.

    Without folders and without signs that cannot be seen or that turn the direction of writing (with them
    "annexfdp.exe" can look like "annexexe.pdf"); signs that file systems refuse become "_"; at most ``LONGEST``
    signs, the ending kept.
    """
    text = _PATH.sub("", unicodedata.normalize("NFC", name))
    text = "".join(sign if sign not in "\t\n\r" else " " for sign in text)
    text = "".join(sign for sign in text if unicodedata.category(sign) not in _INVISIBLE)
    text = _UNWELCOME.sub("_", _SPACES.sub(" ", text)).strip(" .")
    ending = _ENDING.search(text)
    tail = ending[0] if ending else ""
    stem = text[: len(text) - len(tail)][: LONGEST - len(tail)].strip(" .")
    return f"{stem}{tail}" if stem else ""


def ending_of(name: str) -> str:
    """Return the ending of ``name`` in lower case, without its dot; empty when there is none."""
    found = _ENDING.search(name)
    return found[1].casefold() if found else ""


def check_name(name: str, kind: FileKind) -> None:
    """Raise ``Refused`` when ``name`` claims to be something else than ``kind``, with the name that would be right."""
    ending, about = ending_of(name), kind.about
    if ending in about.endings:
        return
    right = " or ".join(f".{each}" for each in _endings(kind))
    if not ending:
        raise Refused(
            f"This file is {about.words}, but its name does not say so. Let its name end in {right}."
        )
    claimed = next((each for each in ABOUT.values() if ending in each.endings), None)
    if claimed is None:
        raise Refused(f"This file is named .{ending} but is {about.words}. Let its name end in {right}.")
    raise Refused(
        f"This file is named .{ending} but is {about.words}. Save it as {claimed.words}, or let its name end in "
        f"{right}."
    )


def _endings(kind: FileKind) -> tuple[str, ...]:
    """Return what ``kind`` may be called; what is plain text may be a table as well."""
    plain = (FileKind.TEXT, FileKind.CSV)
    return tuple(end for each in plain for end in each.about.endings) if kind in plain else kind.about.endings


UNKNOWN = f"This is not a kind of file that can be attached. Attach {ACCEPTED}."
