"""Reading items: once for a run or a page, with everything that the filters at hand ask about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from engage.challenges.models import Challenge
from engage.digests import queries
from engage.digests.enums import Topic
from engage.digests.models import Subscription
from engage.digests.service.effective import Settings
from engage.digests.service.wanting import Filter, Item, filter_of, wanted_by
from engage.kernel import clock
from engage.kernel.codes import REGIONS
from engage.kernel.text import excerpt
from engage.suppliers.service.asked import Asked, TextReader

PREVIEW = timedelta(days=30)
EXCERPT = 280
ANYWHERE = frozenset(REGIONS)


def items(session: Session, *, after: datetime, until: datetime, filters: Collection[Filter]) -> list[Item]:
    """Return what happened to public challenges in (``after``, ``until``], oldest first, ready for these filters.

    ``wanted_by`` answers truly only for the filters given: searches are run and capabilities are read here, once for
    each distinct one. A few statements, however many items and filters.
    """
    found = queries.happenings(session, after=after, until=until)
    texts = {one.challenge.id: one.challenge for one in found}
    searches = {one.value for one in filters if one.topic is Topic.SEARCH}
    by_search = queries.found_by(session, searches, texts)
    named = any(one.topic is Topic.CAPABILITY for one in filters)
    capabilities = _capabilities(session, texts) if named else {}
    return [
        _item(one, capabilities.get(one.challenge.id, frozenset()), by_search.get(one.challenge.id, ()))
        for one in found
    ]


def told(session: Session, wanted: Subscription | Filter, *, after: datetime, until: datetime) -> list[Item]:
    """Return the items in (``after``, ``until``] that one subscription wants, newest first."""
    asked = wanted if isinstance(wanted, Filter) else filter_of(wanted)
    fits = wanted_by(asked)
    found = items(session, after=after, until=until, filters=[asked])
    return [one for one in reversed(found) if fits(one)]


def preview(
    session: Session, wanted: Subscription | Filter, *, settings: Settings | None = None
) -> list[Item]:
    """Return what a subscription would have brought in the last 30 days, newest first, what has closed since too.

    Without what its address has muted, when ``settings`` are given. A pause leaves nothing out: it only delays.
    """
    now = clock.now()
    found = told(session, wanted, after=now - PREVIEW, until=now)
    return [one for one in found if settings is None or not settings.leaves_out(one)]


def _item(happening: queries.Happening, capabilities: frozenset[str], searches: Sequence[str]) -> Item:
    found = happening.challenge
    assert found.published_at is not None, "what is not public does not happen"
    return Item(
        challenge_id=found.id,
        ref=found.ref,
        title=found.title,
        department=found.organisation.name,
        excerpt=excerpt(found.problem, length=EXCERPT),
        closes_on=found.closes_on,
        organisation_id=found.organisation_id,
        stage=happening.stage,
        at=happening.at,
        published_at=found.published_at,
        is_open=found.is_open,
        again=happening.again,
        route=found.route,
        cpv=tuple(found.cpv),
        regions=frozenset((found.region,)) if found.region else ANYWHERE,
        capabilities=capabilities,
        found_by=frozenset(searches),
    )


def _capabilities(session: Session, texts: Mapping[int, Challenge]) -> dict[int, frozenset[str]]:
    reader = TextReader(session)
    return {
        number: reader.capabilities(Asked(one.title, f"{one.problem}\n{one.expertise}", tuple(one.cpv)))
        for number, one in texts.items()
    }
