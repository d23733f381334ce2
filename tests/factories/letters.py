"""Letters."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engage.kernel.actor import Actor, System
from engage.outbox.models import Letter
from engage.outbox.service import post

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Reader:
    """Somebody to whom a letter goes."""

    name: str
    email: str
    id: int = 1


def someone(name: str = "Ada Admin") -> Actor:
    """Somebody who looks after letters, without an account."""
    return Actor(
        person_id=1,
        person_name=name,
        email="ada@engage.example",
        membership_id=None,
        organisation_id=None,
        organisation_name="engage",
        organisation_kind=None,
    )


def letter(session: Session, **changes: Any) -> Letter:
    """Post a letter that confirms a subscription, or what ``changes`` say."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "template": "confirm_subscription",
        "to": f"person{number}@example.test",
        "context": {
            "what": "Everything",
            "when": "Every week",
            "link": f"http://engage.test/alerts/{number}",
        },
        "dedupe_key": f"factory:{number}",
        "why": "You get this email because a test wrote it.",
        "sender": System("tests"),
    }
    made = post(session, **{**given, **changes})
    assert made is not None
    return made
