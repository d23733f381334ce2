"""Forms of suppliers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engage.http.forms import (
    CharacterCountField,
    CheckboxesField,
    CheckboxField,
    DatePartsField,
    FileField,
    Form,
    IntegerField,
    Length,
    LinesField,
    MaxWords,
    Optional,
    QueryForm,
    RadiosField,
    Required,
    SearchField,
    SelectField,
    TextField,
    UkDate,
)
from engage.kernel.clock import uk_today
from engage.kernel.codes import REGIONS
from engage.suppliers.enums import SECTOR_NAMES, SupplierSize
from engage.suppliers.service import ProfileText, StatementText

if TYPE_CHECKING:
    from engage.suppliers.models import Statement, Supplier

_YES_NO = [("yes", "Yes"), ("no", "No"), ("unsaid", "We would rather not say")]
SIZES = [
    ("micro", "Fewer than 10"),
    ("small", "10 to 49"),
    ("medium", "50 to 249"),
    ("large", "250 or more"),
    ("sme", "Fewer than 250, without saying more"),
    ("unsaid", "We would rather not say"),
]
_SAID = {"yes": True, "no": False, "unsaid": None}
_SHOWN = {said: word for word, said in _SAID.items()}


class DirectoryForm(QueryForm):
    """Looking for suppliers."""

    q = SearchField("Name, or words in their work")
    capability = SelectField("Capability", choices=[("", "Any")])
    region = SelectField("Region", choices=[("", "Anywhere"), *REGIONS.items()])
    sme = CheckboxField("Small or medium-sized (SME)")
    vcse = CheckboxField("Charity or social enterprise (VCSE)")

    @property
    def chosen_region(self) -> str:
        """The region asked for, or an empty text for none or an unknown one."""
        return self.region.data if self.region.data in REGIONS else ""


class ProfileForm(Form):
    """What a supplier says about itself."""

    summary = CharacterCountField(
        "What you do",
        [Length(max=2_000, message="What you do must be 2,000 characters or fewer"), Optional()],
        description="Two or three sentences for people who do not know you.",
    )
    website = TextField("Website", [Optional()], description="Like https://www.example.com")
    size = RadiosField(
        "How many people work for you?",
        choices=SIZES,
        description="Up to 249 people, with turnover up to £44 million or assets up to £38 million, "
        "you are a small or medium-sized enterprise (SME).",
    )
    vcse = RadiosField(
        "Are you a voluntary, community or social enterprise (VCSE)?",
        choices=_YES_NO,
        description="For instance a charity, a co-operative or a community interest company.",
    )
    regions = CheckboxesField(
        "Where do you work?",
        choices=list(REGIONS.items()),
        description="Choose all that apply. None means that you have not said.",
    )
    sectors = CheckboxesField(
        "For whom do you work?",
        choices=[(sector.value, name) for sector, name in SECTOR_NAMES.items()],
        description="Choose all that apply. None means that you have not said.",
    )
    cpv = LinesField(
        "CPV codes",
        [Optional()],
        description="The codes buyers use for what you offer, one a line, like 72000000. Up to 20.",
    )
    corporate_group = TextField(
        "Corporate group",
        [Optional(), Length(max=200, message="Corporate group must be 200 characters or fewer")],
        description="If others here belong to the same group of companies: its name, written as they write it. "
        "At most one of a group is invited to a challenge.",
    )
    capacity_per_quarter = IntegerField(
        "How many invitations do you want in three months, at most?",
        [Required("Enter how many invitations you want in three months")],
        error_name="Invitations in three months",
        description="When you have as many, you are left out of matching until the next quarter begins.",
    )

    @classmethod
    def of(cls, supplier: Supplier) -> ProfileForm:
        """Return the form filled with what the supplier says now."""
        shown = {
            name: getattr(supplier, name)
            for name in (
                "summary",
                "website",
                "regions",
                "sectors",
                "cpv",
                "corporate_group",
                "capacity_per_quarter",
            )
        }
        size = supplier.size or {True: "sme", False: "large", None: "unsaid"}[supplier.sme]
        return cls(data=shown | {"size": str(size), "vcse": _SHOWN[supplier.vcse]})

    def profile(self) -> ProfileText:
        """Return what was entered."""
        return ProfileText(
            summary=self.summary.data,
            website=self.website.data,
            size=SupplierSize(self.size.data) if self.size.data in set(SupplierSize) else None,
            sme=True if self.size.data == "sme" else None,
            sectors=self.sectors.data,
            vcse=_SAID.get(self.vcse.data),
            regions=self.regions.data,
            cpv=self.cpv.data,
            corporate_group=self.corporate_group.data or "",
            capacity_per_quarter=self.capacity_per_quarter.data or 0,
        )


class StatementForm(Form):
    """One piece of work that shows what a supplier knows."""

    title = TextField(
        "Title",
        [Required("Enter a title"), Length(max=300, message="Title must be 300 characters or fewer")],
        description="The work in one line, like “Flood warnings for small rivers”.",
    )
    text = CharacterCountField(
        "What was done",
        [Required("Say what was done"), MaxWords(400)],
        description="The problem, what you did, what came of it. This is what challenges are compared with.",
    )
    client = TextField(
        "For whom", [Optional(), Length(max=200, message="For whom must be 200 characters or fewer")]
    )
    dated = DatePartsField(
        "When it was finished",
        [Optional(), UkDate(latest=uk_today, message="When it was finished must be today or in the past")],
    )
    evidence_case = TextField(
        "What shows it",
        [Optional(), Length(max=200, message="What shows it must be 200 characters or fewer")],
        description="A contract, a report, a case study. With a reference or an address others can check it.",
    )
    evidence_reference = TextField(
        "Its reference",
        [Optional(), Length(max=100, message="Its reference must be 100 characters or fewer")],
        description="Like the number of the notice or of the contract.",
    )
    evidence_dated = DatePartsField(
        "Its date",
        [Optional(), UkDate(latest=uk_today, message="Its date must be today or in the past")],
    )
    evidence_url = TextField(
        "Its address",
        [Optional()],
        description="The address of a page where everybody can read it, like https://www.example.com/report",
    )
    cpv = LinesField("CPV codes", [Optional()], description="One a line, like 72000000. Up to 10.")

    @classmethod
    def of(cls, statement: Statement) -> StatementForm:
        """Return the form filled with what the statement says now."""
        return cls(obj=statement)

    def content(self) -> StatementText:
        """Return what was entered."""
        return StatementText(
            title=self.title.data,
            text=self.text.data,
            client=self.client.data,
            dated=self.dated.data,
            cpv=self.cpv.data,
            evidence_case=self.evidence_case.data,
            evidence_reference=self.evidence_reference.data,
            evidence_dated=self.evidence_dated.data,
            evidence_url=self.evidence_url.data,
        )


class ConfirmForm(Form):
    """Which statements still hold."""

    statements = CheckboxesField(
        "Which of these still hold?",
        coerce=int,
        description="Take the tick away from those that do not. You can change or remove them instead.",
    )


class RecordForm(Form):
    """A file with statements."""

    file = FileField(
        "A JSON file like the one that you can take away here",
        [Required("Choose a file")],
        description="Statements whose words are there already stay as they are. Each new one counts for twelve months.",
        error_name="The file",
    )
    profile = CheckboxField(
        "Also take over what the file says about us",
        description="What you do, website, size, VCSE, regions, sectors, codes, group and how many invitations you "
        "want: this replaces what your profile says now.",
    )


class DeletionForm(Form):
    """A request to delete a supplier's data."""

    words = CharacterCountField(
        "Is there something we should know?",
        [Optional(), Length(max=2_000, message="What you write must be 2,000 characters or fewer")],
    )


class CapabilitiesForm(Form):
    """Which capabilities a statement shows."""

    capabilities = CheckboxesField(
        "Which capabilities does this work show?",
        description="Tick up to 5. Those that seem to fit were found by comparing your words with the list.",
    )
    another = SelectField("Another capability", [Optional()], description="By area, from the whole list.")

    def chosen(self) -> list[str]:
        """Return what was ticked and what was picked from the list."""
        return list(dict.fromkeys([*self.capabilities.data, *filter(None, [self.another.data])]))
