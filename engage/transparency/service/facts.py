"""Reading one OCDS release of another publisher: what engage keeps of it, taken with care.

Publishers make mistakes that a schema would refuse (addresses that are none, ids twice): what can be read is read.
Only what a release cannot be found again without is needed: ocid, id, date, tag. People are not kept: contact
points, addresses and signatories stay where they were published.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from engage.kernel.chain import canonical
from engage.kernel.clock import UK
from engage.kernel.codes import cpv_code
from engage.kernel.errors import Invalid
from engage.kernel.text import excerpt, one_line, sha256
from engage.transparency.service.checks import NUMBER
from engage.transparency.service.ocds import NOTICE_PAGE

LONGEST_ID = 200
LONGEST_TITLE = 500
LONGEST_DESCRIPTION = 2_000
MOST = 100
OCID = re.compile(r"ocds-[a-z0-9]{6}-\S+")
FIND_A_TENDER = "ocds-h6vhtk-"
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_WORDS = re.compile(r"[^\W_]+")
_BUYING = frozenset({"buyer", "procuringEntity", "leadBuyer"})


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is kept of a release; lists are in order and without doubles."""

    ocid: str
    release_id: str
    date: datetime
    tags: Sequence[str]
    notice_type: str
    document_type: str
    url: str
    title: str
    description: str
    status: str
    buyer_name: str
    buyer_key: str
    buyer_ids: Sequence[str]
    cpv: Sequence[str]
    suppliers: Sequence[str]
    related: Sequence[str]

    @property
    def content_hash(self) -> str:
        """The SHA-256 of all of it: a release that is imported again unchanged has the same."""
        return sha256(canonical(asdict(self)))


def parse_release(data: object) -> Facts:
    """Return the facts of one release. Raises ``Invalid`` with a message for each thing that it cannot be without."""
    if not isinstance(data, Mapping):
        raise Invalid({"release": "must be an object with ocid, id, date and tag"})
    wrong: dict[str, str] = {}
    ocid, release_id = _needed(data, "ocid", wrong), _needed(data, "id", wrong)
    if ocid and not OCID.fullmatch(ocid):
        wrong["ocid"] = "must be an ocid, like ocds-h6vhtk-0a1b2c"
    moment = _date(data, wrong)
    tags = [_clean(tag) for tag in _list(data.get("tag")) if isinstance(tag, str) and tag.strip()]
    if not tags:
        wrong["tag"] = "must be a list with at least one tag"
    if wrong or moment is None:
        raise Invalid(wrong)
    tender = _object(data, "tender")
    document = _document(data, release_id)
    name = _buyer_name(data)
    return Facts(
        ocid=ocid,
        release_id=release_id,
        date=moment,
        tags=_unique(tags),
        notice_type=_text(document, "noticeType")[:LONGEST_ID],
        document_type=_text(document, "documentType")[:LONGEST_ID],
        url=_url(document, ocid, release_id),
        title=_title(data)[:LONGEST_TITLE],
        description=excerpt(_text(tender, "description"), length=LONGEST_DESCRIPTION),
        status=_text(tender, "status")[:LONGEST_ID],
        buyer_name=name[:LONGEST_TITLE],
        buyer_key=buyer_key(name),
        buyer_ids=_unique(_buyer_ids(data)),
        cpv=_unique(_codes(data)),
        suppliers=_unique(_suppliers(data)),
        related=_unique(_related(data)),
    )


def buyer_key(name: str) -> str:
    """Return a buyer's name in the form in which names are compared: words in lower case, without "the" and "&"."""
    words = _WORDS.findall(name.replace("&", " and ").casefold())
    return " ".join(word for word in words if word != "the")


def _needed(data: Mapping[str, Any], key: str, wrong: dict[str, str]) -> str:
    value = data.get(key)
    text = _clean(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text:
        wrong[key] = "is missing"
    elif len(text) > LONGEST_ID:
        wrong[key] = f"must be {LONGEST_ID} characters or fewer"
    return text


def _date(data: Mapping[str, Any], wrong: dict[str, str]) -> datetime | None:
    """Return the date of a release; one without an offset is on the UK clock, as Find a Tender writes them."""
    try:
        moment = datetime.fromisoformat(str(data.get("date") or ""))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UK)).astimezone(UTC)
    except (ValueError, OverflowError):
        wrong["date"] = "must be a date and time, like 2026-03-02T10:00:00Z"
        return None


