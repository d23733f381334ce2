"""What rules can ask for: tags from facts, and the words for them and for what decided."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from engage.matching.assignment import Reason
from engage.matchmaking.enums import HardRule
from engage.matchmaking.service.deciding import decided_sentence
from engage.matchmaking.service.tags import CAP_TAGS, FLOOR_TAGS, INCUMBENT_FOR, fold, plain, tag_words, tags

ON = date(2026, 3, 3)
FACTS: dict[str, Any] = {
    "sme": None,
    "vcse": None,
    "regions": [],
    "recent": 1,
    "work": [],
    "department": "River Office",
    "on": ON,
}


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, []),
        ({"sme": True, "vcse": False}, ["sme"]),
        ({"vcse": True, "sme": True}, ["sme", "vcse"]),
        ({"recent": 0}, ["new_entrant"]),
        ({"regions": ["TLL", "TLC"]}, ["region:TLC", "region:TLL"]),
        ({"regions": ["TLX"]}, []),
        ({"work": [("river  OFFICE", ON)]}, ["incumbent"]),
        ({"work": [("River Office", ON - INCUMBENT_FOR)]}, ["incumbent"]),
        ({"work": [("River Office", ON - INCUMBENT_FOR - timedelta(days=1))]}, []),
        ({"work": [("River Office", ON + timedelta(days=1))]}, []),
        ({"work": [("River Office", None)]}, []),
        ({"work": [("Road Office", ON)]}, []),
    ],
)
def test_a_supplier_has_the_tags_it_has_said(facts: dict[str, Any], found: list[str]) -> None:
    assert tags(**(FACTS | facts)) == found


def test_groups_are_the_same_however_they_are_written() -> None:
    assert fold(" Wye\u00a0 Group PLC ") == fold("wye group plc")


def test_every_tag_has_words() -> None:
    words = [tag_words(tag) for tag in (*FLOOR_TAGS, *CAP_TAGS)]
    assert len(set(words)) == len(words)
    assert tag_words("region:TLL") == "suppliers that work in Wales"


def test_every_reason_is_a_sentence() -> None:
    reasons = [each.value for each in Reason if each not in {Reason.FLOOR, Reason.CAP}]
    reasons += ["floor:sme", "cap:incumbent", "not_near", "invited", "pin_not_kept", ""]
    reasons += [f"{kind}:{rule.value}" for kind in ("rule", "release") for rule in HardRule]
    for reason in (*reasons, "release:group"):
        for chosen in (True, False):
            told = decided_sentence(reason, chosen=chosen)
            assert told.endswith(".")
            assert "_" not in told
    assert decided_sentence("fit", chosen=True) != decided_sentence("fit", chosen=False)


def test_the_solvers_name_of_an_incumbent_is_not_shown() -> None:
    assert plain("cap:incumbent@ENG-2026-0001") == "cap:incumbent"
    assert plain("incumbent@ENG-2026-0001 too many by 1 in ENG-2026-0001") == (
        "incumbent too many by 1 in ENG-2026-0001"
    )
