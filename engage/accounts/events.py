"""What happens in accounts that rooms above may want to react to."""

from __future__ import annotations

from dataclasses import dataclass

from engage.kernel.events import Event


@dataclass(frozen=True)
class OrganisationRegistered(Event):
    """An organisation was added, verified or still waiting to be."""

    organisation_id: int


@dataclass(frozen=True)
class OrganisationVerified(Event):
    """An organisation may act from now on: newly verified, or its suspension was lifted."""

    organisation_id: int


@dataclass(frozen=True)
class OrganisationSuspended(Event):
    """A verified organisation may not act any more."""

    organisation_id: int
