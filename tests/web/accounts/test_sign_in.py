"""Signing in and out; nobody learns from it which addresses have accounts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import argon2
import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.models import SignedInSession
from engage.accounts.service import passwords
from engage.audit.models import AuditEvent
from engage.kernel import clock
from engage.kernel.actor import Role
from tests.factories import accounts
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.web.accounts.helpers import sign_in

WRONG = "Your email address or your password is wrong"


def sessions(session: Session) -> list[SignedInSession]:
    session.expire_all()
    return list(session.scalars(sa.select(SignedInSession).order_by(SignedInSession.id)))


def audited(session: Session) -> list[tuple[str, str, dict[str, object]]]:
    rows = session.scalars(
        sa.select(AuditEvent).where(AuditEvent.tag.startswith("accounts:")).order_by(AuditEvent.id)
    )
    return [(row.tag, row.subject, row.details) for row in rows]


def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that fills with every hash that a password is checked against."""
    seen: list[str] = []
    verify = argon2.PasswordHasher.verify

    def noting(self: argon2.PasswordHasher, hash_: str, password: str) -> bool:
        seen.append(hash_)
        return verify(self, hash_, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", noting)
    return seen


def test_right_password_opens_a_session_of_twelve_hours(client: DistrustfulClient, session: Session) -> None:
    member = accounts.member(session, Role.POLICY_AUTHOR)

    answer = sign_in(client, member.person.email.upper())

    assert (answer.status_code, answer.location) == (303, "/dashboard")
    (row,) = sessions(session)
    assert (row.person_id, row.membership_id) == (member.person_id, member.id)
    assert row.expires_at - row.created_at == timedelta(hours=12)
    assert audited(session) == [("accounts:person:signed_in", f"person:{member.person_id}", {})]
    assert client.get("/account").status_code == 200
    with time_machine.travel(clock.now() + timedelta(hours=12, seconds=1)):
        assert client.get("/account").location == "/sign-in?next=/account"


def test_the_cookie_holds_a_new_token_at_each_sign_in_and_ends_the_one_before(
    client: DistrustfulClient, session: Session
) -> None:
    member = accounts.member(session, Role.POLICY_AUTHOR)
    tokens = []
    for _ in range(2):
        sign_in(client, member.person.email)
        with client.session_transaction() as cookie:
            tokens.append(cookie["_user_id"])
    assert len(set(tokens)) == 2
    assert [row.revoked_at is None for row in sessions(session)] == [False, True]


def test_the_password_hash_is_renewed_when_its_parameters_are_old(
    client: DistrustfulClient, session: Session
) -> None:
    person = accounts.person(session)
    person.password_hash = argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(
        accounts.PASSWORD
    )
    session.flush()
    assert passwords.outdated(person.password_hash) is True
    sign_in(client, person.email)
    session.refresh(person)
    assert passwords.outdated(person.password_hash) is False
    assert passwords.verify(person.password_hash, accounts.PASSWORD) is True


@pytest.mark.parametrize(
    ("next_page", "goes_to"),
    [
        ("/challenges?q=tide", "/challenges?q=tide"),
        ("//evil.example", "/dashboard"),
        ("https://evil.example/", "/dashboard"),
        ("/\\evil.example", "/dashboard"),
        ("", "/dashboard"),
    ],
)
def test_it_goes_on_only_to_pages_of_this_site(
    client: DistrustfulClient, session: Session, next_page: str, goes_to: str
) -> None:
    person = accounts.person(session)
    assert sign_in(client, person.email, next=next_page).location == goes_to


def test_the_page_passes_on_where_to_go(client: DistrustfulClient) -> None:
    assert 'name="next" type="hidden" value="/account"' in client.get("/sign-in?next=/account").text


def test_unknown_address_and_wrong_password_look_the_same_and_cost_the_same(
    client: DistrustfulClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = accounts.person(session, email="known@example.test")
    known.password_hash = passwords.hash_password("kettle violin harbour")
    session.flush()
    verified = verifications(monkeypatch)
    client.get("/sign-in")
    answers = []
    for address in ("known@example.test", "nobody@example.test"):
        answer = sign_in(client, address, "not the password")
        page = re.sub(r'name="csrf_token"[^>]*>', ">", answer.text.replace(address, "ADDRESS"))
        answers.append((answer.status_code, page, sorted(dict(answer.headers))))

    assert answers[0] == answers[1]
    assert answers[0][0] == 422
    assert WRONG in text_of(answers[0][1])
    # Both went through argon2 once, with the same parameters: so both take the same time.
    assert verified == [known.password_hash, passwords.DUMMY]
    assert [each.split("$")[1:4] for each in verified] == [passwords.DUMMY.split("$")[1:4]] * 2


def test_a_person_without_a_password_costs_the_same_too(
    client: DistrustfulClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = accounts.person(session)
    person.password_hash = passwords.UNUSABLE
    session.flush()
    verified = verifications(monkeypatch)
    assert sign_in(client, person.email).status_code == 422
    assert verified == [passwords.DUMMY]


def test_refusals_are_kept_without_the_address_tried(client: DistrustfulClient, session: Session) -> None:
    person = accounts.person(session)
    sign_in(client, person.email, "not the password")
    sign_in(client, "nobody@example.test", "not the password")
    assert audited(session) == [
        ("accounts:person:sign_in_refused", f"person:{person.id}", {"why": "wrong"}),
        ("accounts:person:sign_in_refused", "person:unknown", {"why": "wrong"}),
    ]
    assert sessions(session) == []


def test_an_unconfirmed_address_is_told_so_only_with_the_right_password(
    client: DistrustfulClient, session: Session
) -> None:
    person = accounts.person(session, verified=False)

    assert WRONG in sign_in(client, person.email, "not the password").text
    told = sign_in(client, person.email)

    assert (told.status_code, told.location) == (303, "/check-email")
    assert person.email in text_of(client.get("/check-email").text)
    assert sessions(session) == []


def test_a_closed_account_is_refused_and_signed_out(client: DistrustfulClient, session: Session) -> None:
    member = accounts.member(session, Role.POLICY_AUTHOR)
    sign_in(client, member.person.email)
    member.person.disabled_at = clock.now()
    session.flush()

    assert client.get("/account").location == "/sign-in?next=/account"
    assert WRONG in sign_in(client, member.person.email, "not the password").text
    assert "This account is closed" in sign_in(client, member.person.email).text


def test_signing_out_ends_the_session_on_the_server(
    client: DistrustfulClient, session: Session, web_app: object
) -> None:
    member = accounts.member(session, Role.POLICY_AUTHOR)
    sign_in(client, member.person.email)
    with client.session_transaction() as cookie:
        stolen = dict(cookie)

    assert client.post("/sign-out").location == "/"

    thief = web_app.test_client()  # type: ignore[attr-defined]  # Flask types the class loosely
    with thief.session_transaction() as cookie:
        cookie.update(stolen)
    assert thief.get("/account").location == "/sign-in?next=/account"
    assert [row.revoked_at is None for row in sessions(session)] == [False]


def test_a_visitor_signs_out_without_harm(client: DistrustfulClient) -> None:
    assert client.post("/sign-out").location == "/"


def test_it_starts_as_what_the_person_acted_as_last(client: DistrustfulClient, session: Session) -> None:
    person = accounts.person(session)
    first = accounts.new_organisation(session, name="First department")
    second = accounts.new_organisation(session, name="Second department")
    for organisation in (first, second):
        accounts.membership(session, person=person, organisation=organisation, roles={Role.APPROVER})
    acting = []
    for chosen in (None, second, None):
        sign_in(client, person.email)
        if chosen:
            live = next(each for each in person.memberships if each.organisation is chosen)
            client.post("/account/act-as", data={"membership": str(live.id)})
        session.expire_all()
        acting.append(sessions(session)[-1].membership.organisation.name)  # type: ignore[union-attr]  # there is one
        client.post("/sign-out")
    assert acting == ["First department", "Second department", "Second department"]


def test_somebody_signed_in_goes_on_from_the_sign_in_page(
    browser_as: Callable[..., DistrustfulClient],
) -> None:
    assert browser_as(Role.POLICY_AUTHOR).get("/sign-in").location == "/dashboard"
