"""How fast are digests written? ``python -m bench.digest [--sizes 10000 30000 100000] [--items 300]``.

For each size a process of its own fills a scratch database (durable, as in production) with that many subscriptions of
every kind, all due at the same hour, and with open challenges published since their last digest. Then the run is
opened and written as the worker does it: chosen, rendered, stored. Of the largest size some letters are delivered to a
mail server of this machine, for comparison, and some to one that takes 20 ms to say yes. ``cpu_s`` is the processor
time of this process and of PostgreSQL, which others on the machine do not change; ``rss_mib`` the most memory this
process ever had. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import sqlalchemy as sa

import config
from bench.sink import Sink
from engage.app import wire
from engage.cli.codes import bring_codes
from engage.demo import texts
from engage.digests import jobs
from engage.digests.models import DigestEdition, DigestRun
from engage.kernel import clock, db
from engage.kernel.cluster import Cluster
from engage.kernel.codes import REGIONS
from engage.kernel.migrate import upgrade
from engage.kernel.settings import configure
from engage.outbox import jobs as outbox

SEED = 7
DEPARTMENTS = 30
SEARCHES = 200
DOMAINS = 400
BOUND_SECONDS, BOUND_MIB, BOUND_FACTOR = 600, 500, 3


def main() -> None:
    """Measure each size, print a line for each and the JSON line."""
    parser = argparse.ArgumentParser(description="Measure how digests are written.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--mails", type=int, default=3_000)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one, asked.items, asked.mails)))
        return
    found = []
    for size in sorted(asked.sizes):
        mails = asked.mails if size == max(asked.sizes) else 0
        found.append(_child(size, asked.items, mails))
        one = found[-1]
        print(
            f"{size:>7,} subscriptions: {one['seconds']:6.1f} s ({one['cpu_s']:.1f} s of processor time), "
            f"{one['rss_mib']:.0f} MiB, {one['editions']:,} editions, {one['letters']:,} letters, "
            f"{one['disk_mib']:,.0f} MiB stored",
            flush=True,
        )
    last = found[-1]
    print(
        json.dumps(
            {
                "subscriptions": last["subscriptions"],
                "items": asked.items,
                "seconds": last["seconds"],
                "rss_mib": last["rss_mib"],
                "composed_per_s": last["composed_per_s"],
                "delivered_per_s": last["delivered_per_s"],
                "delivered_per_s_at_20_ms": last["delivered_per_s_at_20_ms"],
                "cpu_s": last["cpu_s"],
                "exponent": exponent(found),
                "sizes": {one["subscriptions"]: one for one in found},
                "bounds": {"seconds": BOUND_SECONDS, "rss_mib": BOUND_MIB, "factor": BOUND_FACTOR},
                "load": round(os.getloadavg()[0], 1),
            }
        )
    )


def exponent(found: Sequence[dict[str, float]]) -> float | None:
    """Return how processor time grows with size: 1 is linear."""
    if len(found) < 2:
        return None
    first, last = found[0], found[-1]
    grown = math.log(last["cpu_s"] / first["cpu_s"])
    return round(grown / math.log(last["subscriptions"] / first["subscriptions"]), 2)


def _child(size: int, items: int, mails: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.digest", "--one", str(size), "--items", str(items)]
    ran = subprocess.run([*command, "--mails", str(mails)], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return found


def measure(size: int, items: int, mails: int) -> dict[str, float]:
    """Fill a database, write its digests, deliver some of them; return the figures."""
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder) / "postgres") as cluster:
        upgrade(cluster.url())
        bring_codes(cluster.url())
        _configure(folder, cluster.url(), mail="console")
        fill(cluster.url(), size, items)
        before, began = _processor(cluster), time.perf_counter()
        jobs.open_runs(clock.now())
        letters, done = jobs.write_runs()
        seconds, cpu = time.perf_counter() - began, _processor(cluster) - before
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        assert done, "everything is written"
        found = {
            "subscriptions": size,
            "seconds": round(seconds, 1),
            "cpu_s": round(cpu, 1),
            "rss_mib": round(rss, 1),
            "letters": letters,
            "composed_per_s": round(letters / seconds, 1),
            **_stored(),
        }
        if mails:
            for name, delay in (("delivered_per_s", 0.0), ("delivered_per_s_at_20_ms", 0.02)):
                with Sink(delay=delay) as sink:
                    _configure(folder, cluster.url(), mail=sink.address)
                    found[name] = round(_deliver(mails), 1)
        return found


def _configure(folder: str, url: str, *, mail: str) -> None:
    configure(
        config.load(
            {
                "SECRET_KEY": "x" * 40,
                "DATABASE_URL": url,
                "ENGAGE_EMBEDDER": "none",
                "ENGAGE_DATA_DIR": folder,
                "ENGAGE_MAIL": mail,
            }
        )
    )
    wire()
    db.bind(db.make_engine(url))


def _stored() -> dict[str, float]:
    """How much is stored: editions, and the size of the tables of letters and digests."""
    size = (
        "SELECT sum(pg_total_relation_size(name)) FROM unnest(ARRAY['letter', 'letter_step', 'digest_issue', "
    )
    with db.reading() as session:
        run = session.scalars(sa.select(DigestRun)).one()
        assert run.failed == 0
        editions = session.scalar(sa.select(sa.func.count()).select_from(DigestEdition)) or 0
        held = session.scalar(sa.text(size + "'digest_edition']::regclass[]) AS name")) or 0
    return {"editions": editions, "silent": run.silent, "disk_mib": round(float(held) / 2**20)}


def _deliver(mails: int) -> float:
    """Deliver so many letters; return how many a second left."""
    rest = "UPDATE letter SET not_before = now() + interval '1 day' WHERE state = 'queued'"
    some = "UPDATE letter SET not_before = now() WHERE id IN (SELECT id FROM letter WHERE state = 'queued' LIMIT :n)"
    sent = sa.text("SELECT count(*) FROM letter WHERE state = 'sent'")
    with db.unit_of_work() as session:
        session.execute(sa.text("SET LOCAL statement_timeout = 0"))
        session.execute(sa.text(rest))
        session.execute(sa.text(some), {"n": mails})
        before = session.scalars(sent).one()
    began = time.perf_counter()
    outbox.deliver_everything()
    seconds = time.perf_counter() - began
    with db.reading() as session:
        number = session.scalars(sent).one() - before
    assert number == mails, f"{number} of {mails} letters were sent"
    return float(number) / seconds


def _processor(cluster: Cluster) -> float:
    """Processor seconds of this process, and of every process of the database so far."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ticks = 0
    for entry in Path("/proc").iterdir():
        try:
            if (entry / "cwd").readlink() == cluster.data:
                fields = (entry / "stat").read_text().rpartition(") ")[2].split()
                ticks += sum(map(int, fields[11:15]))  # its own, and of its children that have ended
        except (OSError, ValueError):
            continue
    return own.ru_utime + own.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def fill(url: str, size: int, items: int) -> None:
    """Copy departments, open challenges and subscriptions into the database."""
    chance, now = random.Random(SEED), datetime.now(UTC)
    known = [source for source in texts.challenges() if source.answers.get("problem")]
    with psycopg.connect(url.replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO person (email, name, password_hash, password_changed_at, email_verified_at, created_at) "
            "SELECT name || '@bench.test', name, '!', now(), now(), now() "
            "FROM unnest(ARRAY['author', 'approver']) AS name"
        )
        columns = "kind, name, state, created_at, verified_at"
        with cursor.copy(f"COPY organisation ({columns}) FROM STDIN") as copy:
            for number in range(DEPARTMENTS):
                copy.write_row(("department", f"Department {number}", "verified", now, now))
        cursor.execute("SELECT id FROM organisation ORDER BY id")
        departments = [each[0] for each in cursor.fetchall()]
        cursor.execute("SELECT slug FROM capability ORDER BY slug")
        capabilities = [each[0] for each in cursor.fetchall()]
        words = _challenges(cursor, chance, now, known, departments, items)
        _subscriptions(cursor, chance, now, size, departments, capabilities, words)
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")


