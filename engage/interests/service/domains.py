"""Mail domains by which organisations are told apart. Those that anybody can have an address at tell nothing."""

from __future__ import annotations

import re

PUBLIC_PROVIDERS = frozenset(
    {
        "aol.com",
        "btinternet.com",
        "fastmail.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "googlemail.com",
        "hotmail.co.uk",
        "hotmail.com",
        "icloud.com",
        "live.co.uk",
        "live.com",
        "mac.com",
        "mail.com",
        "me.com",
        "msn.com",
        "ntlworld.com",
        "outlook.com",
        "pm.me",
        "proton.me",
        "protonmail.com",
        "sky.com",
        "talktalk.net",
        "tutanota.com",
        "virginmedia.com",
        "yahoo.co.uk",
        "yahoo.com",
        "yandex.com",
        "zoho.com",
    }
)
"""Providers of mail for everybody. The same list stands in docs/interests.md."""

SHARED_ENDINGS = frozenset(
    {
        "ac.uk",
        "co.uk",
        "com",
        "eu",
        "gov",
        "gov.uk",
        "info",
        "io",
        "ltd.uk",
        "mod.uk",
        "net",
        "nhs.uk",
        "org",
        "org.uk",
        "plc.uk",
        "police.uk",
        "sch.uk",
        "uk",
    }
)
"""Endings that many organisations share: none of them is one organisation's own."""

_DOMAIN = re.compile(
    r"(?=.{4,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+"
)


def tidy_domain(text: str) -> str:
    """Return a domain as it is kept, from what people type: an address, a link or the domain itself."""
    last = text.strip().lower().rpartition("@")[2]
    host = re.sub(r"^[a-z]+://", "", last).partition("/")[0].partition(":")[0]
    return host.removeprefix("www.").rstrip(".")


def fault_of(domain: str) -> str:
    """Say what keeps ``domain``, tidied, from telling an organisation apart; empty when nothing does."""
    if not _DOMAIN.fullmatch(domain):
        return "Enter the part of its addresses after the @, like riverbank.example"
    if domain in PUBLIC_PROVIDERS:
        return f"Anybody can have an address at {domain}: enter the organisation's own, or leave this empty"
    if domain in SHARED_ENDINGS:
        return f"Many organisations share {domain}: enter the whole of the organisation's own, or leave this empty"
    return ""


def same_domain(domain: str, other: str) -> bool:
    """Tell whether ``other`` is ``domain`` or stands below it, as uk.river.example below river.example."""
    return other == domain or other.endswith(f".{domain}")
