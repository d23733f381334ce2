"""Profiles, statements of expertise, import."""

from __future__ import annotations

from engage.suppliers.service.importing import Outcome, import_supplier
from engage.suppliers.service.profile import ProfileText, ensure_profile, set_paused, update_profile
from engage.suppliers.service.records import SupplierRecord, parse_supplier
from engage.suppliers.service.statements import (
    StatementText,
    add_statement,
    confirm_statement,
    edit_statement,
    remove_statement,
)

__all__ = [
    "Outcome",
    "ProfileText",
    "StatementText",
    "SupplierRecord",
    "add_statement",
    "confirm_statement",
    "edit_statement",
    "ensure_profile",
    "import_supplier",
    "parse_supplier",
    "remove_statement",
    "set_paused",
    "update_profile",
]