def _challenges(
    cursor: psycopg.Cursor,
    chance: random.Random,
    now: datetime,
    known: Sequence[texts.ChallengeSource],
    departments: Sequence[int],
    items: int,
) -> list[str]:
    """Copy open challenges, published in the last six days; return words that stand in them."""
    cursor.execute("SELECT id FROM person ORDER BY name DESC")
    author, approver = (row[0] for row in cursor.fetchall())
    unasked = ("why_now", "affected", "done_so_far", "undecided", "constraints", "questions", "route_reason")
    columns = (
        "id, ref, organisation_id, author_id, writer_ids, state, created_at, updated_at, title, problem, expertise, "
        "cpv, region, closes_on, route, submitted_by_id, approved_by_id, approved_hash, published_at, purposes"
    )
    words: set[str] = set()
    with cursor.copy(f"COPY challenge ({columns}, {', '.join(unasked)}) FROM STDIN") as copy:
        for number in range(1, items + 1):
            source = chance.choice(known)
            at = now - timedelta(minutes=chance.randrange(10, 6 * 24 * 60))
            told = source.answers
            words.update(word.lower() for word in source.title.split() if word.isalpha() and len(word) > 5)
            closes = (now + timedelta(days=chance.randrange(1, 60))).date()
            copy.write_row(
                (
                    *(number, f"ENG-2026-{number:04d}", chance.choice(departments), author, [author]),
                    *("published", at, at, f"{source.title} ({number})", told["problem"]),
                    *(told.get("expertise", ""), list(told.get("cpv") or ["72000000"])),
                    *(chance.choice([None, *REGIONS]), closes, "policy_exploration", author, approver),
                    *("0" * 64, at, [], *("" for _ in unasked)),
                )
            )
    return sorted(words)


