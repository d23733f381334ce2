"""`engage up` as a person uses it: started, asked, interrupted, killed, with other things in its way."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engage.kernel.cluster import Cluster
from tests.support.processes import (
    PROJECT,
    descendants,
    gone,
    interpreter,
    kill,
    postmaster,
    until,
    working_in,
)
from tests.support.site import Site, environment

pytestmark = pytest.mark.faults


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every account can reach."""
    folder = Path(tempfile.mkdtemp(prefix="engage-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


Start = Callable[..., Site]


@pytest.fixture
def start(place: Path) -> Iterator[Start]:
    """Start `engage up` with its data in `place`; whatever the test leaves running is ended after it."""
    sites: list[Site] = []

    def started(*arguments: str, account: str | None = None, **environ: str) -> Site:
        sites.append(Site(place / "data", *arguments, account=account, **environ))
        return sites[-1]

    yield started
    for site in sites:
        site.end()
    if working_in(place / "data" / "postgres" / "data"):
        with Cluster(place / "data" / "postgres"):
            pass


def run(data_dir: Path, *arguments: str, **environ: str) -> tuple[int, str, str]:
    """Run `engage up` to its end; returns exit code, output, error output."""
    done = subprocess.run(
        [interpreter(None), "-m", "engage", "up", *arguments],
        env=environment(data_dir) | environ,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


_PREPARING = """
import sys, time
from engage.cli.supervisor import run_site

def prepare(url):
    print(url, flush=True)
    time.sleep(60)

run_site(port=0, worker=True, prepare=prepare)
"""


def test_ctrl_c_while_data_is_prepared_stops_at_once(place: Path) -> None:
    process = subprocess.Popen(
        [interpreter(None), "-c", _PREPARING],
        env=environment(place / "data"),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "The database schema was brought up to date.\n"
    assert process.stdout.readline().startswith("postgresql+psycopg://engage@/engage?host=")
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[0] == "engage has stopped.\n"
    assert process.returncode == 0
    assert working_in(place / "data" / "postgres" / "data") == []


@pytest.mark.parametrize("account", [None, "nobody"])
def test_ctrl_c_stops_everything(place: Path, start: Start, account: str | None) -> None:
    if account:
        if os.geteuid() != 0:
            pytest.skip("only root can act for another account")
        shutil.chown(place, account)
    site = start(account=account).ready()
    assert site.answers("/healthz")
    assert site.answers("/")
    below = descendants(site.process.pid)
    assert len(below) >= 4  # the web server, its two processes, the worker
    assert site.stop() == 0
    assert [pid for pid in below if not gone(pid)] == []
    assert working_in(site.data) == []
    assert site.printed[-1] == "engage has stopped."
    assert f"Logs are in {place}/data/log" in site.printed
    assert (place / "data" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert sorted(log.name for log in (place / "data" / "log").iterdir()) == ["web.log", "worker.log"]


def test_two_at_once_share_the_database(start: Start) -> None:
    first, second = (start("--no-worker") for _ in range(2))
    first.ready()
    second.ready()
    assert first.url != second.url
    assert first.answers()
    assert first.stop() == 0
    assert second.answers()
    assert second.stop() == 0
    assert working_in(second.data) == []


def test_what_dies_is_started_again(start: Start) -> None:
    site = start().ready()
    web, worker, server = site.child("gunicorn"), site.child("engage worker"), postmaster(site.data)
    kill(web)
    assert until(lambda: site.child("gunicorn") not in (0, web))
    assert until(site.answers)
    kill(worker)
    assert until(lambda: site.child("engage worker") not in (0, worker))
    kill(server)
    assert until(lambda: gone(server))
    assert until(site.answers)
    assert site.stop() == 0
    assert working_in(site.data) == []
    assert "PostgreSQL had died and was started again." in site.printed
    assert any(line.startswith("The web server ended (killed by signal 9)") for line in site.printed)


def test_a_killed_supervisor_takes_its_children_along(start: Start) -> None:
    site = start().ready()
    below = descendants(site.process.pid)
    site.process.kill()
    site.process.communicate()
    assert until(lambda: all(gone(pid) for pid in below))
    again = start().ready()
    assert again.answers()
    assert again.stop() == 0
    assert working_in(site.data) == []


def test_a_port_in_use_starts_nothing(place: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, err = run(place / "data", "--port", str(port))
    assert (code, out) == (2, "")
    assert err == (
        f"engage: port {port} cannot be used (Address already in use): choose another with --port, "
        "or stop what uses it.\n"
    )
    assert not (place / "data").exists()


def test_a_database_that_does_not_answer_is_named(place: Path) -> None:
    code, out, err = run(
        place / "data", "--port", "0", DATABASE_URL=f"postgresql://engage@/engage?host={place}"
    )
    assert (code, out) == (2, "")
    assert err.startswith("engage: the database cannot be used (connection ")
    assert err.endswith("check DATABASE_URL and that the server runs.\n")
    assert err.count("\n") == 1


def test_production_without_a_secret_is_refused(place: Path) -> None:
    code, out, err = run(place / "data", "--port", "0", ENGAGE_PRODUCTION="yes")
    assert (code, out) == (2, "")
    assert err.startswith("engage: SECRET_KEY is missing or shorter than 32 characters: ")
    assert err.count("\n") == 1
    assert not (place / "data").exists()
