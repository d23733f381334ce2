"""Reading what was declared, said and decided. Who may read it is decided by the room's policy, in the views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, load_only

from engage.accounts import queries as accounts
from engage.accounts.models import Membership, Person
from engage.challenges import queries as texts
from engage.challenges.enums import OVER_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.interests import policy
from engage.interests.enums import MitigationState
from engage.interests.models import (
    AssessmentReview,
    Attestation,
    ConflictFinding,
    Declaration,
    DeclaredNone,
    Mitigation,
)
from engage.interests.policy import InterestsPermission
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.due import Due, Who, until, waited
from engage.kernel.errors import NotFound

_UNASKED = (ChallengeState.DRAFT, *OVER_STATES)


@dataclass(frozen=True)
class Statement:
    """What one person of the department's side has said about a challenge."""

    person: Person
    part: str
    """What the person does in it, in words."""
    asked: bool
    """Whether they have to say something: who wrote or approved the text, and facilitators."""
    declared: int
    """How many interests of theirs count for it."""
    none_at: datetime | None
    """When they said that there is nothing to declare."""

    @property
    def missing(self) -> bool:
        """Whether they were asked and have said nothing."""
        return self.asked and not self.declared and self.none_at is None


def of_person(session: Session, *, actor: Actor) -> Sequence[Declaration]:
    """Return what ``actor`` declared for the organisation they act for, newest first, corrected ones too."""
    query = sa.select(Declaration).where(
        Declaration.person_id == actor.person_id, Declaration.organisation_id == actor.organisation_id
    )
    return session.scalars(query.options(*_loaded()).order_by(Declaration.id.desc())).all()


def of_organisation(session: Session, *, organisation_id: int | None) -> Sequence[Declaration]:
    """Return what the people of an organisation declared and did not withdraw, newest first."""
    query = sa.select(Declaration).where(
        Declaration.organisation_id == organisation_id, Declaration.closed_at.is_(None)
    )
    return session.scalars(query.options(*_loaded()).order_by(Declaration.id.desc())).all()


def people_now(session: Session, *, organisation_id: int | None) -> set[int]:
    """Return the ids of the people who act for an organisation now."""
    found = accounts.members(session, organisation_id=organisation_id or 0)
    return {each.person_id for each in found}


def declaration(session: Session, *, declaration_id: int, actor: Actor) -> Declaration:
    """Return a declaration for who made it, or who looks after it. Raises ``NotFound`` for everybody else."""
    query = sa.select(Declaration).where(Declaration.id == declaration_id).options(*_loaded())
    found = session.scalar(query)
    if found is None or not (policy.is_own(actor, found) or policy.looks_after(actor, found)):
        raise NotFound
    return found


def by_id(session: Session, declaration_id: int) -> Declaration:
    """Return a declaration by its id, for reactions; whoever asks has decided who may read it."""
    return session.get_one(Declaration, declaration_id)


def of_officials(session: Session, *, challenge: Challenge, closed: bool = False) -> Sequence[Declaration]:
    """Return what the department's side declared that concerns ``challenge``, by id.

    Those that count today or will; ``closed``: those that were withdrawn or corrected instead.
    """
    side = sa.select(Membership.person_id).where(
        Membership.organisation_id == challenge.organisation_id, Membership.ended_at.is_(None)
    )
    until = sa.or_(Declaration.counts_until.is_(None), Declaration.counts_until >= clock.uk_today())
    query = sa.select(Declaration).where(
        Declaration.organisation_id == challenge.organisation_id,
        _about(challenge),
        sa.or_(Declaration.person_id.in_(side), Declaration.person_id.in_(hands_in(session, challenge))),
        Declaration.closed_at.is_not(None) if closed else sa.and_(Declaration.closed_at.is_(None), until),
    )
    return session.scalars(query.options(*_loaded()).order_by(Declaration.id)).all()


def counting_of(session: Session, *, person_id: int, challenge: Challenge) -> Sequence[Declaration]:
    """Return what one person declared for the department that counts for ``challenge`` today or will."""
    query = sa.select(Declaration).where(
        Declaration.person_id == person_id, *_counting(challenge.organisation_id), _about(challenge)
    )
    return session.scalars(query.order_by(Declaration.id)).all()


