"""Migrating at the same moment, as two starts of the site do."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engage.kernel.cluster import Cluster
from tests.support.processes import PROJECT

pytestmark = pytest.mark.faults


def test_two_at_once_migrate_once(cluster: Cluster) -> None:
    name = f"test_{os.getpid()}_at_once"
    cluster.create_database(name)
    try:
        command = "import sys; from engage.kernel.migrate import upgrade; print(upgrade(sys.argv[1]))"
        started = [
            subprocess.Popen(
                [sys.executable, "-c", command, cluster.url(name)],
                cwd=PROJECT,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        said = sorted(process.communicate(timeout=60)[0].strip() for process in started)
    finally:
        cluster.drop_database(name)
    assert said == ["False", "False", "True"]
