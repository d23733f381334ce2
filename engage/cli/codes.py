"""The taxonomy that comes with engage, taken over by whatever brings a database up to date."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.kernel.actor import System
from engage.kernel.db import make_engine
from engage.suppliers import queries, service

IMPORTER = System("engage import codes")


def bring_codes(url: str) -> bool:
    """Take over the shipped edition into a database that has not got it; return whether there was anything to do."""
    edition = service.shipped_edition()
    engine = make_engine(url)
    try:
        with Session(engine) as session:
            if queries.has_edition(session, edition.name):
                return False
            service.load_taxonomy(session, actor=IMPORTER, edition=edition)
            session.commit()
            return True
    finally:
        engine.dispose()
