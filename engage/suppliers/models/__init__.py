"""Tables of suppliers."""

from __future__ import annotations

from engage.suppliers.models.profiles import Supplier, SupplierFact
from engage.suppliers.models.requests import DeletionRequest, KeptApart
from engage.suppliers.models.statements import ExpiryReminder, Statement, StatementCapability
from engage.suppliers.models.taxonomy import Capability, TaxonomyVersion
from engage.suppliers.models.words import SearchWord

__all__ = [
    "Capability",
    "DeletionRequest",
    "ExpiryReminder",
    "KeptApart",
    "SearchWord",
    "Statement",
    "StatementCapability",
    "Supplier",
    "SupplierFact",
    "TaxonomyVersion",
]
