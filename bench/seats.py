"""Do seats hold when all want one? ``python -m bench.seats [--people 200] [--places 20] [--repeats 20] [--kill]``.

A site is started as ``engage up`` starts it, with its own server, web processes and worker, in a scratch folder.
In each repeat there is a new session; all people accept in the same moment, each over a connection of its own, every
tenth with a double click. In every second repeat the number of places is lowered and raised again meanwhile. Then half
of those with a place give it up, some leave the line and places are added, all at once. With ``--kill`` something is
killed in the middle of each repeat, in turn the web server, one of its processes, PostgreSQL, and the worker, and
whoever gets no answer asks again; an answer counts as kept when there is a place or a turn for it afterwards.

A figure for 60 people at once comes first, when nobody has accepted anything since the site was started and its
processes do it for the first time, and again at the end, when they have done it often. Seconds are from sending the
form to the last byte of the answer, with all waiting in between; ``cpu`` is what one acceptance cost the processors,
web and database together, in milliseconds, for machines on which others want them too (``load``); ``-`` where a process
was killed, whose cost nobody knows. The last line is one JSON object; the exit code is 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import config
from engage.app import create_app, wire
from engage.kernel import db
from engage.kernel.cluster import Cluster
from engage.kernel.settings import configure
from tests.support import rush
from tests.support.contest import Contest, People, deadlocks
from tests.support.crowd import Answer, Browser, at_once, signed_in
from tests.support.kills import KILLS, Kill
from tests.support.processes import cpu_seconds, descendants, working_in
from tests.support.site import Site

SECRET = "only for this bench, and long enough to pass"
AT_ONCE, BOUND = 60, 3.0
DOUBLE_CLICK = 10
SEE_OTHER = 303


@dataclass
class Repeat:
    """One session and how it went."""

    answers: list[Answer]
    seats: int
    waiting: int
    freed: int
    promoted: int
    cpu_ms: float
    """Not a number when a process was killed meanwhile: nobody knows what it had cost."""
    faults: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> list[float]:
        """How long each acceptance took."""
        return sorted(answer.seconds for answer in self.answers)

    def line(self, name: str) -> str:
        """This repeat in one line."""
        seconds = self.seconds
        wrong = "; ".join(self.faults) or "none"
        cpu = "-" if math.isnan(self.cpu_ms) else f"{self.cpu_ms:.0f}"
        return (
            f"{name:>8}  {self.seats:>5} {self.waiting:>7} {self.freed:>5} {self.promoted:>8}"
            f"  {statistics.median(seconds):6.2f} {at(seconds, 0.99):6.2f} {seconds[-1]:6.2f}"
            f" {cpu:>5}  {wrong}"
        )


def main() -> int:
    """Run all repeats and print a line each, the figures, and the JSON line; return the exit code."""
    arguments = _arguments()
    configure(config.load({"SECRET_KEY": SECRET, "ENGAGE_EMBEDDER": "none"}))
    wire()
    with _site() as site:
        people = People.make(arguments.people)
        app = create_app(config.load({"SECRET_KEY": SECRET, "ENGAGE_EMBEDDER": "none"}))
        members = [people.facilitator, *(team.membership for team in people.teams)]
        runs, *browsers = signed_in(app, site.url, members)
        court = Court(site, people, runs, browsers, arguments.places)
        print(f"{'repeat':>8}  seats waiting freed promoted     p50    p99    max   cpu  wrong")
        few = court.only(AT_ONCE).repeat(resize=False)
        print(few.line(f"{AT_ONCE} cold"), flush=True)
        repeats = []
        for number in range(arguments.repeats):
            strike = KILLS[number % len(KILLS)] if arguments.kill else None
            repeats.append(court.repeat(resize=bool(number % 2), strike=strike))
            print(repeats[-1].line(str(number + 1)), flush=True)
        later = court.only(AT_ONCE).repeat(resize=False)
        print(later.line(f"{AT_ONCE} warm"))
        return _tell(arguments, few, later, repeats)


@dataclass
class Court:
    """The site, the people at their browsers, and how many places each session has."""

    site: Site
    people: People
    runs: Browser
    browsers: Sequence[Browser]
    places: int

    def only(self, number: int) -> Court:
        """The same with the first ``number`` suppliers."""
        people = People(self.people.department, self.people.facilitator, self.people.teams[:number])
        return Court(self.site, people, self.runs, self.browsers[:number], self.places)

    def repeat(self, *, resize: bool, strike: Kill | None = None) -> Repeat:
        """Let everybody want a place in a new session, then give up, leave and add places."""
        contest = Contest.make(self.people, places=self.places)
        found = self._arrive(contest, resize=resize, strike=strike)
        if not strike:
            self._free(contest, found)
        found.faults += contest.faults()
        if deadlocks():
            found.faults.append(f"{deadlocks()} deadlocks")
        return found

    def _arrive(self, contest: Contest, *, resize: bool, strike: Kill | None) -> Repeat:
        pairs = zip(self.browsers, contest.invitations, strict=True)
        accepts = rush.prepared([partial(rush.accepting, browser, contest, each) for browser, each in pairs])
        others = [rush.resizing(self.runs, contest, self.places // 2, self.places)] if resize else []
        began = self._cpu()
        if strike:
            answers = _insisting(accepts, partial(strike, self.site), self.places)
        else:
            answers = at_once([*accepts, *accepts[::DOUBLE_CLICK], *others])
        cost = math.nan if strike else (self._cpu() - began) / len(answers) * 1000
        standing = contest.standing()
        acceptances = answers[: len(answers) - len(others)]
        found = Repeat(acceptances, standing.taken, len(standing.line), 0, 0, cost)
        statuses = Counter(answer.status for answer in answers)
        if set(statuses) != {SEE_OTHER}:
            found.faults.append(f"answers {dict(statuses)}")
        if standing.promised != set(contest.invitations):
            found.faults.append(f"{len(set(contest.invitations) - standing.promised)} answers not kept")
        if (standing.taken, len(standing.line)) != (self.places, len(accepts) - self.places):
            found.faults.append(f"{standing.taken} seats and {len(standing.line)} turns")
        return found

    def _cpu(self) -> float:
        return cpu_seconds([*descendants(self.site.process.pid), *working_in(self.site.data)])

    def _free(self, contest: Contest, found: Repeat) -> None:
        before, earlier = contest.standing(), contest.promoted()
        mine = rush.by_invitation(self.browsers, contest)
        going = [*before.confirmed][: self.places // 2]
        tired = before.line[1 : 1 + self.places // 4]
        added = self.places // 4
        ready = rush.prepared(
            [
                *(partial(rush.giving_up, mine[each], each) for each in going),
                *(partial(rush.leaving, mine[each], each) for each in tired),
            ]
        )
        resize = rush.resizing(self.runs, contest, self.places + added)
        answers = at_once([*(deed for deed in ready for _ in range(2)), resize])
        after = contest.standing()
        promoted = [each for each in contest.promoted() if each not in earlier]
        found.freed, found.promoted = len(going) + added, len(promoted)
        if {answer.status for answer in answers} != {SEE_OTHER}:
            found.faults.append(f"answers {dict(Counter(answer.status for answer in answers))}")
        if found.promoted != found.freed:
            found.faults.append(f"{found.promoted} promotions for {found.freed} places")
        if after.line != [each for each in before.line if each not in {*promoted, *tired}]:
            found.faults.append("the line changed its order")
        if max(map(before.line.index, promoted)) > min(map(before.line.index, after.line)):
            found.faults.append("somebody was overtaken")


def _insisting(accepts: Sequence[rush.Deed], strike: Callable[[], None], enough: int) -> list[Answer]:
    """Let everybody send the form until it is answered, and strike when ``enough`` have their answer."""
    yes = threading.Semaphore(0)

    def insist(accept: rush.Deed) -> Answer:
        answer = rush.insist(accept)
        yes.release()
        return answer

    def wait_and_strike() -> Answer:
        for _ in range(enough):
            yes.acquire()
        strike()
        return Answer(SEE_OTHER, "", "", 0.0)

    deeds: list[rush.Deed] = [partial(insist, accept) for accept in accepts]
    return at_once([*deeds, wait_and_strike])[:-1]


def at(seconds: Sequence[float], share: float) -> float:
    """Return the time within which ``share`` of the sorted ``seconds`` lie."""
    return seconds[math.ceil(share * len(seconds)) - 1]


def _tell(arguments: argparse.Namespace, few: Repeat, later: Repeat, repeats: Sequence[Repeat]) -> int:
    seconds = sorted(second for repeat in repeats for second in repeat.seconds)
    p99, warm = at(few.seconds, 0.99), at(later.seconds, 0.99)
    faults = [fault for repeat in (few, *repeats, later) for fault in repeat.faults]
    cpu = [repeat.cpu_ms for repeat in (few, *repeats, later) if not math.isnan(repeat.cpu_ms)]
    print(
        f"{AT_ONCE} at once: p99 {p99:.2f} s at first, {warm:.2f} s later (bound {BOUND:.0f} s); "
        f"{arguments.people} at once, {len(repeats)} times: "
        f"p50 {statistics.median(seconds):.2f} s, p99 {at(seconds, 0.99):.2f} s; wrong: {len(faults)}"
    )
    figures = {
        "people": arguments.people,
        "places": arguments.places,
        "repeats": len(repeats),
        "killed": arguments.kill,
        "p99_of_60_s": round(p99, 2),
        "p99_of_60_warm_s": round(warm, 2),
        "p50_s": round(statistics.median(seconds), 2),
        "p99_s": round(at(seconds, 0.99), 2),
        "cpu_ms": round(statistics.median(cpu), 1),
        "cpu_ms_of_60": round(few.cpu_ms, 1),
        "cpu_ms_of_60_warm": round(later.cpu_ms, 1),
        "wrong": len(faults),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(figures))
    return 1 if faults else 0


@contextmanager
def _site() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp(prefix="engage-bench-"))
    folder.chmod(0o755)
    site = Site(folder / "data", SECRET_KEY=SECRET)
    try:
        site.ready()
        db.bind(db.make_engine(Cluster(site.data.parent).url("engage"), pool_size=5))
        yield site
    finally:
        site.stop()
        shutil.rmtree(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--places", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--kill", action="store_true", help="kill something in the middle of each repeat")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
