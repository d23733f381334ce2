"""Confirming an address, forgotten passwords; nobody learns from it which addresses have accounts."""

from __future__ import annotations

import re
from datetime import timedelta

import argon2
import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation, Person, SignedInSession
from engage.accounts.service import passwords
from engage.audit.queries import history
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.db import unit_of_work
from engage.outbox.models import Letter
from engage.outbox.queries import without_secrets
from tests.factories import accounts
from tests.factories.accounts import PASSWORD
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.web.accounts.helpers import GOOD_PASSWORD, fill_in, link_in, mails, register, sign_in

Answer = tuple[int, str, str]


def answer_of(client: DistrustfulClient, path: str, data: dict[str, str], email: str) -> Answer:
    """Everything a sender sees: status, where it leads, and that page, without the address typed."""
    sent = client.post(path, data=data)
    page = client.get(sent.location)
    words = re.sub(r'name="csrf_token"[^>]*>', ">", page.text.replace(email, "ADDRESS"))
    return sent.status_code, sent.location, words


def waiting(session: Session) -> list[str]:
    query = sa.text("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
    return list(session.scalars(query))


@pytest.mark.parametrize("path", ["/forgot-password", "/verify-email"])
def test_asking_for_a_mail_looks_the_same_for_every_address(
    client: DistrustfulClient, session: Session, path: str
) -> None:
    accounts.person(session, email="known@example.test")
    accounts.person(session, email="unconfirmed@example.test", verified=False)
    accounts.person(session, email="closed@example.test").disabled_at = clock.now()
    session.flush()
    answers = [
        answer_of(client, path, {"email": email}, email)
        for email in (
            "known@example.test",
            "unconfirmed@example.test",
            "closed@example.test",
            "nobody@example.test",
        )
    ]
    assert len(answers) == 4
    assert len(set(answers)) == 1
    # The same work, too: one job each, which finds out by itself whether there is anything to write.
    assert waiting(session) == ["accounts.write_letter"] * 4


def test_registering_looks_the_same_when_the_address_has_an_account(
    client: DistrustfulClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = accounts.person(session, email="known@tidal.example", name="Known")
    hashed: list[str] = []
    hash_password = argon2.PasswordHasher.hash

    def noting(self: argon2.PasswordHasher, password: str) -> str:
        hashed.append(password)
        return hash_password(self, password)

    monkeypatch.setattr(argon2.PasswordHasher, "hash", noting)
    answers = []
    for number, email in (("111", "fresh@tidal.example"), ("222", known.email)):
        led = fill_in(client, number={"number": number}, you={"name": "Ada", "email": email})
        answered = answer_of(client, "/register/password", {"password": GOOD_PASSWORD}, email)
        answers.append((led, *answered))
    assert answers[0] == answers[1]
    assert hashed == [GOOD_PASSWORD] * 2

    assert [(each.template, each.recipient) for each in mails(session)] == [
        ("verify_email", "fresh@tidal.example"),
        ("account_exists", "known@tidal.example"),
    ]
    assert session.scalars(sa.select(Person.name).order_by(Person.id)).all() == ["Known", "Ada"]
    assert len(session.scalars(sa.select(Organisation)).all()) == 1
    session.refresh(known)
    assert passwords.verify(known.password_hash, PASSWORD) is True


def test_a_reset_link_sets_the_password_once_and_ends_every_session(
    client: DistrustfulClient, session: Session
) -> None:
    person = accounts.member(session, Role.POLICY_AUTHOR).person
    sign_in(client, person.email)
    client.post("/forgot-password", data={"email": person.email})
    (letter,) = mails(session)
    link = link_in(letter)

    assert (letter.template, letter.person_id) == ("reset_password", person.id)
    assert client.get(link).status_code == 200
    assert client.get("/account").status_code == 200
    done = client.post(link, data={"password": GOOD_PASSWORD})

    assert (done.status_code, done.location) == (303, "/sign-in")
    assert client.get("/account").location == "/sign-in?next=/account"
    session.expire_all()
    assert [row.revoked_at is None for row in session.scalars(sa.select(SignedInSession))] == [False]
    assert sign_in(client, person.email).status_code == 422
    assert sign_in(client, person.email, GOOD_PASSWORD).status_code == 303
    # Used, it is dead: for looking and for acting.
    assert client.get(link).status_code == 410
    assert client.post(link, data={"password": "another violin harbour"}).status_code == 410
    assert [line.tag for line in history(session, subject=f"person:{person.id}")] == [
        "accounts:person:signed_in",
        "accounts:person:password_reset",
        "accounts:person:sign_in_refused",
        "accounts:person:signed_in",
    ]


def test_two_links_and_the_first_use_kills_both(client: DistrustfulClient, session: Session) -> None:
    person = accounts.person(session)
    for _ in range(2):
        client.post("/forgot-password", data={"email": person.email})
    first, second = (link_in(letter) for letter in mails(session))
    assert client.post(second, data={"password": GOOD_PASSWORD}).status_code == 303
    assert client.get(first).status_code == 410


def test_a_reset_link_dies_after_two_hours_and_does_not_bear_tampering(
    client: DistrustfulClient, session: Session
) -> None:
    person = accounts.person(session)
    client.post("/forgot-password", data={"email": person.email})
    link = link_in(mails(session)[0])
    for broken in (link[:-1], link.replace("/reset-password/", "/reset-password/x"), "/reset-password/x"):
        assert client.get(broken).status_code == 410
    assert client.get(link.replace("/reset-password/", "/verify-email/")).status_code == 410
    with time_machine.travel(clock.now() + timedelta(hours=2, minutes=1)):
        assert client.get(link).status_code == 410
        assert client.post(link, data={"password": GOOD_PASSWORD}).status_code == 410
    assert client.get(link).status_code == 200


def test_a_poor_new_password_leaves_the_link_alive(client: DistrustfulClient, session: Session) -> None:
    person = accounts.person(session)
    client.post("/forgot-password", data={"email": person.email})
    link = link_in(mails(session)[0])
    refused = client.post(link, data={"password": "passwordpassword"})
    assert refused.status_code == 422
    assert "Password is too easy to guess" in text_of(refused.text)
    assert client.post(link, data={"password": GOOD_PASSWORD}).status_code == 303


def test_a_reset_confirms_the_address_it_was_mailed_to(client: DistrustfulClient, session: Session) -> None:
    person = accounts.person(session, verified=False)
    client.post("/forgot-password", data={"email": person.email})
    client.post(link_in(mails(session)[0]), data={"password": GOOD_PASSWORD})
    assert sign_in(client, person.email, GOOD_PASSWORD).location == "/dashboard"


def test_a_closed_account_gets_no_link_and_its_old_one_is_dead(
    client: DistrustfulClient, session: Session
) -> None:
    person = accounts.person(session)
    client.post("/forgot-password", data={"email": person.email})
    link = link_in(mails(session)[0])
    person.disabled_at = clock.now()
    session.flush()
    client.post("/forgot-password", data={"email": person.email})
    assert len(mails(session)) == 1
    assert client.get(link).status_code == 410


def test_confirming_is_a_post_and_twice_does_no_harm(client: DistrustfulClient, session: Session) -> None:
    register(client)
    link = link_in(mails(session)[0])
    (person,) = session.scalars(sa.select(Person))
    for _ in range(3):
        assert client.get(link).status_code == 200
    session.refresh(person)
    assert person.email_verified_at is None
    assert [client.post(link).status_code for _ in range(2)] == [303, 303]
    tags = [line.tag for line in history(session, subject=f"person:{person.id}")]
    assert tags.count("accounts:person:verified") == 1


def test_a_confirmation_link_dies_after_a_day_and_with_the_address(
    client: DistrustfulClient, session: Session
) -> None:
    register(client)
    link = link_in(mails(session)[0])
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1)):
        assert client.get(link).status_code == 410
    (person,) = session.scalars(sa.select(Person))
    person.email = "other@tidal.example"
    session.flush()
    assert client.post(link).status_code == 410


