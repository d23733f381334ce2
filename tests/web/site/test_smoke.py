"""A page that does not exist says so in plain words."""

from __future__ import annotations

from tests.support.client import DistrustfulClient


def test_an_unknown_address_gives_a_404_page(client: DistrustfulClient) -> None:
    assert client.get("/no-such-page").status_code == 404
