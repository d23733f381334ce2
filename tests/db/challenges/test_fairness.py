"""No challenge is closed while some know what not everyone could know, unless there are recorded reasons."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from engage.challenges import queries, service
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.consultation import queries as consultation
from engage.consultation import service as telling
from engage.consultation.models import ToldFact
from engage.consultation.service import Said
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.ledger import service as ledger
from engage.ledger.enums import Channel
from tests.factories import accounts, challenges
from tests.support.records import tags

DUE = ChallengeState.FINDINGS_DUE
DIFFERENCE, STEPS = "Only the incumbent knows the old system.", "Its answers are on the page."


def lead(session: Session, challenge: Challenge) -> Actor:
    return accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)


def tell_one(session: Session, challenge: Challenge, by: Actor, title: str = "The budget") -> ToldFact:
    said = Said(
        organisation="Wayfare",
        on_engage=False,
        channel=Channel.MEETING,
        told_at=clock.now() - timedelta(hours=1),
        told_by_id=by.person_id,
    )
    return telling.record_telling(
        session, actor=by, challenge=challenge, title=title, text="40,000 pounds.", said=said
    )


def test_closing_is_refused_by_name_until_everything_is_released(session: Session) -> None:
    challenge = challenges.challenge(session, state=DUE)
    by = lead(session, challenge)
    fact = tell_one(session, challenge, by)
    with pytest.raises(Conflict) as refused:
        service.close(session, actor=by, challenge=challenge)
    assert refused.value.message == (
        "This challenge cannot be closed yet: some suppliers were told something that not everyone could know: "
        "“The budget”. On the Ledger tab, release each to everyone, or record why the difference was justified."
    )
    assert challenge.state is DUE
    telling.release_fact(session, actor=by, fact=fact, wording=fact.text)
    service.close(session, actor=by, challenge=challenge)
    assert challenge.state is ChallengeState.CLOSED


def test_a_justification_settles_what_it_names_and_nothing_told_later(session: Session) -> None:
    challenge = challenges.challenge(session, state=DUE)
    by = lead(session, challenge)
    first = tell_one(session, challenge, by)
    service.justify(
        session, actor=by, challenge=challenge, facts=[first.key], difference=DIFFERENCE, steps=STEPS
    )
    assert queries.unsettled(session, challenge=challenge) == []
    later = tell_one(session, challenge, by, "The dates")
    with pytest.raises(Conflict, match="“The dates”"):
        service.close(session, actor=by, challenge=challenge)
    service.justify(
        session, actor=by, challenge=challenge, facts=[later.key], difference=DIFFERENCE, steps=STEPS
    )
    service.close(session, actor=by, challenge=challenge)
    assert [each.facts for each in queries.justifications(session, challenge_id=challenge.id)] == [
        [first.key],
        [later.key],
    ]
    assert tags(session, "challenges:") == [
        "challenges:challenge:difference_justified",
        "challenges:challenge:difference_justified",
        "challenges:challenge:closed",
    ]


def test_telling_another_after_the_justification_opens_the_fact_again(session: Session) -> None:
    challenge = challenges.challenge(session, state=DUE)
    by = lead(session, challenge)
    fact = tell_one(session, challenge, by)
    given = {"facts": [fact.key], "difference": DIFFERENCE, "steps": STEPS}
    service.justify(session, actor=by, challenge=challenge, **given)  # type: ignore[arg-type]  # one dict
    assert queries.unsettled(session, challenge=challenge) == []
    # Told before the reasons were given and recorded after: who wrote them had not seen this one.
    early = Said(
        organisation="Corner Shop",
        on_engage=False,
        channel=Channel.PHONE,
        told_at=clock.now() - timedelta(days=1),
        told_by_id=by.person_id,
    )
    telling.record_again(session, actor=by, fact=fact, said=early)
    assert [each.fact for each in queries.unsettled(session, challenge=challenge)] == [fact.key]
    assert [each.settled for each in consultation.differences(session, challenge=challenge)] == [False]
    with pytest.raises(Conflict, match="“The budget”"):
        service.close(session, actor=by, challenge=challenge)
    service.justify(session, actor=by, challenge=challenge, **given)  # type: ignore[arg-type]  # one dict
    service.close(session, actor=by, challenge=challenge)
    assert challenge.state is ChallengeState.CLOSED


def test_a_long_list_is_counted_beyond_five(session: Session) -> None:
    challenge = challenges.challenge(session, state=DUE)
    by = lead(session, challenge)
    for number in range(7):
        tell_one(session, challenge, by, f"Thing {number}")
    with pytest.raises(Conflict) as refused:
        service.close(session, actor=by, challenge=challenge)
    assert "were told 7 things that not everyone could know: “Thing 0”" in refused.value.message
    assert "“Thing 4”, 2 more." in refused.value.message


def test_own_affairs_of_a_supplier_do_not_keep_a_challenge_open(session: Session) -> None:
    challenge = challenges.challenge(session, state=DUE)
    for fact in ("invitation:a", "seat:1", "offer:1", "rejection:1"):
        ledger.disclose(
            session,
            challenge_ref=challenge.ref,
            fact=fact,
            summary="A letter",
            channel=Channel.MAIL,
            audience="supplier:A",
        )
    service.close(session, actor=lead(session, challenge), challenge=challenge)
    assert challenge.state is ChallengeState.CLOSED


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"facts": []}, "facts"),
        ({"facts": ["told:0"]}, "facts"),
        ({"difference": " "}, "difference"),
        ({"steps": ""}, "steps"),
        ({"steps": "word " * 10_000}, "steps"),
    ],
)
def test_a_justification_names_open_facts_and_says_why_and_what(
    session: Session, changes: dict[str, object], field: str
) -> None:
    challenge = challenges.challenge(session, state=DUE)
    by = lead(session, challenge)
    fact = tell_one(session, challenge, by)
    given = {"facts": [fact.key], "difference": DIFFERENCE, "steps": STEPS, **changes}
    with pytest.raises(Invalid) as refused:
        service.justify(session, actor=by, challenge=challenge, **given)  # type: ignore[arg-type]  # bad on purpose
    assert list(refused.value.fields) == [field]
    assert queries.justifications(session, challenge_id=challenge.id) == []


def test_market_engagement_closes_with_a_step_recorded_only(session: Session) -> None:
    challenge = challenges.challenge(session, state=DUE, **challenges.PME)
    by = lead(session, challenge)
    with pytest.raises(Conflict, match="at least one step"):
        service.close(session, actor=by, challenge=challenge)
    step = service.add_step(
        session, actor=by, challenge=challenge, text="Same questions.", taken_on=clock.uk_today()
    )
    service.remove_step(session, actor=by, challenge=challenge, step_id=step.id)
    service.remove_step(session, actor=by, challenge=challenge, step_id=step.id)
    with pytest.raises(Conflict, match="at least one step"):
        service.close(session, actor=by, challenge=challenge)
    service.add_step(
        session, actor=by, challenge=challenge, text="Same questions.", taken_on=date(2026, 1, 5)
    )
    service.close(session, actor=by, challenge=challenge)
    assert tags(session, "challenges:") == [
        f"challenges:challenge:{deed}"
        for deed in ("step_recorded", "step_removed", "step_recorded", "closed")
    ]


@pytest.mark.parametrize(
    ("text", "days", "field"), [("", 0, "text"), ("x" * 501, 0, "text"), ("Same time.", 1, "taken_on")]
)
def test_a_step_says_what_was_done_on_a_day_that_has_come(
    session: Session, text: str, days: int, field: str
) -> None:
    challenge = challenges.challenge(session, state=DUE)
    day = clock.uk_today() + timedelta(days=days)
    with pytest.raises(Invalid) as refused:
        service.add_step(
            session, actor=lead(session, challenge), challenge=challenge, text=text, taken_on=day
        )
    assert list(refused.value.fields) == [field]


def test_another_department_and_what_is_over_change_nothing(session: Session) -> None:
    challenge = challenges.challenge(session, state=DUE)
    fact = tell_one(session, challenge, lead(session, challenge))
    stranger = accounts.actor(session, Role.POLICY_AUTHOR)
    given = {"facts": [fact.key], "difference": DIFFERENCE, "steps": STEPS}
    with pytest.raises(NotAllowed):
        service.justify(session, actor=stranger, challenge=challenge, **given)  # type: ignore[arg-type]  # one dict
    with pytest.raises(NotAllowed):
        service.add_step(
            session, actor=stranger, challenge=challenge, text="Done.", taken_on=clock.uk_today()
        )
    closed = challenges.challenge(session, state=ChallengeState.CLOSED)
    with pytest.raises(Conflict, match="is over"):
        service.add_step(
            session, actor=lead(session, closed), challenge=closed, text="Done.", taken_on=clock.uk_today()
        )
