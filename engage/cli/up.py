"""`engage up`: everything in one command."""

from __future__ import annotations

import click

from engage.cli.supervisor import run_site


@click.command()
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port on 127.0.0.1."
)
@click.option("--no-worker", is_flag=True, help="Start without the job worker: nothing is sent or scheduled.")
def up(port: int, no_worker: bool) -> None:
    """Run the database, the web site and the worker until Ctrl-C."""
    run_site(port=port, worker=not no_worker)
