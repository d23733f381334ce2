"""The taxonomy that comes with engage, taken over by whatever brings a database up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engage.kernel import db
from engage.kernel.actor import System
from engage.suppliers import queries, service

IMPORTER = System("engage import codes")


def bring_codes(url: str) -> bool:
    """Take over the shipped edition into a database that has not got it; return whether there was anything to do."""
    edition = service.shipped_edition()
    with _bound(url), db.unit_of_work() as session:
        if queries.has_edition(session, edition.name):
            return False
        service.load_taxonomy(session, actor=IMPORTER, edition=edition)
        return True


@contextmanager
def _bound(url: str) -> Iterator[None]:
    """Bind the sessions of this process to the database for a moment; it may not be bound yet."""
    try:
        before = db.bound_to()
    except AssertionError:
        before = None
    engine = db.make_engine(url)
    db.bind(engine)
    try:
        yield
    finally:
        engine.dispose()
        if before is not None:
            db.bind(before)
