"""Answers to invitations from matches as judged pairs."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.matchmaking import service
from engage.matchmaking.enums import InvitationState, Origin
from tests.factories import advisory
from tests.factories import matchmaking as made


def test_answers_to_matched_invitations_are_pairs(session: Session) -> None:
    market = made.market(session)
    run = advisory.run(session, challenge=market.challenge)
    best, works, *_ = market.suppliers.values()
    assert best is market.best
    invited = {
        supplier: advisory.invitation(
            session, challenge=market.challenge, supplier=supplier, origin=Origin.MATCHED, run=run
        )
        for supplier in (best, works)
    }
    assert service.judged(session).judgements == []
    invited[best].state, invited[works].state = InvitationState.ACCEPTED, InvitationState.DECLINED
    session.flush()
    found = service.judged(session)
    assert [(pair.supplier_id, pair.relevance) for pair in found.judgements] == [
        (best.ref, 1.0),
        (works.ref, 0.0),
    ]
    assert {pair.challenge_id for pair in found.judgements} == {market.challenge.ref}
    assert [challenge.title for challenge in found.challenges] == ["Earlier flood warnings"]
    assert [profile.id for profile in found.suppliers] == [best.ref, works.ref]
    assert all(profile.documents for profile in found.suppliers)
    invited[works].origin = Origin.VOLUNTEERED
    session.flush()
    assert [pair.supplier_id for pair in service.judged(session).judgements] == [best.ref]
