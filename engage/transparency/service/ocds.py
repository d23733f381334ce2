"""The notice as data: a planning release of OCDS 1.1.5 with the EU profile and the extension for the UK.

The ocid of a procurement is given out by Find a Tender (Procurement Regulations 2024, reg 8(1)(a)), never here.
Until one is recorded the release carries a placeholder, ``not-allocated:ENG-2026-0001``, which no ocid can look
like: it has no registered prefix and does not begin with ``ocds-``. The schema asks of an ocid only that it is a
text that is not empty, so the draft is valid as it stands; ``checks`` accepts the placeholder only with the
reference of its own challenge, and only while no notice is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engage.kernel.chain import canonical
from engage.kernel.codes import REGIONS, cpv_label
from engage.kernel.text import sha256
from engage.transparency.enums import AUTHORITY_WORDS, DEVOLVED_WORDS, PartyPart
from engage.transparency.service.layout import description, process
from engage.transparency.service.record import (
    Address,
    Authority,
    NoticeRecord,
    Party,
    end_of,
    start_of,
    whole_seconds,
)

NOTICE_PAGE = "https://www.find-tender.service.gov.uk/Notice/"
LICENCE = "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
EXTENSIONS = (
    "https://standard.open-contracting.org/profiles/eu/latest/en/extension.json",
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_suitability_extension/master/extension.json",
    "https://raw.githubusercontent.com/cabinetoffice/ocds_uk_extension/main/extension.json",
)
"""What a package with these releases has to declare: identifiers, never fetched by engage."""
ACT = {
    "scheme": "UKPGA",
    "id": "2023/54",
    "uri": "https://www.legislation.gov.uk/ukpga/2023/54/contents",
}
UNITED_KINGDOM = {"country": "GB", "countryName": "United Kingdom"}
LOT = "1"
SHORT = 12


def placeholder(ref: str) -> str:
    """Return what stands in place of the ocid of the challenge ``ref`` until Find a Tender has given one out."""
    return f"not-allocated:{ref}"


def package(record: NoticeRecord, *, uri: str) -> dict[str, Any]:
    """Return a release package with the one release of ``record``; ``uri`` is where it can be had."""
    return {
        "uri": uri,
        "version": "1.1",
        "extensions": list(EXTENSIONS),
        "publishedDate": whole_seconds(record.dated),
        "publisher": {"name": record.authority.name},
        "license": LICENCE,
        "releases": [release(record)],
    }


def release(record: NoticeRecord) -> dict[str, Any]:
    """Return the planning release of ``record``: the same record gives the same release.

    It is valid at every stage: what is missing is left out, never filled with something empty.
    """
    ocid = record.ocid or placeholder(record.ref)
    buyer = _id_of(record.authority)
    content: dict[str, Any] = _full(
        {
            "ocid": ocid,
            "date": whole_seconds(record.dated),
            "tag": ["planningUpdate" if record.is_correction else "planning"],
            "initiationType": "tender",
            "language": "en",
            "parties": [_buyer(record, buyer), *_others(record.parties, buyer)],
            "buyer": {"id": buyer, "name": record.authority.name},
            "planning": {"milestones": [_milestone(record)], "documents": _documents(record)},
            "tender": _tender(record, ocid),
        }
    )
    return {"ocid": ocid, "id": _release_id(record, content), **content}


def _release_id(record: NoticeRecord, content: Mapping[str, Any]) -> str:
    """Return the number of the notice; for a draft or a correction an id that changes with the content."""
    if record.published and not record.is_correction:
        return record.notice_number
    base = f"{record.notice_number}-update" if record.published else f"{record.ref}-draft"
    return f"{base}-{sha256(canonical(content))[:SHORT]}"


def _id_of(authority: Authority) -> str:
    if authority.ppon:
        return f"GB-PPON-{authority.ppon}"
    return "-".join(authority.other_ids[0]) if authority.other_ids else "buyer"


def _buyer(record: NoticeRecord, own_id: str) -> dict[str, Any]:
    authority = record.authority
    joint = any(party.part is PartyPart.JOINT for party in record.parties)
    schemes = [("GB-PPON", authority.ppon)] if authority.ppon else []
    numbers = [*schemes, *authority.other_ids]
    classified = []
    if authority.kind:
        classified.append(
            {
                "scheme": "UK_CA_TYPE",
                "id": authority.kind.value,
                "description": AUTHORITY_WORDS[authority.kind],
            }
        )
    if authority.devolved:
        classified.append(
            {
                "scheme": "UK_CA_DEVOLVED_REGULATIONS",
                "id": authority.devolved.value,
                "description": DEVOLVED_WORDS[authority.devolved],
            }
        )
    return {
        "id": own_id,
        "name": authority.name,
        "identifier": {"scheme": numbers[0][0], "id": numbers[0][1], "legalName": authority.name}
        if numbers
        else {"legalName": authority.name},
        "additionalIdentifiers": [{"scheme": scheme, "id": number} for scheme, number in numbers[1:]],
        "address": _address(authority.address),
        "contactPoint": {
            "name": record.contact.name,
            "email": record.contact.email or authority.email,
            "telephone": record.contact.telephone,
            "availableLanguage": list(record.languages),
        },
        "roles": ["buyer", "leadBuyer"] if joint else ["buyer"],
        "details": {"url": authority.website, "classifications": classified},
    }


def _others(parties: Sequence[Party], buyer: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    used = {buyer}
    for place, party in enumerate(parties, start=1):
        known = {"scheme": "GB-PPON", "id": party.ppon} if party.ppon else {}
        wanted = f"GB-PPON-{party.ppon}" if party.ppon else ""
        own_id = wanted if wanted and wanted not in used else f"party-{place}"
        used.add(own_id)
        made.append(
            {
                "id": own_id,
                "name": party.name,
                "identifier": {**known, "legalName": party.name},
                "address": _address(party.address),
                "contactPoint": {"email": party.email},
                "roles": ["buyer"] if party.part is PartyPart.JOINT else ["procurementServiceProvider"],
                "roleDetails": party.role,
            }
        )
    return made


def _address(address: Address) -> dict[str, Any]:
    given = {
        "streetAddress": ", ".join(
            line.strip(" ,") for line in address.street.split("\n") if line.strip(" ,")
        ),
        "locality": address.locality,
        "postalCode": address.postal_code,
        "region": region_code(address.region) if address.region else "",
    }
    return {**given, **UNITED_KINGDOM} if any(given.values()) else {}


def region_code(itl: str) -> str:
    """Return an ITL 1 code in the form that Find a Tender's data use: ``TLI`` is ``UKI``."""
    return f"UK{itl[2:]}"


