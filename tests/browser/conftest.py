"""The browser tier: the whole site as people start it, its worker, its mail in a folder, and Debian's Chromium."""

from __future__ import annotations

import email
import email.policy
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import config
from engage.kernel import db
from engage.kernel.cluster import Cluster
from tests.conftest import PROJECT, TEST_SECRET, fresh_database

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
READY = re.compile(r"engage is ready at (\S+)")
PATIENCE = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs Debian's chromium: apt-get install chromium"))


@dataclass
class Site:
    """A running site: its address, its database, and the folder its mail goes to."""

    url: str
    engine: sa.Engine
    mail: Path
    weeks: int = 0
    """How far ahead digests were written: journeys share the site, and nobody gets two at one time."""

    def letters(self, to: str, *, subject: str = "") -> list[EmailMessage]:
        """Return the mails to ``to`` whose subject contains ``subject``, oldest first."""
        found = []
        for path in sorted(self.mail.glob("*.eml"), key=lambda each: each.stat().st_mtime_ns):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            if to in str(message["To"]) and subject in str(message["Subject"]):
                found.append(message)
        return found

    def wait_for_letter(self, to: str, *, subject: str = "") -> EmailMessage:
        """Wait until the worker has sent a mail to ``to`` and return the newest."""
        deadline = time.monotonic() + PATIENCE
        while not (found := self.letters(to, subject=subject)):
            assert time.monotonic() < deadline, f"no mail to {to} about “{subject}” came"
            time.sleep(0.2)
        return found[-1]


@pytest.fixture(scope="session")
def site(
    cluster: Cluster, template: str, settings: config.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Start ``engage up`` on a database of its own; stop it at the end."""
    data, mail = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("mail")
    with fresh_database(cluster, template) as url:
        environment = {
            **os.environ,
            "DATABASE_URL": url,
            "SECRET_KEY": TEST_SECRET,
            "ENGAGE_DATA_DIR": str(data),
            "ENGAGE_EMBEDDER": "none",
            "ENGAGE_MAIL": f"file:{mail}",
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", "engage", "up", "--port", "0"]
        with subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                address = _wait_until_ready(process)
                engine = db.make_engine(url)
                yield Site(address, engine, mail)
                engine.dispose()
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=30)


def _wait_until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := READY.search(line):
            return found.group(1)
    pytest.fail("the site did not start")


@pytest.fixture
def rows(site: Site) -> None:
    """Bind this process's sessions to the site's database, so that a test can put rows there."""
    db.bind(site.engine, join_transaction_mode="conditional_savepoint")
    return


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium for one module: its driver keeps an event loop in this thread, in which tests elsewhere start their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody at a browser."""

    context: BrowserContext
    page: Page
    site: Site

    def go(self, path: str) -> Page:
        """Open ``path`` of the site; anything but a good answer fails the test."""
        answer = self.page.goto(self.site.url + path if path.startswith("/") else path)
        assert answer is not None
        assert answer.ok, f"{path} answered {answer.status}"
        return self.page

    def press(self, name: str) -> None:
        """Press the button called ``name``."""
        self.page.get_by_role("button", name=name).first.click()

    def follow(self, name: str) -> None:
        """Follow the link called ``name``, also one that looks like a button."""
        self.page.locator("a", has_text=name).first.click()

    def fill(self, label: str, text: str) -> None:
        """Fill the field labelled ``label``."""
        self.page.get_by_label(label).first.fill(text)

    def sees(self, text: str) -> None:
        """Fail unless the main part of the page shows ``text``."""
        assert text in " ".join(self.page.locator("main").inner_text().split()), (
            f"“{text}” is not on {self.page.url}:\n{self.page.locator('main').inner_text()[:1500]}"
        )

    def sign_in(self, address: str, password: str) -> None:
        """Sign in through the form."""
        self.go("/sign-in")
        self.page.locator("#email").fill(address)
        self.page.locator("#password").fill(password)
        self.press("Sign in")


class Visitors:
    """Makes visitors, with JavaScript or without, at a given width; closes them at the end."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.site = browser, site
        self.contexts: list[BrowserContext] = []

    def new(self, *, javascript: bool = True, width: int = 1280) -> Visitor:
        context = self.browser.new_context(
            java_script_enabled=javascript, viewport={"width": width, "height": 900}, locale="en-GB"
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        return Visitor(context, context.new_page(), self.site)


@pytest.fixture
def visitors(chromium: Browser, site: Site) -> Iterator[Visitors]:
    made = Visitors(chromium, site)
    yield made
    for context in made.contexts:
        context.close()
