"""`engage demo`: everything with real demonstration data, or the main job told in the terminal.

What loads and tells the demo brings the whole house along. It is imported where it is needed, so that the second
start, which needs none of it, is as quick as that of `engage up`.
"""

from __future__ import annotations

import logging
import os

import click
import sqlalchemy as sa
from tqdm import tqdm

from config import PROJECT, load
from engage.cli.database import open_database
from engage.cli.errors import CannotStart
from engage.cli.supervisor import run_site
from engage.demo.accounts import ACCOUNTS, AUTHOR, PASSWORD
from engage.kernel.db import make_engine

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
def rebuild_features() -> None:
    """Compute the vectors of every text of the demo anew with the configured model, and write their file."""
    from engage.demo import features
    from engage.matching import load_embedder

    model = load_embedder(load().embedder)
    if not model.dim:
        raise CannotStart("ENGAGE_EMBEDDER is none: there is nothing to compute without a model.")
    with tqdm(desc="Computing vectors", unit="", leave=False, disable=None) as bar:
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
    """Load the demo if need be and say how to sign in."""
    _load(url)
    click.echo(f"Sign in with one of these addresses. The password is always {PASSWORD}")
    for account in ACCOUNTS:
        click.echo(f"  {account.email:<38} {account.role:<16} {account.look_at}")
    click.echo(f"Mail is in {load().mail_transport.removeprefix('file:')}")


def _load(url: str) -> None:
    """Load the demo with a bar, unless it is there. That letters fail in its story is no news for the log."""
    if _is_there(url):
        return
    import structlog

    from engage.cli.work import bound
    from engage.demo import loading
    from engage.kernel import logs

    try:
        with bound(url=url):
            structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
            loading.loaded()  # a database with other data stops here
            click.echo("Loading the demonstration data. This happens once.", err=True)
            with tqdm(desc="Loading", unit="", leave=False, disable=None) as bar:
                loading.load(progress=lambda done, of: _show(bar, done, of))
    except loading.OtherDataError as error:
        raise CannotStart(str(error)) from error
    finally:
        logs.configure()


def _is_there(url: str) -> bool:
    """Tell whether the demo is in the database, by one look at it."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            known = sa.text("SELECT 1 FROM person WHERE lower(email) = :email")
            return connection.scalar(known, {"email": AUTHOR.email}) is not None
    finally:
        engine.dispose()


def _tell() -> None:
    from engage.cli.work import bound
    from engage.demo import story
    from engage.demo.live import LiveError, walk
    from engage.kernel.db import reading

    with open_database(load()) as database:
        database.migrate()
        _load(database.url)
        with bound(url=database.url):
            try:
                walked = walk()
            except LiveError as error:
                raise click.ClickException(str(error)) from error
            with reading() as session:
                click.echo(story.tell(session, walked))


def _show(bar: tqdm, done: int, of: int) -> None:
    bar.total = of
    bar.update(done - bar.n)
