"""The profile of a supplier: who it is and how much it wants to be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor, Anyone
from engage.kernel.codes import REGIONS
from engage.kernel.errors import Invalid
from engage.kernel.ids import short_id
from engage.kernel.text import one_line
from engage.suppliers.enums import Sector, SupplierSize
from engage.suppliers.models import Supplier
from engage.suppliers.service.checks import cpv_codes, link
from engage.suppliers.service.facts import ITSELF, note_facts

HIGHEST_CAPACITY = 100
CAPACITY = 4
"""How many invitations a quarter somebody gets at most who has not said otherwise."""
LONGEST_SUMMARY = 2_000
LONGEST_GROUP = 200
MOST_CODES = 20


@dataclass(frozen=True, kw_only=True)
class ProfileText:
    """What a supplier says about itself. ``None`` for ``sme`` and ``vcse`` is "not said"."""

    summary: str
    website: str
    sme: bool | None
    vcse: bool | None
    regions: Sequence[str]
    cpv: Sequence[str]
    corporate_group: str = ""
    capacity_per_quarter: int
    size: SupplierSize | None = None
    """Where it is said, ``sme`` follows from it."""
    sectors: Sequence[str] = ()


def ensure_profile(
    session: Session, *, actor: Anyone | None, organisation: Organisation, source: str | None = None
) -> Supplier:
    """Return the profile of ``organisation``, making an empty one (with an audit line) when there is none."""
    found = session.scalar(sa.select(Supplier).where(Supplier.organisation_id == organisation.id))
    if found is not None:
        return found
    moment = clock.now()
    made = Supplier(
        ref=f"s-{short_id(8)}",
        organisation=organisation,
        regions=[],
        cpv=[],
        sme=None,
        vcse=None,
        source=source,
        created_at=moment,
        updated_at=moment,
        statements=[],
        facts=[],
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor=actor,
        tag="suppliers:supplier:created",
        subject=subject_of(made),
        organisation=organisation.id,
    )
    return made


def subject_of(supplier: Supplier) -> str:
    """Return what the audit trail calls a supplier."""
    return f"supplier:{supplier.ref}"


def update_profile(session: Session, *, actor: Anyone, supplier: Supplier, profile: ProfileText) -> list[str]:
    """Replace what the supplier says about itself and return the names of the fields that changed.

    Side effects if anything changed: the row, source and day of its facts, an audit line with those names. Raises
    ``Invalid`` by field.
    """
    clean = checked(profile)
    changed = [name for name, value in clean.items() if getattr(supplier, name) != value]
    for name in changed:
        setattr(supplier, name, clean[name])
    if changed:
        take_over(supplier, actor)
        note_facts(supplier, changed, source=ITSELF)
        supplier.updated_at = clock.now()
        session.flush()
        audit.record(
            session,
            actor=actor,
            tag="suppliers:supplier:changed",
            subject=subject_of(supplier),
            fields=changed,
        )
    return changed


def take_over(supplier: Supplier, actor: Anyone) -> None:
    """Note that people look after an imported profile themselves: from now on no file changes it."""
    if isinstance(actor, Actor):
        supplier.source = None


def checked(profile: ProfileText) -> dict[str, object]:
    """Return the fields of ``profile`` as they are kept. Raises ``Invalid`` with a message by field."""
    values: dict[str, object] = asdict(profile)
    wrong: dict[str, str] = {}
    unknown = [code for code in profile.regions if code not in REGIONS]
    if unknown:
        wrong["regions"] = f"{', '.join(unknown)} is not among the regions"
    if len(profile.summary) > LONGEST_SUMMARY:
        wrong["summary"] = f"Summary must be {LONGEST_SUMMARY:,} characters or fewer"
    if not 0 <= profile.capacity_per_quarter <= HIGHEST_CAPACITY:
        wrong["capacity_per_quarter"] = f"Invitations a quarter must be between 0 and {HIGHEST_CAPACITY}"
    values["corporate_group"] = one_line(profile.corporate_group)
    if len(str(values["corporate_group"])) > LONGEST_GROUP:
        wrong["corporate_group"] = f"Corporate group must be {LONGEST_GROUP} characters or fewer"
    values["regions"] = [code for code in REGIONS if code in profile.regions]
    if any(code not in set(Sector) for code in profile.sectors):
        wrong["sectors"] = "Choose sectors from the list"
    values["sectors"] = [sector.value for sector in Sector if sector in set(profile.sectors)]
    if profile.size is not None:
        values["sme"] = profile.size is not SupplierSize.LARGE
    values["cpv"] = cpv_codes(profile.cpv, wrong, most=MOST_CODES)
    values["website"] = link(profile.website, wrong, field="website", name="Website")
    if wrong:
        raise Invalid(wrong)
    return values


def set_paused(session: Session, *, actor: Anyone, supplier: Supplier, paused: bool) -> None:
    """Pause invitations, or take part again. Side effects: the row, and an audit line if anything changed."""
    if supplier.paused == paused:
        return
    supplier.paused = paused
    supplier.updated_at = clock.now()
    session.flush()
    deed = "paused" if paused else "resumed"
    audit.record(session, actor=actor, tag=f"suppliers:supplier:{deed}", subject=subject_of(supplier))
