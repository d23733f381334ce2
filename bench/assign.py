"""How fast, and how good, are plans? ``python -m bench.assign [--cases 100x1000,500x10000-quotas]``.

Made-up, seeded markets: suppliers and sessions are points in 16 dimensions,
eight places a session, its hundred best suppliers as candidates, one to three
sessions a supplier, a third of the suppliers in small groups. ``-quotas`` adds three floors and a cap that
overlap; ``-fair`` the terms meant for invitations and a tenth of the places drawn. The seconds
are those from arrays to the finished plan (``solve``), CPU seconds beside them. The last
line printed is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
import numpy.typing as npt

from engage.matching.assignment import FAIR_TERMS, Entrant, Instance, Scores, Session, Terms, solve

CASES = ("100x1000", "500x10000", "500x10000-quotas", "2000x50000")
CANDIDATES, PLACES, DIM = 100, 8, 16
FLOORS = {"sme": 3, "new_entrant": 2, "vcse": 1}
CAPS = {"incumbent": 1}
SHARES = {"sme": 0.4, "vcse": 0.08, "new_entrant": 0.3, "incumbent": 0.15}


def main() -> None:
    """Solve each case, print a line for each and the JSON line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--cases", default=",".join(CASES))
    measured = {}
    for case in arguments.parse_args().cases.split(","):
        measured[case] = found = measure(case)
        print(
            f"{case:>17}: {found['seconds']:.2f} s ({found['cpu_seconds']:.2f} s CPU), {found['status']},"
            f" objective {found['objective']:.4f}, bound {found['bound']:.4f}, gap {found['gap']:.2e}",
            flush=True,
        )
    print(json.dumps({"cases": measured}))


def measure(case: str) -> dict[str, float | str]:
    """Make the case and solve it."""
    instance = market(case)
    wall, processor = time.perf_counter(), time.process_time()
    plan = solve(instance)
    return {
        "seconds": round(time.perf_counter() - wall, 3),
        "cpu_seconds": round(time.process_time() - processor, 3),
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "status": plan.status.value,
        "places": len(plan.places),
    }


def market(case: str) -> Instance:
    """Make up the instance of a case; the same name always makes the same."""
    size, _, kind = case.partition("-")
    sessions, suppliers = map(int, size.split("x"))
    random = np.random.default_rng(1)
    tags = {tag: random.random(suppliers) < share for tag, share in SHARES.items()}
    capacity = random.integers(1, 4, suppliers)
    groups = random.integers(0, suppliers, suppliers)
    ruled = kind in {"quotas", "fair"}
    return Instance(
        sessions=[
            Session(
                id=f"session-{number:05}",
                places=PLACES,
                floors=FLOORS if ruled else {},
                caps=CAPS if ruled else {},
                exploration=0.1 if kind == "fair" else 0.0,
            )
            for number in range(sessions)
        ],
        suppliers=[
            Entrant(
                id=f"supplier-{number:06}",
                capacity=int(capacity[number]),
                tags=tuple(tag for tag, marks in tags.items() if marks[number]),
                group=f"group-{groups[number]}" if number % 3 == 0 else "",
            )
            for number in range(suppliers)
        ],
        scores=_scores(sessions, suppliers, random),
        seed="5eed",
        terms=FAIR_TERMS if kind == "fair" else Terms(),
    )


def _scores(sessions: int, suppliers: int, random: np.random.Generator) -> Scores:
    """Return the hundred best of each session: likeness in direction, plus what a supplier is good at anyway."""
    skills = _unit(random.normal(size=(suppliers, DIM)).astype(np.float32))
    topics = random.normal(size=(8, DIM)).astype(np.float32)
    wanted = random.normal(size=(sessions, DIM)).astype(np.float32)
    wanted = _unit(wanted + topics[random.integers(0, len(topics), sessions)])
    strength = random.normal(0, 0.08, suppliers).astype(np.float32)
    found = []
    for start in range(0, sessions, 100):
        likeness = wanted[start : start + 100] @ skills.T + strength
        best = np.argpartition(-likeness, CANDIDATES, axis=1)[:, :CANDIDATES]
        points = np.round(np.take_along_axis(likeness, best, axis=1).astype(np.float64) * 8, 4)
        rows = np.repeat(np.arange(start, start + len(likeness)), CANDIDATES)
        found.append((rows, best.ravel(), points.ravel()))
    session, supplier, score = (np.concatenate(part) for part in zip(*found, strict=True))
    return Scores(session=session, supplier=supplier, score=score)


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths = np.sqrt((vectors * vectors).sum(axis=1, keepdims=True))
    return np.asarray(vectors / lengths, np.float32)


if __name__ == "__main__":
    main()
