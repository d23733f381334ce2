"""Two people register the same organisation at the same moment: real connections, real commits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from engage.accounts import service
from engage.accounts.enums import Scheme
from engage.accounts.models import Organisation, Person
from engage.accounts.service.registration import Registration
from engage.kernel.actor import OrganisationKind
from engage.kernel.db import reading, unit_of_work
from engage.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("addresses", "people"),
    [(("ada@tides.example", "bob@tides.example"), 1), (("ada@tides.example", "ADA@tides.example"), 1)],
    ids=["two people", "one person, sent twice"],
)
def test_one_organisation_and_one_person_remain(
    committed: sa.Engine, addresses: tuple[str, str], people: int
) -> None:
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
        assert sorted(pool.map(register, addresses)) == ["number", "registered"]
    with reading() as session:
        assert len(session.scalars(sa.select(Organisation)).all()) == 1
        assert len(session.scalars(sa.select(Person)).all()) == people
