"""Guessing is slowed: ten wrong tries in five minutes, then a page that says how long to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.models import Person
from tests.factories import accounts
from tests.factories.accounts import PASSWORD
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.web.accounts.helpers import register, sign_in

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def guess(
    client: DistrustfulClient, email: str, *, at: str = "192.0.2.1", password: str = "not the password"
) -> int:
    data = {"email": email, "password": password}
    return client.post("/sign-in", data=data, environ_overrides={"REMOTE_ADDR": at}).status_code


def test_the_eleventh_wrong_password_for_an_account_is_not_looked_at(
    client: DistrustfulClient, session: Session
) -> None:
    person = accounts.person(session)
    with time_machine.travel(NOON, tick=False) as clock:
        # From ten machines, so that only the account counts.
        codes = [guess(client, person.email, at=f"192.0.2.{number}") for number in range(10)]
        assert codes == [422] * 10
        refused = client.post("/sign-in", data={"email": person.email.upper(), "password": PASSWORD})

        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "301"
        assert "You can try again in 6 minutes" in text_of(refused.text)
        assert client.get("/sign-in").status_code == 200
        clock.move_to(NOON + timedelta(minutes=4, seconds=59))
        assert guess(client, person.email, password=PASSWORD) == 429
        clock.move_to(NOON + timedelta(minutes=5, seconds=1))
        assert guess(client, person.email, password=PASSWORD) == 303


def test_an_address_written_differently_is_the_same_account(
    client: DistrustfulClient, session: Session
) -> None:
    person = accounts.person(session)
    ways = [
        "{}",
        " {}",
        "{} ",
        "{}\x00",
        "\x07{}",
        "\r\n{}",
        "{}\u2028",
        "\x1f{}\x1f",
        "{}\x85",
        "\t{}",
        "{}\x7f",
    ]
    codes = [
        guess(client, way.format(person.email.upper()), at=f"192.0.2.{number}")
        for number, way in enumerate(ways)
    ]
    assert codes == [422] * 10 + [429]


def test_ipv4_machines_behind_an_ipv6_socket_count_one_by_one(client: DistrustfulClient) -> None:
    codes = [guess(client, f"p{number}@example.test", at="::ffff:192.0.2.1") for number in range(11)]
    assert codes == [422] * 10 + [429]
    assert guess(client, "p@example.test", at="::ffff:192.0.2.2") == 422
    assert guess(client, "p@example.test", at="192.0.2.1") == 429


def test_one_machine_cannot_try_many_accounts(client: DistrustfulClient, session: Session) -> None:
    people = [accounts.person(session) for _ in range(12)]
    codes = [guess(client, person.email) for person in people]
    assert codes == [422] * 10 + [429] * 2
    assert guess(client, people[0].email, at="192.0.2.2", password=PASSWORD) == 303


def test_addresses_of_one_ipv6_customer_count_together(client: DistrustfulClient) -> None:
    codes = [guess(client, f"p{number}@example.test", at=f"2001:db8:1:2::{number:x}") for number in range(11)]
    assert codes == [422] * 10 + [429]
    assert guess(client, "p@example.test", at="2001:db8:1:3::1") == 422


def test_an_unknown_account_is_slowed_like_a_known_one(client: DistrustfulClient) -> None:
    codes = [guess(client, "nobody@example.test", at=f"192.0.2.{number}") for number in range(11)]
    assert codes == [422] * 10 + [429]


def test_right_passwords_and_empty_forms_do_not_count(client: DistrustfulClient, session: Session) -> None:
    person = accounts.person(session)
    codes = [guess(client, person.email, password=PASSWORD) for _ in range(12)]
    codes += [guess(client, person.email, password="") for _ in range(12)]
    assert codes == [303] * 12 + [422] * 12
    assert [guess(client, person.email) for _ in range(11)] == [422] * 10 + [429]


def test_the_rest_of_the_site_is_unaffected(client: DistrustfulClient, session: Session) -> None:
    person = accounts.person(session)
    assert [guess(client, person.email) for _ in range(11)][-1] == 429
    assert client.get("/sign-in").status_code == 200
    assert client.get("/forgot-password").status_code == 200


@pytest.mark.parametrize(
    ("path", "tries"), [("/forgot-password", 5), ("/verify-email", 3)], ids=["reset", "resend"]
)
def test_mails_on_request_are_few(client: DistrustfulClient, path: str, tries: int) -> None:
    codes = [
        client.post(
            path, data={"email": "a@example.test"}, environ_overrides={"REMOTE_ADDR": f"192.0.2.{n}"}
        ).status_code
        for n in range(tries + 1)
    ]
    assert codes == [303] * tries + [429]
    assert client.post(path, data={"email": "b@example.test"}).status_code == 303


def test_ten_registrations_an_hour_from_one_machine(client: DistrustfulClient, session: Session) -> None:
    codes = []
    for number in range(11):
        answers = {
            "number": {"number": str(900 + number)},
            "you": {"name": "Ada", "email": f"ada{number}@tidal.example"},
        }
        codes.append(register(client, **answers).status_code)
    assert codes == [303] * 10 + [429]
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 10


def test_the_current_password_cannot_be_guessed_either(client: DistrustfulClient, session: Session) -> None:
    person = accounts.person(session)
    sign_in(client, person.email)
    data = {"current": "not the password", "password": "kettle violin harbour"}
    codes = [client.post("/account/password", data=data).status_code for _ in range(11)]
    assert codes == [422] * 10 + [429]
