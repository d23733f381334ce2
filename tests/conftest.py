"""What every tier shares: one cluster, a template database named by the schema, a database for each process."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from engage import app as engage_app
from engage.kernel import db
from engage.kernel.cluster import Cluster
from engage.kernel.migrate import MIGRATIONS, upgrade
from engage.kernel.settings import configure

PROJECT = Path(__file__).resolve().parents[1]
TEST_SECRET = "a secret only for tests, long enough to pass"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> config.Config:
    """The configuration of the tests: nothing leaves the machine, no language model."""
    made = config.load(
        {
            "SECRET_KEY": TEST_SECRET,
            "ENGAGE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "ENGAGE_EMBEDDER": "none",
            "ENGAGE_BASE_URL": "http://engage.test",
        }
    )
    configure(made)
    engage_app.wire()
    return made


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The PostgreSQL of the tests: shared by all test processes, not durable."""
    major = os.environ.get("ENGAGE_PG_BIN", "wheel").strip("/").replace("/", "-")
    with Cluster(
        PROJECT / ".engage" / f"tests-{major}", durable=False, settings={"max_connections": "200"}
    ) as running:
        yield running


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A migrated, empty database, named by the content of the migrations; built once."""
    content = b"".join(path.read_bytes() for path in sorted((MIGRATIONS / "versions").glob("*.py")))
    name = f"template_{hashlib.sha256(content).hexdigest()[:12]}"
    with _lock(PROJECT / ".engage" / "tests.lock"), _maintenance(cluster) as connection:
        known = connection.scalar(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if not known:
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}_half" WITH (FORCE)')
            connection.exec_driver_sql(f'CREATE DATABASE "{name}_half"')
            upgrade(cluster.url(f"{name}_half"))
            connection.exec_driver_sql(f'ALTER DATABASE "{name}_half" RENAME TO "{name}"')
    return name


@contextmanager
def fresh_database(cluster: Cluster, template: str) -> Iterator[str]:
    """Give the URL of a copy of the template and drop it afterwards."""
    name = f"test_{os.getpid()}_{os.urandom(4).hex()}"
    with _maintenance(cluster) as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    try:
        yield cluster.url(name)
    finally:
        with _maintenance(cluster) as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _maintenance(cluster: Cluster) -> Iterator[sa.Connection]:
    engine = sa.create_engine(
        cluster.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with engine.connect() as connection:
        yield connection


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def engine(settings: config.Config, cluster: Cluster, template: str) -> Iterator[sa.Engine]:
    """The engine of this test process."""
    with fresh_database(cluster, template) as url:
        made = db.make_engine(url, pool_size=2)
        yield made
        made.dispose()


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    """A session inside a transaction that is rolled back; requests and jobs of the test share it.

    Commits release savepoints, so ``@writes`` and ``unit_of_work()`` work as in production and leave nothing behind.
    """
    connection = engine.connect()
    transaction = connection.begin()
    db.bind(connection, join_transaction_mode="create_savepoint")
    opened = db.new_session()
    yield opened
    opened.close()
    transaction.rollback()
    connection.close()
    db.bind(engine)


@pytest.fixture
def committed(settings: config.Config, cluster: Cluster, template: str) -> Iterator[sa.Engine]:
    """A database of its own with real commits: for workers, several connections, real concurrency."""
    with fresh_database(cluster, template) as url:
        made = db.make_engine(url, pool_size=20, max_overflow=80)
        db.bind(made, join_transaction_mode="conditional_savepoint")
        yield made
        made.dispose()
