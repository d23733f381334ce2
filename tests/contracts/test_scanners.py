"""Mail scanners and curious mail programs open every link of every mail: nothing changes by that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import config
from engage.accounts.enums import Notice
from engage.accounts.models import Person
from engage.accounts.service import letters as accounting
from engage.accounts.service import start_session
from engage.app import create_app
from engage.digests import service as digesting
from engage.digests.enums import SubscriptionState
from engage.digests.models import Subscription
from engage.kernel import clock, db, jobs
from engage.kernel.settings import settings
from engage.outbox import service as outbox
from engage.outbox.models import Letter
from tests.contracts.worlds import World, hide, open_world, show
from tests.factories import accounts
from tests.support.client import prepare

LINK = re.compile(r"https?://[^\s\"'<>]+")
SCANNER = {"User-Agent": "Mozilla/5.0 (compatible; SafeLinks)", "Host": "scanner.test"}
ACTING = {"address_check", "confirm_subscription", "digest", "invitation", "reset_password", "verify_email"}
"""Mails whose links lead to pages on which something can be done, some without signing in: all of these are opened."""
EACH = 2
"""So many links of a kind of mail to a kind of page are opened."""


@dataclass(frozen=True)
class Link:
    """A link in a mail, and whom the mail went to."""

    template: str
    path: str
    person_id: int | None


@pytest.fixture(scope="module")
def app(settings: config.Config) -> Flask:
    return prepare(create_app(settings))


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for all sessions of this process; what they did is taken back."""
    with engine.connect() as opened, opened.begin() as transaction:
        db.bind(opened, join_transaction_mode="create_savepoint")
        yield opened
        transaction.rollback()
        db.bind(engine)


@pytest.fixture
def world(connection: sa.Connection) -> World:
    """A world in which much was written about: invitations, sessions, answers, changes."""
    with db.unit_of_work() as session:
        made = open_world(session)
    with db.new_session() as session:
        show(session, made, hide(session, made))
        session.commit()
    return made


def checksum(connection: sa.Connection) -> Mapping[str, tuple[int, str]]:
    """Return number and sum of the rows of every table."""
    names = sorted(set(sa.inspect(connection).get_table_names()) - {"alembic_version"})
    sums = {}
    for name in names:
        row = connection.exec_driver_sql(
            f'SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM "{name}" t'
        ).one()
        sums[name] = (row[0], row[1])
    return sums


def links(session: Session) -> list[Link]:
    """Return what stands in the mails of the demo, a few of each kind."""
    found: dict[tuple[str, str], dict[str, Link]] = {}
    columns = (Letter.template, Letter.person_id, Letter.text, Letter.html, Letter.headers)
    for row in session.execute(sa.select(*columns).order_by(Letter.id)):
        for address in LINK.findall(f"{row.text} {row.html} {row.headers.get('List-Unsubscribe', '')}"):
            parts = urlsplit(address)
            if not address.startswith(settings().base_url):
                continue
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            kind = (row.template, re.sub(r"[A-Z0-9][\w.~-]{5,}", "*", parts.path))
            few = found.setdefault(kind, {})
            if len(few) < EACH:
                few.setdefault(path, Link(row.template, path or "/", row.person_id))
    return [link for few in found.values() for link in few.values()]


