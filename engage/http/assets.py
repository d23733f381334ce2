"""Style sheets, scripts and pictures, served from memory under an address that changes with their content.

One digest of all files is part of the address, so that files may refer to each other by relative names and
browsers may keep them for a year: a new release has new addresses.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, request, url_for

from engage.http.access import public

STATIC = Path(__file__).resolve().parents[1] / "site" / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
COMPRESSED = {".css", ".js", ".svg", ".txt", ".webmanifest"}
EXTENSION = "engage_assets"

bp = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """One file, read at the start; ``zipped`` is its gzip form when that is worth sending."""

    body: bytes
    zipped: bytes | None
    content_type: str


@dataclass(frozen=True)
class Assets:
    """All files by name, and the digest over names and contents."""

    files: dict[str, Asset]
    version: str


def load(folder: Path) -> Assets:
    """Read every file of ``folder`` that browsers may ask for (known suffixes only)."""
    files: dict[str, Asset] = {}
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix not in TYPES:
            continue
        name, body = path.relative_to(folder).as_posix(), path.read_bytes()
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
        zipped = gzip.compress(body, mtime=0) if path.suffix in COMPRESSED else None
        files[name] = Asset(body, zipped, TYPES[path.suffix])
    return Assets(files, digest.hexdigest()[:16])


def asset_url(name: str) -> str:
    """Return the address of the static file ``name``. Raises ``LookupError`` when there is none."""
    assets: Assets = current_app.extensions[EXTENSION]
    if name not in assets.files:
        raise LookupError(f"no static file {name}")
    return url_for("assets.asset", version=assets.version, name=name)


@bp.get("/assets/<version>/<path:name>")
@public
def asset(version: str, name: str) -> Response:
    """Serve one file; an address of another release gets the present file, not to be kept."""
    assets: Assets = current_app.extensions[EXTENSION]
    found = assets.files.get(name)
    if found is None:
        abort(404)
    zipped = found.zipped is not None and request.accept_encodings.quality("gzip") > 0
    response = Response(found.zipped if zipped else found.body, content_type=found.content_type)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    if found.zipped is not None:
        response.vary.add("Accept-Encoding")
    current = version == assets.version
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-cache"
    response.set_etag(f"{assets.version}{'-gzip' if zipped else ''}")
    response.make_conditional(request)
    return response


def init_app(app: Flask, *, folder: Path = STATIC) -> None:
    """Read the files and register the route; ``configure_templates`` gives templates ``asset_url``."""
    app.extensions[EXTENSION] = load(folder)
    app.register_blueprint(bp)
