"""What was told to one organisation elsewhere, until everyone has it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges import service as challenges
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.consultation import queries, service
from engage.consultation.models import Telling, ToldFact
from engage.consultation.service import Said
from engage.consultation.service.telling import without_names
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.chain import verify
from engage.kernel.db import unit_of_work
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.kernel.text import sha256
from engage.ledger.enums import EVERYONE, Channel
from engage.ledger.models import Disclosure
from engage.matchmaking.enums import InvitationState
from tests.factories import accounts, advisory, consultation
from tests.support.records import letters, tags, told

TEXT = "The pilot has a budget of 40,000 pounds. Wayfare asked for it."
CLEAN = "The pilot has a budget of 40,000 pounds."


def author(session: Session, challenge: Challenge) -> Actor:
    return accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)


def said(by: Actor, to: str = "Wayfare Ltd", *, ago: timedelta = timedelta(days=3), **changes: Any) -> Said:
    given: dict[str, Any] = {
        "organisation": to,
        "on_engage": True,
        "channel": Channel.PHONE,
        "told_at": clock.now() - ago,
        "told_by_id": by.person_id,
    }
    return Said(**{**given, **changes})


def record(session: Session, challenge: Challenge, by: Actor, **changes: Any) -> ToldFact:
    words = {"title": "The budget of the pilot", "text": TEXT}
    return service.record_telling(
        session, actor=by, challenge=challenge, said=changes.pop("said", said(by)), **{**words, **changes}
    )


def open_ones(session: Session, challenge: Challenge) -> list[tuple[str, str, list[str]]]:
    found = queries.differences(session, challenge=challenge)
    return [(each.summary, each.lasted, list(each.names)) for each in found if each.is_open]


def test_a_phone_call_is_on_the_report_until_its_exact_text_is_released(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    wayfare, rival = advisory.team(session, name="Wayfare Ltd"), advisory.team(session)
    by = author(session, challenge)
    fact = record(session, challenge, by)
    assert open_ones(session, challenge) == [("The budget of the pilot", "3 days", ["Wayfare Ltd"])]
    assert told(session) == [(f"told:{fact.id}", f"supplier:{wayfare.supplier.ref}")]
    line = session.scalars(sa.select(Disclosure)).one()
    assert (line.channel, line.body_hash) == (Channel.PHONE, sha256(TEXT))
    assert line.released == line.delivered < line.at
    assert tags(session) == ["consultation:telling:recorded"]
    assert (letters(session), queries.shared(session, challenge_id=challenge.id)) == ([], [])

    for state in (InvitationState.SENT,):
        advisory.invitation(session, challenge=challenge, supplier=rival.supplier, state=state)
    service.release_fact(session, actor=by, fact=fact, wording=CLEAN)
    assert open_ones(session, challenge) == []
    assert told(session)[1:] == [(f"told:{fact.id}", EVERYONE)]
    (shown,) = queries.shared(session, challenge_id=challenge.id)
    assert (shown.title, shown.wording, shown.released_at) == (fact.title, CLEAN, fact.released_at)
    assert sorted(letter.recipient for letter in letters(session, "fact_shared")) == sorted(
        [wayfare.person.email, rival.person.email]
    )
    assert {letter.fact for letter in letters(session)} == {f"told:{fact.id}"}
    session.commit()
    assert list(verify(session, Disclosure)) == []


def test_material_of_a_one_to_one_is_told_to_two_and_one_of_them_is_not_on_engage(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    fact = record(session, challenge, by, said=said(by, channel=Channel.ONE_TO_ONE))
    stranger = said(by, "Corner Shop", on_engage=False, ago=timedelta(days=1), channel=Channel.DOCUMENT)
    for _ in range(2):
        service.record_again(session, actor=by, fact=fact, said=stranger)
    other = record(session, challenge, by, title="The dates", said=said(by, "corner  shop", on_engage=False))
    assert open_ones(session, challenge) == [
        ("The budget of the pilot", "3 days", ["Wayfare Ltd", "Corner Shop"]),
        ("The dates", "3 days", ["Corner Shop"]),
    ]
    assert len(session.scalars(sa.select(Telling)).all()) == 3
    assert len({audience for _, audience in told(session)}) == 2, "the same stranger is one audience"
    assert all("Corner" not in row.payload for row in session.scalars(sa.select(Disclosure)))
    assert [each.id for each in queries.told_facts(session, challenge_id=challenge.id)] == [fact.id, other.id]


def test_a_second_click_records_nothing_twice(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    same = said(by)
    first, second = (record(session, challenge, by, said=same) for _ in range(2))
    assert first.id == second.id
    assert (len(told(session)), tags(session)) == (1, ["consultation:telling:recorded"])


def test_a_supplier_found_by_name_is_itself_whatever_was_ticked(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    team = advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    record(session, challenge, by, said=said(by, " WAYFARE   ltd ", on_engage=False))
    record(session, challenge, by, title="The dates", said=said(by, team.supplier.ref))
    assert {audience for _, audience in told(session)} == {f"supplier:{team.supplier.ref}"}


def test_a_title_that_names_a_supplier_entered_by_its_reference_is_refused(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    team = advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    with pytest.raises(Invalid) as refused:
        record(session, challenge, by, title="What Wayfare asked", said=said(by, team.supplier.ref))
    assert list(refused.value.fields) == ["title"]
    stranger = said(by, "Corner Shop", on_engage=False)
    fact = record(session, challenge, by, title="What Wayfare asked", said=stranger)
    with pytest.raises(Invalid) as again:
        service.record_again(session, actor=by, fact=fact, said=said(by, team.supplier.ref))
    assert list(again.value.fields) == ["organisation"]
    assert [each.recipient for each in session.scalars(sa.select(Telling))] == ["Corner Shop"]


@pytest.mark.parametrize(
    ("changes", "told_with", "field", "words"),
    [
        ({"title": " "}, {}, "title", "Enter what it is about"),
        ({"title": "x" * 151}, {}, "title", "150 characters or fewer"),
        ({"title": "What Wayfare Ltd asked"}, {}, "title", "Take “Wayfare Ltd” out"),
        ({"text": "\n"}, {}, "text", "Enter what was said"),
        ({"text": "word " * 10_000}, {}, "text", "20,000 characters or fewer"),
        ({}, {"organisation": ""}, "organisation", "Enter who was told"),
        ({}, {"organisation": "Nobody Ltd"}, "organisation", "No supplier called “Nobody Ltd” is on engage"),
        ({}, {"organisation": "x" * 201, "on_engage": False}, "organisation", "200 characters or fewer"),
        ({}, {"ago": timedelta(minutes=-1)}, "told_at", "must be in the past"),
        ({}, {"channel": Channel.PAGE}, "channel", "Choose how it was told"),
        ({}, {"told_by_id": 0}, "told_by", "from the people of your department"),
    ],
)
def test_bad_input_names_its_mend_and_changes_nothing(
    session: Session, changes: dict[str, Any], told_with: dict[str, Any], field: str, words: str
) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    to = told_with.pop("organisation", "Wayfare Ltd")
    with pytest.raises(Invalid) as refused:
        record(session, challenge, by, said=said(by, to, **told_with), **changes)
    assert list(refused.value.fields) == [field]
    assert words in refused.value.fields[field]
    assert (told(session), session.scalars(sa.select(ToldFact)).all()) == ([], [])


@pytest.mark.parametrize("wording", [TEXT, "Mail sales@wayfare.example.", "As WAYFARE, LTD knows."])
def test_a_wording_that_names_who_was_told_is_not_released_unseen(session: Session, wording: str) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd", website="https://wayfare.example")
    by = author(session, challenge)
    fact = record(session, challenge, by)
    with pytest.raises(Invalid, match="Take out what may name who was told"):
        service.release_fact(session, actor=by, fact=fact, wording=wording)
    assert (fact.released_at, len(told(session))) == (None, 1)
    service.release_fact(session, actor=by, fact=fact, wording=wording, names_checked=True)
    assert fact.wording == wording


def test_the_word_by_which_people_call_an_organisation_names_it_too(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="The Northern Minibus Cooperative Ltd")
    by = author(session, challenge)
    told_to = said(by, "The Northern Minibus Cooperative Ltd")
    fact = record(session, challenge, by, text="As Northern knows, northern roads are narrow.", said=told_to)
    assert service.traces_of_told(session, fact, fact.text) == ["Northern"]
    both = "The Northern Minibus Cooperative asked. Northern wondered."
    traces = service.traces_of_told(session, fact, both)
    assert traces == ["The Northern Minibus Cooperative", "Northern"]
    assert without_names(both, traces) == "[name removed] asked. [name removed] wondered."
    assert without_names(fact.text, ["Northern"]) == "As [name removed] knows, northern roads are narrow."
    assert service.traces_of_told(session, fact, "NORTHERN asked; nor a NORTHERNER.") == ["NORTHERN"]


@pytest.mark.parametrize(("wording", "words"), [(" ", "Enter what everyone"), ("w" * 20_001, "20,000")])
def test_an_empty_or_endless_wording_is_refused(session: Session, wording: str, words: str) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    with pytest.raises(Invalid, match=words):
        service.release_fact(session, actor=by, fact=record(session, challenge, by), wording=wording)


def test_releasing_twice_writes_one_line_and_keeps_the_first_wording(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    fact = record(session, challenge, by)
    for wording in (CLEAN, "Something else."):
        service.release_fact(session, actor=by, fact=fact, wording=wording)
    assert fact.wording == CLEAN
    assert [audience for _, audience in told(session)].count(EVERYONE) == 1


def test_two_who_release_at_once_write_one_line(committed: sa.Engine) -> None:
    with unit_of_work() as session:
        challenge = advisory.open_challenge(session)
        advisory.team(session, name="Wayfare Ltd")
        actors = [author(session, challenge) for _ in range(4)]
        fact_id = record(session, challenge, actors[0]).id
    together = threading.Barrier(len(actors))

    def release(by: Actor) -> None:
        with unit_of_work() as session:
            fact = queries.told_fact(session, fact_id=fact_id)
            together.wait()
            service.release_fact(session, actor=by, fact=fact, wording=CLEAN)

    threads = [threading.Thread(target=release, args=(by,)) for by in actors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with unit_of_work() as session:
        assert [audience for _, audience in told(session)].count(EVERYONE) == 1
        assert list(verify(session, Disclosure)) == []


def test_before_publication_it_waits_and_goes_out_with_it_in_its_wording(session: Session) -> None:
    challenge = advisory.open_challenge(session, state=ChallengeState.APPROVED)
    advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    worded, other = (
        record(session, challenge, by),
        record(session, challenge, by, title="The dates", text="In May."),
    )
    service.release_fact(session, actor=by, fact=worded, wording=CLEAN)
    assert (worded.released_at, worded.with_publication, len(told(session))) == (None, True, 2)
    challenges.publish(session, actor=by, challenge=challenge)
    assert worded.released_at is not None
    assert (worded.released_by_id, other.released_at) == (None, None)
    assert [each.summary for each in queries.differences(session, challenge=challenge) if each.is_open] == [
        "The dates"
    ]


def test_a_wording_that_names_who_is_told_later_is_written_again(session: Session) -> None:
    challenge = advisory.open_challenge(session, state=ChallengeState.APPROVED)
    advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    fact = record(session, challenge, by, text="Corner Shop asked for 40,000 pounds.")
    service.release_fact(session, actor=by, fact=fact, wording=fact.text)
    service.record_again(session, actor=by, fact=fact, said=said(by, "The Bakery", on_engage=False))
    assert fact.wording == fact.text
    service.record_again(session, actor=by, fact=fact, said=said(by, "Corner Shop", on_engage=False))
    assert (fact.wording, fact.with_publication) == ("", True)
    with pytest.raises(Conflict, match="what everyone will read of “The budget of the pilot”"):
        challenges.publish(session, actor=by, challenge=challenge)


def test_only_the_department_records_and_only_authors_and_approvers_release(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    for outsider in (
        accounts.actor(session, Role.POLICY_AUTHOR),
        accounts.actor(session, Role.AUDITOR),
        advisory.team(session).actor,
    ):
        with pytest.raises(NotAllowed):
            record(session, challenge, outsider, said=said(by))
    facilitator = accounts.actor(session, Role.FACILITATOR, organisation=challenge.organisation)
    fact = record(session, challenge, facilitator, said=said(facilitator))
    with pytest.raises(NotAllowed):
        service.release_fact(session, actor=facilitator, fact=fact, wording=CLEAN)


def test_nothing_shared_is_shown_while_the_challenge_is_out_of_view(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    advisory.team(session, name="Wayfare Ltd")
    by = author(session, challenge)
    service.release_fact(session, actor=by, fact=record(session, challenge, by), wording=CLEAN)
    assert len(queries.shared(session, challenge_id=challenge.id)) == 1
    challenge.state = ChallengeState.NOTICE_PENDING
    session.flush()
    assert queries.shared(session, challenge_id=challenge.id) == []


def test_an_answer_cannot_go_to_everyone_while_the_challenge_is_out_of_view(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    question = consultation.question(session, challenge=challenge, team=advisory.team(session))
    challenge.state = ChallengeState.NOTICE_PENDING
    session.flush()
    with pytest.raises(Conflict, match="not public at the moment"):
        service.release(
            session, actor=author(session, challenge), question=question, published_text="Why?", answer="So."
        )
    assert (letters(session), told(session)) == ([], [])
