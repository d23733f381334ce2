"""`engage notice show` and `engage notice validate`: the UK2 notice of a challenge, made from the record."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from engage.challenges import queries as challenges
from engage.cli.errors import CannotStart
from engage.cli.work import bound
from engage.kernel.db import reading
from engage.kernel.errors import DomainError
from engage.transparency import policy, service
from engage.transparency.service.details import NO_NOTICE

REF = click.argument("ref")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group()
def notice() -> None:
    """Make the preliminary market engagement notice (UK2) of a challenge from the record, and check it.

    engage never publishes a notice: that happens on Find a Tender, which gives out its number and the ocid.
    """


@notice.command("show")
@REF
@JSON
def show(ref: str, as_json: bool) -> None:
    """Print the notice of the challenge REF: as text and with what is missing, or as an OCDS release package."""
    record, address = _record(ref)
    if as_json:
        click.echo(json.dumps(service.package(record, uri=address), ensure_ascii=False, indent=2))
        return
    click.echo(service.text(record))
    _say_missing(service.missing(record))


@notice.command("validate")
@REF
@JSON
def validate(ref: str, as_json: bool) -> None:
    """Check the notice of the challenge REF. Exit code 1 when it is not valid or something is missing."""
    record, _ = _record(ref)
    lacking = service.missing(record)
    verdict = service.verdict(service.release(record))
    ready = verdict.valid and service.lawful(record)
    if as_json:
        document = {
            "ref": ref,
            "ready": ready,
            "structural": [vars(fault) for fault in verdict.structural],
            "strict": [vars(fault) for fault in verdict.strict],
            "own": [vars(fault) for fault in verdict.own],
            "missing": [{**vars(item), "where": item.where.value} for item in lacking],
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        for name in ("structural", "strict", "own"):
            faults = getattr(verdict, name)
            click.echo(f"{name}: {len(faults)} {'error' if len(faults) == 1 else 'errors'}")
            for fault in faults:
                click.echo(f"  {fault}")
        _say_missing(lacking)
        click.echo("The notice is ready to be copied." if ready else "The notice is not ready yet.")
    if not ready:
        raise SystemExit(1)


def _record(ref: str) -> tuple[service.NoticeRecord, str]:
    """Return the record of a challenge and the address of its release; one sentence and exit code 2 otherwise."""
    try:
        with bound() as settings, reading() as session:
            challenge = challenges.by_ref(session, ref=ref)
            if not policy.needs_notice(challenge):
                raise CannotStart(f"{ref}: {NO_NOTICE}")
            address = f"{settings.base_url}/department/challenges/{challenge.ref}/notice/release.json"
            return service.record_of(session, challenge=challenge), address
    except DomainError as error:
        raise CannotStart(f"{ref}: {error.message}") from error


def _say_missing(lacking: Sequence[service.Missing]) -> None:
    titles = {
        service.Source.LAW: "Missing",
        service.Source.FORM: "Also asked by the form of Find a Tender",
        service.Source.PLATFORM: "Given out by Find a Tender when the notice is published",
    }
    for source, title in titles.items():
        items = [item for item in lacking if item.source is source]
        if items:
            click.echo(f"{title}:")
        for item in items:
            click.echo(f"  {item.text}" + (f" ({item.law})" if source is not service.Source.FORM else ""))
    if not any(item.source is service.Source.LAW for item in lacking):
        click.echo("Nothing is missing.")
