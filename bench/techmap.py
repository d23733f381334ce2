"""How fast are the map's pages? ``python -m bench.techmap [--suppliers 100000] [--tries 15]``.

Fills a database of its own with made-up suppliers (two statements each, one capability a statement, up to three
regions) that already have places, and asks each page as a visitor would, one after the other, through the whole
application. The last line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from engage.app import create_app
from engage.cli.codes import bring_codes
from engage.kernel import db
from engage.kernel.cluster import Cluster
from engage.kernel.migrate import upgrade

PAGES = {
    "map": "/techmap",
    "zoomed": "/techmap?x=400&y=400&zoom=8",
    "region": "/techmap?region=TLI",
    "capability": "/techmap?capability=user-research",
    "words": "/techmap?q=flood",
    "table": "/techmap/table",
    "table_by_evidence": "/techmap/table?sort=evidence",
    "coverage": "/techmap/coverage",
    "gaps": "/techmap/gaps",
    "embed": "/techmap/embed",
}
_FILL = """
INSERT INTO organisation (kind, name, state, created_at)
SELECT 'supplier', 'Firm ' || n || ' Ltd', 'verified', now() FROM generate_series(1, :size) AS n;
INSERT INTO supplier (ref, organisation_id, summary, website, sme, regions, cpv, corporate_group, capacity_per_quarter,
                      paused, created_at, updated_at)
SELECT 's-' || id, id, '', '', id % 3 = 0,
       (ARRAY['TLC','TLD','TLE','TLF','TLG','TLH','TLI','TLJ','TLK','TLL','TLM','TLN'])
           [1 + id % 12 : 1 + id % 12 + id % 3],
       '{}', '', 4, false, now(), now()
FROM organisation WHERE kind = 'supplier';
INSERT INTO statement (supplier_id, title, text, client, cpv, evidence_url, level, expires_on, confirmed_on,
                       content_hash, created_at, updated_at)
SELECT s.id, 'Work ' || k || ' of ' || s.id,
       repeat('What was done for a river, a road and a school, and what came of it. ', 6)
           || CASE WHEN s.id % 50 = 0 THEN 'flood' ELSE '' END,
       '', '{}', '', CASE WHEN (s.id + k) % 3 = 0 THEN 'evidenced' ELSE 'declared' END,
       current_date + (s.id % 360)::int, current_date - (s.id % 300)::int, md5(s.id || '-' || k), now(), now()
FROM supplier AS s CROSS JOIN generate_series(1, 2) AS k;
INSERT INTO statement_capability (statement_id, capability_id, named_by, since)
SELECT t.id, c.id, 'supplier', now()
FROM statement AS t
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS all_of_them
      FROM capability WHERE parent_id IS NOT NULL) AS c ON c.n = 1 + t.id % c.all_of_them;
INSERT INTO landscape (state, begun_at, told_at, drawn_at, step, done, todo, edition, embedder, model_digest,
                       suppliers, kept, trustworthiness, neighbours, sampled, seconds)
SELECT 'ready', now(), now(), now(), '', 0, 0, 1, 'none', '', :size, 0, 0.95, 15, 1000, 0;
INSERT INTO landscape_cluster (landscape_id, number, terms, x, y, suppliers)
SELECT l.id, n, ARRAY['first word', 'second word'], 100 + (n * 97) % 1050, 100 + (n * 61) % 800, :size / 24
FROM landscape AS l CROSS JOIN generate_series(1, 24) AS n;
"""


def main() -> None:
    """Fill, ask, print a line for each page and the JSON line."""
    parser = argparse.ArgumentParser(description="Measure the pages of the techmap.")
    parser.add_argument("--suppliers", type=int, default=100_000)
    parser.add_argument("--tries", type=int, default=15)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        Cluster(Path(folder) / "postgres", durable=False) as cluster,
    ):
        upgrade(cluster.url())
        bring_codes(cluster.url())
        settings = config.load(
            {
                "SECRET_KEY": "x" * 40,
                "ENGAGE_DATA_DIR": folder,
                "DATABASE_URL": cluster.url(),
                "ENGAGE_EMBEDDER": "none",
            }
        )
        app = create_app(settings)
        fill(cluster.url(), asked.suppliers)
        client = app.test_client()
        pages: dict[str, dict[str, float]] = {}
        for name, path in PAGES.items():
            seconds, size = [], 0
            for _ in range(asked.tries + 2):
                started = time.perf_counter()
                response = client.get(path)
                seconds.append(time.perf_counter() - started)
                assert response.status_code == 200, path
                size = len(response.data)
            middle, high = np.quantile(seconds[2:], [0.5, 0.95]).tolist()
            pages[name] = {
                "p50_ms": round(1000 * middle),
                "p95_ms": round(1000 * high),
                "kib": round(size / 1024),
            }
            print(
                f"{name:>18}: p50 {1000 * middle:5.0f} ms, p95 {1000 * high:5.0f} ms, {size / 1024:.0f} KiB",
                flush=True,
            )
        print(json.dumps({"suppliers": asked.suppliers, "pages": pages}))


def fill(url: str, size: int) -> None:
    """Put a market of ``size`` suppliers and a map of it into a database."""
    engine = db.make_engine(url, patience=None)
    with Session(engine) as session:
        session.execute(sa.text("SET statement_timeout = 0"))
        for statement in filter(str.strip, _FILL.split(";\n")):
            session.execute(sa.text(statement), {"size": size})
        random = np.random.default_rng(1)
        centres = random.uniform((100, 100), (1150, 900), (24, 2))
        ids = session.scalars(sa.text("SELECT id FROM supplier ORDER BY id")).all()
        landscape = session.scalar(sa.text("SELECT max(id) FROM landscape"))
        own = random.integers(0, 24, len(ids))
        places = np.clip(centres[own] + random.normal(0, 70, (len(ids), 2)), 0, (1249, 999)).tolist()
        into = sa.text("INSERT INTO landscape_point VALUES (:landscape, :id, :x, :y, :cluster, 0)")
        rows = [
            {"landscape": landscape, "id": i, "x": x, "y": y, "cluster": int(c) + 1}
            for i, (x, y), c in zip(ids, places, own, strict=True)
        ]
        for start in range(0, len(rows), 20_000):
            session.execute(into, rows[start : start + 20_000])
        session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("SET statement_timeout = 0"))
        connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()


if __name__ == "__main__":
    main()
