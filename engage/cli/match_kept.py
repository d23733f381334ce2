"""`engage match replay` and `engage match features`: what matching keeps, checked and brought up to date."""

from __future__ import annotations

import json
import time
from dataclasses import asdict

import click
from tqdm import tqdm

from engage.cli.match_rows import JSON, refusals
from engage.cli.work import bound
from engage.kernel import jobs as queue
from engage.kernel.db import reading, unit_of_work
from engage.matchmaking import jobs, queries, service

LOOK_EVERY = 1.0
"""Seconds between two counts of what is done: counting takes time, too."""


@click.command()
@click.argument("run")
@JSON
@click.pass_context
def replay(context: click.Context, run: str, as_json: bool) -> None:
    """Score the match RUN again from what it froze, and say whether it comes out the same to the byte.

    Exit code 1 when anything differs, with every difference. Nothing is written.
    """
    with refusals(), bound(), reading() as session:
        found = service.replay(session, run=queries.run_by_ref(session, ref=run))
    if as_json:
        click.echo(json.dumps(asdict(found) | {"identical": found.identical}))
    elif found.identical:
        click.echo(f"Identical: {found.suppliers:,} suppliers scored again, list {found.found}.")
        if found.round:
            click.echo(f"The plan of round {found.round} comes out the same, too.")
    else:
        click.echo(f"The match {run} does not come out as it was recorded:")
        for difference in found.differences:
            click.echo(f"  {difference}")
    context.exit(0 if found.identical else 1)


@click.command()
@click.option("--wait", is_flag=True, help="Read here and now whatever is not read yet, with a bar.")
@JSON
def features(wait: bool, as_json: bool) -> None:
    """Say how many statements are read and ready to be compared; the worker reads the rest.

    With --wait they are read here, some in each transaction: what is done stays done, also when this is
    interrupted, and a worker that does the same at the same time takes turns with it.
    """
    with refusals(), bound():
        with reading() as session:
            found = service.progress(session)
        if wait:
            _read(found)
            with reading() as session:
                found = service.progress(session)
        elif not found.done:
            with unit_of_work() as session:
                queue.defer(session, jobs.embed)
    if as_json:
        click.echo(json.dumps(asdict(found) | {"done": found.done}))
        return
    click.echo(f"{found.embedded:,} of {found.statements:,} statements are ready to be compared.")
    if not found.done and not wait:
        click.echo("A worker reads the rest: see that one runs, or use --wait.")


def _read(found: service.Progress) -> None:
    with tqdm(
        desc="Reading", unit="", total=found.statements, initial=found.embedded, leave=False, disable=None
    ) as bar:
        looked = time.monotonic()
        for _ in jobs.reading():
            if time.monotonic() - looked < LOOK_EVERY:
                continue
            with reading() as session:
                now = service.progress(session)
            bar.total, looked = now.statements, time.monotonic()
            bar.update(now.embedded - bar.n)
    with unit_of_work() as session:
        service.refresh_corpus(session)
