"""Profiles, statements of expertise, the taxonomy, import."""

from __future__ import annotations

from engage.suppliers.service.claims import (
    confirm_statement,
    confirm_statements,
    set_aside,
    verify_statement,
)
from engage.suppliers.service.deletion import answer_deletion, ask_deletion
from engage.suppliers.service.duplicates import keep_apart
from engage.suppliers.service.editions import Edition, Entry, parse_edition, shipped_edition
from engage.suppliers.service.importing import Outcome, hold_imported, import_supplier
from engage.suppliers.service.merging import Merged, merge_suppliers
from engage.suppliers.service.naming import MOST_CAPABILITIES, name_capabilities
from engage.suppliers.service.owndata import Taken, own_record, take_record
from engage.suppliers.service.profile import ProfileText, ensure_profile, set_paused, update_profile
from engage.suppliers.service.records import SupplierRecord, parse_supplier
from engage.suppliers.service.reminders import remind, to_remind
from engage.suppliers.service.statements import (
    StatementText,
    add_statement,
    edit_statement,
    remove_statement,
)
from engage.suppliers.service.suggesting import Suggestion, suggest
from engage.suppliers.service.taxonomy import (
    Loaded,
    load_taxonomy,
    merge_capability,
    rename_capability,
    restore_capability,
    retire_capability,
)
from engage.suppliers.service.words import ADD_WORDS, add_words, add_words_soon, refresh_words

__all__ = [
    "ADD_WORDS",
    "MOST_CAPABILITIES",
    "Edition",
    "Entry",
    "Loaded",
    "Merged",
    "Outcome",
    "ProfileText",
    "StatementText",
    "Suggestion",
    "SupplierRecord",
    "Taken",
    "add_statement",
    "add_words",
    "add_words_soon",
    "answer_deletion",
    "ask_deletion",
    "confirm_statement",
    "confirm_statements",
    "edit_statement",
    "ensure_profile",
    "hold_imported",
    "import_supplier",
    "keep_apart",
    "load_taxonomy",
    "merge_capability",
    "merge_suppliers",
    "name_capabilities",
    "own_record",
    "parse_edition",
    "parse_supplier",
    "refresh_words",
    "remind",
    "remove_statement",
    "rename_capability",
    "restore_capability",
    "retire_capability",
    "set_aside",
    "set_paused",
    "shipped_edition",
    "suggest",
    "take_record",
    "to_remind",
    "update_profile",
    "verify_statement",
]
