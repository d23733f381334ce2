"""What a crowd does with one session over HTTP, all at once."""

from __future__ import annotations

import http
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.support.contest import Contest
from tests.support.crowd import Answer, Browser, at_once

Deed = Callable[[], Answer]


def page_of(invitation: str) -> str:
    """The address of an invitation."""
    return f"/supplier/invitations/{invitation}"


def accepting(browser: Browser, contest: Contest, invitation: str) -> Deed:
    """Open the page of ``invitation`` and give what sends its form: take a place, or a turn on the waiting list."""
    form = browser.form(page_of(invitation), "/accept")
    fields = {**form.fields, "meeting": contest.meeting_ref, "attested": "y"}
    return partial(browser.post, form.action, fields)


def giving_up(browser: Browser, invitation: str) -> Deed:
    """Open the page of ``invitation`` and give what gives up its place."""
    form = browser.form(page_of(invitation), "/release")
    return partial(browser.post, form.action, form.fields)


def leaving(browser: Browser, invitation: str) -> Deed:
    """Open the page of ``invitation`` and give what leaves its waiting list."""
    form = browser.form(page_of(invitation), "/leave-waiting-list")
    return partial(browser.post, form.action, form.fields)


def resizing(browser: Browser, contest: Contest, *sizes: int) -> Deed:
    """Give what changes the number of places to each of ``sizes``, one after the other, and returns the last answer.

    The page is opened now, and again before each size but the first, as the site wants it: nobody changes unseen what
    was changed before.
    """
    page = f"/department/sessions/{contest.meeting_ref}"
    first, *others = sizes
    form = browser.form(page, "")

    def resize() -> Answer:
        answer = browser.post(page, {**form.fields, "places": str(first)})
        for size in others:
            answer = browser.submit(page, "", places=str(size))
        return answer

    return resize


def prepared(deeds: Sequence[Callable[[], Deed]]) -> list[Deed]:
    """Open the pages of all ``deeds``, eight at a time, and give what is to be done at once."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda prepare: prepare(), deeds))


def arrive(
    browsers: Sequence[Browser], contest: Contest, *, clicks: int = 1, meanwhile: Sequence[Deed] = ()
) -> list[Answer]:
    """Let everybody accept at the same moment, each with ``clicks`` clicks; the answers of ``meanwhile`` come last."""
    pairs = zip(browsers, contest.invitations, strict=True)
    ready = prepared([partial(accepting, browser, contest, invitation) for browser, invitation in pairs])
    return at_once([*(deed for deed in ready for _ in range(clicks)), *meanwhile])


def by_invitation(browsers: Sequence[Browser], contest: Contest) -> Mapping[str, Browser]:
    """Whose browser goes with which invitation."""
    return dict(zip(contest.invitations, browsers, strict=True))


def insist(accept: Deed, *, pause: float = 0.2) -> Answer:
    """Send the form until it is answered with yes, as somebody who reloads the page; return that answer."""
    while (answer := accept()).status != http.HTTPStatus.SEE_OTHER:
        time.sleep(pause)
    return answer
