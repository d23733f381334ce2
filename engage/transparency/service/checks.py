"""What the schema cannot check of a UK2 release: which fields belong together, and the forms of numbers and codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from engage.kernel.codes import cpv_code
from engage.transparency.enums import AuthorityType, Devolved
from engage.transparency.service.record import PPON

Found = Iterator[tuple[str, str]]
OCID = re.compile(r"ocds-h6vhtk-[0-9a-f]{6,12}")
PLACEHOLDER = re.compile(r"not-allocated:(ENG-[0-9]{4}-[0-9]{4,})")
NUMBER = re.compile(r"[0-9]{6}-[0-9]{4}")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
CPV_FORM = re.compile(r"[0-9]{8}")
REGION = re.compile(r"UK([C-N]([0-9A-Z]{1,2})?)?")
_SCHEMES = {
    "UK_CA_TYPE": frozenset(each.value for each in AuthorityType),
    "UK_CA_DEVOLVED_REGULATIONS": frozenset(each.value for each in Devolved),
}


def faults(release: Mapping[str, Any]) -> Found:
    """Yield ``(where, what)`` for everything in ``release`` that does not fit together or has a wrong form."""
    for check in _CHECKS:
        try:
            yield from list(check(release))
        except (AttributeError, KeyError, TypeError, ValueError, IndexError):
            continue  # a field is of the wrong type: the schema says so, and there is nothing to compare


def _ocid(release: Mapping[str, Any]) -> Found:
    ocid, tender = release["ocid"], _of(release, "tender")
    drafted = PLACEHOLDER.fullmatch(ocid)
    documents = _list(_of(release, "planning"), "documents")
    if not drafted and not OCID.fullmatch(ocid):
        yield (
            "ocid",
            "is no ocid of Find a Tender: it begins with ocds-h6vhtk- and is never made up elsewhere",
        )
    if drafted and not str(release["id"]).startswith(f"{drafted[1]}-draft"):
        yield "ocid", "is the placeholder of another challenge, or of a notice that is published"
    if drafted and documents:
        yield "planning/documents", "name a published notice, but there is no ocid"
    if not drafted and not documents:
        yield "planning/documents", "do not name the notice that the ocid belongs to"
    if tender.get("id") != ocid:
        yield "tender/id", "differs from the ocid"


def _notice(release: Mapping[str, Any]) -> Found:
    for place, document in enumerate(_list(_of(release, "planning"), "documents")):
        where = f"planning/documents/{place}"
        if place and "documentType" not in document:  # an attachment of the challenge
            if not str(document.get("url", "")).startswith(("https://", "http://")):
                yield f"{where}/url", "is no address from which the attachment can be had"
            continue
        if document.get("documentType") != "marketEngagementNotice" or document.get("noticeType") != "UK2":
            yield where, "is not a preliminary market engagement notice (UK2)"
        if not NUMBER.fullmatch(str(document["id"])):
            yield f"{where}/id", "is no notice number of Find a Tender, like 012345-2026"
        if not str(release["id"]).startswith(str(document["id"])):
            yield f"{where}/id", "is not the notice that this release is about"


def _stage(release: Mapping[str, Any]) -> Found:
    if release["tag"] not in (["planning"], ["planningUpdate"]):
        yield "tag", "must be planning, or planningUpdate for a correction"
    tender = _of(release, "tender")
    if tender.get("status") != "planning":
        yield "tender/status", "must be planning: nothing is tendered yet"
    if _of(tender, "legalBasis").get("scheme") != "UKPGA" or _of(tender, "legalBasis").get("id") != "2023/54":
        yield "tender/legalBasis", "must be the Procurement Act 2023"


def _engagement(release: Mapping[str, Any]) -> Found:
    found = [
        each for each in _list(_of(release, "planning"), "milestones") if each.get("type") == "engagement"
    ]
    if len(found) != 1:
        yield "planning/milestones", "must hold one milestone of type engagement"
        return
    milestone = found[0]
    date = _moment(release["date"])
    due, met = milestone.get("dueDate"), milestone.get("status") == "met"
    if met and (not due or _moment(due) > date):
        yield "planning/milestones", "say that the engagement is over before its closing date"
    if met != bool(milestone.get("dateMet")):
        yield "planning/milestones", "must have dateMet when they are met, and only then"


def _buyer(release: Mapping[str, Any]) -> Found:
    buyer, parties = _of(release, "buyer"), _list(release, "parties")
    own = [party for party in parties if party.get("id") == buyer.get("id")]
    if len(own) != 1:
        yield "buyer/id", "must be the id of one party"
    elif "buyer" not in own[0].get("roles", []):
        yield "buyer/id", "is a party without the role of a buyer"
    elif own[0].get("name") != buyer.get("name"):
        yield "buyer/name", "differs from the name of the party"
    ids = [party.get("id") for party in parties]
    if len(set(ids)) != len(ids):
        yield "parties", "have an id twice"
    buyers = [party for party in parties if "buyer" in party.get("roles", [])]
    leads = [party for party in buyers if "leadBuyer" in party["roles"]]
    if len(leads) != (1 if len(buyers) > 1 else 0):
        yield "parties", "must name one lead when several buy together (reg 13(b)), and none otherwise"


def _parties(release: Mapping[str, Any]) -> Found:
    for place, party in enumerate(_list(release, "parties")):
        where = f"parties/{place}"
        identifier = _of(party, "identifier")
        if identifier.get("scheme") == "GB-PPON" and not PPON.fullmatch(identifier["id"]):
            yield (
                f"{where}/identifier/id",
                "is no Public Procurement Organisation Number, like PABC-1234-DEFG",
            )
        email = _of(party, "contactPoint").get("email")
        if email is not None and not EMAIL.fullmatch(email):
            yield f"{where}/contactPoint/email", "is no email address"
        if not party.get("name"):
            yield f"{where}/name", "is missing"
        yield from _region(_of(party, "address"), f"{where}/address")
        for number, each in enumerate(_list(_of(party, "details"), "classifications")):
            codes = _SCHEMES.get(each.get("scheme"))
            if codes is not None and each.get("id") not in codes:
                yield f"{where}/details/classifications/{number}/id", f"is not a code of {each['scheme']}"


def _items(release: Mapping[str, Any]) -> Found:
    tender = _of(release, "tender")
    lots = {lot["id"] for lot in _list(tender, "lots")}
    for place, item in enumerate(_list(tender, "items")):
        where = f"tender/items/{place}"
        if "relatedLot" in item and item["relatedLot"] not in lots:
            yield f"{where}/relatedLot", "is no lot of this tender"
        for number, each in enumerate(_list(item, "additionalClassifications")):
            if each.get("scheme") == "CPV" and not _is_cpv(each.get("id")):
                yield f"{where}/additionalClassifications/{number}/id", "is no CPV code of 8 digits"
        for number, address in enumerate(_list(item, "deliveryAddresses")):
            yield from _region(address, f"{where}/deliveryAddresses/{number}")


def _money(release: Mapping[str, Any]) -> Found:
    value = _of(_of(release, "tender"), "value")
    net, gross = value.get("amount"), value.get("amountGross")
    if any(amount is not None and amount < 0 for amount in (net, gross)):
        yield "tender/value", "is below zero"
    if net is not None and gross is not None and gross < net:
        yield "tender/value/amountGross", "is less than the amount without VAT"
    if value and not value.get("currency"):
        yield "tender/value/currency", "is missing"


def _dates(release: Mapping[str, Any]) -> Found:
    tender = _of(release, "tender")
    future = _of(tender, "communication").get("futureNoticeDate")
    for place, lot in enumerate(_list(tender, "lots")):
        period = _of(lot, "contractPeriod")
        start, end = period.get("startDate"), period.get("endDate")
        where = f"tender/lots/{place}/contractPeriod"
        if start and end and _moment(end) <= _moment(start):
            yield where, "ends before it begins"
        if future and start and _moment(start) <= _moment(future):
            yield where, "begins before the tender notice"


_CHECKS: tuple[Callable[[Mapping[str, Any]], Found], ...] = (
    _ocid,
    _notice,
    _stage,
    _engagement,
    _buyer,
    _parties,
    _items,
    _money,
    _dates,
)


def _of(thing: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = thing.get(key) or {}
    return found


def _list(thing: Mapping[str, Any], key: str) -> list[Any]:
    found: list[Any] = thing.get(key) or []
    return found


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _region(address: Mapping[str, Any], where: str) -> Found:
    region = address.get("region")
    if region is not None and not REGION.fullmatch(region):
        yield f"{where}/region", "is no region of the United Kingdom, like UKI or UKD72"


def _is_cpv(code: object) -> bool:
    if not isinstance(code, str) or not CPV_FORM.fullmatch(code):
        return False
    try:
        cpv_code(code)
    except ValueError:
        return False
    return True
