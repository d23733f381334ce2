"""What is kept of other publishers' releases, and how it is compared with challenges."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from engage.kernel.errors import Invalid
from engage.transparency.service.facts import buyer_key, parse_release
from engage.transparency.service.likeness import ENOUGH, Engagement, Published, likeness
from tests.factories.transparency import release

DATA = Path(__file__).parents[2] / "data" / "ocds"


def test_a_real_engagement_notice_of_contracts_finder() -> None:
    package = json.loads((DATA / "contracts_finder_engagement.json").read_text())
    kept = [parse_release(each) for each in package["releases"]]
    first = kept[0]
    assert (first.buyer_name, first.buyer_key) == (
        "NHS North West London Integrated Care Board",
        "nhs north west london integrated care board",
    )
    assert (first.date, first.tags, first.document_type) == (
        datetime(2025, 3, 11, 11, 44, 54, tzinfo=UTC),
        ["planning"],
        "marketEngagementNotice",
    )
    assert (
        first.url == "https://www.contractsfinder.service.gov.uk/Notice/47f42b21-33b9-445c-b070-d8b7e2d089bd"
    )
    assert [bool(each.title and each.cpv and each.buyer_name) for each in kept] == [True] * 5
    assert len({each.content_hash for each in kept}) == 5


def test_a_release_of_find_a_tender() -> None:
    kept = parse_release(release("054321-2030", "UK6"))
    assert (kept.notice_type, kept.document_type) == ("UK6", "awardNotice")
    assert kept.buyer_ids == ["GB-PPON-PABC-1234-DEFG"]
    assert kept.cpv == ["60130000"]
    assert kept.suppliers == ["Riverbank Ltd"]
    assert "ann" not in json.dumps(vars(kept), default=str).casefold()  # people are not kept


def test_what_is_broken_is_left_out_and_what_is_odd_is_read() -> None:
    odd = release(
        "054321-2030",
        date="2030-06-01T10:00:00",
        tender={
            "title": "A\u0000 title\nof two\ud800 lines",
            "classification": {"scheme": "CPV", "id": "99"},
        },
        parties="none",
        buyer=[],
        awards=[7, {"suppliers": {}}],
    )
    kept = parse_release(odd)
    assert kept.date == datetime(2030, 6, 1, 9, 0, tzinfo=UTC)  # without an offset: UK time, in June
    assert kept.title == "A title of two? lines"
    assert (kept.cpv, kept.buyer_name, kept.suppliers) == ([], "", [])
    assert kept.url == "https://www.find-tender.service.gov.uk/Notice/054321-2030"


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ("text", ["release"]),
        ({}, ["ocid", "id", "date", "tag"]),
        (release("1") | {"ocid": "12345"}, ["ocid"]),
        (release("1") | {"id": "x" * 201}, ["id"]),
        (release("1") | {"date": "yesterday"}, ["date"]),
        (release("1") | {"date": "0001-01-01T00:00:00+14:00"}, ["date"]),
        (release("1") | {"tag": "tender"}, ["tag"]),
        (release("1") | {"tag": [], "id": True}, ["id", "tag"]),
    ],
)
def test_what_a_release_cannot_be_without(data: object, fields: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        parse_release(data)
    assert list(refused.value.fields) == fields


def test_names_of_buyers_are_compared_by_their_words() -> None:
    assert buyer_key("The Department for Seats & Boats.") == buyer_key("DEPARTMENT  for seats and boats")
    assert buyer_key("Department for Seats") != buyer_key("Department for Boats")


OWN = {
    "title": "Fewer empty seats on patient transport",
    "buyer_key": "department for seats",
    "buyer_ids": {"GB-PPON-PABC-1234-DEFG"},
    "cpv": ["60130000"],
    "ocid": "ocds-h6vhtk-0a1b2c",
    "since": date(2030, 1, 1),
}
THEIRS = {
    "title": "Booking of seats on patient transport",
    "buyer_name": "Department for Seats",
    "buyer_key": "department for seats",
    "buyer_ids": ["GB-PPON-PABC-1234-DEFG"],
    "cpv": ["60130000"],
    "related": [],
    "day": date(2030, 6, 1),
}


def compare(own: dict[str, Any], theirs: dict[str, Any]) -> tuple[float, list[str]]:
    found = likeness(Engagement(**{**OWN, **own}), Published(**{**THEIRS, **theirs}))
    return found.score, list(found.reasons)


def test_everything_that_speaks_for_a_link_is_said() -> None:
    score, reasons = compare({}, {})
    assert score > 0.85
    assert reasons == [
        "The same buyer: Department for Seats (GB-PPON-PABC-1234-DEFG).",
        "The same CPV code: 60130000 Special-purpose road passenger-transport services.",
        "Words in both titles: seats, patient, transport.",
    ]


def test_a_notice_that_names_the_engagement_needs_nothing_else() -> None:
    score, reasons = compare(
        {}, {"related": ["ocds-h6vhtk-0a1b2c"], "buyer_ids": [], "buyer_key": "", "cpv": []}
    )
    assert (score, len(reasons)) == (1.0, 1)


@pytest.mark.parametrize(
    ("theirs", "proposed"),
    [
        ({"title": "Catering"}, True),  # same buyer, same code
        ({"title": "Catering", "buyer_ids": []}, True),  # same name, same code
        ({"title": "Catering", "cpv": ["60140000"]}, True),  # same group of codes
        ({"title": "Catering", "cpv": ["60400000"]}, False),  # the same division only
        ({"title": "Catering", "cpv": []}, False),  # the same buyer alone
        ({"buyer_ids": [], "buyer_key": "somebody else"}, False),  # same code and title, another buyer
        ({"day": date(2029, 12, 31)}, False),  # before the challenge
    ],
)
def test_no_single_thing_is_enough(theirs: dict[str, Any], proposed: bool) -> None:
    score, _ = compare({}, theirs)
    assert (score >= ENOUGH) is proposed