def _subscriptions(
    cursor: psycopg.Cursor,
    chance: random.Random,
    now: datetime,
    size: int,
    departments: Sequence[int],
    capabilities: Sequence[str],
    words: Sequence[str],
) -> None:
    """Copy weekly subscriptions that were told everything up to a week ago; every fifth shares its address."""
    cursor.execute("SELECT DISTINCT unnest(cpv) FROM challenge ORDER BY 1")
    codes = [row[0] for row in cursor.fetchall()]
    searches = [" ".join(chance.sample(words, k=chance.choice((1, 2)))) for _ in range(SEARCHES)]
    values: dict[str, Sequence[object]] = {
        "everything": [""],
        "department": departments,
        "capability": capabilities,
        "cpv": codes,
        "region": list(REGIONS),
        "search": searches,
    }
    slot = now - timedelta(hours=1)
    columns = (
        "email, topic, value, stage, cadence, weekday, hour, state, created_at, confirmed_at, covered_until"
    )
    local = slot.astimezone(clock.UK)
    rest = ("open", "weekly", local.weekday(), local.hour, "active", now - timedelta(days=90))
    with cursor.copy(f"COPY subscription ({columns}) FROM STDIN") as copy:
        for email, topic, value in _wishes(chance, size, values):
            confirmed = now - timedelta(days=chance.randrange(8, 90))
            copy.write_row((email, topic, value, *rest, confirmed, now - timedelta(days=7)))


def _wishes(
    chance: random.Random, size: int, values: dict[str, Sequence[object]]
) -> Iterator[tuple[str, str, str]]:
    topics, weights = list(values), (15, 25, 20, 15, 10, 15)
    number, seen = 0, set[tuple[str, str, str]]()
    while len(seen) < size:
        if number == 0 or len(seen) % 5:
            number += 1
        email = f"reader{number}@firm{number % DOMAINS}.test"
        topic = chance.choices(topics, weights)[0]
        wish = (email, topic, str(chance.choice(values[topic])))
        if wish not in seen:
            seen.add(wish)
            yield wish


if __name__ == "__main__":
    main()
