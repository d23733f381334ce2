"""The chains of the audit trail and the ledger notice every tampering."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import ProgrammingError

from engage.audit.models import AuditEvent
from engage.audit.service import record
from engage.kernel.actor import System
from engage.kernel.chain import GENESIS, Head, head, verify
from engage.kernel.db import new_session, unit_of_work

UNGUARDED = "SET session_replication_role = replica"  # as an attacker with the owner's rights would


def write(count: int) -> None:
    for number in range(count):
        with unit_of_work() as session:
            record(session, actor=System(), tag="tests:line:written", subject=f"line:{number}", number=number)


def faults(expected: Head | None = None) -> list[str]:
    with new_session() as session:
        return [f"{fault.where}: {fault.what}" for fault in verify(session, AuditEvent, expected=expected)]


def tamper(statement: str) -> None:
    with unit_of_work() as session:
        session.execute(sa.text(UNGUARDED))
        session.execute(sa.text(statement))


@pytest.mark.usefixtures("committed")
class TestChain:
    def test_rows_are_sealed_at_commit_in_order(self) -> None:
        write(3)
        with new_session() as session:
            rows = session.scalars(sa.select(AuditEvent).order_by(AuditEvent.seq)).all()
            assert [row.seq for row in rows] == [1, 2, 3]
            assert [row.previous_hash for row in rows] == [GENESIS, rows[0].hash, rows[1].hash]
            assert head(session, AuditEvent) == Head(3, rows[2].hash or "")
        assert faults() == []

    def test_nothing_of_a_rolled_back_savepoint_is_in_the_chain(self) -> None:
        with unit_of_work() as session:
            record(session, actor=None, tag="tests:line:kept", subject="line:1")
            inner = session.begin_nested()
            record(session, actor=None, tag="tests:line:lost", subject="line:2")
            inner.rollback()
        with new_session() as session:
            assert session.scalars(sa.select(AuditEvent.tag)).all() == ["tests:line:kept"]
        assert faults() == []

    def test_the_end_of_a_savepoint_seals_nothing_and_takes_no_lock(self) -> None:
        locks = sa.text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
        with unit_of_work() as session:
            with session.begin_nested():
                record(session, actor=None, tag="tests:line:kept", subject="line:1")
            assert session.scalar(locks) == 0
        with new_session() as session:
            assert session.scalars(sa.select(AuditEvent.seq)).all() == [1]

    @pytest.mark.parametrize(
        ("statement", "found"),
        [
            ("UPDATE audit_event SET tag = 'tests:line:forged' WHERE seq = 2", "column tag differs"),
            ("UPDATE audit_event SET details = '{\"number\": 7}' WHERE seq = 2", "column details differs"),
            (
                "UPDATE audit_event SET payload = replace(payload, 'written', 'Written') WHERE seq = 2",
                "hash does not fit",
            ),
            ("DELETE FROM audit_event WHERE seq = 2", "rows before it were removed"),
            ("UPDATE audit_event SET hash = repeat('0', 64) WHERE seq = 2", "does not follow the row before"),
        ],
    )
    def test_a_change_is_noticed(self, statement: str, found: str) -> None:
        write(3)
        tamper(statement)
        assert found in " ".join(faults())

    def test_a_changed_name_is_noticed_and_a_forgotten_one_is_not(self) -> None:
        write(2)
        with unit_of_work() as session:
            session.execute(
                sa.text("UPDATE audit_event SET actor_name = NULL, actor_salt = NULL WHERE seq = 1")
            )
        assert faults() == []
        tamper("UPDATE audit_event SET actor_name = 'somebody else' WHERE seq = 2")
        assert "names somebody else" in " ".join(faults())

    def test_a_name_cannot_be_replaced(self) -> None:
        write(1)
        with pytest.raises(ProgrammingError, match="append-only"), unit_of_work() as session:
            session.execute(sa.text("UPDATE audit_event SET actor_name = 'somebody else'"))

    def test_an_inserted_row_is_noticed(self) -> None:
        write(2)
        tamper(
            "INSERT INTO audit_event (tag, subject, details, at, payload)"
            " VALUES ('tests:line:forged', 'line:9', '{}', now(), '{}')"
        )
        assert "never sealed" in " ".join(faults())

    def test_a_cut_tail_is_noticed_against_a_saved_head(self) -> None:
        write(3)
        with new_session() as session:
            saved = head(session, AuditEvent)
        tamper("DELETE FROM audit_event WHERE seq = 3")
        assert faults() == []
        assert faults(saved) == ["audit_event: ends at 2, before the saved head 3: its tail was cut."]

    @pytest.mark.parametrize(
        "statement",
        ["UPDATE audit_event SET tag = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event"],
    )
    def test_the_database_refuses_changes(self, statement: str) -> None:
        write(1)
        with pytest.raises(ProgrammingError, match="append-only"), unit_of_work() as session:
            session.execute(sa.text(statement))
