"""Reading suppliers, what they say they have done, and the taxonomy."""

from __future__ import annotations

from engage.suppliers.queries.claims import (
    Claim,
    any_statement,
    deletion_request,
    deletion_requests,
    expiring,
    to_verify,
)
from engage.suppliers.queries.directory import Found, directory, search
from engage.suppliers.queries.duplicates import Pair, lookalikes, moved_to
from engage.suppliers.queries.profiles import (
    SOON,
    Seen,
    by_ref,
    count_public,
    counting,
    for_matching,
    fresh,
    of_organisation,
    public_supplier,
    seen,
    statement,
)
from engage.suppliers.queries.spelling import Corrected
from engage.suppliers.queries.taxonomy import (
    FEW,
    Area,
    Counted,
    areas,
    capability,
    choices,
    claims_on,
    has_edition,
    in_use,
    newest_version,
    retired,
    versions,
    walking,
)

__all__ = [
    "FEW",
    "SOON",
    "Area",
    "Claim",
    "Corrected",
    "Counted",
    "Found",
    "Pair",
    "Seen",
    "any_statement",
    "areas",
    "by_ref",
    "capability",
    "choices",
    "claims_on",
    "count_public",
    "counting",
    "deletion_request",
    "deletion_requests",
    "directory",
    "expiring",
    "for_matching",
    "fresh",
    "has_edition",
    "in_use",
    "lookalikes",
    "moved_to",
    "newest_version",
    "of_organisation",
    "public_supplier",
    "retired",
    "search",
    "seen",
    "statement",
    "to_verify",
    "versions",
    "walking",
]
