"""A small taxonomy: two areas, four capabilities."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.kernel.actor import System
from engage.suppliers import service

EDITION = """
edition = "test 1"

[[area]]
slug = "water"
name = "Water and weather"
[[area.capability]]
slug = "flood-warning"
name = "Flood warning"
description = "Telling people in time"
synonyms = ["river gauges", "sirens"]
cpv = ["384211"]
skills = ["Systems integration"]
[[area.capability]]
slug = "weather-maps"
name = "Maps of weather and risk"
cpv = ["38"]

[[area]]
slug = "houses"
name = "Houses"
[[area.capability]]
slug = "roofs"
name = "Roofs"
synonyms = ["roof repair"]
cpv = ["4526"]
[[area.capability]]
slug = "lifts"
name = "Lifts"
cpv = ["42416"]
"""


def taxonomy(session: Session, text: str = EDITION) -> service.Loaded:
    return service.load_taxonomy(session, actor=System("tests"), edition=service.parse_edition(text))
