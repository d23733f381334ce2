"""Supplier pages: the directory, the public page, the profile and its statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.suppliers.models import Statement, Supplier
from tests.factories import accounts
from tests.factories import suppliers as made
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.support.statements import selects

ATTACK = "<script>alert(1)</script> & <b>bold</b>"
FORM = {"title": "Flood warnings", "text": "Level gauges.", "client": "Wye Council", "cpv": "38421100\r\n"}
PROFILE = {
    "summary": "We measure rivers.",
    "website": "https://rivers.example",
    "size": "small",
    "sectors": ["health"],
    "vcse": "unsaid",
    "regions": ["TLL", "TLC"],
    "cpv": "38421100",
    "corporate_group": "Wye Group plc",
    "capacity_per_quarter": "2",
}


@pytest.fixture
def supplier(session: Session) -> Supplier:
    return made.supplier(session, name="Riverbank Ltd", does="Level gauges for small rivers.")


@pytest.fixture
def admin(client: DistrustfulClient, session: Session, supplier: Supplier) -> DistrustfulClient:
    return client.sign_in(made.member(session, supplier))


@pytest.fixture
def expert(
    browser_of: Callable[[Membership], DistrustfulClient], session: Session, supplier: Supplier
) -> DistrustfulClient:
    return browser_of(made.member(session, supplier, role=Role.SUPPLIER_EXPERT))


class TestPublic:
    @pytest.mark.parametrize("rows", [1, 3])
    def test_the_directory_asks_four_times_however_long_it_is(
        self, client: DistrustfulClient, session: Session, engine: sa.Engine, rows: int
    ) -> None:
        for number in range(rows):
            made.supplier(session, name=f"Firm {number}", does=f"Work {number}.")
        session.expire_all()
        with selects(engine) as seen:
            assert client.get("/suppliers").status_code == 200
        assert len(seen) == 4

    def test_a_search_says_how_many_it_found(self, client: DistrustfulClient, supplier: Supplier) -> None:
        found = client.get("/suppliers?q=gauges&region=TLL").get_data(as_text=True)
        assert "1 supplier found" in text_of(found)
        assert f"/suppliers/{supplier.ref}" in links(found)
        assert "Nobody found" in client.get("/suppliers?q=lifts").get_data(as_text=True)

    @pytest.mark.parametrize(
        "query", ["region=Atlantis", "page=99999", "sme=perhaps&vcse=", "q=%00%27%22%3E"]
    )
    def test_nonsense_in_the_address_breaks_nothing(self, client: DistrustfulClient, query: str) -> None:
        assert client.get(f"/suppliers?{query}").status_code == 200

    def test_the_public_page_shows_what_was_done_with_evidence(
        self, client: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        supplier.sme, supplier.cpv = True, ["38421100"]
        supplier.capacity_per_quarter, supplier.paused = 37, True
        linked: dict[str, Any] = {"client": "Wye Council", "evidence_url": "https://notices.example/1"}
        award = made.statement(session, supplier, title="Sirens", text="Sirens on bridges.", **linked)
        award.source, award.licence = "Award notice", "OGL-3.0"
        made.statement(session, supplier, title="Bygone", text="Old.", expires_on=clock.uk_today())
        session.flush()
        page = client.get(f"/suppliers/{supplier.ref}").get_data(as_text=True)
        words = text_of(page)
        for said in (
            "For Wye Council",
            "Evidence given",
            "Source: Award notice, licence OGL-3.0",
            "Water meters",
        ):
            assert said in words
        assert words.index("Older statements (1)") < words.index("Bygone")
        assert "https://notices.example/1" in links(page)
        assert [hidden for hidden in ("three months", "paused", "Paused") if hidden in words] == []

    @pytest.mark.parametrize("state", [OrganisationState.PENDING, OrganisationState.SUSPENDED])
    def test_who_is_not_verified_is_not_there(
        self, client: DistrustfulClient, session: Session, state: OrganisationState
    ) -> None:
        hidden = made.supplier(session, name="Secret Works", state=state, does="Gauges.")
        assert client.get(f"/suppliers/{hidden.ref}").status_code == 404
        assert "Secret Works" not in client.get("/suppliers?q=gauges").get_data(as_text=True)

    def test_what_suppliers_write_is_text(
        self, client: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        supplier.summary = ATTACK
        supplier.organisation.name = f"Name {ATTACK}"
        made.statement(session, supplier, title=f"Title {ATTACK}", text=f"Text {ATTACK}", client=ATTACK)
        for address in (f"/suppliers/{supplier.ref}", "/suppliers"):
            page = client.get(address).get_data(as_text=True)
            assert "<script>alert" not in page
            assert "<b>bold" not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;bold&lt;/b&gt;" in page


class TestProfile:
    def test_an_administrator_changes_it(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        assert admin.get("/supplier/profile/edit").status_code == 200
        answer = admin.post("/supplier/profile/edit", data=PROFILE)
        assert (answer.status_code, answer.location) == (303, "/supplier/profile")
        session.refresh(supplier)
        assert (supplier.sme, supplier.vcse, supplier.regions, supplier.capacity_per_quarter) == (
            True,
            None,
            ["TLC", "TLL"],
            2,
        )
        page = text_of(admin.get("/supplier/profile").get_data(as_text=True))
        assert "Your profile is saved." in page
        assert "North East, Wales" in page
        assert "Corporate group Wye Group plc" in page

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("website", "javascript:alert(1)", "Website must be a full web address"),
            ("cpv", "123", "12300000 is not in the CPV 2008 list"),
            ("capacity_per_quarter", "", "Enter how many invitations you want"),
            ("capacity_per_quarter", "101", "Invitations a quarter must be between 0 and 100"),
            ("regions", ["TLX"], "Choose one of the answers on the page"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_kept(
        self, admin: DistrustfulClient, supplier: Supplier, field: str, value: object, said: str
    ) -> None:
        answer = admin.post("/supplier/profile/edit", data=PROFILE | {field: value})
        assert answer.status_code == 422
        assert said in text_of(answer.get_data(as_text=True))
        assert supplier.summary == ""

    def test_one_click_pauses_and_one_click_ends_the_pause(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        admin.post("/supplier/profile/pause", data={"paused": "yes"})
        session.refresh(supplier)
        assert supplier.paused
        assert "You have paused invitations" in admin.get("/supplier/profile").get_data(as_text=True)
        admin.post("/supplier/profile/pause", data={"paused": "no"})
        session.refresh(supplier)
        assert not supplier.paused

    def test_an_expert_reads_and_changes_nothing(
        self, expert: DistrustfulClient, supplier: Supplier, session: Session
    ) -> None:
        page = expert.get("/supplier/profile")
        assert page.status_code == 200
        assert "/supplier/profile/edit" not in links(page.get_data(as_text=True))
        number = supplier.statements[0].id
        for address in (
            "/supplier/profile/edit",
            "/supplier/profile/pause",
            "/supplier/statements/new",
            f"/supplier/statements/{number}",
            f"/supplier/statements/{number}/confirm",
            f"/supplier/statements/{number}/remove",
        ):
            assert expert.post(address, data=FORM | {"paused": "yes"}).status_code == 403
        session.refresh(supplier)
        assert (supplier.paused, [each.text for each in supplier.statements]) == (
            False,
            ["Level gauges for small rivers."],
        )

    def test_a_suspended_supplier_can_look_and_not_change(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        supplier.organisation.state = OrganisationState.SUSPENDED
        session.flush()
        assert "Your organisation is suspended." in admin.get("/supplier/profile").get_data(as_text=True)
        assert admin.post("/supplier/profile/edit", data=PROFILE).status_code == 403

    def test_what_the_matcher_sees(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        made.statement(session, supplier, title="Bygone", text="Old.", expires_on=clock.uk_today())
        page = admin.get("/supplier/profile").get_data(as_text=True)
        seen = text_of(page)[text_of(page).index("What the matcher sees") :]
        assert "1 statement is read today" in seen
        assert "/supplier/what-the-matcher-sees" in links(page)
        assert "Bygone. It expired on" in seen


class TestStatements:
    def test_adding_changing_confirming_and_removing(
        self, admin: DistrustfulClient, session: Session
    ) -> None:
        assert admin.get("/supplier/statements/new").status_code == 200
        day = {"dated-day": "3", "dated-month": "March", "dated-year": "2020"}
        added = admin.post("/supplier/statements/new", data=FORM | day)
        made_now = session.scalars(sa.select(Statement).order_by(Statement.id.desc())).first()
        assert made_now is not None
        next_page = f"/supplier/statements/{made_now.id}/capabilities"
        assert (added.status_code, added.location) == (303, next_page)
        assert (made_now.title, str(made_now.dated), made_now.cpv) == (
            "Flood warnings",
            "2020-03-03",
            ["38421100"],
        )
        address = f"/supplier/statements/{made_now.id}"
        assert 'value="Wye Council"' in admin.get(address).get_data(as_text=True)
        admin.post(address, data=FORM | {"client": "Usk Council"})
        session.refresh(made_now)
        assert (made_now.client, made_now.dated) == ("Usk Council", None)
        made_now.expires_on = clock.uk_today() + timedelta(days=3)
        session.flush()
        assert "Confirm that it still holds" in admin.get("/supplier/profile").get_data(as_text=True)
        admin.post(f"{address}/confirm")
        session.refresh(made_now)
        assert made_now.expires_on > clock.uk_today() + timedelta(days=360)
        admin.post(f"{address}/remove")
        assert len(session.scalars(sa.select(Statement)).all()) == 1

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("title", "", "Enter a title"),
            ("text", "word " * 401, "What was done must be 400 words or fewer"),
            ("evidence_url", "notices.example", "The address of the evidence must be a full web address"),
            ("dated-year", "2020", "When it was finished must include a day and a month"),
            ("cpv", "x", "“x” is no CPV code"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, admin: DistrustfulClient, supplier: Supplier, field: str, value: str, said: str
    ) -> None:
        answer = admin.post("/supplier/statements/new", data=FORM | {field: value})
        assert answer.status_code == 422
        assert said in text_of(answer.get_data(as_text=True))
        assert len(supplier.statements) == 1

    def test_the_same_words_twice(self, admin: DistrustfulClient) -> None:
        again = {"title": "Earlier work", "text": "Level gauges for small rivers."}
        answer = admin.post("/supplier/statements/new", data=again)
        assert answer.status_code == 422
        assert "You have a statement with the same title and words already" in answer.get_data(as_text=True)

    @pytest.mark.parametrize("deed", ["", "/confirm", "/remove"])
    def test_nobody_touches_the_statements_of_others(
        self, admin: DistrustfulClient, session: Session, deed: str
    ) -> None:
        other = made.supplier(session, name="Rival", does="Their work.").statements[0]
        assert admin.post(f"/supplier/statements/{other.id}{deed}", data=FORM).status_code == 404
        assert other.text == "Their work."


def test_people_of_a_department_have_no_supplier_profile(client: DistrustfulClient, session: Session) -> None:
    member: Membership = accounts.member(session, Role.POLICY_AUTHOR)
    assert client.sign_in(member).get("/supplier/profile").status_code == 403
