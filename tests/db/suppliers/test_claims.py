"""Claims: what they rest on, who verified them, and until when they count."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.audit.queries import history
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking.service.sifting import sift
from engage.suppliers import queries, service
from engage.suppliers.enums import EvidenceLevel
from engage.suppliers.models import Statement, Supplier
from engage.suppliers.service import StatementText
from tests.factories import accounts, matchmaking
from tests.factories import suppliers as made

CONTENT = StatementText(title="Flood warnings", text="Level gauges for small rivers.")
SHOWN: dict[str, Any] = {
    "evidence_case": "Contract with Wye Council",
    "evidence_reference": "2025/S 000-123456",
}


@pytest.fixture
def supplier(session: Session) -> Supplier:
    return made.supplier(session, name="Riverbank Ltd")


@pytest.fixture
def admin(session: Session, supplier: Supplier) -> Actor:
    return accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=supplier.organisation)


@pytest.fixture
def platform(session: Session) -> Actor:
    return accounts.actor(session, Role.PLATFORM_ADMIN)


@pytest.fixture
def shown(session: Session, supplier: Supplier) -> Statement:
    return made.statement(session, supplier, title="Sirens", text="Sirens on bridges.", **SHOWN)


def _seen(statement: Statement) -> str:
    return statement.updated_at.isoformat()


class TestLevels:
    @pytest.mark.parametrize(
        ("evidence", "level"),
        [
            ({}, EvidenceLevel.DECLARED),
            ({"evidence_case": "Everybody knows"}, EvidenceLevel.DECLARED),
            ({"evidence_reference": "C-1"}, EvidenceLevel.EVIDENCED),
            ({"evidence_url": "https://notices.example/1"}, EvidenceLevel.EVIDENCED),
        ],
    )
    def test_only_what_others_can_check_is_evidenced(
        self,
        session: Session,
        supplier: Supplier,
        admin: Actor,
        evidence: dict[str, Any],
        level: EvidenceLevel,
    ) -> None:
        content = StatementText(title="A", text="B.", **evidence)
        assert service.add_statement(session, actor=admin, supplier=supplier, content=content).level is level

    def test_verifying_keeps_who_said_what_and_when(
        self, session: Session, platform: Actor, supplier: Supplier, shown: Statement
    ) -> None:
        service.verify_statement(
            session,
            actor=platform,
            statement_id=shown.id,
            because=" The notice names it. ",
            seen=_seen(shown),
        )
        assert (shown.level, shown.verified_because) == (EvidenceLevel.VERIFIED, "The notice names it.")
        assert shown.verified_at is not None
        line = history(session, subject=f"supplier:{supplier.ref}")[-1]
        assert (line.tag, line.details["statement"]) == ("suppliers:statement:verified", shown.id)
        assert "names it" not in str(line.details)

    def test_nothing_is_verified_without_evidence_without_reason_or_unread(
        self, session: Session, platform: Actor, supplier: Supplier, shown: Statement
    ) -> None:
        bare = made.statement(session, supplier, title="Bare", text="Words.")
        with pytest.raises(Conflict, match="This statement is declared, so it cannot become verified"):
            service.verify_statement(
                session, actor=platform, statement_id=bare.id, because="I know them", seen=_seen(bare)
            )
        with pytest.raises(Invalid) as wrong:
            service.verify_statement(
                session, actor=platform, statement_id=shown.id, because=" ", seen=_seen(shown)
            )
        assert wrong.value.fields == {"because": "Say what you compared with what"}
        with pytest.raises(Conflict, match="has changed since you opened the page"):
            service.verify_statement(
                session, actor=platform, statement_id=shown.id, because="Read", seen="before"
            )
        assert {bare.level, shown.level} == {EvidenceLevel.DECLARED, EvidenceLevel.EVIDENCED}

    def test_whoever_is_not_verified_says_nothing_that_is(self, session: Session, platform: Actor) -> None:
        pending = made.supplier(session, state=OrganisationState.PENDING)
        told = made.statement(session, pending, **SHOWN)
        with pytest.raises(Conflict, match="Verify the organisation before"):
            service.verify_statement(
                session, actor=platform, statement_id=told.id, because="Read", seen=_seen(told)
            )

    @pytest.mark.parametrize(
        ("change", "level"),
        [
            ({"text": "Sirens on bridges and in towns."}, EvidenceLevel.EVIDENCED),
            ({"client": "Somebody else"}, EvidenceLevel.EVIDENCED),
            ({"evidence_reference": "another"}, EvidenceLevel.EVIDENCED),
            ({"evidence_reference": ""}, EvidenceLevel.DECLARED),
            ({"cpv": ["38421100"]}, EvidenceLevel.VERIFIED),
            ({}, EvidenceLevel.VERIFIED),
        ],
    )
    def test_what_is_written_anew_has_not_been_verified(
        self,
        session: Session,
        platform: Actor,
        admin: Actor,
        shown: Statement,
        change: dict[str, Any],
        level: EvidenceLevel,
    ) -> None:
        service.verify_statement(
            session, actor=platform, statement_id=shown.id, because="Compared", seen=_seen(shown)
        )
        said: dict[str, Any] = {"title": "Sirens", "text": "Sirens on bridges.", **SHOWN} | change
        service.edit_statement(session, actor=admin, statement=shown, content=StatementText(**said))
        assert shown.level is level
        assert (shown.verified_at is None) == (level is not EvidenceLevel.VERIFIED)
        assert (shown.verified_because is None) == (level is not EvidenceLevel.VERIFIED)

    def test_a_verification_is_taken_back_with_a_reason(
        self, session: Session, platform: Actor, shown: Statement
    ) -> None:
        with pytest.raises(Conflict, match="not verified"):
            service.set_aside(session, actor=platform, statement_id=shown.id, because="No")
        service.verify_statement(
            session, actor=platform, statement_id=shown.id, because="Compared", seen=_seen(shown)
        )
        service.set_aside(session, actor=platform, statement_id=shown.id, because="The notice was withdrawn")
        assert (shown.level, shown.verified_at) == (EvidenceLevel.EVIDENCED, None)


class TestExpiry:
    def test_the_condition_is_the_same_in_python_and_in_sql(
        self, session: Session, supplier: Supplier
    ) -> None:
        today = clock.uk_today()
        for days in (-1, 0, 1):
            made.statement(session, supplier, title=f"In {days}", expires_on=today + timedelta(days=days))
        told = session.scalars(sa.select(Statement).order_by(Statement.id)).all()
        by_sql = session.scalars(
            sa.select(Statement.id).where(Statement.counts_on(today)).order_by(Statement.id)
        )
        assert [one.title for one in told if one.counts_on(today)] == ["In 1"]
        assert list(by_sql) == [one.id for one in told if one.counts_on(today)]

    @pytest.mark.parametrize(
        ("moment", "takes_part"),
        [
            ("2026-06-30T22:59:59Z", True),
            ("2026-06-30T23:00:00Z", False),  # midnight in London, an hour before midnight UTC
            ("2026-07-01T12:00:00Z", False),
        ],
    )
    def test_an_expired_claim_leaves_matching_map_and_pages_the_same_day_in_london(
        self, session: Session, moment: str, takes_part: bool
    ) -> None:
        with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
            market = matchmaking.market(session)
            for firm in market.suppliers.values():
                firm.statements[0].expires_on = date(2026, 12, 1)
            market.best.statements[0].expires_on = date(2026, 7, 1)
            session.flush()
        with time_machine.travel(moment, tick=False):
            sifted = sift(session, department=None)
            assert (market.best.ref in sifted.entrants) is takes_part
            shown = session.scalars(queries.counting(day=clock.uk_today())).all()
            assert (market.best.statements[0] in shown) is takes_part
            assert (len(queries.fresh(market.best, today=clock.uk_today())) == 1) is takes_part

    def test_it_returns_to_the_ranking_on_confirmation(self, session: Session) -> None:
        market = matchmaking.market(session)
        told = market.best.statements[0]
        told.expires_on = clock.uk_today() + timedelta(days=1)
        session.flush()
        assert matchmaking.names(matchmaking.run(session, market))[0] == matchmaking.BEST
        with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
            assert matchmaking.BEST not in matchmaking.names(matchmaking.run(session, market))
            admin = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=market.best.organisation)
            service.confirm_statements(session, actor=admin, supplier=market.best, ids=[told.id])
            assert matchmaking.names(matchmaking.run(session, market))[0] == matchmaking.BEST

    def test_confirming_several_at_once_leaves_those_of_others_alone(
        self, session: Session, supplier: Supplier, admin: Actor
    ) -> None:
        soon = clock.uk_today() + timedelta(days=3)
        own = [made.statement(session, supplier, title=f"Own {n}", expires_on=soon) for n in range(3)]
        other = made.statement(session, made.supplier(session), title="Another's", expires_on=soon)
        ids = [own[0].id, own[2].id, other.id]
        done = service.confirm_statements(session, actor=admin, supplier=supplier, ids=ids)
        year = service.statements.a_year_after(clock.uk_today())
        assert [one.title for one in done] == ["Own 0", "Own 2"]
        assert [one.expires_on for one in (*own, other)] == [year, soon, year, soon]
        assert own[0].confirmed_on == clock.uk_today()
        with pytest.raises(Invalid) as wrong:
            service.confirm_statements(session, actor=admin, supplier=supplier, ids=[other.id])
        assert wrong.value.fields == {"statements": "Choose the statements that still hold"}

    def test_a_verified_statement_stays_so_when_it_is_confirmed(
        self, session: Session, platform: Actor, admin: Actor, shown: Statement
    ) -> None:
        service.verify_statement(
            session, actor=platform, statement_id=shown.id, because="Compared", seen=_seen(shown)
        )
        service.confirm_statement(session, actor=admin, statement=shown)
        assert shown.level is EvidenceLevel.VERIFIED

    def test_what_expires_is_listed_first_the_nearest(self, session: Session, supplier: Supplier) -> None:
        today = clock.uk_today()
        for days in (31, 30, -400, 0):
            made.statement(session, supplier, title=f"In {days}", expires_on=today + timedelta(days=days))
        made.statement(session, made.supplier(session), title="Another's", expires_on=today)
        found = queries.expiring(session, supplier_id=supplier.id)
        assert [(one.statement.title, one.expired) for one in found] == [
            ("In -400", True),
            ("In 0", True),
            ("In 30", False),
        ]
