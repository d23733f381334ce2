"""Mail goes to a server of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

import config
from engage.kernel.settings import configure


@pytest.fixture
def mail_to(settings: config.Config) -> Iterator[Callable[[str], None]]:
    """Make the transport something else for this test."""

    def choose(address: str) -> None:
        configure(replace(settings, mail=address))

    yield choose
    configure(settings)
