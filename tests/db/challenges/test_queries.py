"""What the lists and look-ups of challenges return, and what they never show."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.challenges import queries
from engage.challenges.enums import PUBLIC_STATES, ChallengeState, Listed
from engage.challenges.queries import Shown
from engage.kernel import clock
from engage.kernel.actor import OrganisationKind, Role
from engage.kernel.errors import NotFound
from tests.factories import accounts
from tests.factories.challenges import NOTICE, PME, challenge

HIDDEN = [state for state in ChallengeState if state not in PUBLIC_STATES]


def refs(session: Session, **filters: object) -> list[str]:
    return [row.ref for row in queries.public_challenges(session, **filters).items]  # type: ignore[arg-type]  # passed on


class TestPublicList:
    def test_it_holds_every_public_state_and_no_other(self, session: Session) -> None:
        public = [challenge(session, state=state).ref for state in PUBLIC_STATES]
        for state in HIDDEN:
            challenge(session, state=state)
        page = queries.public_challenges(session)
        assert (sorted(row.ref for row in page.items), page.total) == (sorted(public), len(public))

    def test_a_pme_that_waits_for_its_notice_is_not_found_by_its_own_words(self, session: Session) -> None:
        challenge(session, state=ChallengeState.NOTICE_PENDING, title="Zeppelin moorings", **PME)
        challenge(session, state=ChallengeState.NOTICE_PENDING, title="Zeppelin hangars", **PME, **NOTICE)
        page = queries.public_challenges(session, words="zeppelin")
        assert (list(page.items), page.total) == ([], 0)
        seen = challenge(session, state=ChallengeState.PUBLISHED, title="Zeppelin pilots", **PME)
        assert refs(session, words="zeppelin") == [seen.ref]

    def test_the_list_of_departments_names_only_those_with_public_challenges(self, session: Session) -> None:
        shown = challenge(session, state=ChallengeState.PUBLISHED)
        challenge(session, state=ChallengeState.IN_REVIEW)
        assert [found.id for found in queries.departments(session)] == [shown.organisation_id]

    def test_the_best_match_comes_first(self, session: Session) -> None:
        passing = challenge(
            session, state=ChallengeState.PUBLISHED, problem="A flood once closed a road near here."
        )
        about = challenge(
            session,
            state=ChallengeState.PUBLISHED,
            title="Flood warnings",
            problem="Flood after flood. Flooded homes.",
        )
        challenge(session, state=ChallengeState.PUBLISHED, title="Something else")
        assert refs(session, words="flooding") == [about.ref, passing.ref]

    def test_it_finds_a_reference(self, session: Session) -> None:
        wanted = challenge(session, state=ChallengeState.PUBLISHED)
        challenge(session, state=ChallengeState.PUBLISHED)
        assert refs(session, words=wanted.ref) == [wanted.ref]

    @pytest.mark.parametrize("words", ["'", '"', "a & | !", "-", "((", ":*", "or or", "\\"])
    def test_any_words_make_a_search(self, session: Session, words: str) -> None:
        assert queries.public_challenges(session, words=words).page == 1

    def test_it_is_narrowed_by_department(self, session: Session) -> None:
        mine = challenge(session, state=ChallengeState.PUBLISHED)
        challenge(session, state=ChallengeState.PUBLISHED)
        assert refs(session, department_id=mine.organisation_id) == [mine.ref]

    def test_it_is_narrowed_by_state(self, session: Session) -> None:
        yesterday = clock.uk_today() - timedelta(days=1)
        made = {
            "published": challenge(session, state=ChallengeState.PUBLISHED, closes_on=clock.uk_today()),
            "engaging": challenge(session, state=ChallengeState.ENGAGING),
            "past": challenge(session, state=ChallengeState.ENGAGING, closes_on=yesterday),
            "due": challenge(session, state=ChallengeState.FINDINGS_DUE, closes_on=yesterday),
            "closed": challenge(session, state=ChallengeState.CLOSED),
            "withdrawn": challenge(session, state=ChallengeState.WITHDRAWN, published_at=clock.now()),
        }
        challenge(session, state=ChallengeState.WITHDRAWN)
        names = {row.ref: name for name, row in made.items()}
        found = {state: sorted(names[ref] for ref in refs(session, state=state)) for state in Listed}
        assert found == {
            Listed.OPEN: ["engaging", "published"],
            Listed.FINDINGS_DUE: ["due", "past"],
            Listed.CLOSED: ["closed", "withdrawn"],
            Listed.ALL: sorted(made),
        }

    def test_open_challenges_are_those_that_close_soonest_first(self, session: Session) -> None:
        today = clock.uk_today()
        late = challenge(session, state=ChallengeState.ENGAGING, closes_on=today + timedelta(days=9))
        soon = challenge(session, state=ChallengeState.PUBLISHED, closes_on=today)
        challenge(session, state=ChallengeState.PUBLISHED, closes_on=today - timedelta(days=1))
        challenge(session, state=ChallengeState.APPROVED, closes_on=today)
        assert [row.ref for row in queries.open_challenges(session)] == [soon.ref, late.ref]
        assert [row.is_open for row in (soon, late)] == [True, True]

    def test_a_window_has_an_open_and_a_closed_end(self, session: Session) -> None:
        start = clock.now()
        moments = [
            start,
            start + timedelta(seconds=1),
            start + timedelta(seconds=2),
            start + timedelta(seconds=3),
        ]
        rows = [challenge(session, state=ChallengeState.PUBLISHED, published_at=moment) for moment in moments]
        challenge(session, state=ChallengeState.WITHDRAWN, published_at=moments[1])
        found = queries.published_between(session, after=moments[0], until=moments[2])
        assert [row.ref for row in found] == [rows[1].ref, rows[2].ref]


class TestOne:
    @pytest.mark.parametrize("state", HIDDEN)
    def test_what_is_not_public_looks_like_what_does_not_exist(
        self, session: Session, state: ChallengeState
    ) -> None:
        hidden = challenge(session, state=state)
        with pytest.raises(NotFound) as refused:
            queries.public_challenge(session, ref=hidden.ref)
        with pytest.raises(NotFound) as absent:
            queries.public_challenge(session, ref="ENG-2019-9999")
        assert refused.value.message == absent.value.message

    def test_a_withdrawn_challenge_stays_readable_when_it_was_public(self, session: Session) -> None:
        was = challenge(session, state=ChallengeState.WITHDRAWN, published_at=clock.now())
        assert queries.public_challenge(session, ref=was.ref) is was

    @pytest.mark.parametrize(
        "state", [ChallengeState.DRAFT, ChallengeState.NOTICE_PENDING, ChallengeState.PUBLISHED]
    )
    def test_the_workspace_is_for_the_department_and_auditors(
        self, session: Session, state: ChallengeState
    ) -> None:
        thing = challenge(session, state=state, **PME)
        own, supplier = thing.organisation, accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER)
        may = [
            accounts.actor(session, role, organisation=own)
            for role in (Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR)
        ]
        may.append(accounts.actor(session, Role.AUDITOR))
        may_not = [
            accounts.actor(session, Role.POLICY_AUTHOR),
            accounts.actor(session, Role.APPROVER),
            accounts.actor(session, Role.PLATFORM_ADMIN),
            accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=supplier),
            accounts.actor(session, Role.SUPPLIER_EXPERT, organisation=supplier),
        ]
        assert [queries.challenge(session, ref=thing.ref, actor=actor) for actor in may] == [thing] * len(may)
        for actor in may_not:
            with pytest.raises(NotFound, match="no challenge with this reference"):
                queries.challenge(session, ref=thing.ref, actor=actor)


class TestBoard:
    def test_every_state_has_its_column_and_says_who_acts(self, session: Session) -> None:
        mine = accounts.new_organisation(session)
        for state in ChallengeState:
            route = PME if state is ChallengeState.NOTICE_PENDING else {}
            challenge(session, organisation=mine, state=state, **route)
        challenge(session, state=ChallengeState.DRAFT)
        board = queries.for_department(session, shown=Shown(mine.id))
        assert [
            (column.title, column.count, [card.challenge.state for card in column.cards]) for column in board
        ] == [
            ("Being written", 2, [ChallengeState.CHANGES_REQUESTED, ChallengeState.DRAFT]),
            (
                "In approval",
                3,
                [ChallengeState.NOTICE_PENDING, ChallengeState.APPROVED, ChallengeState.IN_REVIEW],
            ),
            ("Open", 2, [ChallengeState.ENGAGING, ChallengeState.PUBLISHED]),
            ("Findings due", 1, [ChallengeState.FINDINGS_DUE]),
            ("Closed", 2, [ChallengeState.WITHDRAWN, ChallengeState.CLOSED]),
        ]
        assert [card.next.who for column in board for card in column.cards] == [
            *("A policy author", "A policy author"),
            *("A policy author or an approver", "A policy author or an approver", "An approver"),
            *["A policy author or an approver"] * 3,
            *("", ""),
        ]

    def test_a_long_column_shows_the_newest_and_counts_all(self, session: Session) -> None:
        mine = accounts.new_organisation(session)
        for _ in range(queries.CARDS_SHOWN + 2):
            newest = challenge(session, organisation=mine, state=ChallengeState.CLOSED)
        closed = queries.for_department(session, shown=Shown(mine.id))[-1]
        assert (closed.count, len(closed.cards), closed.cards[0].challenge) == (22, 20, newest)

    @pytest.mark.parametrize("rows", [1, 3])
    def test_it_takes_two_statements_however_many_challenges(
        self, session: Session, engine: sa.Engine, rows: int
    ) -> None:
        mine = accounts.new_organisation(session).id
        for _ in range(rows):
            challenge(
                session, organisation=session.get_one(Organisation, mine), state=ChallengeState.IN_REVIEW
            )
        session.expunge_all()
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            asked.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        try:
            board = queries.for_department(session, shown=Shown(mine))
            names = [card.challenge.author.name for column in board for card in column.cards]
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
        assert (len(names), len(asked)) == (rows, 2)
