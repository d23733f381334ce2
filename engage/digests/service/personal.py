"""The digest of somebody who acts for a supplier: what fits its work stands in front, with why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from engage.digests.enums import Kind
from engage.digests.service.choosing import Chosen
from engage.digests.service.news import Entry
from engage.matching import Band
from engage.matchmaking import service as matchmaking
from engage.matchmaking.service import Fit


def by_fit(session: Session, chosen: Sequence[Chosen]) -> list[Chosen]:
    """Return the digests, those of people who act for a supplier ranked by fit; reads only.

    In front stands what became of challenges they were told of, then the openings that fit, the best first, then
    what else they asked for, as before. The suppliers of a batch are compared together, each opening once.
    """
    people = {one.subscription.person_id for one in chosen if one.entries} - {None}
    opened = {entry.challenge_id for one in chosen for entry in one.entries if entry.kind is Kind.OPEN}
    if not people or not opened:
        return list(chosen)
    ids = [number for number in people if number is not None]
    fits = matchmaking.fits(session, people=ids, challenge_ids=opened)
    return [_ranked(one, fits.get(one.subscription.person_id or 0)) for one in chosen]


def _ranked(one: Chosen, fits: Mapping[int, Fit] | None) -> Chosen:
    if not fits or not one.entries:
        return one
    why: dict[int, str] = {}

    def place(entry: Entry) -> tuple[int, float]:
        fit = fits.get(entry.challenge_id) if entry.kind is Kind.OPEN else None
        if entry.kind is not Kind.OPEN:
            return 0, 0.0
        if fit is None or fit.band is Band.NONE:
            return 2, 0.0
        why[entry.number] = fit.why
        return 1, -fit.score

    return replace(one, entries=tuple(sorted(one.entries, key=place)), why=why)
