"""Drawing the map on rows: who is placed, who stays, what is kept, how far it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.kernel import clock, jobs
from engage.matching.landscape import Interrupted
from engage.suppliers.models import Supplier
from engage.techmap import jobs as techmap_jobs
from engage.techmap import queries, service
from engage.techmap.enums import DrawingState
from engage.techmap.models import Landscape, LandscapePoint
from tests.factories import suppliers, techmap


def placed(session: Session, landscape: Landscape) -> dict[str, tuple[float, float]]:
    query = sa.select(LandscapePoint, Supplier).join(Supplier, Supplier.id == LandscapePoint.supplier_id)
    rows = session.execute(query.where(LandscapePoint.landscape_id == landscape.id)).all()
    return {supplier.organisation.name: (point.x, point.y) for point, supplier in rows}


def test_who_is_verified_and_says_something_that_counts_is_placed(session: Session) -> None:
    firms = techmap.firms(session)
    suppliers.supplier(session, name="Silent")
    suppliers.supplier(session, name="Unknown", does="River gauges.", state=OrganisationState.PENDING)
    old = suppliers.supplier(session, name="Expired")
    suppliers.statement(session, old, text="River gauges.", expires_on=clock.uk_today())
    twin = suppliers.supplier(session, name="Twin", does="River gauges for towns.")
    twin.merged_into_id = firms[0].id
    found = techmap.drawn(session)
    assert sorted(placed(session, found)) == sorted(firm.organisation.name for firm in firms)
    assert (found.state, found.suppliers, found.kept) == (DrawingState.READY, 9, 0)
    assert found.trustworthiness is not None
    assert found.trustworthiness > 0.8
    assert found.embedder == "none"


def test_those_alike_stand_near_and_are_named_by_their_words(session: Session) -> None:
    techmap.firms(session, each=5)
    found = techmap.drawn(session)
    places = placed(session, found)

    def gap(one: str, other: str) -> float:
        return sum((a - b) ** 2 for a, b in zip(places[one], places[other], strict=True))

    assert gap("River 1", "River 2") < gap("River 1", "School 1")
    assert gap("Roof 1", "Roof 2") < gap("Roof 1", "River 1")
    terms = {term for cluster in queries.clusters(session, landscape_id=found.id) for term in cluster.terms}
    assert {"gauges", "meals", "repair"} <= terms  # not "river gauges": River is what they are called


def test_one_more_moves_nobody(session: Session) -> None:
    techmap.firms(session, each=5)
    first = techmap.drawn(session)
    before = placed(session, first)
    suppliers.supplier(session, name="Newcomer", does="School meals for pupils with allergies.")
    second = techmap.drawn(session)
    after = placed(session, second)
    assert {name: after[name] for name in before} == before
    assert (second.suppliers, second.kept, second.based_on_id) == (16, 15, first.id)
    assert queries.last_placed_anew(session, landscape=second).id == first.id


def test_who_leaves_is_gone_and_many_changes_place_everybody_anew(session: Session) -> None:
    firms = techmap.firms(session, each=4)
    techmap.drawn(session)
    for firm in firms[:4]:
        firm.statements[0].expires_on = clock.uk_today()
    second = techmap.drawn(session)
    assert (second.suppliers, second.kept, second.based_on_id) == (8, 0, None)


def test_only_the_last_two_drawings_keep_their_places(session: Session) -> None:
    techmap.firms(session)
    made = [techmap.drawn(session).id for _ in range(3)]
    kept = session.scalars(sa.select(LandscapePoint.landscape_id).distinct()).all()
    assert sorted(kept) == made[1:]
    assert len(session.scalars(sa.select(Landscape.id)).all()) == 3


def test_nobody_to_draw_is_no_drawing(session: Session) -> None:
    assert service.draw_now() is None
    assert session.scalars(sa.select(Landscape)).all() == []


def test_a_drawing_that_was_left_is_marked_by_the_next(session: Session) -> None:
    techmap.firms(session)
    techmap.read(session)
    session.commit()
    jobs.stopping.set()
    try:
        with pytest.raises(Interrupted):
            service.draw_now()
    finally:
        jobs.stopping.clear()
    under_way = queries.under_way(session)
    assert under_way is not None
    techmap.drawn(session)
    states = session.scalars(sa.select(Landscape.state).order_by(Landscape.id)).all()
    assert states == [DrawingState.LEFT, DrawingState.READY]
    assert queries.under_way(session) is None


def test_the_map_is_wanted_when_much_has_changed_and_not_otherwise(session: Session) -> None:
    assert not service.wants_drawing(session)
    techmap.firms(session, each=8)
    assert service.wants_drawing(session)
    techmap.drawn(session)
    assert not service.wants_drawing(session)
    suppliers.supplier(session, name="One of 25", does="School meals.")
    assert not service.wants_drawing(session)
    suppliers.supplier(session, name="Two of 26", does="School meals and cooking.")
    assert service.wants_drawing(session)


def test_the_look_defers_one_drawing_however_often(session: Session) -> None:
    techmap.firms(session)
    session.commit()
    for _ in range(2):
        techmap_jobs.look.func(timestamp=0)
    waiting = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo'")
    assert session.scalar(waiting, {"task": service.DRAW}) == 1


def test_oldest_is_of_those_who_are_shown(session: Session) -> None:
    firms = techmap.firms(session)
    day = clock.uk_today() - timedelta(days=100)
    firms[0].statements[0].confirmed_on = day
    hidden = suppliers.supplier(session, name="Hidden", does="Roofs.", state=OrganisationState.SUSPENDED)
    hidden.statements[0].confirmed_on = day - timedelta(days=50)
    session.flush()
    assert queries.oldest(session, day=clock.uk_today()) == day
