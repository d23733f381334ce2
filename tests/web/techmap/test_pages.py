"""The pages of the techmap: what they show, what they never show, and how many statements they take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.kernel import clock
from engage.suppliers.enums import SupplierSize
from engage.suppliers.models import Supplier
from engage.techmap.queries.table import SORTS
from engage.techmap.service import drawing
from tests.factories import suppliers, techmap
from tests.support.client import DistrustfulClient

PAGES = (
    "/techmap",
    "/techmap/table",
    "/techmap/coverage",
    "/techmap/gaps",
    "/techmap/embed",
    "/techmap/suppliers.csv",
    "/techmap/suppliers.json",
    "/techmap/coverage.csv",
)


@pytest.fixture
def firms(session: Session) -> list[Supplier]:
    made = techmap.firms(session)
    techmap.drawn(session)
    return made


def text_of(client: DistrustfulClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.get_data(as_text=True)


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    told: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            told.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    yield told
    event.remove(connection, "before_cursor_execute", note)


@pytest.mark.parametrize("path", PAGES)
def test_without_a_map_every_page_says_so(client: DistrustfulClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_every_supplier_is_a_link_with_a_name(client: DistrustfulClient, firms: list[Supplier]) -> None:
    page = text_of(client, "/techmap")
    for firm in firms:
        assert page.count(f'href="/suppliers/{firm.ref}"') == 1
        assert f"{firm.organisation.name}: " in page
    assert "Showing all 9." in page
    assert "style=" not in page
    assert "1 statement, declared" in page


def test_a_suspended_supplier_is_gone_at_once_everywhere(
    client: DistrustfulClient, session: Session, firms: list[Supplier]
) -> None:
    for path in ("/techmap", "/techmap/table", "/techmap/suppliers.csv", "/techmap/suppliers.json"):
        assert "River 2" in text_of(client, path)
    firms[1].organisation.state = OrganisationState.SUSPENDED
    session.flush()
    for path in PAGES:
        page = text_of(client, path)
        assert "River 2" not in page
        assert firms[1].ref not in page
    assert "Showing all 8." in text_of(client, "/techmap")


def test_an_expired_claim_leaves_the_same_day_and_returns_on_confirmation(
    client: DistrustfulClient, session: Session, firms: list[Supplier]
) -> None:
    statement = firms[0].statements[0]
    statement.expires_on = clock.uk_today()
    session.flush()
    for path in ("/techmap", "/techmap/table", "/techmap/suppliers.csv", "/techmap/suppliers.json"):
        assert "River 1" not in text_of(client, path)
    statement.expires_on = clock.uk_today() + timedelta(days=365)
    session.flush()
    assert "River 1" in text_of(client, "/techmap")


def test_nobody_learns_that_a_supplier_has_paused(
    client: DistrustfulClient, session: Session, firms: list[Supplier]
) -> None:
    before = {path: text_of(client, path) for path in PAGES}
    firms[0].paused = True
    firms[0].capacity_per_quarter = 0
    session.flush()
    assert {path: text_of(client, path) for path in PAGES} == before


def test_filters_narrow_and_the_address_keeps_them(
    client: DistrustfulClient, session: Session, firms: list[Supplier]
) -> None:
    firms[0].regions, firms[0].sme = ["TLI"], True
    firms[4].regions, firms[4].vcse = ["TLI", "TLM"], True
    firms[4].size = SupplierSize.MICRO
    firms[8].statements[0].confirmed_on = clock.uk_today() - timedelta(days=120)
    session.flush()
    assert "Showing all 2." in text_of(client, "/techmap?region=TLI")
    assert "Showing all 1." in text_of(client, "/techmap?region=TLI&sme=y")
    assert "Showing all 1." in text_of(client, "/techmap?vcse=y")
    assert "Showing all 1." in text_of(client, "/techmap?size=micro")
    assert "Showing all 9." in text_of(client, "/techmap?size=enormous")
    assert "Showing all 8." in text_of(client, "/techmap?fresh=3")
    assert "Showing all 3." in text_of(client, "/techmap?q=canteens")
    assert "Showing all 1." in text_of(client, "/techmap?q=roof+2")
    assert "Nobody on the map fits these filters." in text_of(client, "/techmap?evidence=verified")
    assert 'href="/techmap/table?region=TLI&amp;sme=y"' in text_of(client, "/techmap?region=TLI&sme=y")


@pytest.mark.parametrize(
    "query",
    [
        "region=XX",
        "cluster=999",
        "cluster=x",
        "zoom=99999999999",
        "x=-5&y=nan&zoom=3",
        "capability=none",
        "page=0&sort=x",
    ],
)
def test_an_address_that_makes_no_sense_shows_what_does(
    client: DistrustfulClient, firms: list[Supplier], query: str
) -> None:
    for path in PAGES:
        assert client.get(f"{path}?{query}").status_code == 200


def test_too_many_to_draw_are_counted_and_sampled_and_the_page_says_so(
    client: DistrustfulClient, firms: list[Supplier], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = import_module("engage.techmap.queries.picture")
    monkeypatch.setattr(picture, "MOST_POINTS", 4)
    monkeypatch.setattr(picture, "SAMPLE", 4)
    page = text_of(client, "/techmap")
    drawn = page.count('class="techmap-mark"')
    assert 0 <= drawn < 9
    assert f"Showing {drawn} of 9 suppliers by name, and all of them as circles" in page
    assert page.count("techmap-cell engage-series") >= 1
    assert 'data-complete="no"' in page


def test_the_table_can_be_ordered_by_links(
    client: DistrustfulClient, session: Session, firms: list[Supplier]
) -> None:
    suppliers.statement(session, firms[8], title="More", text="Gutters and slates.")
    by_name = text_of(client, "/techmap/table")
    assert by_name.index("River 1") < by_name.index("Roof 1") < by_name.index("School 1")
    by_statements = text_of(client, "/techmap/table?sort=statements")
    assert by_statements.index("Roof 3") < by_statements.index("River 1")


@pytest.mark.parametrize("sort", SORTS)
def test_no_order_of_the_table_shows_who_is_not_on_the_map(
    client: DistrustfulClient, session: Session, firms: list[Supplier], sort: str
) -> None:
    gone, hidden, *_ = firms
    for statement in gone.statements:
        statement.expires_on = clock.uk_today()
    hidden.organisation.state = OrganisationState.SUSPENDED
    session.flush()
    page = text_of(client, f"/techmap/table?sort={sort}")
    assert [firm.organisation.name in page for firm in firms] == [False, False] + [True] * (len(firms) - 2)


def test_files_are_safe_to_open_and_whole(
    client: DistrustfulClient, session: Session, firms: list[Supplier]
) -> None:
    firms[0].organisation.name = "=cmd()"
    session.flush()
    sheet = text_of(client, "/techmap/suppliers.csv")
    assert ",'=cmd()," in sheet
    assert len(sheet.splitlines()) == 10
    found = json.loads(text_of(client, "/techmap/suppliers.json"))
    assert len(found["suppliers"]) == 9
    assert found["drawing"]["suppliers_placed"] == 9
    assert found["suppliers"][0]["name"] == "=cmd()"


def test_only_the_picture_for_other_sites_may_be_framed(
    client: DistrustfulClient, firms: list[Supplier]
) -> None:
    policies = {path: client.get(path).headers["Content-Security-Policy"] for path in PAGES}
    assert [path for path, policy in policies.items() if "frame-ancestors *" in policy] == ["/techmap/embed"]
    assert all(
        "frame-ancestors 'none'" in policy for path, policy in policies.items() if path != "/techmap/embed"
    )


@pytest.mark.parametrize(
    ("path", "most"), [("/techmap", 9), ("/techmap/table", 6), ("/techmap?region=TLI", 11)]
)
def test_statements_do_not_grow_with_the_map(
    client: DistrustfulClient, session: Session, path: str, most: int
) -> None:
    numbers = []
    for each in (1, 3):
        session.execute(sa.update(Supplier).values(regions=["TLI"]))
        techmap.firms(session, each=each, regions=["TLI"])
        techmap.drawn(session)
        with counted(session) as told:
            text_of(client, path)
        numbers.append(len(told))
    assert numbers[0] == numbers[1]
    assert numbers[1] <= most


def test_a_drawing_under_way_is_told(client: DistrustfulClient, session: Session) -> None:
    row = drawing._begin()
    session.expire_all()
    drawing._Progress(row).tell("Comparing", 3, 25)
    assert "Comparing: 3 of 25" in text_of(client, "/techmap")
