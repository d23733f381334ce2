"""How fast is the directory? ``python -m bench.directory [--suppliers 100000] [--searches 200]``.

A scratch database is filled with made-up suppliers, two statements each, whose names and sentences are put together
from those of the demo's data. Then the page ``/suppliers`` is asked for, in this process, with names, words, filters
and typing errors of each. What is timed is the whole request without the network; ``load`` says
how many others wanted the processors. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

import config
from engage.app import create_app
from engage.demo import texts
from engage.kernel import clock, db
from engage.kernel.cluster import Cluster
from engage.kernel.migrate import upgrade
from engage.suppliers import service

SEED = 20_260
STATEMENTS = 2
SENTENCES = 4
WARM_UP = 10
BOUND_MS = 200
SYLLABLES = (
    *("ba", "ben", "cor", "dal", "el", "far", "gran", "hol", "in", "jor", "kel", "lun", "mar"),
    *("nor", "os", "pen", "quil", "ros", "sten", "tor", "ul", "ven", "wil", "yar", "zan"),
)
KINDS = (
    *("Ltd", "Limited", "LLP", "CIC", "plc", "Group", "Partners", "Services"),
    *("Consulting", "Solutions", "Trust", "& Sons", "Associates"),
)


def main() -> None:
    """Fill a database, ask, and print one line for each kind of search and the JSON line."""
    arguments = _arguments()
    with (
        tempfile.TemporaryDirectory() as folder,
        Cluster(Path(folder) / "postgres", durable=False) as cluster,
    ):
        cluster.create_database("bench")
        url = cluster.url("bench")
        upgrade(url)
        settings = config.load(
            {
                "SECRET_KEY": "x" * 40,
                "DATABASE_URL": url,
                "ENGAGE_EMBEDDER": "none",
                "ENGAGE_DATA_DIR": folder,
            }
        )
        app = create_app(settings)
        started = time.perf_counter()
        words = fill(url, arguments.suppliers)
        print(f"{arguments.suppliers:,} suppliers made in {time.perf_counter() - started:.0f} s")
        measured = measure(app.test_client().get, words, arguments.searches)
    slowest = max(each["p95_ms"] for each in measured.values())
    print(
        json.dumps(
            {
                "suppliers": arguments.suppliers,
                "searches": measured,
                "p95_ms": slowest,
                "bound_ms": BOUND_MS,
                "load": round(os.getloadavg()[0], 1),
            }
        )
    )


class Words:
    """What names and statements are made of, and what people look for."""

    def __init__(self) -> None:
        self.chance = random.Random(SEED)
        self.names = [record.name for record in texts.suppliers()]
        told = [statement for record in texts.suppliers() for statement in record.statements]
        self.titles = [one.title for one in told]
        self.sentences = [part for one in told for part in one.text.split(". ") if 20 < len(part) < 300]
        self.made: list[str] = []

    def name(self) -> str:
        """Return a name: half are made of syllables, half of the words of real ones."""
        if self.chance.random() < 0.5:
            first = "".join(self.chance.choices(SYLLABLES, k=3)).title()
            found = f"{first} {self.chance.choice(KINDS)}"
        else:
            some = [self.chance.choice(self.chance.choice(self.names).split()) for _ in range(3)]
            found = " ".join(some)
        self.made.append(found)
        return found

    def typo(self, text: str) -> str:
        """Return a text with one letter of its longest word left out, doubled, changed or swapped."""
        words = text.split()
        place = max(range(len(words)), key=lambda each: len(words[each]))
        word = words[place]
        at = self.chance.randrange(1, max(2, len(word) - 1))
        words[place] = self.chance.choice(
            [
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + self.chance.choice("aeiourstln") + word[at + 1 :],
                word[: at - 1] + word[at : at + 1] + word[at - 1 : at] + word[at + 1 :],
            ]
        )
        return " ".join(words)

    def asked(self) -> str:
        """Return two words of a statement that say something."""
        return " ".join(
            self.chance.sample(
                [word for word in self.chance.choice(self.titles).split() if len(word) > 4] or ["care"], k=1
            )
        )


def fill(url: str, suppliers: int) -> Words:
    """Copy suppliers and statements into the database, and do what jobs do after an import."""
    words = Words()
    moment = datetime(2026, 6, 1, 12, tzinfo=UTC)
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain) as connection, connection.cursor() as cursor:
        with cursor.copy(
            "COPY organisation (id, kind, name, state, created_at, verified_at) FROM STDIN"
        ) as copy:
            for number in range(1, suppliers + 1):
                copy.write_row((number, "supplier", words.name(), "verified", moment, moment))
        columns = "id, ref, organisation_id, summary, website, sme, regions, cpv, corporate_group, capacity_per_quarter"
        with cursor.copy(f"COPY supplier ({columns}, paused, created_at, updated_at) FROM STDIN") as copy:
            for number in range(1, suppliers + 1):
                regions: list[str] = words.chance.sample(["TLC", "TLD", "TLI", "TLL", "TLM"], k=number % 3)
                sme = (True, False, None)[number % 3]
                about: tuple[object, ...] = (
                    number,
                    f"s-{number:08d}",
                    number,
                    "",
                    "",
                    sme,
                    regions,
                    [],
                    "",
                    4,
                )
                copy.write_row((*about, False, moment, moment))
        columns = (
            "supplier_id, title, text, client, dated, cpv, evidence_url, level, expires_on, content_hash"
        )
        with cursor.copy(f"COPY statement ({columns}, created_at, updated_at) FROM STDIN") as copy:
            for told in _statements(words, suppliers):
                copy.write_row((*told, moment, moment))
        cursor.execute("ANALYZE")
    with db.unit_of_work() as session:
        service.refresh_words(session)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return words


def _statements(words: Words, suppliers: int) -> Iterator[tuple[object, ...]]:
    until = clock.uk_today() + timedelta(days=200)
    for number in range(suppliers * STATEMENTS):
        title = words.chance.choice(words.titles)
        text = ". ".join(words.chance.choices(words.sentences, k=SENTENCES))
        yield number // STATEMENTS + 1, title, text, "", None, [], "", "declared", until, f"h{number}"


def measure(get: Callable[[str], object], words: Words, searches: int) -> dict[str, dict[str, float]]:
    """Return for each kind of search how long the page takes, in milliseconds."""
    from urllib.parse import quote

    kinds: dict[str, Callable[[], str]] = {
        "everybody": lambda: f"/suppliers?page={words.chance.randrange(1, 50)}",
        "name": lambda: f"/suppliers?q={quote(words.chance.choice(words.made))}",
        "name_typo": lambda: f"/suppliers?q={quote(words.typo(words.chance.choice(words.made)))}",
        "words": lambda: f"/suppliers?q={quote(words.asked())}",
        "words_typo": lambda: f"/suppliers?q={quote(words.typo(words.asked()))}",
        "filters": lambda: "/suppliers?region=TLL&sme=y",
        "words_filters": lambda: f"/suppliers?q={quote(words.asked())}&region=TLL&sme=y",
    }
    found = {}
    for kind, address in kinds.items():
        taken: list[tuple[float, str]] = []
        for number in range(searches + WARM_UP):
            asked = address()
            started = time.perf_counter()
            answer = get(asked)
            if number >= WARM_UP:
                taken.append((1000 * (time.perf_counter() - started), asked))
            assert answer.status_code == 200, asked  # type: ignore[attr-defined]  # Werkzeug's response
        times = sorted(one for one, _ in taken)
        found[kind] = {
            "p50_ms": round(statistics.median(times), 1),
            "p95_ms": round(times[math.ceil(0.95 * len(times)) - 1], 1),
            "max_ms": round(times[-1], 1),
        }
        print(f"{kind:14} {found[kind]}  slowest: {max(taken)[1]}", flush=True)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suppliers", type=int, default=100_000)
    parser.add_argument("--searches", type=int, default=100)
    return parser.parse_args()


if __name__ == "__main__":
    main()
