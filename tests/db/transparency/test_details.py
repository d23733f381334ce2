"""The record read from rows, and writing what the notice says beyond the challenge."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation, OrganisationIdentifier
from engage.advisory.enums import SessionState
from engage.audit import queries as audit
from engage.challenges import service as challenges
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from engage.transparency import queries, service
from engage.transparency.enums import Part, PartyPart, Subject
from tests.factories import accounts
from tests.factories.advisory import meeting
from tests.factories.challenges import PME, challenge
from tests.factories.transparency import OF_BUYER, WRITTEN, details


@pytest.fixture
def own(session: Session) -> Organisation:
    return accounts.new_organisation(session, name="Department for Seats")


@pytest.fixture
def author(session: Session, own: Organisation) -> Actor:
    return accounts.actor(session, Role.POLICY_AUTHOR, organisation=own)


@pytest.fixture
def pending(session: Session, own: Organisation) -> Challenge:
    return challenge(session, organisation=own, state=ChallengeState.NOTICE_PENDING, **PME)


def codes(session: Session, found: Challenge) -> list[str]:
    return [item.code for item in service.missing(service.record_of(session, challenge=found))]


def test_a_challenge_alone_gives_a_valid_release_and_a_list(session: Session, pending: Challenge) -> None:
    record = service.record_of(session, challenge=pending)
    made = service.release(record)
    assert service.verdict(made).valid
    assert made["ocid"] == f"not-allocated:{pending.ref}"
    assert codes(session, pending) == [
        "authority_address",
        "authority_email",
        "authority_ppon",
        "contact_name",
        "contact_email",
        "contact_address",
        "ocid",
        "process",
        "category",
        "kinds",
        "how",
        "when",
        "amount",
        "place",
        "authority_type",
        "above_threshold",
        "tender_notice_on",
    ]


def test_with_its_details_nothing_is_missing(session: Session, pending: Challenge) -> None:
    details(session, pending)
    record = service.record_of(session, challenge=pending)
    assert codes(session, pending) == ["ocid"]
    assert service.verdict(service.release(record)).valid
    assert (record.cpv, record.closes_on) == (("60130000",), pending.closes_on)


def test_the_identifiers_of_the_organisation_count(session: Session, pending: Challenge) -> None:
    pending.organisation.identifiers.append(OrganisationIdentifier(scheme="GB-PPON", value="PZZZ-0000-ZZZZ"))
    session.flush()
    authority = service.record_of(session, challenge=pending).authority
    assert authority.ppon == "PZZZ-0000-ZZZZ"
    assert [scheme for scheme, _ in authority.other_ids] == ["GB-COH"]
    party = service.release(service.record_of(session, challenge=pending))["parties"][0]
    assert party["id"] == "GB-PPON-PZZZ-0000-ZZZZ"


def test_sessions_are_the_events_of_the_notice(session: Session, pending: Challenge) -> None:
    details(session, pending)
    start = datetime(2031, 7, 1, 13, 0, tzinfo=UTC)
    times: dict[str, Any] = {"starts_at": start, "ends_at": start + timedelta(hours=1)}
    meeting(session, challenge=pending, title="First talk", place="Leeds", **times)
    meeting(
        session,
        challenge=pending,
        title="Not held",
        state=SessionState.CANCELLED,
        cancel_reason="Snow",
        **times,
    )
    milestone = service.release(service.record_of(session, challenge=pending))["planning"]["milestones"][0]
    assert "First talk: Tuesday 1 July 2031, 2pm to 3pm (UK time), Leeds" in milestone["description"]
    assert "Not held" not in milestone["description"]


def test_publication_is_no_correction_and_a_new_answer_is(
    session: Session, own: Organisation, author: Actor
) -> None:
    public = challenge(session, organisation=own, state=ChallengeState.PUBLISHED, **PME)
    details(session, public)
    public.updated_at = clock.now() + timedelta(minutes=5)  # published a little after the notice was recorded
    session.flush()
    made = service.release(service.record_of(session, challenge=public))
    assert (made["tag"], made["id"]) == (["planning"], public.notice_number)
    service.save_details(session, actor=author, challenge=public, part=Part.SCOPE, values={"how": "By post"})
    corrected = service.release(service.record_of(session, challenge=public))
    assert corrected["tag"] == ["planningUpdate"]
    assert corrected["id"].startswith(f"{public.notice_number}-update-")
    assert service.verdict(corrected).valid


def test_answers_are_kept_once_and_named_in_the_audit_trail(
    session: Session, pending: Challenge, author: Actor
) -> None:
    values = {
        "kinds": "  Software. ",
        "regions": ["TLN", "TLC"],
        "cpv": ["72000000-5"],
        "not_known": [Subject.HOW],
    }
    for _ in range(2):
        kept = service.save_details(session, actor=author, challenge=pending, part=Part.SCOPE, values=values)
    assert (kept.kinds, kept.regions, kept.cpv, kept.not_known) == (
        "Software.",
        ["TLC", "TLN"],
        ["72000000"],
        ["how"],
    )
    lines = [
        (event.tag, event.details)
        for event in audit.history(session, subject=f"challenge:{pending.ref}")
        if event.tag.startswith("transparency:")
    ]
    assert lines == [
        (
            "transparency:notice_details:changed",
            {"part": "scope", "fields": ["cpv", "kinds", "not_known", "regions"]},
        )
    ]
    assert service.record_of(session, challenge=pending).cpv == ("60130000", "72000000")


def test_pages_do_not_forget_what_another_page_says_is_unknown(
    session: Session, pending: Challenge, author: Actor
) -> None:
    for part, unknown in ((Part.SCOPE, [Subject.HOW]), (Part.DATES, [Subject.WHEN]), (Part.SCOPE, [])):
        kept = service.save_details(
            session, actor=author, challenge=pending, part=part, values={"not_known": unknown}
        )
    assert kept.not_known == ["when"]


def test_what_somebody_else_saved_is_not_overwritten(
    session: Session, pending: Challenge, author: Actor
) -> None:
    seen = service.fingerprint(service.details_of(session, challenge=pending), Part.SCOPE)
    other = service.fingerprint(service.details_of(session, challenge=pending), Part.DATES)
    save: dict[str, Any] = {"actor": author, "challenge": pending}
    service.save_details(session, **save, part=Part.SCOPE, values={"kinds": "Theirs"}, seen=seen)
    with pytest.raises(Conflict):
        service.save_details(session, **save, part=Part.SCOPE, values={"kinds": "Mine"}, seen=seen)
    service.save_details(session, **save, part=Part.DATES, values={"quantity": "300"}, seen=other)
    kept = queries.details(session, challenge_id=pending.id)
    assert kept
    assert (kept.kinds, kept.quantity) == ("Theirs", "300")


@pytest.mark.parametrize(
    ("part", "values", "field"),
    [
        (Part.DATES, {"starts_on": date(2031, 4, 1), "ends_on": date(2031, 4, 1)}, "ends_on"),
        (Part.DATES, {"starts_on": date(2031, 4, 1), "tender_notice_on": date(2031, 4, 1)}, "starts_on"),
        (Part.DATES, {"value_net": 12, "value_gross": 10}, "value_gross"),
        (Part.DATES, {"value_net": -1}, "value_net"),
        (Part.DATES, {"value_gross": 10**13}, "value_gross"),
        (Part.ENGAGEMENT, {"opens_on": date(2199, 1, 1)}, "opens_on"),  # after the challenge closes
        (Part.ENGAGEMENT, {"engagement_process": "x" * 10_001}, "engagement_process"),
        (Part.CONTACT, {"contact_email": "ann at seats"}, "contact_email"),
        (Part.CONTACT, {"contact_name": "x" * 201}, "contact_name"),
        (Part.SCOPE, {"cpv": ["123"]}, "cpv"),
    ],
)
def test_answers_that_cannot_stand(
    session: Session, pending: Challenge, author: Actor, part: Part, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        service.save_details(session, actor=author, challenge=pending, part=part, values=values)
    assert list(refused.value.fields) == [field]
    assert queries.details(session, challenge_id=pending.id) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_on": WRITTEN["starts_on"]},
        {"tender_notice_on": WRITTEN["starts_on"]},
        {"value_gross": 1},
        {"opens_on": date(2031, 1, 2), "closes_on": date(2031, 1, 1)},
        {"not_known": ["weather"]},
        {"languages": ["tlh"]},
    ],
)
def test_the_database_refuses_them_too(session: Session, pending: Challenge, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        details(session, pending, **wrong)


def test_the_department_describes_itself_once(session: Session, author: Actor, own: Organisation) -> None:
    for _ in range(2):
        kept = service.save_buyer(
            session, actor=author, values={**OF_BUYER, "ppon": "gb-ppon-pabc-1234-defg"}
        )
    assert kept.ppon == "PABC-1234-DEFG"
    events = audit.history(session, subject=f"organisation:{own.id}")
    assert [event.tag for event in events] == ["transparency:buyer_details:changed"]
    for wrong in ({"ppon": "ABC"}, {"website": "seats.example"}, {"email": "x"}, {"region": "TLX"}):
        with pytest.raises(Invalid) as refused:
            service.save_buyer(session, actor=author, values={**OF_BUYER, **wrong})
        assert list(refused.value.fields) == list(wrong)


PARTY: dict[str, Any] = {
    "part": PartyPart.AGENT,
    "name": "Buying Ltd",
    "ppon": "PXYZ-1111-AAAA",
    "street": "2 Low Street",
    "locality": "York",
    "postal_code": "YO1 1AA",
    "email": "hello@buying.example",
    "role": "Runs the sessions",
}


def test_other_organisations_come_and_go(session: Session, pending: Challenge, author: Actor) -> None:
    details(session, pending)
    joint = {**PARTY, "part": PartyPart.JOINT, "name": "Leeds Council", "role": ""}
    service.add_party(session, actor=author, challenge=pending, values=joint)
    agent = service.add_party(session, actor=author, challenge=pending, values=PARTY)
    made = service.release(service.record_of(session, challenge=pending))
    assert [(party["name"], party["roles"]) for party in made["parties"]] == [
        ("Department for Seats", ["buyer", "leadBuyer"]),
        ("Leeds Council", ["buyer"]),
        ("Buying Ltd", ["procurementServiceProvider"]),
    ]
    assert service.verdict(made).valid
    with pytest.raises(Invalid) as refused:
        service.add_party(session, actor=author, challenge=pending, values={**PARTY, "name": "", "role": ""})
    assert list(refused.value.fields) == ["name", "role"]
    service.remove_party(session, actor=author, challenge=pending, party_id=agent.id)
    assert [row.name for row in queries.parties(session, challenge_id=pending.id)] == ["Leeds Council"]
    another = challenge(
        session, organisation=pending.organisation, state=ChallengeState.NOTICE_PENDING, **PME
    )
    (left,) = queries.parties(session, challenge_id=pending.id)
    with pytest.raises(NotFound):
        service.remove_party(session, actor=author, challenge=another, party_id=left.id)


def test_who_may_write_and_when(
    session: Session, pending: Challenge, author: Actor, own: Organisation
) -> None:
    def save(actor: Actor, found: Challenge) -> None:
        service.save_details(session, actor=actor, challenge=found, part=Part.SCOPE, values={"kinds": "x"})

    for role in (Role.POLICY_AUTHOR, Role.APPROVER):
        with pytest.raises(NotAllowed):
            save(accounts.actor(session, role), pending)  # of another department
    with pytest.raises(NotAllowed):
        save(accounts.actor(session, Role.FACILITATOR, organisation=own), pending)
    supplier = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER)
    with pytest.raises(NotAllowed):
        save(accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=supplier), pending)
    for over in (
        challenge(session, organisation=own),  # a policy exploration
        challenge(session, organisation=own, state=ChallengeState.CLOSED, **PME),
        challenge(session, organisation=own, state=ChallengeState.WITHDRAWN, **PME),
    ):
        with pytest.raises(Conflict):
            save(author, over)
    save(accounts.actor(session, Role.APPROVER, organisation=own), pending)


def test_steps_taken_before_the_notice_stand_in_it_and_later_ones_on_the_page_alone(
    session: Session, pending: Challenge, author: Actor
) -> None:
    def step(text: str) -> None:
        today = clock.uk_today()
        challenges.add_step(session, actor=author, challenge=pending, text=text, taken_on=today)

    step("Same questions for all.")
    record = service.record_of(session, challenge=pending)
    assert record.steps == ("Same questions for all.",)
    shown = service.text(replace(record, process="Two sessions."))
    assert "unfair advantage (section 16(3))" in shown
    assert "- Same questions for all." in shown
    (milestone,) = service.release(record)["planning"]["milestones"]
    assert "- Same questions for all." in milestone["description"]
    assert service.verdict(service.release(record)).valid
    challenges.record_notice(
        session, actor=author, challenge=pending, notice_number="012345-2026", ocid="ocds-h6vhtk-0a1b2c"
    )
    step("Answers shared with everyone.")
    after = service.record_of(session, challenge=pending)
    assert (after.steps, after.is_correction) == (("Same questions for all.",), False)
