"""What a preliminary market engagement notice still lacks, each thing with the rule that asks for it.

Law: Procurement Regulations 2024 (SI 2024/692), regs 8, 13, 14 and 17. Of the contract subject-matter (reg 14) only
what the authority knows has to be said: a part that the department marks as not known is not missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engage.transparency.enums import SUBJECT_WORDS, Part, PartyPart, Subject
from engage.transparency.service.record import PPON, NoticeRecord, Party


class Source(StrEnum):
    """Who has to give what is missing."""

    LAW = "law"
    """The department; without it the notice is not what the law asks for."""
    FORM = "form"
    """The department; the form of Find a Tender asks for it, the law does not."""
    PLATFORM = "platform"
    """Find a Tender itself, when the notice is published."""


class Place(StrEnum):
    """Where on engage a thing is given, when it is none of the pages of ``Part``."""

    CHALLENGE = "challenge"
    AUTHORITY = "authority"
    PARTIES = "parties"
    NOTICE = "notice"


@dataclass(frozen=True)
class Missing:
    """One thing that the notice lacks; ``code`` is stable, ``law`` is the rule, ``where`` the page to give it."""

    code: str
    law: str
    text: str
    where: Part | Place
    source: Source = Source.LAW


def missing(record: NoticeRecord) -> Sequence[Missing]:
    """Return everything the notice of ``record`` lacks, in the order of the regulations; nothing is named twice."""
    return [
        *_authority(record),
        *_parties(record),
        *_contact(record),
        *_notice(record),
        *_subject(record),
        *_form(record),
    ]


def lawful(record: NoticeRecord) -> bool:
    """Tell whether all is there that the department has to give for the notice to be what the law asks for."""
    return all(item.source is not Source.LAW for item in missing(record))


def _authority(record: NoticeRecord) -> Iterator[Missing]:
    authority = record.authority
    if not authority.name.strip():
        yield Missing("authority_name", "reg 13(a)", "The name of the contracting authority", Place.AUTHORITY)
    if not authority.address.complete:
        yield Missing(
            "authority_address",
            "reg 13(c)",
            "The postal address of the contracting authority: street, town and postcode",
            Place.AUTHORITY,
        )
    if not authority.email:
        yield Missing(
            "authority_email", "reg 13(c)", "The email address of the contracting authority", Place.AUTHORITY
        )
    if not PPON.fullmatch(authority.ppon):
        yield Missing(
            "authority_ppon",
            "reg 13(d)",
            "The unique identifier of the contracting authority: its Public Procurement Organisation Number",
            Place.AUTHORITY,
        )


def _parties(record: NoticeRecord) -> Iterator[Missing]:
    for number, party in enumerate(record.parties, start=1):
        yield from _party(number, party)


def _party(number: int, party: Party) -> Iterator[Missing]:
    joint = party.part is PartyPart.JOINT
    laws = (
        ("reg 13(b)(ii)", "reg 13(c)", "reg 13(c)", "reg 13(d)")
        if joint
        else ("reg 13(e)(i)", "reg 13(e)(ii)", "reg 13(e)(ii)", "reg 13(e)(iii)")
    )
    name = party.name.strip() or f"organisation {number}"
    checks = (
        ("name", party.name.strip(), "The name"),
        ("address", party.address.complete, "The postal address"),
        ("email", party.email, "The email address"),
        ("ppon", PPON.fullmatch(party.ppon), "The Public Procurement Organisation Number"),
    )
    for law, (what, given, words) in zip(laws, checks, strict=True):
        if not given:
            yield Missing(f"party_{number}_{what}", law, f"{words} of {name}", Place.PARTIES)
    if not joint and not party.role.strip():
        text = f"A summary of what {name} does for the authority"
        yield Missing(f"party_{number}_role", "reg 13(e)(iv)", text, Place.PARTIES)


def _contact(record: NoticeRecord) -> Iterator[Missing]:
    contact = record.contact
    if not contact.name:
        text = "The name of the person to ask about the notice"
        yield Missing("contact_name", "reg 13(f)", text, Part.CONTACT)
    if not contact.email:
        text = "The email address of the person to ask about the notice"
        yield Missing("contact_email", "reg 13(f)", text, Part.CONTACT)
    if not contact.address and not record.authority.address.complete:
        text = "The postal address of the person to ask about the notice"
        yield Missing("contact_address", "reg 13(f)", text, Part.CONTACT)


def _notice(record: NoticeRecord) -> Iterator[Missing]:
    if not record.title.strip():
        yield Missing("title", "reg 17(2)(b)", "The title of the procurement", Place.CHALLENGE)
    if not record.ocid:
        yield Missing(
            "ocid",
            "reg 17(2)(c), reg 8(1)(a)",
            "The unique identifier of the procurement (OCID)",
            Place.NOTICE,
            Source.PLATFORM,
        )
    if record.closes_on is None:
        text = "The date when the engagement closes, or closed"
        yield Missing("closes_on", "reg 17(2)(e)", text, Part.ENGAGEMENT)
    if not record.process.strip():
        text = "A description of the process: events with place, date and time, and periods for answers"
        yield Missing("process", "reg 17(2)(f)", text, Part.ENGAGEMENT)


_LETTERS = dict(zip(Subject, "abcdefg", strict=True))
_PAGES = {
    Subject.WHEN: Part.DATES,
    Subject.AMOUNT: Part.DATES,
}


def _subject(record: NoticeRecord) -> Iterator[Missing]:
    given = {
        Subject.CATEGORY: record.category is not None,
        Subject.KINDS: bool(record.kinds.strip()),
        Subject.HOW: bool(record.how.strip()),
        Subject.WHEN: bool(record.starts_on or record.ends_on),
        Subject.AMOUNT: bool(
            record.quantity.strip() or record.value_net is not None or record.value_gross is not None
        ),
        Subject.CPV: bool(record.cpv),
        Subject.PLACE: bool(record.regions or record.abroad),
    }
    for subject, is_given in given.items():
        if not is_given and subject not in record.not_known:
            law = f"reg 17(2)(d), reg 14(1)({_LETTERS[subject]})"
            yield Missing(subject.value, law, SUBJECT_WORDS[subject], _PAGES.get(subject, Part.SCOPE))


def _form(record: NoticeRecord) -> Iterator[Missing]:
    law = "asked by Find a Tender"
    if record.authority.kind is None:
        text = "The type of the contracting authority"
        yield Missing("authority_type", law, text, Place.AUTHORITY, Source.FORM)
    if record.above_threshold is None:
        text = "Whether the contract is above the threshold"
        yield Missing("above_threshold", law, text, Part.DATES, Source.FORM)
    if record.tender_notice_on is None:
        text = "The estimated date of the tender notice"
        yield Missing("tender_notice_on", law, text, Part.DATES, Source.FORM)
