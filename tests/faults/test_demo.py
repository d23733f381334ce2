"""`engage demo` as a person types it: the story in the terminal, then the site on the same data."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from engage.demo import texts
from engage.demo.accounts import ACCOUNTS, PASSWORD
from tests.support.processes import PROJECT

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("demo-site")]
HEADINGS = [
    "1. A department writes down a problem",
    "2. Another person approves it, and it is published",
    "3. The engine compares",
    "4. One plan gives the places, by rules that were set before",
    "5. 8 suppliers are invited",
    "6. One of them takes a seat",
    "7. Who was not invited can see why, and everybody can see how",
    "8. That supplier volunteers",
    "9. A digest tells those who asked",
    "10. What is kept",
]
PLACE = re.compile(
    r"^ *(\d+)\. (.+)  \[(strong|good|possible), score (\d+\.\d\d)(, made up for the demo)?\]$", re.MULTILINE
)
COMPARED = re.compile(r"^(3\. The engine compares) (\d+) suppliers$")
LEFT_OUT = re.compile(r"Left out beforehand: ([^.]+)\.")
SUPPLIERS = 307
"""Suppliers of the demonstration data."""
REFERENCE = re.compile(r"^(ENG-\d{4}-\d{4})  (.+)$", re.MULTILINE)
ACCEPTED = re.compile(r"^(.+) accepted\. (.+) has a place in", re.MULTILINE)
OFFERED = re.compile(r"^(.+) was not invited and offers to help:$", re.MULTILINE)


@dataclass
class Place:
    """A data directory for the demo, and what is run on it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        ours = ("DATABASE_URL", "SECRET_KEY", "ENGAGE_")
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(ours) or key == "ENGAGE_PG_BIN"
        }
        return kept | {"ENGAGE_DATA_DIR": str(self.folder), "PYTHONUNBUFFERED": "1"}

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run `engage demo` to its end."""
        command = [sys.executable, "-m", "engage", "demo", *arguments]
        return subprocess.run(
            command,
            check=False,
            cwd=PROJECT,
            env=self.environment | environ,
            capture_output=True,
            text=True,
            timeout=300,
        )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def told(place: Place) -> list[str]:
    """What `engage demo --once` says the first time, when it loads the data, and the second time."""
    done = [place.run("--once") for _ in range(2)]
    loading = "Loading the demonstration data. This happens once.\n"
    assert [(one.returncode, one.stderr) for one in done] == [(0, loading), (0, "")]
    return [one.stdout for one in done]


def test_the_story_has_all_its_parts_each_time(told: list[str]) -> None:
    for text in told:
        lines = text.splitlines()
        underlined = [line for line, rule in pairwise(lines) if rule == "-" * len(line) != ""]
        assert [COMPARED.sub(r"\1", heading) for heading in underlined] == HEADINGS


def test_every_supplier_is_compared_or_counted_among_those_left_out(told: list[str]) -> None:
    """A story told again may find a supplier that has no capacity left after the one before."""
    compared = []
    for text in told:
        story = next(found for line in text.splitlines() if (found := COMPARED.match(line)))
        left_out = LEFT_OUT.search(" ".join(text.split()))
        assert left_out
        compared.append(int(story[2]))
        assert compared[-1] + sum(map(int, re.findall(r"\d+", left_out[1]))) == SUPPLIERS
    assert compared[0] == 305


def test_it_tells_of_a_real_challenge_with_its_source(told: list[str]) -> None:
    live = texts.live()
    numbers = []
    for text in told:
        ref, title = REFERENCE.findall(text)[0]
        assert title == live.title
        assert live.source in " ".join(text.split())
        numbers.append(int(ref[-4:]))
    assert numbers[1] == numbers[0] + 1


def test_ten_suppliers_are_ranked_with_reasons_and_most_of_them_are_real(told: list[str]) -> None:
    for text in told:
        places = PLACE.findall(text)
        assert [int(place[0]) for place in places] == list(range(1, 11))
        scores = [float(place[3]) for place in places]
        assert scores == sorted(scores, reverse=True)
        real = [name for _, name, _, _, made_up in places if not made_up]
        assert len(real) == 8
        assert set(real) <= {record.name for record in texts.suppliers()}
        assert text.count("\n     > ") == 10
        assert text.count("\n     Words in common: ") == 10


def test_invitations_a_seat_a_volunteer_and_a_digest_follow(told: list[str]) -> None:
    for text in told:
        states = re.findall(r"^  (accepted|sent|held) +", text, re.MULTILINE)
        assert len(states) == 8
        assert states.count("accepted") == 1
        assert ACCEPTED.findall(text) == [("Marrowmere Care CIC", "Leila Farrow")]
        assert OFFERED.findall(text) == ["Fennarby Homes Association"]
        assert text.count("  | Subject: ") == 1
        first = re.findall(r"^  \| (http\S+/challenges/ENG\S+)$", text, re.MULTILINE)[0]
        assert first == f"http://127.0.0.1:8000/challenges/{REFERENCE.findall(text)[0][0]}"
        assert text.endswith("sound to the last row.\nTo see all of it in a browser: engage demo\n")


def test_the_site_starts_on_the_same_data_and_says_how_to_sign_in(place: Place, told: list[str]) -> None:
    command = [sys.executable, "-m", "engage", "demo", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env=place.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed: list[str] = []
        try:
            for line in process.stdout:
                printed.append(line.rstrip("\n"))
                if line.startswith("engage is ready at "):
                    break
            url = printed[-1].removeprefix("engage is ready at ")
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            page = opener.open(f"{url}/challenges?q=safe+first+home", timeout=30).read().decode()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
    assert process.returncode == 0
    assert printed[0] == f"Sign in with one of these addresses. The password is always {PASSWORD}"
    assert [line.split()[0] for line in printed[1 : len(ACCOUNTS) + 1]] == [
        account.email for account in ACCOUNTS
    ]
    assert printed[len(ACCOUNTS) + 1] == f"Mail is in {place.folder / 'outbox'}"
    assert page.count(f">{texts.live().title}<") == 2
    assert page.count("This site shows demonstration data.") == 1


def test_production_gets_no_demo(tmp_path: Path) -> None:
    refused = Place(tmp_path).run(
        "--once",
        ENGAGE_PRODUCTION="yes",
        SECRET_KEY="x" * 40,
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
        ENGAGE_BASE_URL="https://engage.example",
        ENGAGE_MAIL="console",
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "engage: the demo does not run in production: unset ENGAGE_PRODUCTION.\n"
    assert list(tmp_path.iterdir()) == []
