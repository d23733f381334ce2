"""The written route: the same questions, as much time, read alike."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.advisory import queries, service
from engage.advisory.enums import SessionState
from engage.advisory.models import Contribution
from engage.advisory.queries.contributions import OTHERWISE_ASKED
from engage.audit.queries import history
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict
from engage.kernel.uktime import uk_time
from tests.factories import accounts
from tests.factories import advisory as made
from tests.factories.advisory import SupplierTeam
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.support.records import letters

ASKED = ["What warns towns in time?", "What does it cost a year?"]
BrowserOf = Callable[..., DistrustfulClient]


@pytest.fixture
def challenge(session: Session) -> Challenge:
    return made.open_challenge(
        session, questions="\n".join(ASKED), closes_on=clock.uk_today() + timedelta(days=20)
    )


@pytest.fixture
def team(session: Session) -> SupplierTeam:
    return made.team(session, name="Riverbank Ltd")


def _sent(session: Session) -> list[Contribution]:
    return list(session.scalars(sa.select(Contribution).order_by(Contribution.id)))


def _answers(session: Session, challenge: Challenge, *texts: str) -> dict[str, str]:
    route = queries.written_route(session, challenge=challenge)
    return {"asked": route.digest} | {f"answer_{n}": text for n, text in enumerate(texts, start=1)}


def _page(browser: DistrustfulClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return text_of(answer.get_data(as_text=True))


class TestSupplier:
    def test_the_questions_of_the_challenge_are_answered_changed_and_taken_back(
        self, session: Session, browser_of: BrowserOf, challenge: Challenge, team: SupplierTeam
    ) -> None:
        browser, address = browser_of(team.membership), f"/challenges/{challenge.ref}/write"
        public = _page(browser, f"/challenges/{challenge.ref}")
        assert "answers the same questions in writing" in public
        assert all(question in _page(browser, address) for question in ASKED)
        sent = browser.post(address, data=_answers(session, challenge, "Sirens.", ""))
        assert (sent.status_code, len(_sent(session))) == (303, 1)
        changed = browser.post(address, data=_answers(session, challenge, "Sirens.", "<b>Little.</b>"))
        assert changed.status_code == 303
        (held,) = _sent(session)
        assert held.answers == [
            {"question": ASKED[0], "answer": "Sirens."},
            {"question": ASKED[1], "answer": "<b>Little.</b>"},
        ]
        assert "Your answers in writing" in _page(browser, "/supplier")
        assert browser.post(f"{address}/withdraw").status_code == 303
        assert browser.post(f"{address}/withdraw").status_code == 404
        assert browser.post(address, data=_answers(session, challenge, "Again.", "")).status_code == 303
        session.expire_all()
        assert [each.withdrawn_at is None for each in _sent(session)] == [False, True]
        tags = [line.tag for line in history(session, subject=f"challenge:{challenge.ref}")]
        assert tags == [f"advisory:contribution:{deed}" for deed in ("sent", "changed", "withdrawn", "sent")]

    def test_who_sends_gets_what_they_sent_and_when_each_time(
        self, session: Session, browser_of: BrowserOf, challenge: Challenge, team: SupplierTeam
    ) -> None:
        colleague = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
        address = f"/challenges/{challenge.ref}/write"
        first, second = "Sirens.\n\nAnd neighbours.", "<b>Little.</b>"
        for _click in range(2):
            browser_of(team.membership).post(address, data=_answers(session, challenge, first, ""))
        browser_of(colleague).post(address, data=_answers(session, challenge, first, second))
        browser_of(colleague).post(f"{address}/withdraw")

        (held,) = _sent(session)
        assert held.changed_at is not None
        sent, changed = letters(session)
        assert [(each.template, each.recipient) for each in (sent, changed)] == [
            ("answers_sent", team.person.email),
            ("answers_sent", colleague.person.email),
        ]
        assert (sent.audience, sent.calendar, sent.bulk) == (None, None, False)
        words = [" ".join(each.text.split()) for each in (sent, changed)]
        assert f"Riverbank Ltd answered in writing on {uk_time(held.sent_at)}" in words[0]
        assert f"Riverbank Ltd changed its answers in writing on {uk_time(held.changed_at)}" in words[1]
        assert ["1 of 2." in each for each in words] == [True, False]
        assert ["2 of 2." in each for each in words] == [False, True]
        assert [
            word in each.text + each.html for each in (sent, changed) for word in ("Sirens", "Little")
        ] == [False] * 4

    def test_sending_the_same_twice_changes_nothing(
        self, session: Session, challenge: Challenge, team: SupplierTeam
    ) -> None:
        route = queries.written_route(session, challenge=challenge)
        for _ in range(2):
            service.answer_in_writing(
                session,
                actor=team.actor,
                challenge=challenge,
                supplier=team.supplier,
                asked=route.digest,
                answers=["Sirens.", ""],
            )
        assert [(each.changed_at, len(each.answers)) for each in _sent(session)] == [(None, 2)]

    @pytest.mark.parametrize(
        ("texts", "said"),
        [
            (("", " "), "Answer at least one of the questions"),
            (("word " * 501, ""), "Answer 1 must be 500 words or fewer"),
        ],
    )
    def test_what_is_wrong_is_said_and_kept(
        self,
        session: Session,
        browser_of: BrowserOf,
        challenge: Challenge,
        team: SupplierTeam,
        texts: tuple[str, str],
        said: str,
    ) -> None:
        answer = browser_of(team.membership).post(
            f"/challenges/{challenge.ref}/write", data=_answers(session, challenge, *texts)
        )
        assert (answer.status_code, said in text_of(answer.get_data(as_text=True))) == (422, True)
        assert texts[0].strip() in answer.get_data(as_text=True)
        assert _sent(session) == []

    def test_answers_to_other_questions_are_not_taken(
        self, session: Session, browser_of: BrowserOf, challenge: Challenge, team: SupplierTeam
    ) -> None:
        read = _answers(session, challenge, "Sirens.", "Little.")
        challenge.questions = "Who warns whom?\nAnd when?"
        session.flush()
        answer = browser_of(team.membership).post(f"/challenges/{challenge.ref}/write", data=read)
        assert (answer.status_code, _sent(session)) == (409, [])

    def test_without_questions_there_is_one_and_nobody_needs_an_invitation(
        self, session: Session, browser_of: BrowserOf, team: SupplierTeam
    ) -> None:
        asked = made.open_challenge(session, questions="")
        assert OTHERWISE_ASKED[0] in _page(browser_of(team.membership), f"/challenges/{asked.ref}/write")

    def test_who_is_not_a_verified_supplier_is_told_who_can(
        self, session: Session, browser_of: BrowserOf, challenge: Challenge
    ) -> None:
        pending = made.team(session, state=OrganisationState.PENDING).membership
        official = accounts.member(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)
        for membership in (pending, official):
            answer = browser_of(membership).get(f"/challenges/{challenge.ref}/write")
            assert answer.status_code == 403


class TestTime:
    @pytest.mark.parametrize(
        ("closes_on", "session_ends", "last_day"),
        [
            (date(2026, 6, 30), None, date(2026, 6, 30)),
            (date(2026, 6, 30), datetime(2026, 6, 10, 15, tzinfo=UTC), date(2026, 6, 30)),
            # 11.30pm on Thursday in London is still Thursday; three working days later it is Tuesday.
            (date(2026, 6, 30), datetime(2026, 7, 2, 22, 30, tzinfo=UTC), date(2026, 7, 7)),
            (None, datetime(2026, 8, 28, 15, tzinfo=UTC), date(2026, 9, 3)),  # over the bank holiday
            (None, None, None),
        ],
    )
    def test_there_is_time_until_the_closing_date_and_three_working_days_after_the_last_session(
        self, session: Session, closes_on: date | None, session_ends: datetime | None, last_day: date | None
    ) -> None:
        with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
            asked = made.open_challenge(session, closes_on=closes_on)
            if session_ends:
                begins = session_ends - timedelta(hours=1)
                made.meeting(session, challenge=asked, starts_at=begins, ends_at=session_ends)
                made.meeting(
                    session,
                    challenge=asked,
                    starts_at=begins + timedelta(days=90),
                    ends_at=session_ends + timedelta(days=90),
                    state=SessionState.CANCELLED,
                    cancel_reason="Nobody came.",
                )
            route = queries.written_route(session, challenge=asked)
        assert (route.last_day, route.is_open) == (last_day, True)

    def test_the_last_day_ends_at_midnight_in_london(self, session: Session, team: SupplierTeam) -> None:
        with time_machine.travel("2026-06-01T12:00:00Z", tick=False):
            asked = made.open_challenge(session, closes_on=date(2026, 6, 30))
        route = queries.written_route(session, challenge=asked)
        assert route.ends_at == datetime(2026, 6, 30, 23, tzinfo=UTC)
        for moment, taken in (("2026-06-30T22:59:59Z", True), ("2026-06-30T23:00:00Z", False)):
            with time_machine.travel(moment, tick=False):
                assert queries.written_route(session, challenge=asked).is_open is taken
        with time_machine.travel("2026-06-30T23:00:00Z", tick=False), pytest.raises(Conflict):
            service.answer_in_writing(
                session,
                actor=team.actor,
                challenge=asked,
                supplier=team.supplier,
                asked=route.digest,
                answers=["Late."],
            )

    @pytest.mark.parametrize("how", ["ended_early_at", "withdrawn_at"])
    def test_it_ends_with_the_engagement(self, session: Session, challenge: Challenge, how: str) -> None:
        setattr(challenge, how, clock.now())
        assert queries.written_route(session, challenge=challenge).is_open is False


class TestDepartment:
    @pytest.fixture
    def written(self, session: Session, challenge: Challenge, team: SupplierTeam) -> None:
        other = made.team(session, name="=Cmd Ltd")
        meeting = made.meeting(session, challenge=challenge)
        for each in (team, other):
            service.answer_in_writing(
                session,
                actor=each.actor,
                challenge=challenge,
                supplier=each.supplier,
                asked=queries.written_route(session, challenge=challenge).digest,
                answers=["Sirens & gauges.", "" if each is other else "+1 million"],
            )
        made.seat(session, meeting=meeting, team=team)

    @pytest.mark.usefixtures("written")
    def test_it_is_read_question_by_question_and_blind_to_who_came(
        self, session: Session, browser_of: BrowserOf, challenge: Challenge
    ) -> None:
        reader = browser_of(accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation))
        address = f"/department/challenges/{challenge.ref}"
        assert "Answers in writing: 2 suppliers" in _page(reader, f"{address}/sessions")
        page = _page(reader, f"{address}/written")
        assert [page.count(each) for each in (*ASKED, "Sirens & gauges.", "+1 million")] == [1, 1, 2, 1]
        assert "Place" not in page.split("Answers in writing", 1)[1]
        sheet = reader.get(f"{address}/written.csv").get_data(as_text=True)
        head, *rows = list(csv.reader(io.StringIO(sheet)))
        assert head == [
            *("supplier", "supplier_reference", "question_number", "question", "answer"),
            *("sent_at", "changed_at"),
        ]
        assert [(row[0], row[4]) for row in rows] == [
            ("'=Cmd Ltd", "Sirens & gauges."),
            ("Riverbank Ltd", "Sirens & gauges."),
            ("Riverbank Ltd", "'+1 million"),
        ]

    @pytest.mark.usefixtures("written")
    def test_other_departments_and_suppliers_read_nothing(
        self, session: Session, browser_of: BrowserOf, challenge: Challenge, team: SupplierTeam
    ) -> None:
        stranger = browser_of(accounts.member(session, Role.POLICY_AUTHOR))
        for ending in ("written", "written.csv"):
            address = f"/department/challenges/{challenge.ref}/{ending}"
            assert stranger.get(address).status_code == 404
            assert browser_of(team.membership).get(address).status_code == 403
        rival = browser_of(made.team(session).membership)
        assert "gauges" not in _page(rival, f"/challenges/{challenge.ref}/write")
