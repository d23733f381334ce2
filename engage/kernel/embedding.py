"""The one embedder of a process: opened once, however many rooms and threads ask."""

from __future__ import annotations

import threading

from engage.kernel.settings import settings
from engage.matching import Embedder, load_embedder

_lock = threading.Lock()
_loaded: dict[str, Embedder] = {}


def embedder() -> Embedder:
    """Return the embedder of the settings."""
    name = settings().embedder
    with _lock:
        if name not in _loaded:
            _loaded[name] = load_embedder(name)
        return _loaded[name]
