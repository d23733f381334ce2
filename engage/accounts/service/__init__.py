"""Use cases of accounts, one module for each part."""

from __future__ import annotations

from engage.accounts.service.organisations import create_organisation
from engage.accounts.service.people import add_member, create_person
from engage.accounts.service.sessions import start_session

__all__ = ["add_member", "create_organisation", "create_person", "start_session"]
