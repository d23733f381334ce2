"""A supplier's own data: taken away, brought back, deleted on request."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.audit.queries import history
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.kernel.errors import Conflict
from engage.suppliers import service
from engage.suppliers.enums import Fact, RequestState, SupplierSize
from engage.suppliers.models import DeletionRequest, Statement, Supplier
from engage.suppliers.service.facts import ITSELF
from tests.factories import accounts, taxonomy
from tests.factories import suppliers as made
from tests.support.client import DistrustfulClient
from tests.support.html import text_of


@pytest.fixture
def supplier(session: Session) -> Supplier:
    found = made.supplier(session, name="Riverbank Ltd", summary="We measure.", sme=True, regions=["TLL"])
    made.statement(
        session, found, title="=HYPERLINK(1)", text="Level gauges.", evidence_reference="+44", dated=None
    )
    return found


@pytest.fixture
def admin(client: DistrustfulClient, session: Session, supplier: Supplier) -> DistrustfulClient:
    return client.sign_in(made.member(session, supplier))


def _upload(browser: DistrustfulClient, content: bytes, **ticked: str) -> tuple[int, str]:
    answer = browser.post(
        "/supplier/data/import",
        data={"file": (io.BytesIO(content), "data.json"), **ticked},
        content_type="multipart/form-data",
    )
    return answer.status_code, text_of(answer.get_data(as_text=True))


def test_what_is_taken_away_can_be_brought_back(
    admin: DistrustfulClient, session: Session, supplier: Supplier
) -> None:
    taken = admin.get("/supplier/data.json").get_data()
    record = json.loads(taken)
    assert (record["name"], record["about"]["summary"]) == ("Riverbank Ltd", "We measure.")
    assert [one["title"] for one in record["docs"]] == ["=HYPERLINK(1)"]
    assert _upload(admin, taken)[0] == 303
    assert len(supplier.statements) == 1
    service.remove_statement(session, actor=None, statement=supplier.statements[0])  # type: ignore[arg-type]  # nobody in particular
    assert _upload(admin, b"\xef\xbb\xbf" + taken)[0] == 303
    session.expire_all()
    (back,) = supplier.statements
    assert (back.title, back.evidence_reference, back.source, back.level) == (
        "=HYPERLINK(1)",
        "+44",
        None,
        "evidenced",
    )


PROFILE = {
    "summary": "We measure.",
    "website": "https://riverbank.example/about",
    "size": SupplierSize.SMALL,
    "sme": True,
    "vcse": False,
    "regions": ["TLC", "TLL"],
    "sectors": ["health"],
    "cpv": ["72000000"],
    "corporate_group": "River group",
    "capacity_per_quarter": 7,
}


def test_the_profile_is_brought_back_only_when_that_is_ticked(
    admin: DistrustfulClient, session: Session, supplier: Supplier
) -> None:
    now = service.ProfileText(**PROFILE)  # type: ignore[arg-type]  # the fields of one
    service.update_profile(session, actor=System("tests"), supplier=supplier, profile=now)
    taxonomy.taxonomy(session)
    named = supplier.statements[0]
    service.name_capabilities(session, actor=System("tests"), statement=named, slugs=["flood-warning"])
    taken = admin.get("/supplier/data.json").get_data()
    service.remove_statement(session, actor=System("tests"), statement=named)
    gone = dict.fromkeys(("summary", "website", "corporate_group"), "") | {"capacity_per_quarter": 1}
    none = service.ProfileText(sme=None, vcse=None, regions=[], cpv=[], **gone)  # type: ignore[arg-type]  # as above
    service.update_profile(session, actor=System("tests"), supplier=supplier, profile=none)
    assert _upload(admin, taken)[0] == 303
    session.expire_all()
    assert (supplier.summary, supplier.capacity_per_quarter) == ("", 1)
    assert [each.capability.slug for each in supplier.statements[0].named] == ["flood-warning"]
    assert _upload(admin, taken, profile="y")[0] == 303
    session.expire_all()
    assert {name: getattr(supplier, name) for name in PROFILE} == PROFILE
    assert {(one.name, one.source) for one in supplier.facts} == {(name, ITSELF) for name in Fact}


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ([], "about: must be an object"),
        ({"size": "vast"}, "about.size: must be one of micro, small, medium, large, or null"),
        ({"sectors": ["space"]}, "about.sectors: must be a list of"),
        ({"capacity_per_quarter": "4"}, "about.capacity_per_quarter: must be a whole number"),
        (
            {"capacity_per_quarter": 101},
            "capacity_per_quarter: Invitations a quarter must be between 0 and 100",
        ),
        ({"summary": 5}, "about.summary: must be a text"),
        ({"website": "javascript:alert(1)"}, "website: Website must be a full web address"),
    ],
)
def test_a_bad_profile_in_a_file_changes_nothing(
    admin: DistrustfulClient, session: Session, supplier: Supplier, about: object, said: str
) -> None:
    content = {"id": "x", "name": "y", "docs": [{"title": "New", "text": "Words."}], "about": about}
    status, words = _upload(admin, json.dumps(content).encode(), profile="y")
    session.expire_all()
    assert (status, said in words, supplier.summary, len(supplier.statements)) == (
        422,
        True,
        "We measure.",
        1,
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Choose a file"),
        (b"{", "The file must be JSON, like the one that you can take away here"),
        (b"\xff\xfe\x00", "The file must be JSON"),
        (b"[" * 100_000, "The file must be JSON"),
        (b"null", "record: must be an object with id, name and docs"),
        (b'{"id": "x", "name": "y", "docs": [{"title": "", "text": "z"}]}', "docs[1].title: Enter a title"),
    ],
)
def test_a_bad_file_changes_nothing_and_is_told_why(
    admin: DistrustfulClient, session: Session, content: bytes, said: str
) -> None:
    if content:
        status, words = _upload(admin, content)
    else:
        answer = admin.post("/supplier/data/import", data={})
        status, words = answer.status_code, text_of(answer.get_data(as_text=True))
    assert (status, said in words) == (422, True)
    assert session.scalar(sa.select(sa.func.count()).select_from(Statement)) == 1


def test_no_cell_of_the_sheet_is_a_formula(admin: DistrustfulClient) -> None:
    answer = admin.get("/supplier/data.csv")
    head, row = answer.get_data(as_text=True).strip().splitlines()
    assert head.startswith("title,text,client,date,level")
    assert row.startswith("'=HYPERLINK(1),Level gauges.,,,evidenced,,'+44,")


@pytest.mark.parametrize("address", ["/supplier/data", "/supplier/data.json", "/supplier/data.csv"])
def test_only_administrators_take_it_away(
    browser_of: Callable[..., DistrustfulClient], session: Session, supplier: Supplier, address: str
) -> None:
    expert = browser_of(made.member(session, supplier, role=Role.SUPPLIER_EXPERT))
    assert expert.get(address).status_code == 403


class TestDeletion:
    @pytest.fixture
    def asked(self, admin: DistrustfulClient, session: Session) -> DeletionRequest:
        sent = admin.post("/supplier/data/deletion", data={"words": "We have closed."})
        assert sent.status_code == 303
        return session.scalars(sa.select(DeletionRequest)).one()

    @pytest.mark.usefixtures("asked")
    def test_asking_twice_is_refused(self, admin: DistrustfulClient) -> None:
        again = admin.post("/supplier/data/deletion", data={"words": ""})
        assert again.status_code == 409
        assert "We have not answered yet" in text_of(admin.get("/supplier/data").get_data(as_text=True))

    def test_the_team_deletes_what_was_said_and_keeps_what_happened(
        self,
        browser_as: Callable[..., DistrustfulClient],
        session: Session,
        supplier: Supplier,
        asked: DeletionRequest,
    ) -> None:
        team = browser_as(Role.PLATFORM_ADMIN)
        address = f"/admin/deletions/{asked.id}"
        assert team.get("/admin/deletions").status_code == 200
        assert team.post(address, data={"decision": "delete", "answer": ""}).status_code == 422
        assert len(supplier.statements) == 1
        answered = team.post(address, data={"decision": "delete", "answer": "All is gone."})
        assert answered.status_code == 303
        session.expire_all()
        assert (supplier.statements, supplier.summary, supplier.sme, supplier.regions) == ([], "", None, [])
        assert (supplier.paused, supplier.capacity_per_quarter) == (True, 4)
        assert supplier.organisation.state is OrganisationState.SUSPENDED
        assert (asked.state, asked.answer) == (RequestState.DONE, "All is gone.")
        tags = [line.tag for line in history(session, subject=f"supplier:{supplier.ref}")]
        assert tags[-1] == "suppliers:deletion:done"
        assert team.post(address, data={"decision": "refuse", "answer": "No."}).status_code == 409

    def test_who_was_never_verified_is_refused_and_nothing_can_be_added_to_who_was(
        self, session: Session, supplier: Supplier
    ) -> None:
        platform = accounts.actor(session, Role.PLATFORM_ADMIN)
        pending = made.supplier(session, state=OrganisationState.PENDING, capacity_per_quarter=9)
        for each in (pending, supplier):
            person = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=each.organisation)
            asked = service.ask_deletion(session, actor=person, supplier=each, words="")
            service.answer_deletion(
                session, actor=platform, request_id=asked.id, delete=True, answer="All is gone."
            )
        assert pending.organisation.state is OrganisationState.REFUSED
        assert pending.capacity_per_quarter == 4
        content = service.StatementText(title="Late", text="A page that was open meanwhile.")
        with pytest.raises(Conflict, match="suspended, so nothing can be added"):
            service.add_statement(session, actor=platform, supplier=supplier, content=content)

    def test_a_refusal_says_why(
        self, browser_as: Callable[..., DistrustfulClient], session: Session, asked: DeletionRequest
    ) -> None:
        browser_as(Role.PLATFORM_ADMIN).post(
            f"/admin/deletions/{asked.id}", data={"decision": "refuse", "answer": "An inquiry is open."}
        )
        session.refresh(asked)
        assert (asked.state, asked.supplier.organisation.state) == (
            RequestState.REFUSED,
            OrganisationState.VERIFIED,
        )


class TestFacts:
    def test_each_says_who_said_it_and_when(
        self, admin: DistrustfulClient, session: Session, supplier: Supplier
    ) -> None:
        profile = {
            "size": "large",
            "vcse": "no",
            "regions": ["TLC"],
            "sectors": ["health"],
            "capacity_per_quarter": "2",
        }
        assert admin.post("/supplier/profile/edit", data=profile).status_code == 303
        session.expire_all()
        assert (supplier.size, supplier.sme, supplier.sectors) == ("large", False, ["health"])
        today = clock.uk_today()
        assert {(one.name, one.source, one.stated_on) for one in supplier.facts} == {
            (name, "the supplier itself", today) for name in Fact
        }
        admin.post(
            "/supplier/profile/edit", data={"size": "unsaid", "vcse": "unsaid", "capacity_per_quarter": "2"}
        )
        session.expire_all()
        assert (supplier.size, supplier.sme, supplier.facts) == (None, None, [])

    def test_a_file_is_a_source(self, session: Session) -> None:
        record = service.parse_supplier({"id": "x", "name": "Imported Ltd", "sme": True, "docs": []})
        service.import_supplier(session, actor=None, record=record, source="notices.jsonl")  # type: ignore[arg-type]  # nobody in particular
        found = session.scalars(sa.select(Supplier).where(Supplier.source_ref == "x")).one()
        assert [(one.name, one.source) for one in found.facts] == [(Fact.SIZE, "notices.jsonl")]
