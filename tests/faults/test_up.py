"""`engage up` as a person uses it: started, asked, interrupted, killed, with other things in its way."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engage.kernel.cluster import Cluster
from tests.support.processes import (
    PROJECT,
    command_of,
    descendants,
    gone,
    interpreter,
    kill,
    postmaster,
    until,
    working_in,
)

pytestmark = pytest.mark.faults
READY = "engage is ready at "


class Site:
    """A running `engage up`."""

    def __init__(self, data_dir: Path, *arguments: str, account: str | None = None, **environ: str) -> None:
        entry = pwd.getpwnam(account) if account else None
        self.data = data_dir / "postgres" / "data"
        self.process = subprocess.Popen(
            [interpreter(account), "-m", "engage", "up", "--port", "0", *arguments],
            env=_environment(data_dir) | environ,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            user=entry.pw_uid if entry else None,
            group=entry.pw_gid if entry else None,
            extra_groups=[] if entry else None,
        )
        self.url = ""
        self.printed: list[str] = []

    def ready(self) -> Site:
        """Wait for the ready line."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.printed.append(line.rstrip("\n"))
            if line.startswith(READY):
                self.url = line.removeprefix(READY).strip()
                return self
        raise AssertionError("it ended before it was ready:\n" + "\n".join(self.printed))

    def answers(self, path: str = "/readyz") -> bool:
        """Whether the page comes back with 200."""
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                self.url + path, timeout=120
            ) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def child(self, words: str) -> int:
        """The id of the supervisor's child with these words in its command; 0 when there is none."""
        for pid in descendants(self.process.pid):
            if words in command_of(pid) and _parent(pid) == self.process.pid:
                return pid
        return 0

    def end(self) -> None:
        """End it at once if it still runs, and wait for its children, which end with it."""
        if self.process.poll() is None:
            below = descendants(self.process.pid)
            self.process.kill()
            self.process.communicate()
            until(lambda: all(gone(pid) for pid in below))

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send the signal and wait; returns the exit code."""
        self.process.send_signal(number)
        self.printed += self.process.communicate(timeout=120)[0].splitlines()
        return self.process.returncode


def _environment(data_dir: Path) -> dict[str, str]:
    ours = ("DATABASE_URL", "SECRET_KEY", "ENGAGE_")
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(ours) or key == "ENGAGE_PG_BIN"
    }
    packages = (str(PROJECT), sysconfig.get_paths()["purelib"])
    return kept | {
        "ENGAGE_DATA_DIR": str(data_dir),
        "ENGAGE_EMBEDDER": "none",
        "PYTHONPATH": os.pathsep.join(packages),
    }


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])


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
        env=_environment(data_dir) | environ,
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
        env=_environment(place / "data"),
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
