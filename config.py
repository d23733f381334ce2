"""Every configuration key of engage, with its default and its meaning. Values come from the environment only."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from engage.kernel.scanning import scanner_named
from engage.kernel.settings import SettingsError, boolean, read, setting, words

PROJECT = Path(__file__).resolve().parent
SHORTEST_SECRET = 32
SHORTEST_TOKEN = 20
MOST_CONNECTIONS = 8
DKIM = re.compile(r"(?P<selector>[^@:\s]+)@(?P<domain>[^@:\s]+):(?P<file>.+)")


@dataclass(frozen=True)
class Config:
    """The settings of one process. In production a missing or weak value stops the start."""

    database_url: str = setting(
        "DATABASE_URL",
        default="",
        meaning="PostgreSQL 15 or later, as postgresql://…; empty: an embedded server in the data directory.",
    )
    secret_key: str = setting(
        "SECRET_KEY",
        default="",
        meaning="Signs cookies and links, at least 32 characters; outside production one is made and kept.",
    )
    production: bool = setting(
        "ENGAGE_PRODUCTION",
        default=False,
        meaning="yes: refuse to start with a missing or weak value, send cookies over HTTPS only.",
        parse=boolean,
    )
    base_url: str = setting(
        "ENGAGE_BASE_URL",
        default="http://127.0.0.1:8000",
        meaning="Where people reach the site; links in mail are built from it, never from the Host header.",
    )
    data_dir: Path = setting(
        "ENGAGE_DATA_DIR",
        default=PROJECT / ".engage",
        meaning="Where the embedded server, logs and generated files live.",
        parse=Path,
    )
    mail: str = setting(
        "ENGAGE_MAIL",
        default="",
        meaning="smtp://user:password@host:port (smtps:// for TLS), notify, file:DIRECTORY or console; empty: "
        "file:outbox in the data directory.",
    )
    mail_from: str = setting(
        "ENGAGE_MAIL_FROM",
        default="engage <no-reply@engage.example>",
        meaning="The sender of every mail.",
    )
    mail_returns: str = setting(
        "ENGAGE_MAIL_RETURNS",
        default="",
        meaning="Address to which mail that cannot be delivered comes back, like bounces@mail.example; each letter "
        "adds a mark of its own (bounces+12-3f…@). Empty: the address of ENGAGE_MAIL_FROM, without a mark.",
    )
    mail_reports: str = setting(
        "ENGAGE_MAIL_REPORTS",
        default="",
        meaning="Mailbox of ENGAGE_MAIL_RETURNS, read every five minutes: maildir:DIRECTORY or "
        "imaps://user:password@host/FOLDER; empty: none is read.",
    )
    mail_reports_token: str = setting(
        "ENGAGE_MAIL_REPORTS_TOKEN",
        default="",
        meaning="Who posts reports on mail to /mail/reports gives it as a bearer token, at least 20 characters; empty: "
        "nobody may.",
    )
    mail_connections: int = setting(
        "ENGAGE_MAIL_CONNECTIONS",
        default=2,
        meaning="Over how many connections a worker sends at once; one that is killed leaves at most so many letters "
        "of which nobody knows whether they left.",
        parse=int,
    )
    mail_per_minute: int = setting(
        "ENGAGE_MAIL_PER_MINUTE",
        default=0,
        meaning="How many letters a minute go to one domain, bulk mail counted for itself; 0: as many as there are.",
        parse=int,
    )
    dkim: str = setting(
        "ENGAGE_DKIM",
        default="",
        meaning="SELECTOR@DOMAIN:FILE of the private key with which mail is signed here (needs the extra dkim); empty: "
        "the mail server signs.",
    )
    notify_key: str = setting(
        "ENGAGE_NOTIFY_KEY",
        default="",
        meaning="API key of GOV.UK Notify, for ENGAGE_MAIL=notify.",
    )
    notify_template: str = setting(
        "ENGAGE_NOTIFY_TEMPLATE",
        default="",
        meaning="Id of a template of GOV.UK Notify whose subject is ((subject)) and whose message is ((body)).",
    )
    notify_url: str = setting(
        "ENGAGE_NOTIFY_URL",
        default="https://api.notifications.service.gov.uk",
        meaning="Where GOV.UK Notify answers.",
    )
    letters_kept: int = setting(
        "ENGAGE_LETTERS_KEPT",
        default=90,
        meaning="Days after which the words of a letter are removed that is about no challenge; their hash stays.",
        parse=int,
    )
    letters_record: int = setting(
        "ENGAGE_LETTERS_RECORD",
        default=1100,
        meaning="The same for letters about a challenge; s.98 of the Procurement Act 2023 asks for three years.",
        parse=int,
    )
    embedder: str = setting(
        "ENGAGE_EMBEDDER",
        default="minilm-int8",
        meaning="The language model the matching engine uses; none: words only.",
    )
    scanner: str = setting(
        "ENGAGE_SCANNER",
        default="structure",
        meaning="What checks attachments before anybody can download them: structure (macros, scripts, hidden files; "
        "no viruses) or clamd://host:port (also a ClamAV daemon).",
    )
    minutes_days: int = setting(
        "ENGAGE_MINUTES_DAYS",
        default=5,
        meaning="How many working days after a session its minutes are due; then everyone reads that they are late.",
        parse=int,
    )
    theme: str = setting(
        "ENGAGE_THEME",
        default="neutral",
        meaning="neutral, or govuk for services entitled to the GOV.UK header.",
    )
    department_domains: tuple[str, ...] = setting(
        "ENGAGE_ALLOWED_DEPARTMENT_DOMAINS",
        default=("gov.uk", "nhs.uk", "mod.uk", "parliament.uk"),
        meaning="Email domains (and their subdomains) that may register for a department, separated by commas.",
        parse=words,
    )
    proxies: int = setting(
        "ENGAGE_TRUSTED_PROXIES",
        default=0,
        meaning="How many reverse proxies in front of the site set X-Forwarded-For and X-Forwarded-Proto.",
        parse=int,
    )
    metrics_token: str = setting(
        "ENGAGE_METRICS_TOKEN",
        default="",
        meaning="Who asks for /metrics gives it as a bearer token; empty: only this machine itself may ask.",
    )
    demo: bool = setting(
        "ENGAGE_DEMO",
        default=False,
        meaning="yes: show the demo banner; set by engage demo.",
        parse=boolean,
    )

    @property
    def mail_transport(self) -> str:
        """The transport to use: ``mail``, or the outbox folder of the data directory."""
        return self.mail or f"file:{self.data_dir / 'outbox'}"

    @property
    def signing(self) -> tuple[str, str, Path] | None:
        """Selector, domain and key file of ``dkim``, ``None`` when mail is not signed here."""
        found = DKIM.fullmatch(self.dkim)
        return (found["selector"], found["domain"], Path(found["file"])) if found else None


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read and check the configuration. Raises ``SettingsError`` with one sentence that names the key."""
    config = read(Config, os.environ if environ is None else environ)
    config = replace(config, base_url=config.base_url.rstrip("/"))
    if urlsplit(config.base_url).scheme not in {"http", "https"}:
        raise SettingsError("ENGAGE_BASE_URL must begin with http:// or https://.")
    if config.theme not in {"neutral", "govuk"}:
        raise SettingsError(f"ENGAGE_THEME is “{config.theme}”: use neutral or govuk.")
    scanner_named(config.scanner)
    _check_mail(config)
    if config.production:
        _check_production(config)
    return config