def _document(data: Mapping[str, Any], release_id: str) -> Mapping[str, Any]:
    """Return the document that is the notice itself: the one with the release's number, or the last notice."""
    parts = [
        _object(data, "planning"),
        _object(data, "tender"),
        *_objects(data, "awards"),
        *_objects(data, "contracts"),
    ]
    documents = [document for part in parts for document in _objects(part, "documents")]
    own = [document for document in documents if _text(document, "id") == release_id]
    notices = [each for each in documents if _text(each, "documentType").endswith("Notice")]
    return (own or _of_stage(data, notices) or notices or [{}])[-1]


def _of_stage(data: Mapping[str, Any], notices: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    stages = {str(tag) for tag in _list(data.get("tag"))}
    wanted = {
        "planning": "marketEngagementNotice plannedProcurementNotice",
        "tender": "tenderNotice",
        "award": "awardNotice",
        "contract": "contractNotice",
    }
    types = {
        name
        for stage, names in wanted.items()
        if any(tag.startswith(stage) for tag in stages)
        for name in names.split()
    }
    return [each for each in notices if _text(each, "documentType") in types]


def _url(document: Mapping[str, Any], ocid: str, release_id: str) -> str:
    url = _text(document, "url")
    if url.startswith(("https://", "http://")) and " " not in url and len(url) <= LONGEST_DESCRIPTION:
        return url
    numbered = ocid.startswith(FIND_A_TENDER) and NUMBER.fullmatch(release_id)
    return f"{NOTICE_PAGE}{release_id}" if numbered else ""


def _title(data: Mapping[str, Any]) -> str:
    places = [_object(data, "tender"), data, *_objects(data, "awards"), *_objects(data, "contracts")]
    return next(filter(None, (_text(place, "title") for place in places)), "")


def _buyer_name(data: Mapping[str, Any]) -> str:
    parties = [_object(data, "buyer"), *_buyers(data)]
    return next(filter(None, (_text(party, "name") for party in parties)), "")


def _buyers(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for party in _objects(data, "parties"):
        if _BUYING.intersection(str(role) for role in _list(party.get("roles"))):
            yield party


def _buyer_ids(data: Mapping[str, Any]) -> Iterator[str]:
    for party in (_object(data, "buyer"), *_buyers(data)):
        for identifier in (_object(party, "identifier"), *_objects(party, "additionalIdentifiers")):
            scheme, number = _text(identifier, "scheme"), _text(identifier, "id")
            if scheme and number:
                yield f"{scheme}-{number.removeprefix(f'{scheme}-')}"
        own = _text(party, "id")
        if re.match(r"[A-Z]{2}-[A-Z]+-\S", own):
            yield own


def _codes(data: Mapping[str, Any]) -> Iterator[str]:
    tender = _object(data, "tender")
    holders = [tender, *_objects(tender, "items"), *_objects(tender, "lots")]
    for award in (*_objects(data, "awards"), *_objects(data, "contracts")):
        holders += [award, *_objects(award, "items")]
    for holder in holders:
        for each in (_object(holder, "classification"), *_objects(holder, "additionalClassifications")):
            if _text(each, "scheme").upper() == "CPV":
                try:
                    yield cpv_code(_text(each, "id"))
                except ValueError:
                    continue  # no code of the list: there is nothing to compare it with


def _suppliers(data: Mapping[str, Any]) -> Iterator[str]:
    for award in _objects(data, "awards"):
        for supplier in _objects(award, "suppliers"):
            name = _text(supplier, "name")[:LONGEST_ID]
            if name:
                yield name


def _related(data: Mapping[str, Any]) -> Iterator[str]:
    for holder in (data, *_objects(data, "contracts")):
        for process in _objects(holder, "relatedProcesses"):
            identifier = _text(process, "identifier")[:LONGEST_ID]
            if identifier:
                yield identifier


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))[:MOST]


def _object(thing: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = thing.get(key)
    return value if isinstance(value, Mapping) else {}


def _objects(thing: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [each for each in _list(thing.get(key)) if isinstance(each, Mapping)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(thing: Mapping[str, Any], key: str) -> str:
    value = thing.get(key)
    return _clean(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _clean(text: str) -> str:
    """Return ``text`` on one line, without what a database cannot hold: NUL, lone halves of characters."""
    return one_line(_HIDDEN.sub(" ", text.encode("utf-8", "replace").decode()))
