"""`engage match preview` and `engage match run`: matching on the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy.orm import Session

from engage.challenges import queries as challenges
from engage.cli.errors import CannotStart
from engage.cli.work import bound
from engage.kernel.actor import System
from engage.kernel.db import reading, unit_of_work
from engage.kernel.errors import DomainError
from engage.matching import Band, MatchingError
from engage.matchmaking import jobs, queries, service
from engage.matchmaking.enums import HardRule, Outcome

if TYPE_CHECKING:
    from engage.matchmaking.models import MatchRun

RUNNER = System("engage match run")
SHOWN = 20
_MARKS = {"chosen": " (chosen)", "alternate": " (alternate {})", "not_chosen": ""}
REF = click.argument("ref")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what cannot be done into one sentence and exit code 2."""
    try:
        yield
    except (DomainError, MatchingError) as error:
        raise CannotStart(str(error)) from error


@click.command()
@REF
@JSON
def preview(ref: str, as_json: bool) -> None:
    """Say in numbers what a match of the challenge REF would find; nothing is written, nobody is named."""
    with refusals(), bound(), reading() as session:
        found = service.preview(session, challenge=challenges.by_ref(session, ref=ref))
    if as_json:
        click.echo(json.dumps(vars(found) | {"gaps": found.gaps, "shortages": found.shortages}))
        return
    click.echo(f"{found.considered:,} suppliers compared.")
    for rule in HardRule:
        if found.excluded[rule]:
            click.echo(f"  {found.excluded[rule]:,} left out before: {rule.sentence}")
    for band in (Band.STRONG, Band.GOOD, Band.POSSIBLE):
        click.echo(f"  {found.bands[band]:,} {band.value}")
    click.echo(
        f"Of the {found.near:,} strong or good ones {found.sme:,} are SMEs and {found.vcse:,} are VCSEs."
    )
    for lacking in (*found.shortages, *found.gaps):
        click.echo(f"  {lacking}")
    if found.words_alone:
        click.echo("This is by words alone: the text has no vector yet.")


@click.command()
@REF
@JSON
@click.option("--top", default=SHOWN, show_default=True, type=click.IntRange(1), help="Places to print.")
def run(ref: str, as_json: bool, top: int) -> None:
    """Match suppliers to the approved text of the challenge REF, plan whom to invite, and print it with why."""
    with refusals(), bound():
        jobs.embed()
        with unit_of_work() as session:
            made = service.run(session, actor=RUNNER, challenge=challenges.by_ref(session, ref=ref))
            document = (
                _described(session, made.id) | {"plan": _plan(made)} | {"run": made.ref, "challenge": ref}
            )
            document |= {"considered": made.suppliers_considered, "excluded": made.suppliers_excluded}
    if as_json:
        click.echo(json.dumps(document))
        return
    click.echo(f"Match {document['run']} of {ref}: {document['considered']:,} suppliers compared.")
    for place in document["candidates"][:top]:
        marked = _MARKS[place["outcome"]].format(place["alternate"])
        click.echo(f"{place['rank']:>3}  {place['score']:5.2f}  {place['band']:<8}  {place['name']}{marked}")
        click.echo(f"{'':21}{place['why']}")
        click.echo(f"{'':21}{place['decided']}")
    _print_plan(document["plan"])


def _print_plan(plan: dict[str, Any]) -> None:
    proof = "no plan within the rules is better" if plan["status"] == "optimal" else plan["status"]
    click.echo(f"Plan {plan['round']} under rules {plan['rules']}: {plan['chosen']} chosen; {proof}.")
    for shortage in plan["shortages"]:
        click.echo(f"  {shortage}")


def _described(session: Session, run_id: int) -> dict[str, Any]:
    return {
        "candidates": [
            {
                "rank": candidate.rank,
                "supplier": candidate.supplier.ref,
                "name": candidate.supplier.organisation.name,
                "score": candidate.score,
                "band": candidate.band.value,
                "confidence": candidate.confidence.value,
                "why": candidate.why,
                "outcome": candidate.outcome.value,
                "alternate": candidate.alternate_rank,
                "decided_by": candidate.decided_by,
                "decided": service.decided_sentence(
                    candidate.decided_by, chosen=candidate.outcome is Outcome.CHOSEN
                ),
                "probability": candidate.probability,
            }
            for candidate in queries.candidates(session, run_id=run_id)
        ]
    }


def _plan(run: MatchRun) -> dict[str, Any]:
    assert run.round is not None, "a match is planned at once"
    assert run.rules is not None
    own = run.round.result["challenges"][run.challenge.ref]
    return {
        "round": run.round.ref,
        "rules": run.rules.number,
        "status": run.round.status.value,
        "objective": run.round.objective,
        "bound": run.round.bound,
        "chosen": sum(candidate.outcome is Outcome.CHOSEN for candidate in run.candidates),
        "shortages": [shortage["words"] for shortage in own["shortages"]],
        "prices": own["prices"],
    }
