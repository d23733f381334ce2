"""What can go wrong with links of subscriptions."""

from __future__ import annotations

from engage.kernel.errors import DomainError


class LinkExpired(DomainError):
    """A link was good, but only for a time; ``subscription_id`` is whose address can be sent a new one."""

    def __init__(self, subscription_id: int) -> None:
        super().__init__("This link has expired. Ask for a new one on the alerts page.")
        self.subscription_id = subscription_id
