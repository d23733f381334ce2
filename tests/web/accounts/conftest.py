"""Hashing is made cheap here: what it costs in earnest is tested in tests/unit/accounts."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from engage.accounts.service import passwords

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "hasher", CHEAP)
    monkeypatch.setattr(passwords, "DUMMY", CHEAP.hash("of nobody"))
