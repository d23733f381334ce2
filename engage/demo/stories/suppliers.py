"""Suppliers: those that were made up register and describe themselves, the real ones are imported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts import service as accounts_service
from engage.accounts.enums import Decision, Scheme
from engage.accounts.service.registration import Registration
from engage.accounts.service.tokens import verification_token
from engage.demo import texts
from engage.demo.accounts import ADMINISTRATOR, Account
from engage.demo.script import Diary, Step
from engage.demo.stories.people import OPERATOR, enrol
from engage.demo.texts import InventedSupplier
from engage.demo.world import World
from engage.kernel import clock
from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.suppliers import queries, service
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service import ProfileText, StatementText, SupplierRecord

IMPORTED_DAY = -174
"""After the challenges that are closed today were over: they found their suppliers in other ways."""
AT_ONCE = 20
SOURCE = "public contract notices"
QUILLFEN = "quillfen"
MOST_NAMED = 2
EVIDENCE = (
    ("Final report for the Association of District Councils", "QD-2025-014"),
    ("Exercise report, shared with the supplier's clients", "QD-2025-031"),
)
OLD = (("quillfen", 3, 16), ("quillfen", 4, 7), ("tolverby", 2, 24), ("ostrelle", 1, -3))
"""Whose statement, which one, and in how many days it expires."""
UNGUESSABLE = "a-password-nobody-kept"


def steps(today: date) -> list[Step]:
    """Return the steps that bring suppliers."""
    diary = Diary(today)
    diary.note(IMPORTED_DAY - 12, "09:00", "The list of capabilities is loaded", _capabilities)
    verified = [one for one in texts.invented() if not one.pending]
    for place, one in enumerate(verified):
        day = IMPORTED_DAY + place - 5
        diary.note(day, "11:00", f"{one.name} joins", partial(_joins, one))
        diary.note(day, "14:00", f"{one.name} describes its work", partial(_describes, one))
    records = texts.suppliers()
    for start in range(0, len(records), AT_ONCE):
        chunk = records[start : start + AT_ONCE]
        diary.note(IMPORTED_DAY + 3, "18:00", f"Import from {chunk[0].name}", partial(_import, chunk))
    diary.note(-4, "10:30", "Quillfen adds evidence", _adds_evidence)
    diary.note(-3, "15:20", "A statement is verified", _verifies)
    diary.note(-2, "09:45", "Some statements grow old", _grows_old)
    diary.note(-1, "07:20", "Suppliers are reminded", _reminds)
    waiting = [one for one in texts.invented() if one.pending]
    for day, one in zip((-3, -1), waiting, strict=True):
        diary.note(day, "16:10", f"{one.name} registers", partial(_registers, one, confirm=day == -3))
    return diary.steps()


def _joins(one: InventedSupplier, session: Session, world: World) -> None:
    organisation = accounts_service.create_organisation(
        session,
        kind=OrganisationKind.SUPPLIER,
        name=one.name,
        identifiers=[(Scheme(one.identifier[0]), one.identifier[1])],
        actor=OPERATOR,
    )
    held = [
        Account(each["email"], each["name"], one.name, tuple(Role(role) for role in each["roles"]), "")
        for each in one.people
    ]
    enrol(session, world, organisation=organisation, accounts=held)
    accounts_service.decide(
        session,
        actor=world.actor(session, ADMINISTRATOR.email),
        organisation_id=organisation.id,
        decision=Decision.VERIFY,
    )
    supplier = queries.of_organisation(session, organisation_id=organisation.id)
    world.suppliers[one.key] = supplier.ref
    world.experts[supplier.ref] = held[-1].email


def _describes(one: InventedSupplier, session: Session, world: World) -> None:
    actor = world.actor(session, one.people[0]["email"])
    supplier = queries.by_ref(session, ref=world.suppliers[one.key])
    profile = ProfileText(
        summary=one.profile["summary"],
        website=one.profile["website"],
        sme=one.profile["sme"],
        vcse=one.profile["vcse"],
        regions=one.profile["regions"],
        cpv=one.profile["cpv"],
        corporate_group=one.profile.get("group", ""),
        capacity_per_quarter=one.profile["capacity"],
    )
    service.update_profile(session, actor=actor, supplier=supplier, profile=profile)
    for statement in one.statements:
        made = service.add_statement(session, actor=actor, supplier=supplier, content=statement)
        fitting = service.suggest(session, statement=made, most=MOST_NAMED)
        slugs = [each.slug for each in fitting]
        service.name_capabilities(session, actor=actor, statement=made, slugs=slugs)


def _capabilities(session: Session, _world: World) -> None:
    service.load_taxonomy(session, actor=OPERATOR, edition=service.shipped_edition())


def _adds_evidence(session: Session, world: World) -> None:
    """Quillfen's first two statements get something that others can check."""
    supplier, actor = _with_admin(session, world, QUILLFEN)
    for statement, (case, reference) in zip(
        sorted(supplier.statements, key=by_id)[:2], EVIDENCE, strict=True
    ):
        content = StatementText(
            title=statement.title,
            text=statement.text,
            client=statement.client,
            dated=statement.dated,
            cpv=statement.cpv,
            evidence_case=case,
            evidence_reference=reference,
            evidence_dated=statement.recorded_on - timedelta(days=60),
        )
        service.edit_statement(session, actor=actor, statement=statement, content=content)


def _verifies(session: Session, world: World) -> None:
    supplier, _ = _with_admin(session, world, QUILLFEN)
    shown = min(supplier.statements, key=by_id)
    service.verify_statement(
        session,
        actor=world.actor(session, ADMINISTRATOR.email),
        statement_id=shown.id,
        because="The report names the supplier, the work and the year; the association confirmed it by telephone.",
        seen=shown.updated_at.isoformat(),
    )


def _grows_old(session: Session, world: World) -> None:
    """As if they had been confirmed last a year ago: the story is not that long."""
    today = clock.uk_today()
    for key, place, days in OLD:
        statements = sorted(queries.by_ref(session, ref=world.suppliers[key]).statements, key=by_id)
        old = statements[place]
        old.expires_on = today + timedelta(days=days)
        old.confirmed_on = old.expires_on - timedelta(days=365)
    session.flush()


def _reminds(session: Session, _world: World) -> None:
    service.refresh_words(session)
    for supplier_id in service.to_remind(session):
        service.remind(session, supplier_id=supplier_id)


def _with_admin(session: Session, world: World, key: str) -> tuple[Supplier, Actor]:
    supplier = queries.by_ref(session, ref=world.suppliers[key])
    people = next(one.people for one in texts.invented() if one.key == key)
    return supplier, world.actor(session, people[0]["email"])


def by_id(statement: Statement) -> int:
    """Return where a statement stands among those of its supplier: in the order of writing."""
    return statement.id


def _import(records: Sequence[SupplierRecord], session: Session, _world: World) -> None:
    for record in records:
        service.import_supplier(session, actor=OPERATOR, record=record, source=SOURCE)


def _registers(one: InventedSupplier, session: Session, _world: World, *, confirm: bool) -> None:
    who = one.people[0]
    scheme, number = one.identifier
    registration = Registration(
        kind=OrganisationKind.SUPPLIER,
        organisation=one.name,
        scheme=Scheme(scheme),
        number=number,
        name=who["name"],
        email=who["email"],
    )
    accounts_service.register(session, registration=registration, password=UNGUESSABLE)
    person = accounts.person_by_email(session, who["email"])
    if confirm and person is not None:
        accounts_service.verify_email(session, token=verification_token(person))