def test_the_mail_is_sent_again_while_the_address_is_unconfirmed(
    client: DistrustfulClient, session: Session
) -> None:
    register(client)
    client.post("/verify-email", data={"email": "ada@tidal.example"})
    written = mails(session)
    assert [letter.template for letter in written] == ["verify_email", "verify_email"]
    client.post(link_in(written[1]))
    client.post("/verify-email", data={"email": "ada@tidal.example"})
    assert len(mails(session)) == 2


def test_a_job_that_runs_twice_writes_one_letter(session: Session) -> None:
    from engage.accounts.jobs import write_letter

    person = accounts.person(session)
    for _ in range(2):
        write_letter(notice="reset_password", person_id=person.id, request="abc")
    assert len(session.scalars(sa.select(Letter)).all()) == 1


def test_mails_to_unconfirmed_addresses_repeat_nothing_that_was_typed(
    client: DistrustfulClient, session: Session
) -> None:
    register(
        client,
        organisation={"organisation": "Visit evil.example Ltd"},
        you={"name": "Visit evil.example now", "email": "victim@example.test"},
    )
    (letter,) = mails(session)
    everything = f"{letter.subject} {letter.text} {letter.html} {letter.recipient_name}"
    assert "evil" not in everything


def test_the_back_office_does_not_show_the_links(client: DistrustfulClient, session: Session) -> None:
    register(client)
    client.post("/forgot-password", data={"email": "ada@tidal.example"})
    for letter in mails(session):
        token = link_in(letter).rsplit("/", 1)[1]
        assert token not in without_secrets(letter.text) + without_secrets(letter.html)


def test_no_letter_is_written_when_the_request_fails(client: DistrustfulClient, session: Session) -> None:
    with unit_of_work():
        client.post("/forgot-password", data={"email": "no address"})
    assert mails(session) == []
