"""The fixed values of notices, with their words and the law that asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Category(StrEnum):
    """What a contract is mainly for (reg 14(1)(a)); the codes are those of OCDS."""

    GOODS = "goods"
    SERVICES = "services"
    WORKS = "works"


class AuthorityType(StrEnum):
    """Types of contracting authority, the codes of ``UK_CA_TYPE``."""

    CENTRAL = "publicAuthorityCentralGovernment"
    SUB_CENTRAL = "publicAuthoritySubCentralGovernment"
    UNDERTAKING = "publicUndertaking"
    PRIVATE_UTILITY = "privateUtility"
    OTHER = "other"


AUTHORITY_WORDS: Mapping[str, str] = {
    AuthorityType.CENTRAL: "Public authority - central government",
    AuthorityType.SUB_CENTRAL: "Public authority - sub-central government",
    AuthorityType.UNDERTAKING: "Public undertaking",
    AuthorityType.PRIVATE_UTILITY: "Private utility",
    AuthorityType.OTHER: "Other",
}


class Devolved(StrEnum):
    """Devolved regulations that apply to an authority, the codes of ``UK_CA_DEVOLVED_REGULATIONS``."""

    NORTHERN_IRELAND = "GB-NIR"
    SCOTLAND = "GB-SCT"
    WALES = "GB-WLS"


DEVOLVED_WORDS: Mapping[str, str] = {
    Devolved.NORTHERN_IRELAND: "Northern Irish devolved regulations apply",
    Devolved.SCOTLAND: "Scottish devolved regulations apply",
    Devolved.WALES: "Welsh devolved regulations apply",
}


class Subject(StrEnum):
    """What the law calls the contract subject-matter (reg 14(1)): each part is given so far as it is known."""

    CATEGORY = "category"
    KINDS = "kinds"
    HOW = "how"
    WHEN = "when"
    AMOUNT = "amount"
    CPV = "cpv"
    PLACE = "place"


SUBJECT_WORDS: Mapping[str, str] = {
    Subject.CATEGORY: "Whether it is mainly goods, services or works",
    Subject.KINDS: "The kinds of goods, services or works",
    Subject.HOW: "How they will be supplied",
    Subject.WHEN: "When they will be supplied",
    Subject.AMOUNT: "How much will be supplied",
    Subject.CPV: "CPV codes",
    Subject.PLACE: "Where they will be supplied",
}


class PartyPart(StrEnum):
    """What another organisation does in a procurement (reg 13(b) and (e))."""

    JOINT = "joint"
    AGENT = "agent"


PARTY_WORDS: Mapping[str, str] = {
    PartyPart.JOINT: "Buys together with us; we are the lead authority",
    PartyPart.AGENT: "Carries out the procurement, or part of it, on our behalf",
}


class Language(StrEnum):
    """Languages in which a department takes answers; the codes are those of ISO 639-1."""

    ENGLISH = "en"
    WELSH = "cy"


LANGUAGE_WORDS: Mapping[str, str] = {Language.ENGLISH: "English", Language.WELSH: "Welsh"}


class Part(StrEnum):
    """The pages on which a department gives what the challenge does not say, in the order of the notice."""

    SCOPE = "scope"
    DATES = "dates"
    ENGAGEMENT = "engagement"
    CONTACT = "contact"


class LinkState(StrEnum):
    """Whether a procurement followed from a challenge."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


NOTICE_WORDS: Mapping[str, str] = {
    "UK1": "Pipeline notice",
    "UK2": "Preliminary market engagement notice",
    "UK3": "Planned procurement notice",
    "UK4": "Tender notice",
    "UK5": "Transparency notice",
    "UK6": "Contract award notice",
    "UK7": "Contract details notice",
    "UK9": "Contract performance notice",
    "UK10": "Contract change notice",
    "UK11": "Contract termination notice",
    "UK12": "Procurement termination notice",
    "UK13": "Dynamic market intention notice",
    "UK14": "Dynamic market establishment notice",
    "UK15": "Dynamic market modification notice",
    "UK16": "Dynamic market cessation notice",
}
"""The notices of the Procurement Act 2023 by their code on Find a Tender."""

DOCUMENT_WORDS: Mapping[str, str] = {
    "marketEngagementNotice": "Early engagement notice",
    "plannedProcurementNotice": "Planned procurement notice",
    "tenderNotice": "Tender notice",
    "awardNotice": "Award notice",
    "contractNotice": "Contract notice",
    "contractSigned": "Contract",
    "tenderCancellationNotice": "Cancellation notice",
    "contractTerminationNotice": "Termination notice",
    "implementationNotice": "Contract performance notice",
}
TAG_WORDS: Mapping[str, str] = {
    "planning": "Planning notice",
    "planningUpdate": "Corrected planning notice",
    "tender": "Tender notice",
    "tenderAmendment": "Changed tender notice",
    "tenderUpdate": "Changed tender notice",
    "tenderCancellation": "Cancellation notice",
    "award": "Award notice",
    "awardUpdate": "Changed award notice",
    "awardCancellation": "Cancelled award",
    "contract": "Contract notice",
    "contractUpdate": "Changed contract notice",
    "contractAmendment": "Changed contract notice",
    "contractTermination": "Termination notice",
    "implementation": "Contract performance notice",
    "implementationUpdate": "Contract performance notice",
}
