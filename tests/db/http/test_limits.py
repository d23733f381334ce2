"""The rate limiter's counters in PostgreSQL: exact, moving, and safe under many tries at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from limits import parse
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from engage.http.limits import PostgresStorage, in_words

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
RULE = parse("3 per 5 minutes")


@pytest.fixture
def storage(committed: sa.Engine) -> PostgresStorage:
    return PostgresStorage(engine=lambda: committed)


def keys(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(sa.text("SELECT key FROM rate_limit ORDER BY key")))


def test_the_window_moves_with_each_hit(storage: PostgresStorage) -> None:
    limiter = MovingWindowRateLimiter(storage)
    taken = []
    with time_machine.travel(NOON, tick=False) as clock:
        for minute in (0, 2, 4, 4.9, 5.1, 5.2, 7.1):
            clock.move_to(NOON + timedelta(minutes=minute))
            taken.append(limiter.hit(RULE, "someone"))
        resets_at = limiter.get_window_stats(RULE, "someone").reset_time
    # Only the first has left the window at 5.1, only the second too at 7.1: never four in any five minutes.
    assert taken == [True, True, True, False, True, False, True]
    assert datetime.fromtimestamp(resets_at, UTC) == NOON + timedelta(minutes=9)


def test_each_key_has_its_own_count(storage: PostgresStorage) -> None:
    limiter = MovingWindowRateLimiter(storage)
    assert [limiter.hit(RULE, "one") for _ in range(4)] == [True, True, True, False]
    assert limiter.hit(RULE, "other") is True


def test_many_at_once_do_not_slip_through(storage: PostgresStorage) -> None:
    limiter = MovingWindowRateLimiter(storage)
    with ThreadPoolExecutor(20) as pool:
        taken = list(pool.map(lambda _: limiter.hit(RULE, "attacker"), range(60)))
    assert taken.count(True) == 3


def test_a_hit_can_be_given_back(storage: PostgresStorage) -> None:
    limiter = MovingWindowRateLimiter(storage)
    for _ in range(3):
        limiter.hit(RULE, "someone")
    storage.give_back(RULE.key_for("someone"))
    assert limiter.get_window_stats(RULE, "someone").remaining == 1
    assert [limiter.hit(RULE, "someone") for _ in range(2)] == [True, False]


def test_giving_back_what_was_never_taken_gives_nothing(storage: PostgresStorage) -> None:
    limiter = MovingWindowRateLimiter(storage)
    limiter.hit(RULE, "someone")
    for _ in range(3):
        storage.give_back(RULE.key_for("someone"))
    assert [limiter.hit(RULE, "someone") for _ in range(4)] == [True, True, True, False]


def test_rows_whose_window_is_over_are_swept(storage: PostgresStorage, committed: sa.Engine) -> None:
    limiter = MovingWindowRateLimiter(storage)
    with time_machine.travel(NOON, tick=False) as clock:
        limiter.hit(RULE, "early")
        clock.move_to(NOON + timedelta(minutes=4))
        limiter.hit(RULE, "later")
        clock.move_to(NOON + timedelta(minutes=6))
        limiter.hit(RULE, "now")
    assert keys(committed) == [RULE.key_for("later"), RULE.key_for("now")]


def test_fixed_windows_begin_with_their_first_hit(storage: PostgresStorage) -> None:
    limiter = FixedWindowRateLimiter(storage)
    with time_machine.travel(NOON, tick=False) as clock:
        assert [limiter.hit(RULE, "someone") for _ in range(4)] == [True, True, True, False]
        assert (
            limiter.get_window_stats(RULE, "someone").reset_time == (NOON + timedelta(minutes=5)).timestamp()
        )
        clock.move_to(NOON + timedelta(minutes=5, seconds=1))
        assert storage.get(RULE.key_for("someone")) == 0
        assert limiter.hit(RULE, "someone") is True


def test_counters_can_be_forgotten(storage: PostgresStorage, committed: sa.Engine) -> None:
    for key in ("a", "b", "c"):
        storage.incr(key, 60)
    storage.clear("a")
    assert keys(committed) == ["b", "c"]
    assert storage.reset() == 2
    assert keys(committed) == []


def test_the_storage_says_whether_it_can_count(storage: PostgresStorage, committed: sa.Engine) -> None:
    assert storage.check() is True
    with committed.begin() as connection:
        connection.exec_driver_sql("DROP TABLE rate_limit")
    assert storage.check() is False


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 minute"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (3600, "60 minutes"),
        (3601, "2 hours"),
        (86_000, "24 hours"),
    ],
)
def test_waiting_times_in_words(seconds: int, words: str) -> None:
    assert in_words(seconds) == words
