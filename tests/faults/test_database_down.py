"""The database goes away and comes back: people get a page, health checks tell, and the site recovers by itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engage.kernel.cluster import Cluster
from tests.conftest import PROJECT, TEST_SECRET
from tests.support.processes import descendants, postmaster

pytestmark = pytest.mark.faults

REFUSED_WITHIN = 5.0
RECOVERS_WITHIN = 15.0
STALLED_WITHIN = 30.0


def ask(url: str) -> tuple[int, str, float]:
    """Return the status of a page, its text, and how long it took."""
    started = time.monotonic()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=60) as answer:
            return answer.status, answer.read().decode(), time.monotonic() - started
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), time.monotonic() - started


@contextmanager
def running(cluster: Cluster, data: Path) -> Iterator[str]:
    """Run ``engage up`` against ``cluster`` as against a server of somebody else's; give its address."""
    environment = {
        **os.environ,
        "DATABASE_URL": cluster.url("engage"),
        "SECRET_KEY": TEST_SECRET,
        "ENGAGE_DATA_DIR": str(data),
        "ENGAGE_EMBEDDER": "none",
    }
    command = [sys.executable, "-m", "engage", "up", "--port", "0", "--no-worker"]
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield next(
                found.group(1) for line in process.stdout if (found := re.search(r"ready at (\S+)", line))
            )
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def until_well(url: str) -> float:
    """Wait until the page answers 200 and return how long that took."""
    started = time.monotonic()
    while ask(url)[0] != 200:
        assert time.monotonic() - started < RECOVERS_WITHIN, "the site did not recover"
        time.sleep(0.2)
    return time.monotonic() - started


def test_a_database_that_refuses_gives_a_page_and_the_site_recovers(tmp_path: Path) -> None:
    with Cluster(tmp_path / "pg", durable=False) as cluster:
        cluster.create_database("engage")
        with running(cluster, tmp_path / "data") as site:
            assert ask(f"{site}/challenges")[0] == 200
            os.kill(postmaster(cluster.data), signal.SIGKILL)
            status, text, took = ask(f"{site}/challenges")
            assert status == 503
            assert "<h1" in text
            assert took < REFUSED_WITHIN
            health, _, took = ask(f"{site}/readyz")
            assert health == 503
            assert took < REFUSED_WITHIN
            assert ask(f"{site}/healthz")[0] == 200
            cluster.revive()
            print(f"\nback after {until_well(f'{site}/challenges'):.1f} s")


def test_a_database_that_hangs_gives_a_page_in_time(tmp_path: Path) -> None:
    with Cluster(tmp_path / "pg", durable=False) as cluster:
        cluster.create_database("engage")
        with running(cluster, tmp_path / "data") as site:
            assert ask(f"{site}/challenges")[0] == 200
            server = postmaster(cluster.data)
            hung = [server, *descendants(server)]
            for pid in hung:
                os.kill(pid, signal.SIGSTOP)
            try:
                status, _, took = ask(f"{site}/challenges")
            finally:
                for pid in hung:
                    os.kill(pid, signal.SIGCONT)
            assert status == 503
            assert took < STALLED_WITHIN
            print(f"\nanswered after {took:.1f} s, back after {until_well(f'{site}/challenges'):.1f} s")
