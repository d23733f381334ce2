"""The conflicts assessment (s.83): made anew from live declarations each time somebody looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts.models import Organisation
from engage.audit import service as audit
from engage.challenges.models import Challenge
from engage.interests import policy, queries
from engage.interests.enums import Appearance
from engage.interests.models import AssessmentReview, ConflictFinding, Declaration, Mitigation
from engage.interests.queries import Statement
from engage.interests.service.conflicts import Conflict, conflicts
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.chain import canonical
from engage.kernel.errors import Conflict as Refused
from engage.kernel.errors import NotAllowed
from engage.kernel.text import sha256
from engage.suppliers.models import Supplier

OTHER_CONTENT = (
    "The assessment has changed since you opened the page. Read it again, then confirm what it says now."
)


@dataclass(frozen=True)
class Tie:
    """One conflict with its supplier, and when it stood in the way of something."""

    supplier: Supplier
    conflict: Conflict
    found: Sequence[ConflictFinding]


@dataclass(frozen=True)
class Assessment:
    """The conflicts assessment of a challenge as at one moment."""

    challenge: Challenge
    made_at: datetime
    on: date
    statements: Sequence[Statement]
    ties: Sequence[Tie]
    """Empty before the text is approved: suppliers are not named earlier."""
    others: Sequence[Declaration]
    """What officials declared that concerns no supplier on engage."""
    closed: Sequence[Declaration]
    """What officials declared for this challenge and then withdrew or corrected."""
    steps: Sequence[Mitigation]
    past: Sequence[ConflictFinding]
    """What stood in the way of something and does not any more; empty before the text is approved."""
    attested: int
    """How many people of suppliers confirmed on entry that they know of no undeclared interest."""
    reviews: Sequence[AssessmentReview]
    content_hash: str = ""

    @property
    def perceived(self) -> Sequence[Tie]:
        """The conflicts that a reasonable person could think exist, and steps to show that they do not (s.83(4))."""
        return [
            each
            for each in self.ties
            if each.conflict.declaration and each.conflict.declaration.appearance is Appearance.PERCEIVED
        ]

    @property
    def blocking(self) -> int:
        """How many conflicts stand in the way."""
        return sum(each.conflict.blocks for each in self.ties)

    @property
    def reviewed(self) -> AssessmentReview | None:
        """The latest confirmation, when it was of what the assessment says now."""
        latest = next(iter(self.reviews), None)
        return latest if latest and latest.content_hash == self.content_hash else None


def concerned(session: Session, *, challenge: Challenge) -> list[Declaration]:
    """Return the declarations that concern ``challenge``: of its officials, and of suppliers about its department.

    Those of suppliers only once the text is approved: they are not named earlier.
    """
    found = {each.id: each for each in queries.of_officials(session, challenge=challenge)}
    if not policy.names_suppliers(challenge):
        return list(found.values())
    for several in conflicts(session, challenge=challenge, on=clock.uk_today()).values():
        found |= {each.declaration.id: each.declaration for each in several if each.declaration}
    return [found[number] for number in sorted(found)]


def assess(session: Session, *, challenge: Challenge) -> Assessment:
    """Return the conflicts assessment of ``challenge`` as it is now. A fixed number of statements; writes nothing."""
    now, today = clock.now(), clock.uk_today()
    named = policy.names_suppliers(challenge)
    found = conflicts(session, challenge=challenge, on=today) if named else {}
    findings = queries.findings(session, challenge_id=challenge.id) if named else []
    suppliers = _suppliers(session, {*found, *(each.supplier_id for each in findings)})
    ties = [
        Tie(suppliers[number], each, [one for one in findings if _speaks_of(one, each)])
        for number, several in found.items()
        for each in several
    ]
    ties.sort(
        key=lambda each: (not each.conflict.blocks, each.supplier.organisation.name.lower(), each.supplier.id)
    )
    told = {one.id for each in ties for one in each.found}
    tied = {each.conflict.declaration.id for each in ties if each.conflict.declaration}
    made = Assessment(
        challenge=challenge,
        made_at=now,
        on=today,
        statements=queries.statements(session, challenge=challenge),
        ties=ties,
        others=[each for each in queries.of_officials(session, challenge=challenge) if each.id not in tied],
        closed=queries.of_officials(session, challenge=challenge, closed=True),
        steps=queries.mitigations(session, challenge_id=challenge.id),
        past=[each for each in findings if each.id not in told],
        attested=len({each.person_id for each in queries.attestations(session, challenge_id=challenge.id)}),
        reviews=queries.reviews(session, challenge_id=challenge.id),
    )
    object.__setattr__(made, "content_hash", sha256(canonical(content(made))))
    return made


def content(assessment: Assessment) -> dict[str, Any]:
    """Return what an assessment says, as JSON values: what is confirmed and can be taken away as a file."""
    challenge = assessment.challenge
    return {
        "challenge": {
            "ref": challenge.ref,
            "title": challenge.title,
            "department": challenge.organisation.name,
            "route": challenge.route.value if challenge.route else None,
            "ocid": challenge.ocid,
        },
        "people": [_statement(each) for each in assessment.statements],
        "conflicts": [_tie(each) for each in assessment.ties],
        "other_declarations": [_declaration(each) for each in assessment.others],
        "withdrawn_or_corrected": [
            {
                **_declaration(each),
                "closed_at": _time(each.closed_at),
                "closed_by": each.closed_by.name if each.closed_by else "",
                "closed_reason": each.closed_reason,
            }
            for each in assessment.closed
        ],
        "steps": [_steps(each) for each in assessment.steps],
        "found_before": [_finding(each) for each in assessment.past],
        "people_who_confirmed_on_entry": assessment.attested,
    }


def document(assessment: Assessment) -> dict[str, Any]:
    """Return the assessment as a file: what it says, when it was made, and who confirmed it when."""
    return {
        "conflicts_assessment": content(assessment),
        "made_at": _time(assessment.made_at),
        "as_at": assessment.on.isoformat(),
        "sha256": assessment.content_hash,
        "reviewed": [
            {
                "by": each.person.name,
                "at": _time(each.reviewed_at),
                "sha256": each.content_hash,
                "of_this_content": each.content_hash == assessment.content_hash,
            }
            for each in assessment.reviews
        ],
    }


def review(session: Session, *, actor: Actor, challenge: Challenge, content_hash: str) -> AssessmentReview:
    """Confirm the assessment as it stands; ``content_hash`` is that of the page that was read.

    Side effects: the confirmation with its time, an audit line. Raises ``NotAllowed``, ``Conflict`` when the
    assessment says something else by now.
    """
    if not policy.can_propose(actor, challenge):
        raise NotAllowed(policy.NOT_A_READER)
    if assess(session, challenge=challenge).content_hash != content_hash:
        raise Refused(OTHER_CONTENT)
    made = AssessmentReview(
        challenge_id=challenge.id,
        person_id=actor.person_id,
        reviewed_at=clock.now(),
        content_hash=content_hash,
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag="interests:assessment:reviewed",
        subject=f"challenge:{challenge.ref}",
        hash=content_hash,
    )
    return made


def _speaks_of(finding: ConflictFinding, conflict: Conflict) -> bool:
    declared = conflict.declaration.id if conflict.declaration else None
    return (finding.supplier_id, finding.person_id, finding.declaration_id) == (
        conflict.supplier_id,
        conflict.person.id,
        declared,
    )


def _suppliers(session: Session, ids: set[int]) -> dict[int, Supplier]:
    query = sa.select(Supplier).where(Supplier.id.in_(ids)).options(joinedload(Supplier.organisation))
    return {each.id: each for each in session.scalars(query)}


def _statement(said: Statement) -> dict[str, Any]:
    return {
        "name": said.person.name,
        "part": said.part,
        "declared": said.declared,
        "nothing_to_declare_at": _time(said.none_at),
        "missing": said.missing,
    }


def _tie(tie: Tie) -> dict[str, Any]:
    conflict = tie.conflict
    return {
        "supplier": tie.supplier.organisation.name,
        "supplier_ref": tie.supplier.ref,
        "found_by": conflict.basis.value,
        "person": conflict.person.name,
        "declaration": _declaration(conflict.declaration) if conflict.declaration else None,
        "blocks": conflict.blocks,
        "steps": _steps(conflict.mitigation) if conflict.mitigation else None,
        "stood_in_the_way": [_finding(each) for each in tie.found],
    }


def _declaration(declared: Declaration) -> dict[str, Any]:
    owner: Organisation = declared.organisation
    return {
        "declared_by": declared.person.name,
        "acting_for": owner.name,
        "declared_at": _time(declared.made_at),
        "kind": declared.kind.value,
        "appearance": declared.appearance.value,
        "counterpart": declared.counterpart_name,
        "description": declared.description,
        "from": declared.starts_on.isoformat(),
        "to": declared.last_day.isoformat() if declared.last_day else None,
        "counts_until": declared.counts_until.isoformat() if declared.counts_until else None,
        "scope": "this challenge" if declared.challenge_id else "all challenges",
    }


def _steps(steps: Mitigation) -> dict[str, Any]:
    return {
        "against": steps.declaration.counterpart_name,
        "steps": steps.steps,
        "owner": steps.owner.name,
        "due": steps.due_on.isoformat(),
        "review": steps.review_on.isoformat(),
        "state": steps.state.value,
        "decided_by": steps.decided_by.name if steps.decided_by else None,
        "decided_at": _time(steps.decided_at),
        "decision": steps.decision,
    }


def _finding(found: ConflictFinding) -> dict[str, Any]:
    return {
        "supplier": found.supplier.organisation.name,
        "person": found.person.name,
        "at": _time(found.found_at),
        "point": found.point.value,
        "of": found.words,
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
