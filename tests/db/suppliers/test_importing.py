"""Suppliers from records: idempotent, brought up to date, never against their own people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation
from engage.audit.models import AuditEvent
from engage.kernel import clock
from engage.kernel.actor import OrganisationKind, Role, System
from engage.kernel.errors import Conflict, Invalid
from engage.suppliers import service
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service import Outcome, StatementText, parse_supplier
from tests.factories import accounts
from tests.factories import suppliers as made

RECORD: dict[str, Any] = {
    "id": "file-1",
    "name": "Riverbank Ltd",
    "identifier": "GB-COH-01234567",
    "sme": True,
    "vcse": None,
    "regions": ["Wales", "England"],
    "expertise_cpv": [{"code": "38421100", "label": "Water meters"}],
    "group": "Wye  Group plc",
    "docs": [
        {
            "title": "Flood warnings",
            "text": "Level gauges.",
            "date": "2020-03-20",
            "cpv": ["38421100-3"],
            "buyer": "Wye Council",
            "ref": "https://notices.example/1",
            "source": "Award notice",
            "licence": "OGL-3.0",
        },
        {"title": "Telemetry", "text": "Radio for remote sites.", "ref": "internal-7"},
    ],
}
IMPORTER = System("tests")


def put(session: Session, *, actor: Any = IMPORTER, **changes: Any) -> Outcome:
    record = parse_supplier(RECORD | changes)
    return service.import_supplier(session, actor=actor, record=record, source="file.jsonl")


def only(session: Session) -> Supplier:
    return session.scalars(sa.select(Supplier)).one()


def count(session: Session, table: type) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_the_platform_imports_verified_suppliers(session: Session) -> None:
    assert put(session) is Outcome.CREATED
    found = only(session)
    assert (found.organisation.name, found.organisation.state) == (
        "Riverbank Ltd",
        OrganisationState.VERIFIED,
    )
    assert [(i.scheme, i.value) for i in found.organisation.identifiers] == [("GB-COH", "01234567")]
    assert (found.sme, found.vcse, len(found.regions), found.cpv) == (True, None, 10, ["38421100"])
    assert (found.source, found.source_ref, found.corporate_group) == (
        "file.jsonl",
        "file-1",
        "Wye Group plc",
    )
    award, radio = sorted(found.statements, key=lambda each: each.title)
    assert (award.client, str(award.dated), award.cpv) == ("Wye Council", "2020-03-20", ["38421100"])
    assert (award.source, award.licence, award.level) == ("Award notice", "OGL-3.0", "evidenced")
    assert (radio.source, radio.evidence_url, radio.level) == ("imported file", "", "declared")
    assert award.expires_on > clock.uk_today() + timedelta(days=360)


def test_people_import_suppliers_that_wait_for_verification(session: Session) -> None:
    put(session, actor=accounts.actor(session, Role.PLATFORM_ADMIN))
    assert only(session).organisation.state is OrganisationState.PENDING


def test_a_second_import_changes_nothing(session: Session) -> None:
    put(session)
    before = count(session, AuditEvent), only(session).updated_at
    assert put(session) is Outcome.UNCHANGED
    assert (count(session, AuditEvent), only(session).updated_at) == before


def test_what_changed_in_the_file_is_brought_up_to_date(session: Session) -> None:
    put(session)
    docs = [RECORD["docs"][0] | {"buyer": "Usk Council"}, {"title": "New", "text": "Work."}]
    assert put(session, name="Riverbank plc", docs=docs, vcse=False) is Outcome.UPDATED
    found = only(session)
    assert (found.organisation.name, found.vcse) == ("Riverbank plc", False)
    assert sorted((each.title, each.client) for each in found.statements) == [
        ("Flood warnings", "Usk Council"),
        ("New", ""),
    ]
    assert count(session, Statement) == 2
    last = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert last is not None
    assert (last.tag, last.details) == (
        "suppliers:supplier:imported",
        {"fields": ["vcse", "name"], "added": 1, "changed": 1, "removed": 1},
    )


def test_an_expired_statement_that_is_in_the_file_again_is_confirmed(session: Session) -> None:
    put(session)
    old = only(session).statements[0]
    old.expires_on = clock.uk_today()
    assert put(session) is Outcome.UPDATED
    assert old.expires_on > clock.uk_today()
    assert put(session) is Outcome.UNCHANGED


def test_a_profile_that_its_own_people_look_after_is_left_alone(session: Session) -> None:
    put(session)
    found = only(session)
    admin = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=found.organisation)
    statement = next(each for each in found.statements if each.title == "Telemetry")
    service.edit_statement(
        session, actor=admin, statement=statement, content=StatementText(title="Telemetry", text="Our words.")
    )
    assert (statement.source, statement.licence) == (None, None)
    assert put(session, name="Something else", docs=[]) is Outcome.UNCHANGED
    assert (found.organisation.name, len(found.statements)) == ("Riverbank Ltd", 2)


def test_correcting_only_the_evidence_keeps_the_source(session: Session) -> None:
    put(session)
    found = only(session)
    statement = next(each for each in found.statements if each.title == "Telemetry")
    linked = StatementText(title=statement.title, text=statement.text, evidence_url="https://x.example/")
    service.edit_statement(session, actor=IMPORTER, statement=statement, content=linked)
    assert (statement.source, statement.evidence_url) == ("imported file", "https://x.example/")


def test_a_supplier_that_registered_itself_gets_the_statements_once(session: Session) -> None:
    organisation = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER, name="River Bank")
    organisation.identifiers[0].value = "01234567"
    own = made.supplier(session, organisation=organisation, does="Our own statement.", sme=False)
    assert put(session) is Outcome.UPDATED
    assert (own.organisation.name, own.sme, own.source_ref, len(own.statements)) == (
        "River Bank",
        False,
        "file-1",
        3,
    )
    assert put(session, docs=[]) is Outcome.UNCHANGED
    assert (count(session, Organisation), len(own.statements)) == (1, 3)


def test_an_identifier_belongs_to_one_supplier_of_the_file(session: Session) -> None:
    put(session)
    with pytest.raises(Conflict, match="GB-COH-01234567 belongs to the supplier imported as file-1"):
        put(session, id="file-2", name="Copy Ltd")


def test_an_identifier_of_a_department_is_refused(session: Session) -> None:
    accounts.new_organisation(session, name="Office").identifiers[0].value = "01234567"
    session.flush()
    with pytest.raises(Conflict, match="which is no supplier"):
        put(session)


def test_a_number_of_zeros_is_no_number(session: Session) -> None:
    put(session, identifier="GB-COH-00000000")
    assert put(session, id="file-2", identifier="GB-COH-00000000") is Outcome.CREATED


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"id": ""}, {"id": "is missing"}),
        ({"name": 5}, {"name": "must be a text"}),
        ({"sme": "yes"}, {"sme": "must be true, false or null"}),
        ({"docs": {}}, {"docs": "must be a list"}),
        ({"docs": ["text"]}, {"docs[1]": "must be an object with title and text"}),
        ({"docs": [{"title": "", "text": "x"}]}, {"docs[1].title": "Enter a title"}),
        (
            {"docs": [{"title": "t", "text": "x", "date": "soon"}]},
            {"docs[1].date": "must be a date like 2026-03-31"},
        ),
        (
            {"docs": [{"title": "t", "text": "x"}, {"title": "t", "text": 1}]},
            {"docs[2].text": "must be a text"},
        ),
        (
            {"expertise_cpv": ["software"]},
            {"expertise_cpv": "“software” is no CPV code: write 8 digits, like 72000000."},
        ),
        (
            {"identifier": "DE-HRB-1"},
            {
                "identifier": "must begin with one of GB-COH, GB-CHC, GB-SC, GB-NIC, GB-PPON, GB-GOR, XI-LEI, "
                "like GB-COH-01234567"
            },
        ),
    ],
)
def test_a_wrong_record_is_refused_by_field(change: dict[str, Any], wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        parse_supplier(RECORD | change)
    assert caught.value.fields == wrong


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        parse_supplier(RECORD | {"nmae": "x"})
    assert list(caught.value.fields) == ["nmae"]
