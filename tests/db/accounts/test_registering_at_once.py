"""Two people register the same organisation at the same moment: real connections, real commits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from engage.accounts import service
from engage.accounts.enums import Scheme
from engage.accounts.models import OrganisationIdentifier, Person
from engage.accounts.service.registration import Registration
from engage.kernel.actor import OrganisationKind
from engage.kernel.db import reading, unit_of_work
from engage.kernel.errors import Invalid


@pytest.mark.parametrize(
    "addresses",
    [("ada@tides.example", "bob@tides.example"), ("ada@tides.example", "ADA@tides.example")],
    ids=["two people", "one person, sent twice"],
)
def test_one_organisation_has_the_number(committed: sa.Engine, addresses: tuple[str, str]) -> None:
    together = Barrier(2)

    def register(email: str) -> str:
        answers = Registration(
            OrganisationKind.SUPPLIER, "Tidal Works Ltd", Scheme.COMPANIES_HOUSE, "445790", "A", email
        )
        together.wait()
        try:
            with unit_of_work() as session:
                service.register(session, registration=answers, password="kettle violin harbour")
        except Invalid as refused:
            return ", ".join(refused.fields)
        return "registered"

    with ThreadPoolExecutor(2) as pool:
        ended = sorted(pool.map(register, addresses))
    # At the same moment the second is refused; a moment later it takes the number, as nobody has confirmed.
    assert ended in (["number", "registered"], ["registered", "registered"])
    with reading() as session:
        held = session.scalars(sa.select(OrganisationIdentifier.value)).all()
        emails = session.scalars(sa.select(sa.func.lower(Person.email))).all()
    assert held == ["00445790"]
    assert len(emails) == len({address.lower() for address in addresses[: ended.count("registered")]})