def _milestone(record: NoticeRecord) -> dict[str, Any]:
    due = end_of(record.closes_on) if record.closes_on else ""
    return {
        "id": "engagement",
        "title": "Preliminary market engagement",
        "type": "engagement",
        "description": process(record),
        "dueDate": due,
        "dateMet": due if record.is_over else "",
        "status": "met" if record.is_over else "scheduled",
    }


def _documents(record: NoticeRecord) -> list[dict[str, Any]]:
    if not record.published or record.recorded_at is None:
        return []
    return [
        {
            "id": record.notice_number,
            "documentType": "marketEngagementNotice",
            "noticeType": "UK2",
            "description": "Preliminary market engagement notice on Find a Tender",
            "url": f"{NOTICE_PAGE}{record.notice_number}",
            "datePublished": whole_seconds(record.recorded_at),
            "format": "text/html",
        },
        *(
            {"id": each.sha256, "title": each.name, "url": each.url, "format": each.mime}
            for each in record.annexes
        ),
    ]


def _tender(record: NoticeRecord, ocid: str) -> dict[str, Any]:
    future = start_of(record.tender_notice_on) if record.tender_notice_on else ""
    return {
        "id": ocid,
        "legalBasis": dict(ACT),
        "title": record.title,
        "description": description(record),
        "status": "planning",
        "mainProcurementCategory": record.category.value if record.category else "",
        "aboveThreshold": record.above_threshold,
        "value": _value(record),
        "items": _items(record),
        "lots": [_lot(record)],
        "communication": {"futureNoticeDate": future},
    }


def _value(record: NoticeRecord) -> dict[str, Any]:
    amounts = {"amount": record.value_net, "amountGross": record.value_gross}
    return {**amounts, "currency": "GBP"} if any(value is not None for value in amounts.values()) else {}


def _items(record: NoticeRecord) -> list[dict[str, Any]]:
    item = {
        "description": record.quantity,
        "additionalClassifications": [
            {"scheme": "CPV", "id": code, "description": cpv_label(code)} for code in record.cpv
        ],
        "deliveryAddresses": _places(record),
    }
    return [{"id": "1", **item, "relatedLot": LOT}] if any(item.values()) else []


def _places(record: NoticeRecord) -> list[dict[str, Any]]:
    abroad = [{"countryName": record.abroad}] if record.abroad else []
    if record.everywhere:
        return [{"region": "UK", **UNITED_KINGDOM}, *abroad]
    inside = [{"region": region_code(code), **UNITED_KINGDOM} for code in record.regions if code in REGIONS]
    return [*inside, *abroad]


def _lot(record: NoticeRecord) -> dict[str, Any]:
    return {
        "id": LOT,
        "status": "planning",
        "contractPeriod": {
            "startDate": start_of(record.starts_on) if record.starts_on else "",
            "endDate": end_of(record.ends_on) if record.ends_on else "",
        },
        "suitability": {"sme": record.sme, "vcse": record.vcse},
    }


def _full(value: Any) -> Any:
    """Return ``value`` without what is empty, all the way down; false and 0 are not empty."""
    if isinstance(value, Mapping):
        kept = {key: _full(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, "", [], {})}
    if isinstance(value, list):
        return [each for each in map(_full, value) if each not in (None, "", [], {})]
    return value
