"""Static files: addresses that change with the content, kept by browsers, compressed, nothing else served."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from engage.http import assets
from engage.http.assets import STATIC, asset_url, load


def test_an_address_serves_its_file_for_a_year(app: Flask) -> None:
    with app.test_request_context("/"):
        address = render_template_string("{{ asset_url('engage.css') }}")
    assert re.fullmatch(r"/assets/[0-9a-f]{16}/engage\.css", address)
    response = app.test_client().get(address)
    assert (response.status_code, response.data) == (200, (STATIC / "engage.css").read_bytes())
    assert response.content_type == "text/css; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Vary"] == "Accept-Encoding"


def test_compressed_for_those_who_accept_it(app: Flask) -> None:
    with app.test_request_context("/"):
        address = asset_url("govuk-frontend/govuk-frontend.min.css")
    client = app.test_client()
    plain, zipped = client.get(address), client.get(address, headers={"Accept-Encoding": "br, gzip"})
    refused = client.get(address, headers={"Accept-Encoding": "gzip;q=0"})
    assert (plain.headers.get("Content-Encoding"), zipped.headers["Content-Encoding"]) == (None, "gzip")
    assert refused.headers.get("Content-Encoding") is None
    assert gzip.decompress(zipped.data) == plain.data
    assert len(zipped.data) < 20_000
    assert plain.headers["ETag"] != zipped.headers["ETag"]


def test_unchanged_files_are_not_sent_again(app: Flask) -> None:
    with app.test_request_context("/"):
        address = asset_url("icon.svg")
    client = app.test_client()
    etag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_an_address_of_another_release_is_not_kept(app: Flask) -> None:
    response = app.test_client().get("/assets/0123456789abcdef/engage.css")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "name", ["nothing.css", "../assets.py", "%2e%2e/views.py", "govuk-frontend/VERSION", "govuk-frontend"]
)
def test_nothing_else_is_served(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/assets/0123456789abcdef/{name}").status_code == 404


def test_a_misspelt_name_fails_in_the_template(page: Flask) -> None:
    with pytest.raises(LookupError, match=r"no static file engage\.scss"):
        asset_url("engage.scss")


def test_the_version_changes_with_names_and_contents(tmp_path: Path) -> None:
    versions = []
    for name, text in [("a.css", "x"), ("a.css", "y"), ("b.css", "y")]:
        folder = tmp_path / f"{name}{text}"
        folder.mkdir()
        (folder / name).write_text(text)
        (folder / "notes.md").write_text(text)
        versions.append(load(folder).version)
        assert sorted(load(folder).files) == [name]
    assert len(set(versions)) == 3


def test_no_style_sheet_or_script_asks_another_host() -> None:
    ours = [path for path in STATIC.rglob("*") if path.suffix in {".css", ".js"}]
    assert len(ours) == 7
    # xmlns and messages name addresses; only url(), import and fetch would go there.
    asking = [
        path.name
        for path in ours
        if re.search(r"url\(|@import|fetch\(|from\s*['\"]https?:", path.read_text())
    ]
    assert asking == []


def test_scripts_find_each_other_by_relative_names() -> None:
    text = (STATIC / "engage.js").read_text()
    found = re.findall(r'from "(\./[^"]+)"', text)
    assert found == ["./govuk-frontend/govuk-frontend.min.js"]
    assert (STATIC / found[0]).is_file()
    assert assets.TYPES[".js"].startswith("text/javascript")
