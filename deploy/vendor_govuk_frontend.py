"""Copy the parts of govuk-frontend that engage serves out of the published npm package.

Usage, from the top of the repository, with the file that `npm pack govuk-frontend@6.3.0` makes::

    python deploy/vendor_govuk_frontend.py govuk-frontend-6.3.0.tgz

Writes ``engage/site/static/govuk-frontend/`` (CSS, JavaScript, licence) and the official fixtures under
``tests/data/``. The fonts, the crown, the crest and the GOV.UK logotype are for use on gov.uk only, so
nothing under ``assets/`` is copied and the two rules that would load the font or the crest are cut out of
the CSS.
"""

import gzip
import hashlib
import json
import re
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

VERSION = "6.3.0"
SHA512 = (
    "717210c66e4f1c2b1b89ce3b19766b54166101e7ac8532d12fa6412a294bb11e"
    "ab3028c9b966fb16bbaad1550d30124594993fb2bb118ffabc7796ccf5c80aa0"
)
FONT = "GDS Transport,arial,sans-serif"
OUR_FONT = "var(--engage-font-family,arial,sans-serif)"
FONT_USES = 55
ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "engage/site/static/govuk-frontend"
FIXTURES = ROOT / "tests/data/govuk-frontend-fixtures.json.gz"
DIST = "package/dist/govuk"
LICENCE = """The MIT License (MIT)

Copyright (C) 2017 Crown Copyright (Government Digital Service)

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


class VendoringError(Exception):
    """The package is not what this script was written for."""


def read_package(archive: Path) -> dict[str, bytes]:
    """Return every regular file of the package by its name, after checking the archive's digest."""
    digest = hashlib.sha512(archive.read_bytes()).hexdigest()
    if digest != SHA512:
        raise VendoringError(f"{archive} is not govuk-frontend {VERSION}: its SHA-512 is {digest}")
    files: dict[str, bytes] = {}
    with tarfile.open(archive) as package:
        for member in package.getmembers():
            handle = package.extractfile(member)
            if handle is not None:
                files[member.name] = handle.read()
    return files


def neutral_css(css: str) -> str:
    """Remove the font, the crest and the source map from the stylesheet; leave every other byte alone."""
    css, faces = re.subn(r"@font-face\{[^}]*\}", "", css)
    css, crests = re.subn(
        r"(?:-webkit-)?(?:background|mask)-image:url\(/assets/images/govuk-crest\.svg\);?", "", css
    )
    uses = css.count(FONT)
    if (faces, crests, uses) != (2, 3, FONT_USES):
        raise VendoringError(
            f"unexpected stylesheet: {faces} font faces, {crests} crests, {uses} font stacks"
        )
    css = re.sub(r"/\*# sourceMappingURL=\S+ \*/", "", css.replace(FONT, OUR_FONT))
    if "url(" in css or "GDS Transport" in css:
        raise VendoringError("the stylesheet still refers to a file or to the font")
    return css.strip() + "\n"


def fixtures_of(files: Mapping[str, bytes]) -> dict[str, object]:
    """Collect the official fixtures: component name to list of name, options and expected HTML."""
    found: dict[str, object] = {}
    for name in sorted(files):
        if match := re.fullmatch(rf"{DIST}/components/([a-z-]+)/fixtures\.json", name):
            cases = json.loads(files[name])["fixtures"]
            found[match[1]] = [{key: case[key] for key in ("name", "options", "html")} for case in cases]
    return found


def main(archive: Path) -> None:
    """Write the vendored files."""
    files = read_package(archive)
    STATIC.mkdir(parents=True, exist_ok=True)
    css = neutral_css(files[f"{DIST}/govuk-frontend.min.css"].decode())
    script = files[f"{DIST}/govuk-frontend.min.js"].decode()
    script = re.sub(r"//# sourceMappingURL=\S+\s*$", "\n", script)
    (STATIC / "govuk-frontend.min.css").write_text(css)
    (STATIC / "govuk-frontend.min.js").write_text(script)
    (STATIC / "LICENSE.txt").write_text(LICENCE)
    (STATIC / "VERSION").write_text(f"{VERSION}\n")
    FIXTURES.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(fixtures_of(files), separators=(",", ":"), ensure_ascii=False)
    FIXTURES.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"govuk-frontend {VERSION} vendored into {STATIC.relative_to(ROOT)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python deploy/vendor_govuk_frontend.py govuk-frontend-6.3.0.tgz")
    try:
        main(Path(sys.argv[1]))
    except (VendoringError, OSError) as problem:
        sys.exit(str(problem))
