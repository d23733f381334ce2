"""`engage audit`: check the chains of the audit trail and the ledger."""

from __future__ import annotations

import json

import click

from engage import tables
from engage.cli.work import bound
from engage.kernel.chain import Fault, Head, chained_tables, head, verify
from engage.kernel.db import reading

assert tables


@click.group()
def audit() -> None:
    """Check that nothing was changed, removed or inserted in the audit trail and the ledger."""


@audit.command("verify")
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="TABLE=SEQ:HASH",
    help="A head saved earlier by `engage audit head`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify_chains(heads: tuple[str, ...], as_json: bool) -> None:
    """Walk every chain. Exit code 1 when anything was tampered with."""
    expected = dict(_parse(text) for text in heads)
    with bound(), reading() as session:
        faults: list[Fault] = []
        ends: dict[str, Head] = {}
        for table in chained_tables():
            name = str(table.__tablename__)
            faults += verify(session, table, expected=expected.get(name))
            ends[name] = head(session, table)
    if as_json:
        document = {
            "sound": not faults,
            "heads": {name: str(end) for name, end in ends.items()},
            "faults": [{"where": fault.where, "what": fault.what} for fault in faults],
        }
        click.echo(json.dumps(document))
    else:
        for name, end in ends.items():
            click.echo(f"{name}: {end.seq} rows, head {end}")
        for fault in faults:
            click.echo(f"{fault.where} {fault.what}")
        click.echo("Something was tampered with." if faults else "Every row is as it was written.")
    if faults:
        raise SystemExit(1)


@audit.command("head")
def print_heads() -> None:
    """Print the end of each chain, to be kept elsewhere and given to `engage audit verify --head`."""
    with bound(), reading() as session:
        for table in chained_tables():
            click.echo(f"{table.__tablename__}={head(session, table)}")


def _parse(text: str) -> tuple[str, Head]:
    table, _, rest = text.partition("=")
    seq, _, hashed = rest.partition(":")
    known = {str(cls.__tablename__) for cls in chained_tables()}
    if table not in known or not seq.isdecimal() or len(hashed) != len("0" * 64):
        raise click.UsageError(f"“{text}” is no head: give TABLE=SEQ:HASH as printed by engage audit head.")
    return table, Head(int(seq), hashed)
