"""What was there before an upgrade means the same after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.orm import Session

import config
from engage import tables
from engage.advisory.enums import Admission, SeatState
from engage.advisory.models import Seat
from engage.advisory.service import admission
from engage.interests.models import Attestation
from engage.kernel.cluster import Cluster
from engage.kernel.migrate import alembic_config
from tests.conftest import fresh_database
from tests.factories import advisory

assert tables


@pytest.fixture
def engine(cluster: Cluster, template: str, settings: config.Config) -> Iterator[sa.Engine]:
    assert settings
    with fresh_database(cluster, template) as url:
        made = sa.create_engine(url, poolclass=sa.pool.NullPool)
        yield made
        made.dispose()


def migrate(engine: sa.Engine, revision: str) -> None:
    with engine.connect() as connection:
        turn = command.upgrade if revision == "head" else command.downgrade
        turn(alembic_config(connection), revision)
        connection.commit()


def admitted(engine: sa.Engine) -> list[Admission | None]:
    with Session(engine) as session:
        held = session.scalars(sa.select(Seat).order_by(Seat.id)).all()
        found = admission.standing(session, held=held)
        return [found.get(each.id) for each in held]


def test_who_confirmed_with_the_invitation_is_let_in_after_the_upgrade(engine: sa.Engine) -> None:
    """Confirmations were kept for the invitation before, and are looked up by the session since."""
    with Session(engine, expire_on_commit=False) as session:
        meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
        states = (SeatState.CONFIRMED, SeatState.CONFIRMED, SeatState.RELEASED)
        held = [advisory.seat(session, meeting=meeting, state=state) for state in states]
        for said in session.scalars(sa.select(Attestation)):
            seat = next(each for each in held if each.person_id == said.person_id)
            if seat is held[1]:
                seat.person = advisory.team(session).person  # somebody else attends, who has said nothing
        session.flush()
        sessions = {f"session:{meeting.ref}"}
        refs = {each.supplier.organisation_id: f"invitation:{each.invitation.ref}" for each in held}
        session.execute(sa.text("ALTER TABLE attestation DISABLE TRIGGER record_stays"))
        for said in session.scalars(sa.select(Attestation)):
            said.subject = refs[said.organisation_id]
        session.flush()
        session.execute(sa.text("ALTER TABLE attestation ENABLE TRIGGER record_stays"))
        before = session.scalar(sa.select(sa.func.min(Attestation.made_at)))
        session.commit()
    assert admitted(engine) == [Admission.UNCONFIRMED, Admission.UNCONFIRMED, None]
    for _ in range(2):
        migrate(engine, "0017")
        migrate(engine, "head")
        assert admitted(engine) == [Admission.LET_IN, Admission.UNCONFIRMED, None]
        with Session(engine) as session:
            copied = session.scalars(sa.select(Attestation).where(Attestation.subject.in_(sessions))).all()
            assert [(each.person_id, each.made_at) for each in copied] == [(held[0].person_id, before)]
