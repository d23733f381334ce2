"""Who may read and change a supplier's profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engage.accounts.enums import OrganisationState
from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.permissions import Permission

if TYPE_CHECKING:
    from engage.suppliers.models import Supplier


class SupplierPermission(Permission):
    """What suppliers lets people do."""

    READ = ("read your supplier's profile", {Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT})
    EDIT = ("change your supplier's profile", {Role.SUPPLIER_ADMIN})


def can_edit(actor: Actor, supplier: Supplier) -> bool:
    """Whether ``actor`` may change the profile: an administrator of this supplier, unless suspended."""
    return (
        SupplierPermission.EDIT.allows(actor)
        and actor.organisation_kind is OrganisationKind.SUPPLIER
        and actor.organisation_id == supplier.organisation_id
        and supplier.organisation.state is not OrganisationState.SUSPENDED
    )
