"""`engage demo`: everything with real demonstration data, or the main job told in the terminal."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import click
import structlog
from tqdm import tqdm

from config import PROJECT, load
from engage.cli.database import open_database
from engage.cli.errors import CannotStart
from engage.cli.supervisor import run_site
from engage.cli.work import bound
from engage.demo import features, loading, story
from engage.demo.accounts import ACCOUNTS, PASSWORD
from engage.demo.live import LiveError, walk
from engage.kernel import logs
from engage.kernel.db import reading
from engage.matching import load_embedder

DATA_DIR = PROJECT / ".engage" / "demo"


@click.group(invoke_without_command=True)
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port on 127.0.0.1."
)
@click.option("--once", is_flag=True, help="Walk the main job through once, tell it here, and end.")
@click.pass_context
def demo(context: click.Context, port: int, once: bool) -> None:
    """Run the site with real demonstration data until Ctrl-C.

    The data stands in a database of its own; the first start loads it. Mail goes to a folder.
    """
    if context.invoked_subcommand is not None:
        return
    _settle(port)
    if once:
        _tell()
    else:
        run_site(port=port, worker=True, prepare=_prepare)


@demo.command("rebuild-features")
@click.option("--embedder", default="minilm-int8", show_default=True, help="The model to compute with.")
def rebuild_features(embedder: str) -> None:
    """Compute the vectors of every text of the demo anew and write their file."""
    model = load_embedder(embedder)
    if not model.dim:
        raise CannotStart(f"{embedder} is no model: there is nothing to compute.")
    with tqdm(desc="Computing vectors", unit="", disable=None) as bar:
        path = features.rebuild(model, progress=lambda done, of: _show(bar, done, of))
    click.echo(f"{len(features.read(model))} vectors of {model.id} are in {path.name}.")


def _settle(port: int) -> None:
    """Set what makes a start a demo, for this process and its children."""
    if load().production:
        raise CannotStart("the demo does not run in production: unset ENGAGE_PRODUCTION.")
    os.environ["ENGAGE_DEMO"] = "yes"
    os.environ["ENGAGE_MAIL"] = ""  # the demo's people do not exist: their mail stays in the data directory
    os.environ.setdefault("ENGAGE_DATA_DIR", str(DATA_DIR))
    if port:
        os.environ.setdefault("ENGAGE_BASE_URL", f"http://127.0.0.1:{port}")


def _prepare(url: str) -> None:
    with bound(url=url):
        _load()
    click.echo(f"Sign in with one of these addresses. The password is always {PASSWORD}")
    for account in ACCOUNTS:
        click.echo(f"  {account.email:<38} {account.role:<16} {account.look_at}")
    click.echo(f"Mail is in {Path(load().mail_transport.removeprefix('file:'))}")


def _load() -> None:
    """Load the demo with a bar, unless it is there. That letters fail in its story is no news for the log."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        if loading.loaded():
            return
        click.echo("Loading the demonstration data. This happens once.", err=True)
        with tqdm(desc="Loading", unit="", leave=False, disable=None) as bar:
            loading.load(progress=lambda done, of: _show(bar, done, of))
    except loading.OtherDataError as error:
        raise CannotStart(str(error)) from error
    finally:
        logs.configure()


def _tell() -> None:
    with open_database(load()) as database:
        database.migrate()
        with bound(url=database.url):
            _load()
            try:
                walked = walk()
            except LiveError as error:
                raise click.ClickException(str(error)) from error
            with reading() as session:
                click.echo(story.tell(session, walked))


def _show(bar: tqdm, done: int, of: int) -> None:
    bar.total = of
    bar.update(done - bar.n)
