"""A small map: suppliers of three fields, read and drawn."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from engage.matchmaking import service as matchmaking
from engage.suppliers.models import Supplier
from engage.techmap import service
from engage.techmap.models import Landscape
from tests.factories import suppliers

FIELDS = {
    "River": ("River gauges", "River gauges and flood warning sirens for valley towns below {} hills."),
    "School": ("School meals", "School meals cooked for pupils with allergies in {} canteens."),
    "Roof": ("Roof repairs", "Repair of flat roofs and gutters on {} halls."),
}
KINDS = ("old", "new", "tall", "wide", "red")


def firms(session: Session, *, each: int = 3, **values: Any) -> list[Supplier]:
    """``each`` suppliers of every field, called "River 1" and so on, with one declared statement each."""
    made = []
    for name, (title, text) in FIELDS.items():
        for number in range(each):
            firm = suppliers.supplier(session, name=f"{name} {number + 1}", **values)
            suppliers.statement(session, firm, title=title, text=text.format(KINDS[number % len(KINDS)]))
            made.append(firm)
    return made


def read(session: Session) -> None:
    """Read the statements, as the job does."""
    while matchmaking.embed_some(session, limit=100):
        pass
    session.flush()


def drawn(session: Session, **options: Any) -> Landscape:
    """Read what everybody says and draw the map."""
    read(session)
    session.commit()
    made = service.draw_now(**options)
    assert made is not None
    session.expire_all()
    return made
