"""`engage digests`: see, write and send the digests that are due."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from engage.cli.work import bound
from engage.digests import jobs, queries, service
from engage.kernel import clock
from engage.kernel.clock import UK
from engage.kernel.db import reading
from engage.kernel.uktime import uk_time
from engage.outbox import jobs as outbox
from engage.outbox import queries as letters
from engage.outbox.enums import LetterState

Command = Callable[..., None]


class Moment(click.ParamType[datetime]):
    """A time as ISO 8601; without an offset it is UK time."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time, aware."""
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"“{value}” is no time: write it like 2026-03-03T08:00.", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UK)


def options(command: Command) -> Command:
    """Add the options that all three commands have."""
    as_of = click.option(
        "--as-of", type=Moment(), help="Do as if it were this time; news that is not out yet stays out."
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    return as_of(as_json(command))


@click.group()
def digests() -> None:
    """See, write and send the digests that are due."""


@digests.command()
@options
def preview(as_of: datetime | None, as_json: bool) -> None:
    """Show which digests are due and what they would tell; change nothing."""
    with bound():
        now = as_of or clock.now()
        with reading() as session:
            due = service.drafts(session, now=now)
            about = queries.abouts(session, [one.subscription for one in due])
            found: list[dict[str, Any]] = [
                {
                    "subscription": one.subscription.id,
                    "about": about[one.subscription.id],
                    "from": one.start.isoformat(),
                    "until": one.end.isoformat(),
                    "challenges": list(dict.fromkeys(entry.ref for entry in one.entries)),
                }
                for one in due
            ]
    if as_json:
        click.echo(json.dumps({"as_of": now.isoformat(), "due": found}))
        return
    click.echo(f"{_count(len(found), 'digest')} due on {uk_time(now)}.")
    for line in found:
        told = ", ".join(line["challenges"]) or "nothing to say: no mail"
        click.echo(f"  subscription {line['subscription']} ({line['about']}): {told}")


@digests.command()
@options
def plan(as_of: datetime | None, as_json: bool) -> None:
    """Write the digests that are due; the worker sends them. Safe to run late, twice, at once."""
    with bound():
        due, written = _write(as_of or clock.now())
    _say(
        {"due": due, "letters": written},
        f"{_letters(written)} written for {_count(due, 'subscription')} due.",
        as_json,
    )


@digests.command()
@options
def send(as_of: datetime | None, as_json: bool) -> None:
    """Write the digests that are due and send every letter that waits. Safe to run late, twice, at once."""
    with bound():
        due, written = _write(as_of or clock.now())
        outbox.deliver_everything()
        with reading() as session:
            waiting = letters.counts(session)[LetterState.QUEUED]
    words = f"{_letters(written)} written for {_count(due, 'subscription')} due; {_letters(waiting)} still waiting."
    _say({"due": due, "letters": written, "waiting": waiting}, words, as_json)


def _write(now: datetime) -> tuple[int, int]:
    with reading() as session:
        due = service.count_due(session, now=now)
    jobs.open_runs(now)
    letters, _ = jobs.write_runs()
    return due, letters


def _say(result: dict[str, int], words: str, as_json: bool) -> None:
    click.echo(json.dumps(result) if as_json else words)


def _letters(number: int) -> str:
    return _count(number, "letter")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
