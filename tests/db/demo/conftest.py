"""A database with the demo in it, loaded once for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import config
from engage.demo import loading
from engage.kernel import clock, db
from engage.kernel.cluster import Cluster
from engage.kernel.settings import configure
from tests.conftest import fresh_database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("demo"))  # or each process would load a demo of its own


@dataclass(frozen=True)
class Demo:
    """A loaded demo: its database, where its mail went, when it was loaded, and how far loading said it was."""

    engine: sa.Engine
    mail: Path
    loaded_at: datetime
    progress: list[tuple[int, int]]


@pytest.fixture(scope="package")
def loaded(
    settings: config.Config, cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """The demo, loaded without a language model: by words alone it has the same story."""
    folder = tmp_path_factory.mktemp("demo")
    with fresh_database(cluster, template) as url:
        engine = db.make_engine(url)
        db.bind(engine)
        configure(replace(settings, data_dir=folder))
        progress: list[tuple[int, int]] = []
        at = clock.now()
        assert loading.load(progress=lambda done, of: progress.append((done, of)))
        configure(settings)
        yield Demo(engine, folder / "outbox", at, progress)
        engine.dispose()


@pytest.fixture
def demo(loaded: Demo) -> Demo:
    """The loaded demo, with this process's sessions bound to it."""
    db.bind(loaded.engine)
    return loaded
