"""Which challenges fit a supplier: ranked, explained, with nothing about anybody else, without writing."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.kernel import clock
from engage.matching import Band
from engage.matchmaking import service
from engage.suppliers.models import Supplier
from tests.factories import challenges
from tests.factories import matchmaking as made


def titles(session: Session, supplier: Supplier) -> list[str]:
    return [each.challenge.title for each in service.opportunities(session, supplier=supplier)]


def test_what_is_close_comes_first_and_only_what_is_open(session: Session) -> None:
    market = made.market(session)
    challenges.challenge(session, state=ChallengeState.ENGAGING, title="Fewer empty buses")
    for hidden in (ChallengeState.APPROVED, ChallengeState.CLOSED, ChallengeState.IN_REVIEW):
        challenges.challenge(session, state=hidden, title="River gauges")
    challenges.challenge(session, state=ChallengeState.NOTICE_PENDING, title="River gauges", **challenges.PME)
    found = service.opportunities(session, supplier=market.best)
    assert [each.challenge.title for each in found] == ["Earlier flood warnings", "Fewer empty buses"]
    assert (found[0].band is Band.NONE, found[0].words_alone) == (False, True)
    assert found[0].why.startswith("“Earlier work” shares words with the challenge: “")


def test_a_supplier_without_a_fresh_statement_sees_them_unranked(session: Session) -> None:
    market = made.market(session)
    market.best.statements[0].expires_on = clock.uk_today()
    session.flush()
    found = service.opportunities(session, supplier=market.best)
    assert [(each.challenge.title, each.band, each.why) for each in found] == [
        ("Earlier flood warnings", None, "")
    ]


def test_the_published_text_is_compared(session: Session) -> None:
    market = made.market(session)
    market.challenge.problem = market.challenge.expertise = "Payroll for charities."
    session.flush()
    assert service.opportunities(session, supplier=market.best)[0].band is not Band.NONE


def test_nothing_is_written(session: Session) -> None:
    market = made.market(session)
    session.execute(sa.text("SET TRANSACTION READ ONLY"))
    assert titles(session, market.best) == ["Earlier flood warnings"]
