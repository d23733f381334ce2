"""The lottery among near-ties: a secret is drawn and its hash published before anybody is matched."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Anyone
from engage.matchmaking.models import LotteryCommitment

SECRET_BYTES = 32


def commit_to_lottery(session: Session, *, actor: Anyone, challenge: Challenge) -> LotteryCommitment:
    """Return the commitment for the next draw of ``challenge``, drawing a secret when none stands.

    Side effects if one is drawn: the row, an audit line with the commitment (never the secret), which seals
    the moment into the chain. Of two that draw at once one waits, and takes what the other drew.
    """
    standing = _standing(session, challenge)
    if standing is not None:
        return standing
    former = sa.select(sa.func.count()).where(LotteryCommitment.challenge_id == challenge.id)
    secret = secrets.token_bytes(SECRET_BYTES)
    drawn = {
        "challenge_id": challenge.id,
        "number": (session.scalar(former) or 0) + 1,
        "secret": secret,
        "commitment": hashlib.sha256(secret).hexdigest(),
        "committed_at": clock.now(),
    }
    query = insert(LotteryCommitment).values(drawn).on_conflict_do_nothing().returning(LotteryCommitment.id)
    if session.scalar(query) is not None:
        audit.record(
            session,
            actor=actor,
            tag="matchmaking:lottery:committed",
            subject=f"challenge:{challenge.ref}",
            number=drawn["number"],
            commitment=drawn["commitment"],
        )
    made = _standing(session, challenge)
    assert made is not None, "either this one or the other one drew it"
    return made


def reveal(session: Session, *, actor: Anyone, challenge: Challenge, commitment: LotteryCommitment) -> None:
    """Let everybody know the secret, now that its draw is over, and commit to the next one at once.

    Side effects, in order: the time on the commitment, an audit line with the secret, then what ``commit_to_lottery``
    does. Nothing happens when it is revealed already.
    """
    if commitment.revealed_at is not None:
        return
    commitment.revealed_at = clock.now()
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag="matchmaking:lottery:revealed",
        subject=f"challenge:{challenge.ref}",
        number=commitment.number,
        secret=commitment.secret.hex(),
    )
    commit_to_lottery(session, actor=actor, challenge=challenge)


def seed_of(secret: bytes, snapshot_hash: str) -> str:
    """Return a challenge's part of the seed: SHA-256 of the secret followed by the snapshot's hash in ASCII."""
    return hashlib.sha256(secret + snapshot_hash.encode("ascii")).hexdigest()


def joint_seed(seeds: Iterable[str]) -> str:
    """Return the seed of a round: SHA-256 of its challenges' parts, sorted and joined without anything between."""
    return hashlib.sha256("".join(sorted(seeds)).encode("ascii")).hexdigest()


def _standing(session: Session, challenge: Challenge) -> LotteryCommitment | None:
    query = sa.select(LotteryCommitment).where(
        LotteryCommitment.challenge_id == challenge.id, LotteryCommitment.revealed_at.is_(None)
    )
    return session.scalar(query.execution_options(populate_existing=True))
