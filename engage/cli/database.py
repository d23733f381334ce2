"""The database a command works on: that of `DATABASE_URL`, or the embedded one in the data directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import OperationalError

from config import Config
from engage.kernel.cluster import Cluster
from engage.kernel.migrate import upgrade

DATABASE = "engage"


@dataclass(frozen=True, slots=True)
class Database:
    """A reachable database. `cluster` is the embedded server that this process holds open, if it is one."""

    url: str
    cluster: Cluster | None

    def migrate(self) -> bool:
        """Bring the schema up to date; returns whether there was anything to do."""
        return upgrade(self.url)


def cluster_folder(config: Config) -> Path:
    """Where the embedded server lives."""
    return config.data_dir.absolute() / "postgres"


@contextmanager
def open_database(config: Config) -> Iterator[Database]:
    """Give the database of `config`, starting the embedded server when there is no `DATABASE_URL`.

    The embedded server is shared with every other command that holds it and stops with the last of them.
    Raises ClusterError when it cannot be started; a given `DATABASE_URL` is not tried out here.
    """
    if config.database_url:
        yield Database(url=config.database_url, cluster=None)
        return
    with Cluster(cluster_folder(config)) as cluster:
        cluster.create_database(DATABASE)
        yield Database(url=cluster.url(DATABASE), cluster=cluster)


def why_unreachable(error: OperationalError) -> str:
    """The database's own words in one line."""
    return " ".join(str(error.orig).split())