def said_none(session: Session, *, person_id: int, challenge: Challenge) -> DeclaredNone | None:
    """Return the latest statement of a person that there is nothing to declare about ``challenge``."""
    query = (
        sa.select(DeclaredNone)
        .where(DeclaredNone.person_id == person_id, DeclaredNone.challenge_id == challenge.id)
        .order_by(DeclaredNone.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def statements(session: Session, *, challenge: Challenge) -> list[Statement]:
    """Return who has said what: everybody who is asked, by name, then others who have said something.

    Five statements, however many people.
    """
    members = accounts.members(session, organisation_id=challenge.organisation_id)
    people = {each.person_id: each.person for each in members}
    facilitators = {each.person_id for each in members if Role.FACILITATOR.value in each.roles}
    wrote = hands_in(session, challenge)
    gone = wrote - set(people)
    people |= {each.id: each for each in session.scalars(sa.select(Person).where(Person.id.in_(gone)))}
    counted = _count_declared(session, challenge)
    said = _none_by_person(session, challenge)
    found = [
        Statement(
            person=person,
            part=_part(challenge, number, facilitators, wrote),
            asked=number in wrote or number in facilitators,
            declared=counted.get(number, 0),
            none_at=said.get(number),
        )
        for number, person in people.items()
    ]
    kept = [each for each in found if each.asked or each.declared or each.none_at]
    return sorted(kept, key=lambda each: (not each.asked, each.person.name, each.person.id))


def missing_statements(session: Session, *, challenges: Sequence[Challenge]) -> dict[int, int]:
    """Return how many people are asked about each challenge and have said nothing; those with none are left out.

    For the department's board: challenges that are no drafts and not over. Five statements for each challenge.
    """
    counts = {
        each.id: sum(one.missing for one in statements(session, challenge=each))
        for each in challenges
        if each.state not in _UNASKED
    }
    return {number: count for number, count in counts.items() if count}


def due(session: Session, *, organisation_id: int) -> list[Due]:
    """Return whose turn it is in a department to declare interests, and the steps that wait for a decision.

    Six statements, whatever the number of challenges and people.
    """
    return [*_undeclared(session, organisation_id), *_undecided(session, organisation_id)]


def _undeclared(session: Session, organisation_id: int) -> Iterator[Due]:
    query = sa.select(Challenge).where(
        Challenge.organisation_id == organisation_id, Challenge.state.not_in(_UNASKED)
    )
    columns = load_only(
        Challenge.ref,
        Challenge.title,
        Challenge.submitted_at,
        Challenge.updated_at,
    )
    found = session.scalars(query.options(columns).order_by(Challenge.id)).all()
    hands = texts.influential(session, challenge_ids=[each.id for each in found])
    roles = {
        each.person_id: each.roles for each in accounts.members(session, organisation_id=organisation_id)
    }
    facilitators = {person_id for person_id, held in roles.items() if Role.FACILITATOR.value in held}
    said = _heard(session, organisation_id, [each.id for each in found])
    for each in found:
        asked = (hands[each.id] & set(roles)) | facilitators
        silent = frozenset(asked - said.get(None, set()) - said.get(each.id, set()))
        if silent:
            since = each.submitted_at or each.updated_at
            people = "1 person has" if len(silent) == 1 else f"{len(silent)} people have"
            late = f"{people} not declared interests" if until(since) < clock.uk_today() else ""
            path = f"/department/challenges/{each.ref}/interests"
            who = Who(InterestsPermission.STATE.roles, only=silent)
            yield Due(each.ref, each.title, "Declare your interests", path, who, until(since), late)


def _heard(
    session: Session, organisation_id: int, challenge_ids: Sequence[int]
) -> dict[int | None, set[int]]:
    """Return who has declared something or said that there is nothing, by challenge; ``None``: for all of them."""
    declared = sa.select(Declaration.challenge_id, Declaration.person_id).where(*_counting(organisation_id))
    nothing = sa.select(DeclaredNone.challenge_id, DeclaredNone.person_id).where(
        DeclaredNone.challenge_id.in_(challenge_ids)
    )
    found: dict[int | None, set[int]] = {}
    for query in (declared, nothing):
        for challenge_id, person_id in session.execute(query):
            found.setdefault(challenge_id, set()).add(person_id)
    return found


def _undecided(session: Session, organisation_id: int) -> Iterator[Due]:
    """Steps that wait for a decision, while their challenge goes on and what they are about still counts in it."""
    still = sa.or_(Declaration.counts_until.is_(None), Declaration.counts_until >= clock.uk_today())
    acting = sa.exists().where(
        Membership.person_id == Declaration.person_id,
        Membership.organisation_id == organisation_id,
        Membership.ended_at.is_(None),
    )
    wrote = sa.or_(
        Declaration.person_id == sa.func.any(Challenge.writer_ids),
        Declaration.person_id.in_([Challenge.author_id, Challenge.submitted_by_id, Challenge.approved_by_id]),
    )
    officials = sa.and_(Declaration.organisation_id == organisation_id, sa.or_(acting, wrote))
    suppliers = sa.and_(
        Declaration.organisation_id != organisation_id, Challenge.state.in_(policy.NAMES_FROM)
    )
    query = (
        sa.select(
            Challenge.ref,
            Challenge.title,
            Mitigation.id,
            Mitigation.declarer_id,
            Mitigation.proposed_by_id,
            Mitigation.proposed_at,
        )
        .join(Mitigation.challenge)
        .join(Mitigation.declaration)
        .where(
            Challenge.organisation_id == organisation_id,
            Challenge.state.not_in(OVER_STATES),
            sa.or_(officials, suppliers),
            Mitigation.state == MitigationState.PROPOSED,
            Declaration.closed_at.is_(None),
            still,
        )
        .order_by(Mitigation.id)
    )
    for ref, title, number, declarer_id, proposer_id, since in session.execute(query):
        who = Who(InterestsPermission.DECIDE.roles, never=frozenset({declarer_id, proposer_id}))
        late = waited(since, "Steps against a conflict have waited")
        path = f"/department/challenges/{ref}/interests/steps/{number}"
        what = "Decide about steps against a conflict"
        yield Due(ref, title, what, path, who, until(since), late)


def mitigations(session: Session, *, challenge_id: int) -> Sequence[Mitigation]:
    """Return all steps in a challenge, oldest first, with their people and declarations."""
    query = (
        sa.select(Mitigation)
        .where(Mitigation.challenge_id == challenge_id)
        .options(
            joinedload(Mitigation.owner),
            joinedload(Mitigation.decided_by),
            joinedload(Mitigation.proposed_by),
            joinedload(Mitigation.declaration).joinedload(Declaration.person),
        )
        .order_by(Mitigation.id)
    )
    return session.scalars(query).all()


def mitigation(session: Session, *, challenge: Challenge, mitigation_id: int) -> Mitigation:
    """Return steps of ``challenge``. Raises ``NotFound``."""
    for each in mitigations(session, challenge_id=challenge.id):
        if each.id == mitigation_id:
            return each
    raise NotFound


def findings(session: Session, *, challenge_id: int) -> Sequence[ConflictFinding]:
    """Return what was found in the way of something, oldest first."""
    query = (
        sa.select(ConflictFinding)
        .where(ConflictFinding.challenge_id == challenge_id)
        .options(joinedload(ConflictFinding.person), joinedload(ConflictFinding.supplier))
        .order_by(ConflictFinding.id)
    )
    return session.scalars(query).all()


def reviews(session: Session, *, challenge_id: int) -> Sequence[AssessmentReview]:
    """Return who confirmed the assessment of a challenge, newest first."""
    query = sa.select(AssessmentReview).where(AssessmentReview.challenge_id == challenge_id)
    return session.scalars(
        query.options(joinedload(AssessmentReview.person)).order_by(AssessmentReview.id.desc())
    ).all()


def attestations(session: Session, *, challenge_id: int) -> Sequence[Attestation]:
    """Return what suppliers confirmed on entry, oldest first."""
    query = sa.select(Attestation).where(Attestation.challenge_id == challenge_id).order_by(Attestation.id)
    return session.scalars(query).all()


def hands_in(session: Session, challenge: Challenge) -> set[int]:
    """Return the ids of who wrote, submitted or approved a text of ``challenge`` or changed its route (s.81(3))."""
    return texts.influential(session, challenge_ids=[challenge.id])[challenge.id]


def _about(challenge: Challenge) -> sa.ColumnElement[bool]:
    return sa.or_(Declaration.challenge_id.is_(None), Declaration.challenge_id == challenge.id)


def _counting(organisation_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    until = sa.or_(Declaration.counts_until.is_(None), Declaration.counts_until >= clock.uk_today())
    return (Declaration.organisation_id == organisation_id, Declaration.closed_at.is_(None), until)


def _count_declared(session: Session, challenge: Challenge) -> dict[int, int]:
    query = (
        sa.select(Declaration.person_id, sa.func.count())
        .where(*_counting(challenge.organisation_id), _about(challenge))
        .group_by(Declaration.person_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _none_by_person(session: Session, challenge: Challenge) -> dict[int, datetime]:
    query = (
        sa.select(DeclaredNone.person_id, sa.func.max(DeclaredNone.made_at))
        .where(DeclaredNone.challenge_id == challenge.id)
        .group_by(DeclaredNone.person_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _part(challenge: Challenge, person_id: int, facilitators: set[int], wrote: set[int]) -> str:
    parts = (
        ("author", person_id == challenge.author_id),
        ("writer", person_id in challenge.writer_ids and person_id != challenge.author_id),
        (
            "submitted the text",
            person_id == challenge.submitted_by_id and person_id not in challenge.writer_ids,
        ),
        ("approver", person_id == challenge.approved_by_id),
        ("facilitator", person_id in facilitators),
    )
    otherwise = (
        "wrote or decided on an earlier text, or its route" if person_id in wrote else "of the department"
    )
    return ", ".join(words for words, holds in parts if holds) or otherwise


def _loaded() -> tuple[sa.orm.interfaces.ORMOption, ...]:
    return (
        joinedload(Declaration.person),
        joinedload(Declaration.challenge),
        joinedload(Declaration.counterpart),
        joinedload(Declaration.closed_by),
        joinedload(Declaration.organisation),
    )
