"""Forms of notices. What is asked by law carries no "(optional)": it may stay empty for now, and is then missing."""

from __future__ import annotations

from collections.abc import Mapping

from engage.http.forms import (
    CheckboxesField,
    DatePartsField,
    EmailField,
    Form,
    HiddenField,
    IntegerField,
    Length,
    LinesField,
    Optional,
    RadiosField,
    Required,
    SelectField,
    TextAreaField,
    TextField,
)
from engage.kernel.codes import REGIONS
from engage.transparency.enums import (
    AUTHORITY_WORDS,
    DEVOLVED_WORDS,
    LANGUAGE_WORDS,
    PARTY_WORDS,
    SUBJECT_WORDS,
    AuthorityType,
    Category,
    Devolved,
    Language,
    Part,
    PartyPart,
    Subject,
)
from engage.transparency.service.details import SUBJECTS

LONG = Length(max=10_000)
LINE = Length(max=200)
POUNDS = "In whole pounds, for example 1,200,000"


def yes_or_no(value: str) -> bool:
    """Return the answer of a radio "yes" or "no"; shown values are booleans already."""
    return {"yes": True, "no": False, "True": True, "False": False}[value]


def _yes_no(label: str, hint: str = "", *, asked: bool = True) -> RadiosField:
    return RadiosField(
        label,
        [] if asked else [Optional()],
        choices=[(True, "Yes"), (False, "No")],
        coerce=yes_or_no,
        description=hint,
    )


def _not_known(part: Part) -> CheckboxesField:
    return CheckboxesField(
        "What do you not know yet?",
        description="The law asks for these things so far as you know them. Tick what you do not know; it is no "
        "longer missing then.",
        choices=[(subject, SUBJECT_WORDS[subject]) for subject in SUBJECTS[part]],
        coerce=Subject,
        error_name="What you do not know",
    )


class ScopeForm(Form):
    """What would be supplied, how and where."""

    seen = HiddenField()
    category = RadiosField(
        "Would the contract be mainly for goods, services or works?",
        choices=[(each, each.value.capitalize()) for each in Category],
        coerce=Category,
        error_name="The category",
    )
    kinds = TextAreaField(
        "What kinds of goods, services or works might be supplied?",
        [LONG],
        description="Say what is possible, not what you prefer. For example: software for booking, a managed "
        "booking service, or advice on how to change booking.",
        error_name="The kinds",
    )
    how = TextAreaField(
        "How might they be supplied?",
        [LONG],
        description="For example: as a service over the internet, on site, in several regions one after the other.",
        error_name="How they are supplied",
    )
    cpv = LinesField(
        "CPV codes beyond those of the challenge",
        [Optional()],
        description="One code of 8 digits on each line.",
        error_name="The CPV codes",
    )
    regions = CheckboxesField(
        "Where in the United Kingdom would they be supplied?",
        description="Tick all of them for the whole of the United Kingdom.",
        choices=list(REGIONS.items()),
        error_name="The regions",
    )
    abroad = TextField(
        "Where outside the United Kingdom, if anywhere?",
        [Optional(), LINE],
        description="The country and, if it helps, the region.",
        error_name="The place abroad",
    )
    not_known = _not_known(Part.SCOPE)


class DatesForm(Form):
    """When and how much."""

    seen = HiddenField()
    tender_notice_on = DatePartsField(
        "When do you expect to publish the tender notice?",
        description="An estimate binds you to nothing. For example, 15 1 2027.",
        error_name="The date of the tender notice",
    )
    starts_on = DatePartsField("When would the contract start?", error_name="The start of the contract")
    ends_on = DatePartsField(
        "When would it end?",
        description="Without possible extensions.",
        error_name="The end of the contract",
    )
    value_net = IntegerField("Estimated value without VAT", description=POUNDS)
    value_gross = IntegerField("Estimated value with VAT", description=POUNDS)
    quantity = TextAreaField(
        "Estimated quantity, if a value says too little",
        [Optional(), LONG],
        description="For example: bookings for about 300 vehicles.",
        error_name="The quantity",
    )
    above_threshold = _yes_no(
        "Is the value above the threshold of the Procurement Act?",
        "Find a Tender asks for this; the thresholds depend on the kind of authority and contract.",
    )
    not_known = _not_known(Part.DATES)


