"""What happens to invitations that other rooms react to."""

from __future__ import annotations

from dataclasses import dataclass

from engage.kernel.events import Event


@dataclass(frozen=True)
class InvitationSent(Event):
    """An invitation was released to its supplier."""

    invitation_id: int


@dataclass(frozen=True)
class InvitationTakenBack(Event):
    """A person takes an invitation back; who knows why it has to stand raises, and nothing of it happens."""

    invitation_id: int


@dataclass(frozen=True)
class InvitationWithdrawn(Event):
    """An invitation no longer stands."""

    invitation_id: int
