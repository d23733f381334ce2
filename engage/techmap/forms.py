"""What of the map somebody wants to see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from engage.http.forms import CheckboxField, QueryForm, SearchField, SelectField
from engage.kernel import clock
from engage.kernel.codes import REGIONS
from engage.suppliers.enums import EvidenceLevel, SupplierSize
from engage.techmap.queries import Wanted

MONTHS = {"3": 92, "6": 183}
LEVELS = {
    "evidenced": (EvidenceLevel.EVIDENCED, EvidenceLevel.VERIFIED),
    "verified": (EvidenceLevel.VERIFIED,),
}
LONGEST_WORDS = 200


class MapForm(QueryForm):
    """Filters of the map, its table and its heat maps. What an address has that is none of the choices is left out."""

    q = SearchField("Words in names and statements")
    capability = SelectField("Capability")
    region = SelectField("Region", choices=[("", "Anywhere"), *REGIONS.items()])
    evidence = SelectField(
        "Evidence",
        choices=[
            ("", "Any, also none"),
            ("evidenced", "Evidenced or verified"),
            ("verified", "Verified only"),
        ],
    )
    fresh = SelectField(
        "Said or confirmed",
        choices=[
            ("", "Any statement that counts"),
            ("3", "In the last 3 months"),
            ("6", "In the last 6 months"),
        ],
    )
    size = SelectField(
        "Size",
        choices=[
            ("", "Any, also not said"),
            ("micro", "Fewer than 10 people"),
            ("small", "10 to 49 people"),
            ("medium", "50 to 249 people"),
            ("large", "250 people or more"),
        ],
    )
    sme = CheckboxField("Small or medium-sized (SME)")
    vcse = CheckboxField("Charity or social enterprise (VCSE)")

    def __init__(self, capabilities: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        self.capability.choices = [("", "Any capability"), *capabilities]

    @property
    def chosen_capability(self) -> str:
        """The slug asked for, or an empty text."""
        known = {slug for slug, _ in self.capability.choices}
        return self.capability.data if self.capability.data in known else ""

    def wanted(self, *, capabilities: tuple[int, ...] = (), cluster: int = 0) -> Wanted:
        """Return what is asked for, as of today."""
        today = clock.uk_today()
        days = MONTHS.get(self.fresh.data or "")
        return Wanted(
            day=today,
            words=(self.q.data or "")[:LONGEST_WORDS],
            capabilities=capabilities,
            region=self.region.data if self.region.data in REGIONS else "",
            size=SupplierSize(self.size.data) if self.size.data in set(SupplierSize) else None,
            sme=bool(self.sme.data),
            vcse=bool(self.vcse.data),
            levels=LEVELS.get(self.evidence.data or "", ()),
            since=today - timedelta(days=days) if days else None,
            cluster=cluster,
        )