def _check_mail(config: Config) -> None:
    known = config.mail in {"", "console", "notify"} or config.mail.startswith(
        ("smtp://", "smtps://", "file:")
    )
    if not known:
        raise SettingsError("ENGAGE_MAIL must be smtp://…, smtps://…, notify, file:DIRECTORY or console.")
    if config.mail == "notify" and not (config.notify_key and config.notify_template):
        raise SettingsError("ENGAGE_MAIL=notify also needs ENGAGE_NOTIFY_KEY and ENGAGE_NOTIFY_TEMPLATE.")
    if config.mail_returns.count("@") > 1 or (config.mail_returns and "@" not in config.mail_returns):
        raise SettingsError("ENGAGE_MAIL_RETURNS must be one plain address, like bounces@mail.example.")
    if config.mail_reports and not config.mail_reports.startswith(("maildir:", "imaps://", "imap://")):
        raise SettingsError(
            "ENGAGE_MAIL_REPORTS must be maildir:DIRECTORY or imaps://user:password@host/FOLDER."
        )
    if config.mail_reports_token and len(config.mail_reports_token) < SHORTEST_TOKEN:
        raise SettingsError(f"ENGAGE_MAIL_REPORTS_TOKEN is shorter than {SHORTEST_TOKEN} characters.")
    if not 1 <= config.mail_connections <= MOST_CONNECTIONS:
        raise SettingsError(f"ENGAGE_MAIL_CONNECTIONS must be 1 to {MOST_CONNECTIONS}.")
    if min(config.mail_per_minute, config.letters_kept, config.letters_record) < 0:
        raise SettingsError(
            "ENGAGE_MAIL_PER_MINUTE, ENGAGE_LETTERS_KEPT and ENGAGE_LETTERS_RECORD cannot be negative."
        )
    if config.dkim and not DKIM.fullmatch(config.dkim):
        raise SettingsError("ENGAGE_DKIM must look like selector@domain:/path/to/private-key.pem.")


def _check_production(config: Config) -> None:
    if len(config.secret_key) < SHORTEST_SECRET:
        raise SettingsError(
            f"SECRET_KEY is missing or shorter than {SHORTEST_SECRET} characters: set a long random value "
            "(for instance from: python -c 'import secrets; print(secrets.token_urlsafe(48))')."
        )
    if not config.database_url:
        raise SettingsError("DATABASE_URL is missing: in production name the PostgreSQL server to use.")
    if not config.base_url.startswith("https://"):
        raise SettingsError("ENGAGE_BASE_URL must begin with https:// in production.")
    if not config.mail:
        raise SettingsError("ENGAGE_MAIL is missing: in production name the mail server to use.")
