"""Rate limits, counted in PostgreSQL so that they hold across processes and machines.

A moving window: each key has one row with the times of its hits within the window, and one statement both
looks and counts, so that many tries at once cannot slip through together. Every statement is a transaction
of its own on a connection of its own: a request that fails and rolls back has still been counted.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar, cast

import sqlalchemy as sa
import structlog
from flask import Flask, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from limits.storage import MovingWindowSupport, Storage
from sqlalchemy.exc import SQLAlchemyError

from engage.http.access import current_actor
from engage.http.fields import clean_text
from engage.kernel import clock
from engage.kernel.db import bound_to
from engage.kernel.text import one_line, sha256

F = TypeVar("F", bound=Callable[..., object])

log = structlog.get_logger()

SCHEME = "engage-postgresql"
SWEPT_AT_ONCE = 20
SMALLEST_IPV6_NETWORK = 64  # what one customer is given, at the least
MINUTE, HOUR = 60, 3600

_ACQUIRE = sa.text(
    """
    INSERT INTO rate_limit AS kept (key, hits, expires_at) VALUES (:key, array_fill(CAST(:now AS
    timestamptz), ARRAY[CAST(:amount AS int)]), :expires_at) ON CONFLICT (key) DO UPDATE SET hits =
    ARRAY(SELECT hit FROM unnest(kept.hits) AS hit WHERE hit > :since ORDER BY hit) || excluded.hits,
    expires_at = excluded.expires_at WHERE (SELECT count(*) FROM unnest(kept.hits) AS hit WHERE hit >
    :since) + :amount <= :most RETURNING 1
    """
)
_INCREASE = sa.text(
    """
    INSERT INTO rate_limit AS kept (key, hits, expires_at)
    VALUES (:key, array_fill(CAST(:now AS timestamptz), ARRAY[CAST(:amount AS int)]), :expires_at)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN kept.expires_at > :now THEN kept.hits ELSE '{}' END || excluded.hits,
        expires_at = CASE WHEN kept.expires_at > :now THEN kept.expires_at ELSE excluded.expires_at END
    RETURNING cardinality(hits)
    """
)
_WINDOW = sa.text(
    """
    SELECT min(hit), count(hit) FROM rate_limit, unnest(hits) AS hit WHERE key = :key AND hit > :since
    """
)
_GIVE_BACK = sa.text("UPDATE rate_limit SET hits = hits[1:cardinality(hits) - 1] WHERE key = :key")
# After the upsert, never before it, and only rows that nobody holds: so no two transactions wait for each
# other.
_SWEEP = sa.text(
    """
    DELETE FROM rate_limit WHERE key IN ( SELECT key FROM rate_limit WHERE expires_at < :now ORDER BY
    expires_at LIMIT :many FOR UPDATE SKIP LOCKED )
    """
)


def process_engine() -> sa.Engine:
    """Return the engine of this process, also where tests have bound its sessions to one connection."""
    return bound_to().engine


class PostgresStorage(Storage, MovingWindowSupport):
    """A storage of the ``limits`` library on the unlogged table ``rate_limit``; a crash of the server
    empties it.

    ``engine`` gives the engine to count on; the default is the one of this process, asked at each use.
    """

    STORAGE_SCHEME = [SCHEME]

    def __init__(
        self,
        uri: str | None = None,
        wrap_exceptions: bool = False,
        engine: Callable[[], sa.Engine] = process_engine,
        **options: float | str | bool,
    ) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._engine = engine

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the storage raises when it cannot count."""
        return SQLAlchemyError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count ``amount`` hits unless that would make more than ``limit`` in ``expiry`` seconds; tell
        whether counted.
        """
        now = clock.now()
        span = timedelta(seconds=expiry)
        values = {"key": key, "now": now, "since": now - span, "expires_at": now + span, "amount": amount}
        if amount > limit:
            return False
        with self._engine().begin() as connection:
            counted = connection.scalar(_ACQUIRE, {**values, "most": limit}) is not None
            connection.execute(_SWEEP, {"now": now, "many": SWEPT_AT_ONCE})
        return counted

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002 - the interface
        """Return the time of the earliest hit in the window (now if there is none) and how many there are."""
        now = clock.now()
        with self._engine().begin() as connection:
            first, count = connection.execute(
                _WINDOW, {"key": key, "since": now - timedelta(seconds=expiry)}
            ).one()
        return (first or now).timestamp(), count

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count ``amount`` hits in a window of ``expiry`` seconds that began with its first hit; return the
        sum.
        """
        now = clock.now()
        values = {"key": key, "now": now, "expires_at": now + timedelta(seconds=expiry), "amount": amount}
        with self._engine().begin() as connection:
            return int(connection.execute(_INCREASE, values).scalar_one())

    def get(self, key: str) -> int:
        """Return how many hits ``key`` has until its window ends."""
        query = sa.text("SELECT cardinality(hits) FROM rate_limit WHERE key = :key AND expires_at > :now")
        with self._engine().begin() as connection:
            return int(connection.scalar(query, {"key": key, "now": clock.now()}) or 0)

    def get_expiry(self, key: str) -> float:
        """Return when the window of ``key`` ends, in seconds since 1970; now when there is none."""
        query = sa.text("SELECT expires_at FROM rate_limit WHERE key = :key")
        with self._engine().begin() as connection:
            return float((connection.scalar(query, {"key": key}) or clock.now()).timestamp())

    def give_back(self, key: str) -> None:
        """Take the last hit of ``key`` back."""
        with self._engine().begin() as connection:
            connection.execute(_GIVE_BACK, {"key": key})

    def clear(self, key: str) -> None:
        """Forget the hits of ``key``."""
        with self._engine().begin() as connection:
            connection.execute(sa.text("DELETE FROM rate_limit WHERE key = :key"), {"key": key})

    def reset(self) -> int | None:
        """Forget every hit; return how many keys there were."""
        with self._engine().begin() as connection:
            return connection.execute(sa.text("DELETE FROM rate_limit")).rowcount

    def check(self) -> bool:
        """Tell whether the table can be reached."""
        try:
            with self._engine().begin() as connection:
                connection.execute(sa.text("SELECT FROM rate_limit LIMIT 1"))
        except SQLAlchemyError:
            return False
        return True


