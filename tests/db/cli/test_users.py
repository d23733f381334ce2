"""`engage users`, on a database of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

import config
from engage.accounts import queries, service
from engage.accounts.enums import OrganisationState
from engage.accounts.service import passwords
from engage.accounts.service.tokens import person_to_reset
from engage.cli.users import users
from engage.kernel import db
from engage.kernel.actor import OrganisationKind, System
from engage.kernel.db import reading, unit_of_work
from engage.kernel.settings import configure

Run = Callable[..., Result]


@pytest.fixture
def run(committed: sa.Engine, settings: config.Config, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command; what it configured is put back afterwards."""
    monkeypatch.setenv("DATABASE_URL", committed.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SECRET_KEY", settings.secret_key)
    monkeypatch.setenv("ENGAGE_BASE_URL", "http://engage.test")

    def invoke(*words: str, **more: Any) -> Result:
        result = CliRunner().invoke(users, words, **more)
        configure(settings)
        db.bind(committed)
        return result

    return invoke


def listed(run: Run) -> list[tuple[str, str, list[tuple[str, str, list[str]]]]]:
    document = json.loads(run("list", "--json").stdout)
    return [
        (
            person["email"],
            person["state"],
            [(each["organisation"], each["state"], each["roles"]) for each in person["acts_for"]],
        )
        for person in document
    ]


def test_the_first_platform_admin_gets_a_link_to_choose_a_password(run: Run) -> None:
    made = run("create", "--email", "root@engage.example", "--name", "Ada", "--role", "platform_admin")

    assert made.exit_code == 0, made.stderr
    lines = made.stdout.splitlines()
    assert lines[0] == "Ada acts for Platform team as platform admin."
    link = re.fullmatch(
        r"They choose their password here, within 2 hours: http://engage\.test/reset-password/(\S+)", lines[1]
    )
    assert link is not None
    with reading() as session:
        person = person_to_reset(session, link.group(1))
        assert person is not None
        assert (person.email, person.password_hash) == ("root@engage.example", passwords.UNUSABLE)
    assert listed(run) == [
        ("root@engage.example", "active", [("Platform team", "verified", ["platform_admin"])]),
    ]


def test_a_second_role_goes_to_the_same_person_and_organisation(run: Run) -> None:
    run(
        "create",
        "--email",
        "ada@cabinet.gov.uk",
        "--name",
        "Ada",
        "--role",
        "policy_author",
        "--organisation",
        "Tides",
    )
    run("create", "--email", "ADA@cabinet.gov.uk", "--role", "approver", "--organisation", "tides")
    assert listed(run) == [
        ("ada@cabinet.gov.uk", "active", [("Tides", "verified", ["approver", "policy_author"])]),
    ]


def test_a_password_can_be_asked_for(run: Run) -> None:
    words = ["create", "--email", "ada@tides.example", "--name", "Ada", "--role", "supplier_admin"]
    words += ["--organisation", "Tidal Works Ltd", "--identifier", "GB-COH:445790", "--ask-password"]

    poor = run(*words, input="passwordpassword\npasswordpassword\n")
    assert (poor.exit_code, "too easy to guess" in poor.stderr) == (2, True)
    good = run(*words, input="kettle violin harbour\nkettle violin harbour\n")

    assert good.exit_code == 0
    assert "reset-password" not in good.stdout
    with reading() as session:
        person = queries.person_by_email(session, "ada@tides.example")
        assert person is not None
        assert passwords.verify(person.password_hash, "kettle violin harbour") is True
        found = queries.organisation_by_identifier(session, scheme="GB-COH", value="00445790")
        assert found is not None
        assert found.name == "Tidal Works Ltd"


def test_an_account_that_anybody_may_have_registered_starts_afresh(run: Run) -> None:
    with unit_of_work() as session:
        service.create_person(
            session,
            name="Mallory",
            email="ada@cabinet.gov.uk",
            password="kettle violin harbour",
            verified=False,
        )
    words = ["create", "--email", "ada@cabinet.gov.uk", "--role", "platform_admin"]

    refused = run(*words)
    assert (refused.exit_code, refused.stderr) == (
        2,
        "engage: ada@cabinet.gov.uk has never confirmed that address: give their --name too.\n",
    )
    made = run(*words, "--name", "Ada")

    assert made.exit_code == 0, made.stderr
    assert "They choose their password here" in made.stdout
    with reading() as session:
        person = queries.person_by_email(session, "ada@cabinet.gov.uk")
        assert person is not None
        assert (person.name, person.password_hash) == ("Ada", passwords.UNUSABLE)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--role", "approver", "--name", "Ada"],
            "engage: say for which department they act: --organisation NAME.",
        ),
        (
            ["--role", "approver", "--role", "supplier_admin", "--organisation", "X", "--name", "Ada"],
            "engage: these roles do not go together in one organisation: add them one after the other.",
        ),
        (
            ["--role", "approver", "--organisation", "X"],
            "engage: a@b.example is new here: give their --name too.",
        ),
        (
            ["--role", "approver", "--organisation", "X", "--name", "Ada", "--identifier", "GB-XYZ:1"],
            "engage: GB-XYZ is no register that engage knows.",
        ),
        (
            [
                "--role",
                "approver",
                "--organisation",
                "X",
                "--name",
                "Ada",
                "--identifier",
                "GB-COH:1234567890",
            ],
            "engage: Company number must be 8 characters, like 01234567 or SC123456",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(
    run: Run, words: list[str], sentence: str
) -> None:
    refused = run("create", "--email", "a@b.example", *words)
    assert (refused.exit_code, refused.stderr.strip(), refused.stdout) == (2, sentence, "")
    with reading() as session:
        assert queries.organisations_named(session, name="X") == []
    assert listed(run) == []


def test_an_organisation_is_verified_by_name_or_number(run: Run) -> None:
    with unit_of_work() as session:
        ids = [
            service.create_organisation(
                session, kind=OrganisationKind.SUPPLIER, name=name, identifiers=[], actor=System()
            ).id
            for name in ("Tidal Works Ltd", "Twin Ltd", "Twin Ltd")
        ]
    assert run("verify-organisation", "tidal works ltd").stdout == "Tidal Works Ltd is verified.\n"
    twins = run("verify-organisation", "Twin Ltd")
    assert twins.exit_code == 2
    assert twins.stderr.strip() == (
        f"engage: there are 2 organisations called Twin Ltd: give one of the ids {ids[1]}, {ids[2]}."
    )
    assert run("verify-organisation", str(ids[2])).exit_code == 0
    assert (
        run("verify-organisation", "Nobody Ltd").stderr.strip()
        == "engage: there is no organisation called Nobody Ltd."
    )
    again = run("verify-organisation", "Tidal Works Ltd")
    assert (again.exit_code, "is verified, so it cannot become verified" in again.stderr) == (2, True)
    with reading() as session:
        states = [queries.organisation(session, each) for each in ids]
    assert [each.state for each in states if each] == [
        OrganisationState.VERIFIED,
        OrganisationState.PENDING,
        OrganisationState.VERIFIED,
    ]


def test_an_account_is_closed_with_its_sessions(run: Run) -> None:
    run("create", "--email", "ada@tides.example", "--name", "Ada", "--role", "auditor")
    with unit_of_work() as session:
        person = queries.person_by_email(session, "ada@tides.example")
        assert person is not None
        for _ in range(2):
            token = service.start_session(session, person=person, membership=None)
    assert run("disable", "ada@tides.example").stdout == "The account is closed; 2 sessions ended.\n"
    assert run("disable", "ada@tides.example").stdout == "The account is closed; 0 sessions ended.\n"
    assert run("disable", "nobody@tides.example").exit_code == 2
    with reading() as session:
        assert queries.actor_by_token(session, token) is None
    assert [(email, state) for email, state, _ in listed(run)] == [("ada@tides.example", "closed")]


def test_the_list_is_for_people_too(run: Run) -> None:
    assert run("list").stdout == "Nobody yet: add somebody with engage users create.\n"
    run("create", "--email", "ada@tides.example", "--name", "Ada", "--role", "auditor")
    assert run("list").stdout.splitlines() == [
        "ada@tides.example  Ada  (active)",
        "    Platform team (platform, verified): auditor",
        "1 in all.",
    ]
