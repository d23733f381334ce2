"""The worker knows every task of the house."""

from __future__ import annotations

import importlib
from pathlib import Path

import engage
from engage.cli.worker import JOBS
from engage.kernel import jobs

ROOT = Path(engage.__file__).parent


def test_the_list_of_modules_is_complete() -> None:
    rooms = {f"engage.{path.parent.name}.jobs" for path in ROOT.glob("*/jobs.py")} - {"engage.kernel.jobs"}
    assert set(JOBS) == rooms | {"engage.kernel.upkeep"}


def test_letters_digests_and_the_sweep_run_by_themselves() -> None:
    for name in JOBS:
        importlib.import_module(name)
    scheduled = {task.task.name: task.cron for task in jobs.app.periodic_registry.periodic_tasks.values()}
    assert scheduled["outbox.deliver"] == "* * * * *"
    assert scheduled["jobs.sweep"] == "* * * * *"
    assert scheduled["digests.plan"] == "* * * * *"
    assert jobs.app.tasks["jobs.sweep"].lock is None, (
        "a sweep that died would keep all later ones from running"
    )
