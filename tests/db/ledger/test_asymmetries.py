"""What somebody knew before everyone could, read from the lines of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel.chain import verify
from engage.ledger import queries, service
from engage.ledger.enums import EVERYONE, OWN_AFFAIRS, Channel
from engage.ledger.models import Disclosure
from engage.ledger.queries import Asymmetry

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
REF = "ENG-2026-0001"


def tell(
    session: Session,
    *,
    audience: str = EVERYONE,
    at: datetime,
    fact: str = "told:1",
    summary: str = "The budget",
    ref: str = REF,
) -> None:
    service.disclose(
        session,
        challenge_ref=ref,
        fact=fact,
        summary=summary,
        channel=Channel.PHONE,
        audience=audience,
        released_at=at,
        delivered_at=at,
    )
    session.flush()


def report(session: Session, *, now: datetime = MONDAY + timedelta(days=30)) -> list[Asymmetry]:
    return list(queries.asymmetries(session, challenge_ref=REF, now=now))


def test_what_one_was_told_is_open_until_everyone_could_have_it(session: Session) -> None:
    tell(session, audience="supplier:A", at=MONDAY)
    now = MONDAY + timedelta(days=3, hours=4)
    open_one = Asymmetry(
        "told:1", "The budget", MONDAY, ["supplier:A"], None, timedelta(days=3, hours=4), now
    )
    assert report(session, now=now) == [open_one]
    assert open_one.is_open
    tell(session, at=MONDAY + timedelta(days=5))
    released = Asymmetry(
        "told:1", "The budget", MONDAY, ["supplier:A"], MONDAY + timedelta(days=5), timedelta(days=5), MONDAY
    )
    assert report(session) == [released]
    assert not released.is_open


def test_those_who_had_it_early_are_counted_once_and_in_order(session: Session) -> None:
    tell(session, audience="supplier:B", at=MONDAY + timedelta(hours=2))
    tell(session, audience="supplier:A", at=MONDAY)
    tell(session, audience="supplier:B", at=MONDAY + timedelta(hours=3))
    tell(session, at=MONDAY + timedelta(days=1))
    tell(session, audience="supplier:C", at=MONDAY + timedelta(days=2))  # everyone could have it by then
    (found,) = report(session)
    assert (found.told_to, found.first_told_at) == (["supplier:A", "supplier:B"], MONDAY)


def test_letters_after_the_page_and_at_its_moment_make_no_difference(session: Session) -> None:
    tell(session, fact="answer:1", at=MONDAY)
    tell(session, fact="answer:1", audience="supplier:A", at=MONDAY)
    tell(session, fact="answer:1", audience="supplier:B", at=MONDAY + timedelta(minutes=2))
    assert report(session) == []


@pytest.mark.parametrize("kind", sorted(OWN_AFFAIRS))
def test_what_concerns_its_reader_alone_is_no_difference(session: Session, kind: str) -> None:
    tell(session, fact=f"{kind}:1", audience="supplier:A", at=MONDAY)
    assert report(session) == []
    assert OWN_AFFAIRS[kind].endswith(".")


def test_a_kind_that_nobody_has_thought_of_counts(session: Session) -> None:
    tell(session, fact="rumour:1", audience="supplier:A", at=MONDAY)
    assert [found.fact for found in report(session)] == ["rumour:1"]


def test_other_challenges_are_left_out_and_open_ones_come_first(session: Session) -> None:
    tell(session, fact="told:9", audience="supplier:A", at=MONDAY, ref="ENG-2026-0002")
    tell(session, fact="told:1", audience="supplier:A", at=MONDAY)
    tell(session, fact="told:1", at=MONDAY + timedelta(days=1))
    tell(session, fact="told:2", audience="supplier:A", at=MONDAY + timedelta(days=2))
    tell(session, fact="told:3", audience="supplier:A", at=MONDAY + timedelta(days=1))
    assert [found.fact for found in report(session)] == ["told:3", "told:2", "told:1"]


def test_the_chain_covers_both_moments_and_lines_written_without_them(session: Session) -> None:
    tell(session, audience="supplier:A", at=MONDAY)
    service.disclose(
        session, challenge_ref=REF, fact="version:1", summary="The text", channel=Channel.PAGE, body="Text"
    )
    session.commit()
    assert list(verify(session, Disclosure)) == []
    early, page = session.scalars(sa.select(Disclosure).order_by(Disclosure.id)).all()
    assert (early.released, early.delivered, page.released, page.delivered) == (
        MONDAY,
        MONDAY,
        page.at,
        page.at,
    )
    assert ('"delivered_at":"2026-03-02' in early.payload, '"delivered_at":null' in page.payload) == (
        True,
        True,
    )


def test_telling_another_moves_the_last_telling(session: Session) -> None:
    tell(session, audience="supplier:A", at=MONDAY)
    (before,) = report(session)
    tell(session, audience="supplier:B", at=MONDAY)
    (after,) = report(session)
    assert after.last_told_at > before.last_told_at
