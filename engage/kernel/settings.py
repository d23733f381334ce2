"""How configuration is declared and read: each key once, with a default, a meaning and a parser.

The keys themselves stand in the top-level ``config.py``; this module only knows how to read them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from config import Config

T = TypeVar("T")


class SettingsError(Exception):
    """A configuration value is missing or wrong; the message says which and how to mend it."""


def setting(key: str, *, default: T, meaning: str, parse: Callable[[str], T] | None = None) -> T:
    """Declare one configuration key as a dataclass field.

    ``key`` is the environment variable, ``meaning`` the sentence the documentation shows, ``parse`` turns
    the text into the value (``ValueError`` is reported with the key's name).
    """
    metadata = {"key": key, "meaning": meaning, "parse": parse or str}
    return dataclasses.field(default=default, metadata=metadata)


def read(cls: type[T], environ: Mapping[str, str]) -> T:
    """Build the settings class ``cls`` from ``environ``; an empty value counts as unset."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(cast("Any", cls)):
        text = environ.get(field.metadata["key"], "").strip()
        if not text:
            continue
        try:
            values[field.name] = field.metadata["parse"](text)
        except ValueError as error:
            raise SettingsError(f"{field.metadata['key']} is not usable: {error}.") from error
    return cls(**values)


def boolean(text: str) -> bool:
    """Parse ``yes/no/true/false/1/0``."""
    lowered = text.lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"“{text}” is neither yes nor no")


def words(text: str) -> tuple[str, ...]:
    """Parse a comma-separated list."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


_current: Config | None = None


def configure(config: Config) -> None:
    """Make ``config`` the settings of this process. Called once by the factory and by the command line."""
    global _current
    _current = config


def settings() -> Config:
    """Return the settings of this process.

    Raises ``SettingsError`` when nothing has been configured yet.
    """
    if _current is None:
        raise SettingsError("engage has not been configured: create the app or use the command line.")
    return _current
