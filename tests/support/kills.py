"""What can be killed of a running site, as ``kill -9`` does; the site starts each of them again."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.processes import descendants, kill, postmaster
from tests.support.site import Site

Kill = Callable[[Site], None]


def web_server(site: Site) -> None:
    """End the web server with all its processes."""
    first = site.child("gunicorn")
    for pid in (first, *descendants(first)):
        kill(pid)


def web_process(site: Site) -> None:
    """End one of the processes that answer requests."""
    kill(descendants(site.child("gunicorn"))[0])


def database(site: Site) -> None:
    """End PostgreSQL."""
    kill(postmaster(site.data))


def worker(site: Site) -> None:
    """End the worker."""
    kill(site.child("engage worker"))


KILLS: tuple[Kill, ...] = (web_server, web_process, database, worker)