class EngagementForm(Form):
    """How the engagement goes, and until when."""

    seen = HiddenField()
    engagement_process = TextAreaField(
        "How will you engage with suppliers?",
        [LONG],
        description="Say how suppliers can take part, what is asked of them and what happens with the answers. "
        "The sessions you schedule, the purposes of the engagement and the closing date are added by themselves. "
        "If the engagement is over, say how it went.",
        error_name="The process",
    )
    opens_on = DatePartsField("When does the engagement start?", [Optional()], error_name="The start")
    closes_on = DatePartsField(
        "When does it close, or when did it close?",
        description="If you leave this empty, the closing date of the challenge counts.",
        error_name="The closing date",
    )
    languages = CheckboxesField(
        "In which languages do you take answers?",
        choices=[(each, LANGUAGE_WORDS[each]) for each in Language],
        coerce=Language,
        error_name="The languages",
    )
    sme = _yes_no("Would the contract suit small and medium-sized enterprises?", asked=False)
    vcse = _yes_no("Would it suit voluntary, community and social enterprises?", asked=False)


class ContactForm(Form):
    """Whom to ask about the notice."""

    seen = HiddenField()
    contact_name = TextField(
        "Name",
        [LINE],
        description="A person or a team. Everybody can read it.",
        error_name="The name",
    )
    contact_email = EmailField("Email address", [LINE])
    contact_telephone = TextField("Telephone number", [Optional(), LINE], error_name="The telephone number")
    contact_address = TextAreaField(
        "Postal address",
        [Optional(), LONG],
        description="If you leave this empty, the address of the department counts.",
        error_name="The postal address",
    )


PART_FORMS: Mapping[Part, type[Form]] = {
    Part.SCOPE: ScopeForm,
    Part.DATES: DatesForm,
    Part.ENGAGEMENT: EngagementForm,
    Part.CONTACT: ContactForm,
}
NONE_OF_THEM = ("", "None")


class BuyerForm(Form):
    """What the department says about itself in each of its notices."""

    ppon = TextField(
        "Public Procurement Organisation Number",
        [LINE],
        description="Find a Tender gave it out when your department registered, for example PABC-1234-DEFG.",
        error_name="The number",
    )
    street = TextAreaField("Street", [LINE], error_name="The street")
    locality = TextField("Town or city", [LINE], error_name="The town or city")
    postal_code = TextField("Postcode", [LINE], error_name="The postcode")
    region = SelectField("Region", [Optional()], choices=[("", "Choose a region"), *REGIONS.items()])
    email = EmailField("Email address", [LINE])
    website = TextField("Website", [Optional(), LINE], error_name="The website")
    kind = RadiosField(
        "Type of contracting authority",
        choices=[(each, AUTHORITY_WORDS[each]) for each in AuthorityType],
        coerce=AuthorityType,
        error_name="The type",
    )
    devolved = SelectField(
        "Devolved regulations",
        [Optional()],
        choices=[NONE_OF_THEM, *((each, DEVOLVED_WORDS[each]) for each in Devolved)],
        coerce=Devolved,
        error_name="The devolved regulations",
    )


class PartyForm(Form):
    """Another organisation in the notice."""

    part = RadiosField(
        "What does the organisation do?",
        [Required("Choose what the organisation does")],
        choices=[(each, PARTY_WORDS[each]) for each in PartyPart],
        coerce=PartyPart,
        error_name="What the organisation does",
    )
    name = TextField("Name", [Required("Enter the name of the organisation"), LINE], error_name="The name")
    ppon = TextField(
        "Public Procurement Organisation Number",
        [LINE],
        description="For example PABC-1234-DEFG.",
        error_name="The number",
    )
    street = TextAreaField("Street", [LINE], error_name="The street")
    locality = TextField("Town or city", [LINE], error_name="The town or city")
    postal_code = TextField("Postcode", [LINE], error_name="The postcode")
    email = EmailField("Email address", [LINE])
    role = TextAreaField(
        "What does it do for you?",
        [Optional(), LONG],
        description="Needed for an organisation that acts on your behalf. One or two sentences.",
        error_name="What it does",
    )


class LinkForm(Form):
    """A procurement that followed, by its identifier."""

    ocid = TextField(
        "Procurement identifier (OCID)",
        [Required("Enter the identifier of the procurement"), LINE],
        description="It stands on each of its notices, for example ocds-h6vhtk-0a1b2c",
        error_name="The identifier",
    )
