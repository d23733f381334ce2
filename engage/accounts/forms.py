"""Forms of accounts. Passwords are judged by the service, which knows whose they are."""

from __future__ import annotations

from engage.accounts.enums import Scheme
from engage.accounts.service.identifiers import REGISTERS
from engage.accounts.service.organisations import LONGEST_NAME as LONGEST_ORGANISATION
from engage.accounts.service.passwords import LONGEST, SHORTEST
from engage.accounts.service.people import LONGEST_NAME
from engage.http.forms import (
    CheckboxesField,
    EmailAddress,
    EmailField,
    Form,
    HiddenField,
    Length,
    Optional,
    PasswordField,
    RadiosField,
    Required,
    TextAreaField,
    TextField,
)
from engage.kernel.actor import OrganisationKind

PASSWORD_HINT = (
    f"At least {SHORTEST} characters. Three random words make a good password. "
    "You do not need capitals, numbers or symbols."
)

KINDS = [
    (
        OrganisationKind.SUPPLIER,
        "A supplier",
        "A company, charity, university or other organisation that knows a field",
    ),
    (OrganisationKind.DEPARTMENT, "A department", "A government department or another public body"),
]

SCHEMES: dict[OrganisationKind, list[tuple[Scheme, str]]] = {
    OrganisationKind.SUPPLIER: [
        (Scheme.COMPANIES_HOUSE, "Companies House: company number"),
        (Scheme.CHARITY_COMMISSION, "Charity Commission for England and Wales: charity number"),
        (Scheme.SCOTTISH_CHARITIES, "Scottish Charity Register: charity number"),
        (Scheme.NORTHERN_IRISH_CHARITIES, "Charity Commission for Northern Ireland: charity number"),
        (Scheme.PPON, "Find a Tender: procurement organisation number (PPON)"),
        (Scheme.LEI, "Outside the UK: legal entity identifier (LEI)"),
        (Scheme.NONE, "We are in none of these registers"),
    ],
    OrganisationKind.DEPARTMENT: [
        (Scheme.PPON, "Find a Tender: procurement organisation number (PPON)"),
        (Scheme.GOVERNMENT_ORGANISATIONS, "Government organisation register: code"),
        (Scheme.COMPANIES_HOUSE, "Companies House: company number"),
        (Scheme.NONE, "We are in none of these registers"),
    ],
}


def number_label(scheme: Scheme) -> str:
    """Return what a register calls its numbers."""
    return "Number" if scheme is Scheme.NONE else REGISTERS[scheme].number


class KindForm(Form):
    """Who is registering."""

    kind = RadiosField(
        "Who are you registering?",
        [Required("Choose who you are registering")],
        choices=KINDS,
        coerce=OrganisationKind,
    )


class OrganisationForm(Form):
    """What the organisation is called."""

    organisation = TextField(
        "What is your organisation called?",
        [
            Required("Enter the name of your organisation"),
            Length(max=LONGEST_ORGANISATION, message="The name must be 200 characters or fewer"),
        ],
        description="Use its official name, as it stands in the register",
        error_name="The name",
    )


class SchemeForm(Form):
    """In which register the organisation is; the view sets the choices for its kind."""

    scheme = RadiosField(
        "Which register is your organisation in?", [Required("Choose a register")], coerce=Scheme
    )


class NumberForm(Form):
    """The organisation's number in its register."""

    number = TextField("Number", [Required("Enter the number"), Length(max=40)], error_name="The number")


class PersonForm(Form):
    """Who will sign in."""

    name = TextField(
        "Full name",
        [
            Required("Enter your full name"),
            Length(max=LONGEST_NAME, message="Your name must be 200 characters or fewer"),
        ],
    )
    email = EmailField("Email address", [Required("Enter your email address"), EmailAddress()])


class NewPasswordForm(Form):
    """A new password. It may be pasted and is shown on demand, so it is asked for once."""

    password = PasswordField(
        "Create a password",
        [
            Required("Enter a password"),
            Length(max=LONGEST, message=f"Password must be {LONGEST} characters or fewer"),
        ],
        description=PASSWORD_HINT,
    )


class SignInForm(Form):
    """Address and password."""

    email = EmailField("Email address", [Required("Enter your email address"), EmailAddress()])
    password = PasswordField("Password", [Required("Enter your password")])
    next = HiddenField()


class EmailForm(Form):
    """An address to write to."""

    email = EmailField("Email address", [Required("Enter your email address"), EmailAddress()])


class NameForm(Form):
    """One's own name."""

    name = TextField(
        "Full name",
        [
            Required("Enter your full name"),
            Length(max=LONGEST_NAME, message="Your name must be 200 characters or fewer"),
        ],
    )


class ChangePasswordForm(NewPasswordForm):
    """The present password and a new one."""

    current = PasswordField("Current password", [Required("Enter your current password")])


class InviteForm(Form):
    """Whom to add and what they may do; the view sets the roles of its kind of organisation."""

    email = EmailField("Their email address", [Required("Enter their email address"), EmailAddress()])
    roles = CheckboxesField("What may they do?", [Required("Choose what they may do")])


class AskToJoinForm(Form):
    """Who asks to act for an organisation that is here already."""

    name = TextField(
        "Your name",
        [Required("Enter your name"), Length(max=100, message="Your name must be 100 characters or fewer")],
    )
    email = EmailField("Your email address", [Required("Enter your email address"), EmailAddress()])
    words = TextAreaField(
        "What they should know",
        [Optional(), Length(max=500, message="What they should know must be 500 characters or fewer")],
        description="For instance what you do there.",
    )


class AnswerForm(Form):
    """What somebody may do who asked to join; the view sets the roles of its kind of organisation."""

    roles = CheckboxesField("What may they do?")


class JoinForm(NewPasswordForm, NameForm):
    """Name and password of somebody who has no account yet."""
