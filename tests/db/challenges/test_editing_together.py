"""Several people write in one text: nobody's words are overwritten, nobody's words are lost."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.challenges import queries, service
from engage.challenges.enums.questions import BY_SLUG
from engage.challenges.errors import AnswerChanged
from engage.challenges.models import AnswerEdit, Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.db import new_session, unit_of_work
from engage.kernel.errors import NotAllowed
from tests.db.challenges.test_two_at_once import at_once
from tests.db.challenges.trail import Team, deeds

PROBLEM, EXPERTISE = BY_SLUG["problem"], BY_SLUG["expertise"]
FIRST = "One in five booked seats travels empty."


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


def edits(session: Session) -> list[tuple[str, int, int | None, int | None]]:
    """Question, base, number and writer of every edit, in order."""
    rows = session.scalars(sa.select(AnswerEdit).order_by(AnswerEdit.id)).all()
    return [(row.question, row.base, row.number, row.person_id) for row in rows]


class TestOneState:
    def save(self, session: Session, actor: Actor, made: Challenge, words: str, seen: int) -> None:
        service.save_answers(
            session, actor=actor, challenge=made, answers={"problem": words}, question=PROBLEM, seen=seen
        )

    def test_each_saved_answer_is_numbered_upon_the_one_before(self, session: Session, team: Team) -> None:
        made, colleague = team.draft(), team.join(Role.POLICY_AUTHOR)
        assert queries.answer_number(session, challenge=made, question=PROBLEM) == 0
        self.save(session, team.author, made, "The first.", seen=0)
        self.save(session, colleague, made, "The second.", seen=1)
        assert edits(session) == [
            ("problem", 0, 0, None),
            ("problem", 0, 1, team.author.person_id),
            ("problem", 1, 2, colleague.person_id),
        ]
        states = [
            queries.answers_at(session, challenge=made, question=PROBLEM, number=number)
            for number in range(4)
        ]
        assert states == [{"problem": FIRST}, {"problem": "The first."}, {"problem": "The second."}, {}]

    def test_a_state_that_somebody_moved_on_from_cannot_be_written_upon(
        self, session: Session, team: Team
    ) -> None:
        made, colleague = team.draft(), team.join(Role.POLICY_AUTHOR)
        self.save(session, team.author, made, "The first.", seen=0)
        with pytest.raises(AnswerChanged):
            self.save(session, colleague, made, "The second.", seen=0)
        assert (made.problem, deeds(session, made)) == ("The first.", ["drafted", "edited"])
        assert made.writer_ids == [team.author.person_id]

    @pytest.mark.parametrize("seen", [1, 7, 999_999_999])
    def test_nor_can_a_state_that_never_was(self, session: Session, team: Team, seen: int) -> None:
        made = team.draft()
        with pytest.raises(AnswerChanged):
            self.save(session, team.author, made, "From nowhere.", seen=seen)
        assert made.problem == FIRST

    def test_a_double_click_and_an_untouched_page_change_nothing(self, session: Session, team: Team) -> None:
        made, colleague = team.draft(), team.join(Role.POLICY_AUTHOR)
        self.save(session, team.author, made, "The first.", seen=0)
        self.save(session, team.author, made, "The first.", seen=0)  # a double click
        self.save(session, colleague, made, FIRST, seen=0)  # opened before, nothing written
        assert (made.problem, deeds(session, made)) == ("The first.", ["drafted", "edited"])

    def test_another_question_is_another_matter(self, session: Session, team: Team) -> None:
        made = team.draft()
        self.save(session, team.author, made, "The first.", seen=0)
        service.save_answers(
            session,
            actor=team.author,
            challenge=made,
            answers={"expertise": "Transport.", "cpv": ["60130000"]},
            question=EXPERTISE,
            seen=0,
        )
        assert made.expertise == "Transport."

    def test_answers_from_elsewhere_are_numbered_too(self, session: Session, team: Team) -> None:
        made = team.draft()
        service.save_answers(
            session, actor=team.author, challenge=made, answers={"problem": "Imported.", "why_now": "Now."}
        )
        assert [(question, number) for question, _, number, _ in edits(session)] == [
            ("problem", 0),
            ("problem", 1),
            ("why-now", 0),
            ("why-now", 1),
        ]

    def test_the_database_numbers_a_state_once(self, session: Session, team: Team) -> None:
        made = team.draft()
        self.save(session, team.author, made, "The first.", seen=0)
        double: dict[str, Any] = {
            "challenge_id": made.id,
            "round": 0,
            "question": "problem",
            "answers": {},
            "person_id": team.author.person_id,
            "at": clock.now(),
        }
        for base, number in ((0, 1), (0, 2), (3, 3)):
            with pytest.raises(IntegrityError), session.begin_nested():
                session.execute(sa.insert(AnswerEdit).values(**double, base=base, number=number))


class TestPuttingAside:
    def aside(self, session: Session, actor: Actor, made: Challenge, words: str, **how: Any) -> None:
        service.put_aside(
            session,
            actor=actor,
            challenge=made,
            answers={"problem": words},
            question=PROBLEM,
            **{"seen": 0, **how},
        )

    def test_words_put_aside_are_kept_for_their_writer(self, session: Session, team: Team) -> None:
        made, colleague = team.draft(), team.join(Role.POLICY_AUTHOR)
        self.aside(session, colleague, made, "Mine.")
        kept = queries.aside(session, challenge=made, question=PROBLEM, person_id=colleague.person_id)
        assert kept
        assert (kept.answers, kept.base, kept.number) == ({"problem": "Mine."}, 0, None)
        assert (
            queries.aside(session, challenge=made, question=PROBLEM, person_id=team.author.person_id) is None
        )
        assert [row.person_id for row in queries.all_aside(session, challenge=made)] == [colleague.person_id]
        assert made.problem == FIRST

    def test_two_windows_of_one_person_lose_nothing(self, session: Session, team: Team) -> None:
        made = team.draft()
        self.aside(session, team.author, made, f"{FIRST} From the first window.")
        self.aside(session, team.author, made, f"Before all: {FIRST}")
        (kept,) = queries.all_aside(session, challenge=made)
        assert kept.answers == {"problem": f"Before all: {FIRST} From the first window."}

    def test_a_merge_that_comes_too_late_takes_the_place_of_what_it_was_made_from(
        self, session: Session, team: Team
    ) -> None:
        made = team.draft()
        self.aside(session, team.author, made, "Old words.")
        self.aside(session, team.author, made, "Merged words.", instead=True)
        (kept,) = queries.all_aside(session, challenge=made)
        assert kept.answers == {"problem": "Merged words."}

    def test_saving_what_was_merged_ends_it(self, session: Session, team: Team) -> None:
        made, colleague = team.draft(), team.join(Role.POLICY_AUTHOR)
        self.aside(session, colleague, made, "Theirs.")
        self.aside(session, team.author, made, "Mine.")
        service.merge_answers(
            session, actor=team.author, challenge=made, answers={"problem": "Both."}, question=PROBLEM, seen=0
        )
        assert made.problem == "Both."
        assert [row.person_id for row in queries.all_aside(session, challenge=made)] == [colleague.person_id]
        service.drop_aside(session, actor=colleague, challenge=made, question=PROBLEM)
        assert queries.all_aside(session, challenge=made) == []

    def test_others_put_nothing_aside(self, session: Session, team: Team) -> None:
        made = team.draft()
        for other in (team.approver, Team(session).author):
            with pytest.raises(NotAllowed):
                self.aside(session, other, made, "Mine.")
            with pytest.raises(NotAllowed):
                service.drop_aside(session, actor=other, challenge=made, question=PROBLEM)


class TestProposing:
    def test_lists_are_joined_item_by_item_and_texts_word_by_word(self) -> None:
        parts = service.partings(
            EXPERTISE,
            base={"expertise": "Buses and trains.", "cpv": ["1", "2"]},
            theirs={"expertise": "Buses and boats.", "cpv": ["1", "2", "3"]},
            yours={"expertise": "Many buses and trains.", "cpv": ["2", "4"]},
        )
        assert [(part.proposed, part.clean) for part in parts] == [
            ("Many buses and boats.", True),
            (["2", "3", "4"], True),
        ]

    def test_of_two_dates_the_writers_own_is_proposed_and_not_taken_for_clear(self) -> None:
        _, closing = service.partings(
            BY_SLUG["when-and-where"],
            base={"closes_on": None},
            theirs={"closes_on": "2030-01-01"},
            yours={"closes_on": "2030-02-01"},
        )
        assert (str(closing.proposed), closing.clean) == ("2030-02-01", False)


@pytest.mark.usefixtures("committed")
def test_of_many_writers_at_once_one_is_let_through_and_the_others_keep_their_words() -> None:
    with unit_of_work() as session:
        team = Team(session)
        made_id = team.draft().id
        writers = [team.join(Role.POLICY_AUTHOR) for _ in range(4)]

    def write(number: int) -> None:
        answers = {"problem": f"Words of writer {number}."}
        common: dict[str, Any] = {
            "actor": writers[number],
            "answers": answers,
            "question": PROBLEM,
            "seen": 0,
        }
        with unit_of_work() as session:
            made = session.get_one(Challenge, made_id)
            try:
                service.save_answers(session, challenge=made, **common)
            except AnswerChanged:
                service.put_aside(session, challenge=made, **common)

    assert at_once(4, write) == ["done"] * 4
    with new_session() as session:
        made = session.get_one(Challenge, made_id)
        rows = session.scalars(sa.select(AnswerEdit).where(AnswerEdit.number != 0)).all()
        saved = [row.answers["problem"] for row in session.scalars(sa.select(AnswerEdit)) if row.number == 1]
        aside = [row.answers["problem"] for row in queries.all_aside(session, challenge=made)]
    assert saved == [made.problem]
    assert sorted([*saved, *aside]) == [f"Words of writer {number}." for number in range(4)]
    assert len(rows) == 1


@pytest.mark.usefixtures("committed")
def test_two_open_transactions_cannot_both_write_upon_one_state() -> None:
    """Without the lock that services take first: the condition and the key alone decide."""
    from engage.challenges.service import edits as numbering

    with unit_of_work() as session:
        team = Team(session)
        made_id, author = team.draft().id, team.author

    def write(number: int) -> None:
        with unit_of_work() as session:
            made = session.get_one(Challenge, made_id)
            numbering.record(
                session,
                actor=author,
                challenge=made,
                question=PROBLEM,
                values={"problem": str(number)},
                seen=0,
            )

    assert at_once(2, write) == [numbering.CHANGED, "done"]
