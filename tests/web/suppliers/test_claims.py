"""Pages about claims: confirming, naming capabilities, the public list; the back office of both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.actor import Role
from engage.suppliers import queries, service
from engage.suppliers.enums import EvidenceLevel
from engage.suppliers.models import Statement, Supplier
from tests.factories import suppliers as made
from tests.factories import taxonomy
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.support.statements import selects

EXPIRING = "/supplier/statements/expiring"


@pytest.fixture
def supplier(session: Session) -> Supplier:
    taxonomy.taxonomy(session)
    return made.supplier(session, name="Riverbank Ltd")


@pytest.fixture
def admin(client: DistrustfulClient, session: Session, supplier: Supplier) -> DistrustfulClient:
    return client.sign_in(made.member(session, supplier))


@pytest.fixture
def team(browser_as: Callable[..., DistrustfulClient]) -> DistrustfulClient:
    return browser_as(Role.PLATFORM_ADMIN)


def _told(session: Session, supplier: Supplier, title: str, days: int = 200, **values: Any) -> Statement:
    until = clock.uk_today() + timedelta(days=days)
    return made.statement(
        session, supplier, title=title, text=f"River gauges and sirens, {title}.", expires_on=until, **values
    )


class TestConfirming:
    def test_the_link_of_the_letter_changes_nothing_and_the_button_confirms_what_is_ticked(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        soon, gone, fresh = (_told(session, supplier, f"In {days}", days) for days in (3, -3, 100))
        before = [(one.expires_on, one.updated_at) for one in (soon, gone, fresh)]
        page = text_of(admin.get(EXPIRING).get_data(as_text=True))
        assert ("In 3" in page, "In -3" in page, "In 100" in page) == (True, True, False)
        session.expire_all()
        assert [(one.expires_on, one.updated_at) for one in (soon, gone, fresh)] == before
        assert admin.post(EXPIRING, data={"statements": [soon.id, gone.id]}).status_code == 303
        session.expire_all()
        year = service.statements.a_year_after(clock.uk_today())
        assert [one.expires_on for one in (soon, gone, fresh)] == [year, year, before[2][0]]
        assert "Nothing expires soon" in text_of(admin.get(EXPIRING).get_data(as_text=True))

    def test_ticking_none_or_anothers_is_refused(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        _told(session, supplier, "Own", 3)
        other = _told(session, made.supplier(session), "Another's", 3)
        for chosen in ([], [other.id], ["x"]):
            assert admin.post(EXPIRING, data={"statements": chosen}).status_code == 422
        session.refresh(other)
        assert other.expires_on == clock.uk_today() + timedelta(days=3)

    def test_dashboard_and_profile_lead_there_only_when_something_expires(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        for page in ("/supplier", "/supplier/profile"):
            assert EXPIRING not in links(admin.get(page).get_data(as_text=True))
        _told(session, supplier, "Old", 20)
        session.expire_all()
        for page in ("/supplier", "/supplier/profile"):
            answer = admin.get(page).get_data(as_text=True)
            assert EXPIRING in links(answer)
            assert "Expiring: 1 statement" in text_of(answer)

    def test_an_expired_statement_leaves_the_public_pages_and_returns(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        told = _told(session, supplier, "Sirens", 0)
        service.name_capabilities(session, actor=None, statement=told, slugs=["flood-warning"])  # type: ignore[arg-type]  # nobody in particular
        page = "/capabilities/flood-warning"
        assert "Riverbank Ltd" not in text_of(admin.get(page).get_data(as_text=True))
        admin.post(EXPIRING, data={"statements": [told.id]})
        assert "Riverbank Ltd" in text_of(admin.get(page).get_data(as_text=True))


class TestNaming:
    def test_what_seems_to_fit_is_offered_and_saved(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        told = _told(session, supplier, "Sirens")
        address = f"/supplier/statements/{told.id}/capabilities"
        assert "Flood warning Seems to fit." in text_of(admin.get(address).get_data(as_text=True))
        sent = {"capabilities": ["flood-warning"], "another": "roofs"}
        assert admin.post(address, data=sent).status_code == 303
        session.expire_all()
        assert [each.capability.slug for each in told.named] == ["flood-warning", "roofs"]
        assert "Flood warning, Roofs" in text_of(admin.get("/supplier/profile").get_data(as_text=True))
        admin.post(address, data={"another": ""})
        session.expire_all()
        assert told.named == []

    @pytest.mark.parametrize("sent", [{"capabilities": ["lifts"]}, {"another": "water"}, {"another": "x"}])
    def test_only_what_the_page_offers_is_taken(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier, sent: dict[str, object]
    ) -> None:
        told = _told(session, supplier, "Sirens")
        assert admin.post(f"/supplier/statements/{told.id}/capabilities", data=sent).status_code == 422
        session.expire_all()
        assert told.named == []

    def test_the_statements_of_others_are_not_there(self, admin: DistrustfulClient, session: Session) -> None:
        other = _told(session, made.supplier(session), "Another's")
        address = f"/supplier/statements/{other.id}/capabilities"
        assert (admin.get(address).status_code, admin.post(address).status_code) == (404, 404)


class TestList:
    @pytest.mark.usefixtures("supplier")
    @pytest.mark.parametrize("rows", [1, 3])
    def test_few_are_marked_and_the_list_asks_as_often_however_long(
        self, client: DistrustfulClient, session: Session, engine: sa.Engine, rows: int
    ) -> None:
        for number in range(rows):
            told = _told(session, made.supplier(session), f"Work {number}")
            service.name_capabilities(session, actor=None, statement=told, slugs=["flood-warning"])  # type: ignore[arg-type]  # nobody in particular
        session.expire_all()
        with selects(engine) as seen:
            page = text_of(client.get("/capabilities").get_data(as_text=True))
        assert len(seen) == 5  # two of them say how the third is to be answered
        assert ("Fewer than 3" in page, "Nobody" in page) == (rows < 3, True)

    @pytest.mark.usefixtures("supplier")
    def test_a_merged_capability_leads_to_the_other_and_an_unknown_one_is_not_there(
        self, client: DistrustfulClient, session: Session
    ) -> None:
        service.merge_capability(session, actor=None, slug="lifts", into="roofs")  # type: ignore[arg-type]  # nobody in particular
        moved = client.get("/capabilities/lifts")
        assert (moved.status_code, moved.location) == (301, "/capabilities/roofs")
        assert client.get("/capabilities/made-up").status_code == 404
        assert client.get("/capabilities/water").status_code == 200

    def test_the_directory_keeps_those_that_claim_it(
        self, client: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        told = _told(session, supplier, "Sirens")
        service.name_capabilities(session, actor=None, statement=told, slugs=["flood-warning"])  # type: ignore[arg-type]  # nobody in particular
        made.supplier(session, name="Other Ltd", does="Other work.")
        page = text_of(client.get("/suppliers?capability=flood-warning").get_data(as_text=True))
        assert ("1 supplier found" in page, "Other Ltd" in page) == (True, False)

    def test_a_supplier_that_turned_out_to_be_another_leads_there(
        self, client: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        gone = made.supplier(session, name="Riverbank Limited")
        gone.merged_into_id = supplier.id
        session.flush()
        assert client.get(f"/suppliers/{gone.ref}").location == f"/suppliers/{supplier.ref}"


class TestBackOffice:
    def test_a_statement_is_verified_with_a_reason_and_set_aside(
        self, team: DistrustfulClient, client: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        told = _told(session, supplier, "Sirens", evidence_reference="C-1")
        address = f"/admin/statements/{told.id}"
        assert address in links(team.get("/admin/statements").get_data(as_text=True))
        assert team.get(address).status_code == 200
        seen = told.updated_at.isoformat()
        assert team.post(f"{address}/verify", data={"because": "", "seen": seen}).status_code == 422
        sent = {"because": "The contract names it.", "seen": seen}
        assert team.post(f"{address}/verify", data=sent).status_code == 303
        session.refresh(told)
        assert (told.level, told.verified_because) == (EvidenceLevel.VERIFIED, "The contract names it.")
        assert "Verified Checked by the platform's team" in text_of(
            client.get(f"/suppliers/{supplier.ref}").get_data(as_text=True)
        )
        assert team.post(f"{address}/verify", data=sent).status_code == 409
        assert team.post(f"{address}/set-aside", data={"because": "It was withdrawn."}).status_code == 303
        session.refresh(told)
        assert told.level is EvidenceLevel.EVIDENCED

    def test_auditors_read_and_change_nothing(
        self, browser_as: Callable[..., DistrustfulClient], session: Session, supplier: Supplier
    ) -> None:
        auditor = browser_as(Role.AUDITOR)
        told = _told(session, supplier, "Sirens", evidence_reference="C-1")
        for page in (f"/admin/statements/{told.id}", "/admin/capabilities/lifts", "/admin/duplicates"):
            answer = auditor.get(page)
            assert (answer.status_code, 'name="because"' in answer.get_data(as_text=True)) == (200, False)
        assert auditor.post("/admin/capabilities/lifts/retire").status_code == 403

    @pytest.mark.usefixtures("supplier")
    def test_capabilities_are_renamed_merged_and_retired(
        self, team: DistrustfulClient, session: Session
    ) -> None:
        address = "/admin/capabilities/lifts"
        assert team.post(f"{address}/rename", data={"name": "", "synonyms": ""}).status_code == 422
        assert (
            team.post(
                f"{address}/rename", data={"name": "Lifts, stairs", "synonyms": "escalators"}
            ).status_code
            == 303
        )
        assert queries.capability(session, slug="lifts").synonyms == ["escalators", "Lifts"]
        assert team.post(f"{address}/merge", data={"into": ""}).status_code == 422
        assert team.post(f"{address}/merge", data={"into": "roofs"}).status_code == 303
        assert team.post("/admin/capabilities/weather-maps/retire").status_code == 303
        assert team.post("/admin/capabilities/weather-maps/restore").status_code == 303
        page = text_of(team.get("/admin/capabilities").get_data(as_text=True))
        assert "Merged into Roofs" in page

    def test_lookalikes_are_decided_about(
        self, team: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        again = made.supplier(session, name="Riverbank Limited")
        address = f"/admin/duplicates/{supplier.ref}/{again.ref}"
        assert address in links(team.get("/admin/duplicates").get_data(as_text=True))
        assert team.get(address).status_code == 200
        assert team.post(address, data={"decision": "apart", "because": ""}).status_code == 422
        assert (
            team.post(address, data={"decision": supplier.ref, "because": "Same number."}).status_code == 303
        )
        session.refresh(again)
        assert again.merged_into_id == supplier.id
        assert team.get(f"/admin/duplicates/{supplier.ref}/{supplier.ref}").status_code == 404