def client_address() -> str:
    """Return where the request comes from, as a key: an IPv4 address, or the network of an IPv6 one."""
    text = request.remote_addr or "unknown"
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return _key("client", text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped  # all of IPv4 is in one /64 there
    if isinstance(address, ipaddress.IPv6Address):
        return _key("client", str(ipaddress.ip_network((address, SMALLEST_IPV6_NETWORK), strict=False)))
    return _key("client", str(address))


def account_named() -> str:
    """Return the account that the posted field ``email`` names, as a key; whether it exists does not
    matter.
    """
    # Read as the form reads it: what it drops must not make another key.
    return _key("account", one_line(clean_text(request.form.get("email", ""))).casefold())


def person_key() -> str:
    """Return who is signed in, as a key for the rate limiter."""
    who = current_actor()
    return f"person-{who.person_id if who else 'nobody'}"


def _key(kind: str, text: str) -> str:
    # Only a digest is kept: the table must not become a list of who tried what.
    return f"{kind}-{sha256(text)[:32]}"


limiter = Limiter(
    key_func=client_address,
    storage_uri=f"{SCHEME}://",
    strategy="moving-window",
    headers_enabled=False,
)


def limited(rule: str, *, by: Callable[[], str] = client_address) -> Callable[[F], F]:
    """Decorate a view: at most ``rule`` ("10 per 5 minutes") of its POSTs from what ``by`` names; then 429.

    Every POST counts as it arrives; call ``give_back`` when it turns out not to be one of those that should.
    """
    return cast("Callable[[F], F]", limiter.limit(rule, key_func=by, methods=["POST"]))


def give_back() -> None:
    """Take back what this request was counted for: it was no failed try."""
    storage = limiter.storage
    assert isinstance(storage, PostgresStorage)
    for counted in limiter.current_limits:
        storage.give_back(counted.key)


def init_app(app: Flask) -> None:
    """Count from now on, and answer what is too much with a 429 page that says how long to wait."""
    limiter.init_app(app)

    @app.errorhandler(RateLimitExceeded)
    def too_many(error: RateLimitExceeded) -> ResponseReturnValue:
        hit = limiter.current_limit
        seconds = max(1, math.ceil(hit.reset_at - time.time())) if hit else MINUTE
        log.warning("too many tries", endpoint=request.endpoint, rule=str(error.limit.limit))
        response = make_response(render_template("errors/429.html", wait=in_words(seconds)), 429)
        response.headers["Retry-After"] = str(seconds)
        return response


def in_words(seconds: int) -> str:
    """Return a waiting time in words, rounded up: "1 minute", "3 hours"."""
    unit, length = ("hour", HOUR) if seconds > HOUR else ("minute", MINUTE)
    number = math.ceil(seconds / length)
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
