"""A thousand challenges each give a valid release and a list of exactly what is missing."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest

from engage.transparency.enums import PartyPart, Subject
from engage.transparency.service import layout, ocds, validation
from engage.transparency.service.lacking import Source, lawful, missing
from engage.transparency.service.record import Address, Annex, Party
from tests.unit.transparency.records import NOTICE, NOW, Dealer, full


def test_a_thousand_challenges() -> None:
    dealer = Dealer(seed=692)
    wrong: list[Any] = []
    complete = 0
    for number in range(1, 1001):
        dealt = dealer.deal(number)
        made = ocds.release(dealt.record)
        found = sorted(item.code for item in missing(dealt.record))
        verdict = validation.verdict(json.loads(json.dumps(made)))
        if found != dealt.lacking or not verdict.valid:
            wrong.append((number, set(found) ^ set(dealt.lacking), verdict))
        complete += lawful(dealt.record)
        assert layout.text(dealt.record).startswith("UK2: Preliminary market engagement notice")
    assert wrong == []
    assert 0 < complete < 100  # the die leaves some with nothing missing, and most with something


def test_the_same_record_gives_the_same_release_and_another_another_id() -> None:
    first, second = ocds.release(full()), ocds.release(full())
    assert first == second
    assert ocds.release(full(kinds="Something else"))["id"] != first["id"]


def test_nothing_is_missing_from_a_full_record_but_what_find_a_tender_gives() -> None:
    assert [(item.code, item.source) for item in missing(full())] == [("ocid", Source.PLATFORM)]
    assert missing(full(**NOTICE)) == []
    assert lawful(full())


@pytest.mark.parametrize(
    ("changes", "code", "law"),
    [
        (
            {"authority": full().authority.__class__(name="Department for Seats")},
            "authority_ppon",
            "reg 13(d)",
        ),
        ({"closes_on": None}, "closes_on", "reg 17(2)(e)"),
        ({"process": " "}, "process", "reg 17(2)(f)"),
        ({"category": None}, "category", "reg 17(2)(d), reg 14(1)(a)"),
        ({"kinds": ""}, "kinds", "reg 17(2)(d), reg 14(1)(b)"),
        ({"how": ""}, "how", "reg 17(2)(d), reg 14(1)(c)"),
        ({"starts_on": None, "ends_on": None}, "when", "reg 17(2)(d), reg 14(1)(d)"),
        ({"value_net": None, "value_gross": None}, "amount", "reg 17(2)(d), reg 14(1)(e)"),
        ({"cpv": []}, "cpv", "reg 17(2)(d), reg 14(1)(f)"),
        ({"regions": []}, "place", "reg 17(2)(d), reg 14(1)(g)"),
    ],
)
def test_each_thing_is_named_with_its_regulation(changes: dict[str, Any], code: str, law: str) -> None:
    found = {item.code: item.law for item in missing(full(**NOTICE, **changes))}
    assert found[code] == law


def test_what_is_said_to_be_unknown_is_not_missing() -> None:
    record = full(cpv=[], category=None, not_known=frozenset({Subject.CPV, Subject.CATEGORY}), **NOTICE)
    assert missing(record) == []
    scope = {line.name: line.text for line in layout.sections(record)[1].lines}
    assert (scope["CPV classifications"], scope["Main procurement category"]) == (
        "Not known yet",
        "Not known yet",
    )


def test_the_ocid_is_never_made_up() -> None:
    draft = ocds.release(full())
    assert (draft["ocid"], draft["tender"]["id"]) == ("not-allocated:ENG-2026-0001",) * 2
    assert "documents" not in draft["planning"]
    published = ocds.release(full(**NOTICE))
    assert (published["ocid"], published["id"]) == ("ocds-h6vhtk-0a1b2c", "012345-2026")
    assert published["tag"] == ["planning"]
    assert published["planning"]["documents"][0]["noticeType"] == "UK2"


def test_attachments_are_documents_once_the_notice_is_there() -> None:
    annex = Annex(
        name="Annex A – coûts.pdf",
        url="https://engage.example/challenges/ENG-2026-0001/attachments/" + "0a" * 32,
        mime="application/pdf",
        sha256="0a" * 32,
    )
    assert "documents" not in ocds.release(full(annexes=[annex]))["planning"]
    published = ocds.release(full(**NOTICE, annexes=[annex]))
    assert published["planning"]["documents"][1:] == [
        {"id": annex.sha256, "title": annex.name, "url": annex.url, "format": annex.mime}
    ]
    assert validation.verdict(json.loads(json.dumps(published))).valid
    published["planning"]["documents"][1]["url"] = "ftp://engage.example/a.pdf"
    assert validation.verdict(published).own != []


def test_a_change_after_the_notice_is_a_correction() -> None:
    later = ocds.release(full(**NOTICE, changed_at=NOW + timedelta(days=3)))
    assert later["tag"] == ["planningUpdate"]
    assert later["id"].startswith("012345-2026-update-")
    assert validation.verdict(later).valid


def test_an_engagement_that_has_closed_says_so() -> None:
    over = ocds.release(full(**NOTICE, today=date(2026, 12, 12)))
    assert over["planning"]["milestones"][0]["status"] == "met"
    assert over["planning"]["milestones"][0]["dateMet"] == "2026-12-11T23:59:59+00:00"
    assert (over["date"], over["tag"]) == ("2026-12-11T23:59:59+00:00", ["planningUpdate"])
    assert validation.verdict(over).valid


def test_days_begin_and_end_on_the_uk_clock() -> None:
    summer = ocds.release(full(starts_on=date(2027, 3, 28), ends_on=date(2027, 10, 31)))
    assert summer["tender"]["lots"][0]["contractPeriod"] == {
        "startDate": "2027-03-28T00:00:00+00:00",  # the clocks go forward an hour later
        "endDate": "2027-10-31T23:59:59+00:00",
    }
    assert ocds.release(full(closes_on=date(2027, 7, 1)))["planning"]["milestones"][0]["dueDate"].endswith(
        "+01:00"
    )


def test_several_authorities_name_their_lead() -> None:
    whole = Address(street="1 High Street", locality="Leeds", postal_code="LS1 1AA")
    other = Party(name="Leeds Council", ppon="PXYZ-1111-AAAA", address=whole, email="a@b.example")
    agent = Party(
        name="Buying Ltd",
        ppon="PQRS-1111-AAAA",
        address=whole,
        email="a@b.example",
        part=PartyPart.AGENT,
        role="Runs it",
    )
    made = ocds.release(full(parties=[other, agent]))
    assert [party["roles"] for party in made["parties"]] == [
        ["buyer", "leadBuyer"],
        ["buyer"],
        ["procurementServiceProvider"],
    ]
    assert made["parties"][2]["roleDetails"] == "Runs it"
    assert validation.verdict(made).valid


def test_a_package_declares_what_its_release_uses() -> None:
    made = ocds.package(full(), uri="https://engage.test/notice.json")
    assert (made["version"], len(made["releases"])) == ("1.1", 1)
    names = [uri.split("/")[4] for uri in made["extensions"]]
    assert names == ["eu", "ocds_suitability_extension", "ocds_uk_extension"]


def broken(**changes: Any) -> dict[str, Any]:
    """A good release with values put at paths (``a__0__b``); ``None`` takes the field out."""
    made: dict[str, Any] = deepcopy(ocds.release(full(**NOTICE)))
    for path, value in changes.items():
        *steps, last = path.split("__")
        spot: Any = made
        for step in steps:
            spot = spot[int(step) if step.isdigit() else step]
        if value is None:
            del spot[last]
        else:
            spot[int(last) if last.isdigit() else last] = value
    return made


@pytest.mark.parametrize(
    ("changes", "readings"),
    [
        ({"ocid": None}, "structural strict"),
        ({"tag": ["engagement"]}, "structural strict own"),
        ({"date": "2026-13-40"}, "structural strict"),
        ({"date": "2026-11-23"}, "structural strict"),
        ({"planning__milestones__0__id": None}, "structural strict"),
        ({"tender__value__amount": "1000000"}, "structural strict"),
        ({"planning__milestones__0__status": "planned"}, "structural strict"),
        ({"tender__status": "engagement"}, "structural strict own"),
        ({"parties": [{"id": "a"}, {"id": "a"}]}, "structural strict own"),
        ({"planning__documents__0__url": "no address"}, "structural strict"),
        ({"tender__engagement": {"deadline": "soon"}}, "strict"),
        ({"planning__documents__0__documentType": "preMarketNotice"}, "strict own"),
        ({"planning__milestones__0__type": "consultation"}, "strict own"),
        ({"parties__0__roles": ["purchaser"]}, "strict own"),
        ({"parties__0__contactPoint__name": "  "}, "strict"),
        ({"tender__description": ""}, "strict"),
        ({"ocid": "ocds-213czf-engage-0001"}, "own"),
        ({"ocid": "not-allocated:ENG-2026-0001"}, "own"),
        ({"tender__id": "ocds-h6vhtk-ffffff"}, "own"),
        ({"planning__documents": None}, "own"),
        ({"planning__documents__0__noticeType": "UK4"}, "own"),
        ({"planning__documents__0__id": "12345"}, "own"),
        ({"tag": ["tender"]}, "own"),
        ({"tender__legalBasis__id": "32014L0024"}, "own"),
        ({"planning__milestones": None}, "own"),
        ({"planning__milestones__0__status": "met"}, "own"),
        ({"buyer__id": "GB-PPON-PXXX-0000-XXXX"}, "own"),
        ({"buyer__name": "Somebody else"}, "own"),
        ({"parties__0__roles": ["buyer", "leadBuyer"]}, "own"),
        ({"parties__0__identifier__id": "PPON-12"}, "own"),
        ({"parties__0__contactPoint__email": "ann at seats"}, "own"),
        ({"parties__0__address__region": "Narnia"}, "own"),
        ({"parties__0__details__classifications__0__id": "MINISTRY"}, "own"),
        ({"tender__items__0__relatedLot": "2"}, "own"),
        ({"tender__items__0__additionalClassifications__0__id": "6013"}, "own"),
        ({"tender__items__0__additionalClassifications__0__id": "00000000"}, "own"),
        ({"tender__value__amount": -1}, "own"),
        ({"tender__value__amountGross": 5}, "own"),
        ({"tender__lots__0__contractPeriod__endDate": "2027-03-31T00:00:00+01:00"}, "own"),
        ({"tender__communication__futureNoticeDate": "2027-04-02T00:00:00+01:00"}, "own"),
    ],
)
def test_each_mutation_is_caught(changes: dict[str, Any], readings: str) -> None:
    verdict = validation.verdict(broken(**changes))
    found = [name for name in ("structural", "strict", "own") if getattr(verdict, name)]
    assert " ".join(found) == readings


def test_the_release_that_is_broken_above_is_good() -> None:
    assert validation.verdict(broken()).valid


@pytest.mark.parametrize(
    "nonsense", [{}, {"ocid": 7}, {"tender": []}, {"parties": "all", "planning": 3, "buyer": []}]
)
def test_nonsense_is_a_verdict_and_no_accident(nonsense: dict[str, Any]) -> None:
    assert validation.structural(nonsense) != []
    assert validation.verdict(nonsense).valid is False
