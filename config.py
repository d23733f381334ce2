"""Every configuration key of engage, with its default and its meaning. Values come from the environment only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from engage.kernel.scanning import scanner_named
from engage.kernel.settings import SettingsError, boolean, read, setting, words

PROJECT = Path(__file__).resolve().parent
SHORTEST_SECRET = 32


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
        meaning="smtp://user:password@host:port (smtps:// for TLS), file:DIRECTORY or console; empty: file:outbox "
        "in the data directory.",
    )
    mail_from: str = setting(
        "ENGAGE_MAIL_FROM",
        default="engage <no-reply@engage.example>",
        meaning="The sender of every mail.",
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


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read and check the configuration. Raises ``SettingsError`` with one sentence that names the key."""
    config = read(Config, os.environ if environ is None else environ)
    config = replace(config, base_url=config.base_url.rstrip("/"))
    if urlsplit(config.base_url).scheme not in {"http", "https"}:
        raise SettingsError("ENGAGE_BASE_URL must begin with http:// or https://.")
    if config.theme not in {"neutral", "govuk"}:
        raise SettingsError(f"ENGAGE_THEME is “{config.theme}”: use neutral or govuk.")
    scanner_named(config.scanner)
    if config.mail and not config.mail.startswith(("smtp://", "smtps://", "file:", "console")):
        raise SettingsError("ENGAGE_MAIL must be smtp://…, smtps://…, file:DIRECTORY or console.")
    if config.production:
        _check_production(config)
    return config


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
