"""Who may use the back office."""

from __future__ import annotations

from engage.kernel.actor import Role
from engage.kernel.permissions import Permission


class AdminPermission(Permission):
    """What the back office lets people do."""

    MANAGE = ("look after the platform", {Role.PLATFORM_ADMIN})
    READ = ("read the platform's records", {Role.PLATFORM_ADMIN, Role.AUDITOR})
