"""The people and suppliers of the journeys, put into a running site's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from engage.accounts.models import Membership, Organisation
from engage.kernel import clock
from engage.kernel.actor import OrganisationKind, Role, System
from engage.kernel.db import unit_of_work
from engage.suppliers import service
from tests.factories import accounts
from tests.factories.accounts import PASSWORD

__all__ = ["PASSWORD", "World", "make"]

KNOWS_FLOODS = (
    "Flood gauges on small rivers",
    "We install level gauges on small rivers and predict flash floods an hour ahead for villages below steep hills.",
)
KNOWS_FORECASTS = (
    "Rainfall forecasts for villages",
    "Local forecasts of rain and river level, with warnings to villages by text message before a flash flood comes.",
)
OTHERS = (
    ("School meals", "We cook and deliver hot meals to forty primary schools and teach children to cook."),
    ("Office cleaning", "Daily cleaning of public offices, with staff who live near their work."),
    (
        "Payroll software",
        "Payroll and pension software for public bodies, with an interface to the tax authority.",
    ),
    ("Tree surgery", "Felling and care of trees along roads, with surveys of their health."),
)


@dataclass(frozen=True)
class World:
    """Addresses of the people of one journey."""

    author: str
    approver: str
    invited: str
    volunteer: str
    platform: str
    department: str


def make(name: str) -> World:
    """Put a department, six suppliers and a platform admin there; ``name`` keeps two worlds apart."""
    with unit_of_work() as session:
        department = accounts.new_organisation(session, name=f"Ministry of Rivers {name}")
        author = accounts.member(
            session, Role.POLICY_AUTHOR, Role.FACILITATOR, organisation=department, name="Ada Author"
        )
        approver = accounts.member(session, Role.APPROVER, organisation=department, name="Abel Approver")
        invited = _supplier(session, f"Riverbank {name}", *KNOWS_FLOODS)
        volunteer = _supplier(session, f"Skywatch {name}", *KNOWS_FORECASTS)
        for number, (title, text) in enumerate(OTHERS):
            _supplier(session, f"Other {number} {name}", title, text)
        platform = accounts.member(session, Role.PLATFORM_ADMIN)
        return World(
            author.person.email,
            approver.person.email,
            invited.person.email,
            volunteer.person.email,
            platform.person.email,
            department.name,
        )


def _supplier(session: Session, name: str, title: str, text: str) -> Membership:
    organisation: Organisation = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER, name=name)
    profile = service.ensure_profile(session, actor=System(), organisation=organisation)
    content = service.StatementText(title=title, text=text, dated=clock.uk_today() - timedelta(days=200))
    service.add_statement(session, actor=System(), supplier=profile, content=content)
    return accounts.member(session, Role.SUPPLIER_ADMIN, organisation=organisation)
