"""`engage techmap`: the map of what suppliers can do, drawn now or as it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from sqlalchemy.orm import Session
from tqdm import tqdm

from engage.cli.match_rows import JSON, refusals
from engage.cli.work import bound
from engage.kernel.db import reading
from engage.matchmaking import service as matchmaking
from engage.techmap import queries, service

_LEAST = click.option(
    "--least",
    type=click.FloatRange(0, 1),
    help="Exit code 1 when the trustworthiness of the map is lower than this, or not known.",
)


@click.group()
def techmap() -> None:
    """Draw the map of what suppliers can do, and say how far it can be trusted."""


@techmap.command()
@click.option("--anew", is_flag=True, help="Place everybody anew, whatever has changed.")
@_LEAST
@JSON
@click.pass_context
def draw(context: click.Context, anew: bool, least: float | None, as_json: bool) -> None:
    """Draw the map here and now, with a bar for each step, and show it from then on.

    What the job does at night; interrupted, the next drawing goes on from there.
    """
    with refusals(), bound():
        with _bars() as report:
            service.draw_now(anew=anew, report=report)
        with reading() as session:
            found = _about(session)
    _say(context, found, least=least, as_json=as_json)


@techmap.command()
@_LEAST
@JSON
@click.pass_context
def show(context: click.Context, least: float | None, as_json: bool) -> None:
    """Say which map is shown: when it was drawn, how many suppliers stand on it, how far it can be trusted."""
    with refusals(), bound(), reading() as session:
        found = _about(session)
    _say(context, found, least=least, as_json=as_json)


@contextmanager
def _bars() -> Iterator[Any]:
    """Give what takes reports of a drawing: a bar on the terminal for each of its steps, nothing elsewhere."""
    bars: dict[str, Any] = {}

    def report(step: str, done: int, todo: int) -> None:
        if step not in bars:
            _close(bars)
            bars[step] = tqdm(desc=step, total=todo, unit="", leave=False, disable=None)
        bars[step].total = todo
        bars[step].update(done - bars[step].n)

    try:
        yield report
    finally:
        _close(bars)


def _close(bars: dict[str, Any]) -> None:
    while bars:
        bars.popitem()[1].close()


def _about(session: Session) -> dict[str, Any]:
    """Return what there is to say of the map that is shown; nothing but the statements when there is none."""
    read = matchmaking.progress(session)
    about: dict[str, Any] = {"statements": read.statements, "statements_read": read.embedded}
    shown = queries.current(session)
    if shown is None:
        return {"map": None, **about}
    return {
        "map": {
            "drawn_at": shown.drawn_at.isoformat() if shown.drawn_at else None,
            "suppliers": shown.suppliers,
            "clusters": len(queries.clusters(session, landscape_id=shown.id)),
            "kept": shown.kept,
            "trustworthiness": shown.trustworthiness,
            "neighbours": shown.neighbours,
            "measured_for": shown.sampled,
            "model": shown.embedder,
            "seconds": shown.seconds,
        },
        **about,
    }


def _say(context: click.Context, found: dict[str, Any], *, least: float | None, as_json: bool) -> None:
    click.echo(json.dumps(found) if as_json else "\n".join(_sentences(found)))
    trust = found["map"]["trustworthiness"] if found["map"] else None
    context.exit(1 if least is not None and (trust is None or trust < least) else 0)


def _sentences(found: dict[str, Any]) -> Iterator[str]:
    own = found["map"]
    if own is None:
        yield "There is no map: no supplier has a statement that is read and counts."
    else:
        yield (
            f"{own['suppliers']:,} suppliers in {own['clusters']} clusters, {own['kept']:,} where they stood before; "
            f"drawn at {own['drawn_at']} in {own['seconds']:.1f} s."
        )
        if own["trustworthiness"] is None:
            yield "Too few suppliers to say how far neighbours can be trusted."
        else:
            yield (
                f"Trustworthiness {own['trustworthiness']:.3f} of 1 (k = {own['neighbours']}, "
                f"measured for {own['measured_for']:,})."
            )
    waiting = found["statements"] - found["statements_read"]
    if waiting:
        yield f"{waiting:,} statements are not read yet: `engage match features --wait` reads them."