def ask_for_letters(app: Flask, session: Session, world: World, headers: Mapping[str, str]) -> None:
    """Have the letters written whose links act for whoever holds them, and the digests that are due."""
    client = FlaskClient(app, app.response_class)
    known, new = accounts.person(session), accounts.person(session, verified=False)
    accounting.ask_for(session, notice=Notice.VERIFY_EMAIL, person=new)
    session.commit()
    client.post("/forgot-password", data={"email": known.email}, headers=headers)
    form = {"email": "new@reader.example", "topic": "everything", "cadence": "weekly"}
    assert client.post("/alerts", data=form, headers=headers).status_code == 303
    outbox.suppress(session, email="gone@reader.example", reason="no such address")
    session.commit()
    assert (
        client.post("/mail/stopped", data={"email": "gone@reader.example"}, headers=headers).status_code
        == 303
    )
    with clock.as_of(clock.now() + timedelta(hours=1)):
        for number in world.subscriptions.values():
            digesting.write_digest(session, subscription_id=number, now=clock.now())
    session.commit()
    names = ["accounts.write_letter", "outbox.write_check"]
    waiting = sa.text(
        "SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' AND task_name = ANY (:names)"
    )
    for name, arguments in session.execute(waiting, {"names": names}).all():
        jobs.app.tasks[name].func(**arguments)
    session.commit()


def signed_in(app: Flask, session: Session, person_id: int) -> FlaskClient:
    """Return a browser of whoever got the mail."""
    client = FlaskClient(app, app.response_class)
    person = session.get_one(Person, person_id)
    membership = person.memberships[0] if person.memberships else None
    with client.session_transaction() as cookie:
        cookie["_user_id"] = start_session(session, person=person, membership=membership)
        cookie["_fresh"] = True
    session.commit()
    return client


def test_opening_every_link_of_every_mail_changes_nothing(
    app: Flask, connection: sa.Connection, world: World
) -> None:
    with db.new_session() as session:
        ask_for_letters(app, session, world, {})
        opened = links(session)
        readers = {link.person_id for link in opened if link.person_id is not None}
        browsers = {reader: signed_in(app, session, reader) for reader in sorted(readers)}
    before, broken = checksum(connection), []
    for link in opened:
        stranger = FlaskClient(app, app.response_class)
        answers = [stranger.get(link.path, headers=SCANNER), stranger.head(link.path, headers=SCANNER)]
        if link.person_id is not None:
            answers.append(browsers[link.person_id].get(link.path))
        broken += [(link, answer.status_code) for answer in answers if answer.status_code >= 500]
    assert broken == []
    assert checksum(connection) == before
    assert {link.template for link in opened} >= ACTING
    assert len(opened) > len(ACTING) * EACH


def test_links_in_mail_never_come_from_the_host_header(
    app: Flask, connection: sa.Connection, world: World
) -> None:
    forged = {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test"}
    with db.new_session() as session:
        ask_for_letters(app, session, world, forged)
        written = session.execute(
            sa.select(Letter.template, Letter.text, Letter.html, Letter.message_id, Letter.headers)
        ).all()
    places = {
        urlsplit(link).netloc
        for row in written
        for link in LINK.findall(f"{row.text} {row.html} {row.headers.get('List-Unsubscribe', '')}")
    }
    assert places == {urlsplit(settings().base_url).netloc}
    assert [row.message_id for row in written if "evil" in row.message_id] == []
    assert {row.template for row in written} >= ACTING


def test_one_click_ends_exactly_that_subscription(
    app: Flask, connection: sa.Connection, world: World
) -> None:
    active = sa.select(Subscription.id).where(Subscription.state == SubscriptionState.ACTIVE)
    with db.new_session() as session:
        ask_for_letters(app, session, world, {})
        mine, *others = session.scalars(active.order_by(Subscription.id)).all()
        path = urlsplit(digesting.page_address(mine)).path
    assert len(others) > 1
    before, stranger = checksum(connection), FlaskClient(app, app.response_class)
    answer = stranger.post(path, data={"List-Unsubscribe": "One-Click"}, headers=SCANNER)
    assert answer.status_code == 200
    after = checksum(connection)
    assert {name for name in after if after[name] != before[name]} <= {
        "subscription",
        "audit_event",
        "letter",
        "letter_step",
    }
    with db.new_session() as session:
        assert session.scalars(active.order_by(Subscription.id)).all() == others
    stranger.post(path, data={"List-Unsubscribe": "One-Click"}, headers=SCANNER)
    assert checksum(connection) == after
