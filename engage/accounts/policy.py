"""Who may look after the people of an organisation."""

from __future__ import annotations

from engage.kernel.actor import Role
from engage.kernel.permissions import Permission


class AccountPermission(Permission):
    """What accounts let people do for their organisation."""

    MANAGE_PEOPLE = (
        "look after the people of your organisation",
        {Role.SUPPLIER_ADMIN, Role.APPROVER, Role.PLATFORM_ADMIN},
    )
