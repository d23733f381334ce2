"""The notice as text: field by field in the order of Find a Tender, to be copied into its form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from engage.challenges.enums.questions import PURPOSE_WORDS
from engage.kernel.codes import REGIONS, cpv_label
from engage.kernel.uktime import uk_date, uk_range
from engage.transparency.enums import (
    AUTHORITY_WORDS,
    DEVOLVED_WORDS,
    LANGUAGE_WORDS,
    PARTY_WORDS,
    Subject,
)
from engage.transparency.service.record import Address, Event, NoticeRecord, Party

NOT_KNOWN = "Not known yet"


@dataclass(frozen=True)
class Line:
    """One field of the form with what goes into it; ``text`` is empty when nothing is known."""

    name: str
    text: str
    law: str = ""

    @property
    def shown(self) -> str:
        """The text, or that there is none; what the law asks for is missing, the rest is not given."""
        return self.text or ("(missing)" if self.law else "(not given)")


@dataclass(frozen=True)
class Section:
    """One part of the form."""

    title: str
    lines: Sequence[Line]


def description(record: NoticeRecord) -> str:
    """Return the description of the procurement: the problem, what may be supplied, and how."""
    parts = [
        record.problem.strip(),
        _headed("What may be supplied", record.kinds),
        _headed("How it may be supplied", record.how),
    ]
    return "\n\n".join(filter(None, parts))


def process(record: NoticeRecord) -> str:
    """Return the description of the engagement: what it is for, how it goes, its events and its periods."""
    purposes = [f"- {PURPOSE_WORDS[each]}" for each in record.purposes if each in PURPOSE_WORDS]
    events = [f"- {event.title}: {_when_and_where(event)}" for event in _in_order(record)]
    parts = [
        record.process.strip(),
        _headed("What the engagement is for (Procurement Act 2023, section 16(1))", "\n".join(purposes)),
        _headed("Events", "\n".join(events)),
        _headed(
            "Steps so that nobody who takes part has an unfair advantage (section 16(3))",
            "\n".join(f"- {step}" for step in record.steps),
        ),
        _period(record),
        _languages(record),
    ]
    return "\n\n".join(filter(None, parts))


def sections(record: NoticeRecord) -> Sequence[Section]:
    """Return the notice field by field, in the order in which Find a Tender shows a notice of this kind."""
    return [
        Section("Notice", _notice(record)),
        Section("Scope", _scope(record)),
        Section("Engagement", _engagement(record)),
        Section("Participation", [Line("Particular suitability", _suitability(record))]),
        Section(
            "Submission", [_line("Publication date of tender notice (estimated)", record.tender_notice_on)]
        ),
        Section("Contracting authority", _authority(record)),
        Section("Contact for enquiries", _contact(record)),
        *(Section(party.name, _party(party)) for party in record.parties),
    ]


def text(record: NoticeRecord) -> str:
    """Return the whole notice as plain text, for reading and for the command line."""
    head = f"UK2: Preliminary market engagement notice - Procurement Act 2023\n{record.title}\n{record.authority.name}"
    blocks = [head]
    for section in sections(record):
        lines = [f"{line.name}\n{_indented(line.shown)}" for line in section.lines]
        blocks.append("\n".join([section.title.upper(), *lines]))
    return "\n\n".join(blocks) + "\n"


def _notice(record: NoticeRecord) -> list[Line]:
    given = "Find a Tender gives it out when the notice is published"
    return [
        Line("Title", record.title, "reg 17(2)(b)"),
        Line("Notice identifier", record.notice_number or given),
        Line("Procurement identifier (OCID)", record.ocid or given, "reg 17(2)(c)"),
    ]


def _scope(record: NoticeRecord) -> list[Line]:
    subject = _Subjects(record)
    above = {None: "", True: "Above the relevant threshold", False: "Below the relevant threshold"}
    category = record.category.value.capitalize() if record.category else ""
    codes = "\n".join(f"{code} - {cpv_label(code)}" for code in record.cpv)
    return [
        Line("Reference", record.ref),
        Line("Description", description(record), "reg 14(1)(b) and (c)"),
        subject.line("Total value or quantity (estimated)", _amount(record), Subject.AMOUNT, "reg 14(1)(e)"),
        Line("Threshold", above[record.above_threshold]),
        subject.line("Contract dates (estimated)", _contract_dates(record), Subject.WHEN, "reg 14(1)(d)"),
        subject.line("Main procurement category", category, Subject.CATEGORY, "reg 14(1)(a)"),
        subject.line("CPV classifications", codes, Subject.CPV, "reg 14(1)(f)"),
        subject.line("Contract locations", _places(record), Subject.PLACE, "reg 14(1)(g)"),
    ]


@dataclass(frozen=True)
class _Subjects:
    record: NoticeRecord

    def line(self, name: str, given: str, subject: Subject, law: str) -> Line:
        unknown = NOT_KNOWN if subject in self.record.not_known else ""
        return Line(name, given or unknown, law)


def _engagement(record: NoticeRecord) -> list[Line]:
    return [
        _line("Engagement start", record.opens_on),
        _line("Engagement deadline", record.closes_on, "reg 17(2)(e)"),
        Line("Engagement process description", process(record) if record.process else "", "reg 17(2)(f)"),
    ]


def _authority(record: NoticeRecord) -> list[Line]:
    authority = record.authority
    words = [AUTHORITY_WORDS[authority.kind]] if authority.kind else []
    words += [DEVOLVED_WORDS[authority.devolved]] if authority.devolved else []
    region = authority.address.region
    return [
        Line("Name", authority.name, "reg 13(a)"),
        Line("Public Procurement Organisation Number", authority.ppon, "reg 13(d)"),
        Line("Postal address", _postal(authority.address), "reg 13(c)"),
        Line("Email", authority.email, "reg 13(c)"),
        Line("Website", authority.website),
        Line("Region", f"{region} - {REGIONS[region]}" if region in REGIONS else ""),
        Line("Organisation type", "\n".join(words)),
    ]


def _contact(record: NoticeRecord) -> list[Line]:
    contact = record.contact
    return [
        Line("Name", contact.name, "reg 13(f)"),
        Line("Email", contact.email, "reg 13(f)"),
        Line("Telephone", contact.telephone),
        Line("Postal address", contact.address or _postal(record.authority.address), "reg 13(f)"),
    ]


def _party(party: Party) -> list[Line]:
    law = "reg 13(b) to (d)" if party.part == "joint" else "reg 13(e)"
    lines = [
        Line("What it does", party.role or PARTY_WORDS[party.part], law),
        Line("Public Procurement Organisation Number", party.ppon, law),
        Line("Postal address", _postal(party.address), law),
        Line("Email", party.email, law),
    ]
    return [Line("Name", party.name, law), *lines]


def _postal(address: Address) -> str:
    return "\n".join(address.lines)


def _line(name: str, day: date | None, law: str = "") -> Line:
    return Line(name, uk_date(day) if day else "", law)


def _amount(record: NoticeRecord) -> str:
    net, gross = record.value_net, record.value_gross
    parts = [
        f"£{net:,} excluding VAT" if net is not None else "",
        f"£{gross:,} including VAT" if gross is not None else "",
        record.quantity,
    ]
    return "\n".join(filter(None, parts))


def _contract_dates(record: NoticeRecord) -> str:
    if record.starts_on and record.ends_on:
        return f"{uk_date(record.starts_on)} to {uk_date(record.ends_on)}"
    if record.starts_on:
        return f"From {uk_date(record.starts_on)}"
    return f"Until {uk_date(record.ends_on)}" if record.ends_on else ""


def _places(record: NoticeRecord) -> str:
    inside = (
        ["United Kingdom"]
        if record.everywhere
        else [f"{code} - {REGIONS[code]}" for code in record.regions if code in REGIONS]
    )
    return "\n".join([*inside, *([record.abroad] if record.abroad else [])])


def _suitability(record: NoticeRecord) -> str:
    kinds = [
        "Small and medium-sized enterprises (SME)" if record.sme else "",
        "Voluntary, community and social enterprises (VCSE)" if record.vcse else "",
    ]
    return "\n".join(filter(None, kinds))


def _in_order(record: NoticeRecord) -> Iterator[Event]:
    yield from sorted(record.events, key=lambda event: (event.starts_at, event.title))


def _when_and_where(event: Event) -> str:
    when = uk_range(event.starts_at, event.ends_at)
    return f"{when}, {event.place}" if event.place else when


def _period(record: NoticeRecord) -> str:
    if record.closes_on is None:
        return ""
    verb = "could" if record.is_over else "can"
    since = f"from {uk_date(record.opens_on)} " if record.opens_on else ""
    return (
        f"Suppliers {verb} offer to take part and send information {since}until {uk_date(record.closes_on)}."
    )


def _languages(record: NoticeRecord) -> str:
    named = [LANGUAGE_WORDS[each] for each in record.languages if each in LANGUAGE_WORDS]
    return f"Answers are taken in {' and '.join(named)}." if named else ""


def _headed(heading: str, body: str) -> str:
    return f"{heading}:\n{body.strip()}" if body.strip() else ""


def _indented(body: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in body.split("\n"))
