"""Every mail there is: text and HTML say the same and lead to the same places, and nothing is fetched or followed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import html5lib
import pytest

from engage.kernel.text import one_line
from engage.kernel.uktime import uk_date, uk_time
from engage.outbox.enums import ASKED_FOR
from engage.outbox.service.rendering import TEMPLATES, Rendered
from tests.support.mail_values import BASE, BULK, TOKEN, WHY
from tests.support.mails import SAMPLES, templates, written

ADDRESS = re.compile(r"https?://[^\s)>\"”]+")
FETCHES = {"img", "link", "script", "iframe", "object", "embed", "video", "audio", "source", "form", "input"}
LONGEST_SUBJECT = 100
LONGEST_BEGINNING = 40
"""Of a subject, before the title: no more is shown on a telephone."""
MADE_OF_PIECES = {"before", "after"}
"""The HTML shows what differs in one paragraph, the text one version after the other."""
each_mail = pytest.mark.parametrize(
    ("name", "number"),
    [(name, number) for name in templates() for number in range(len(SAMPLES.get(name, [])))],
)


@pytest.fixture
def sample(name: str, number: int) -> Mapping[str, Any]:
    return SAMPLES[name][number]


@pytest.fixture
def mail(name: str, sample: Mapping[str, Any]) -> Rendered:
    return written(name, sample)


def tree(mail: Rendered) -> Any:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False, strict=True)
    return parser.parse(mail.html)


def words_of(mail: Rendered) -> str:
    """Return what a person reads in the HTML, on one line."""
    body = tree(mail).find("body")
    return one_line(" ".join(body.itertext()))


def leaves(value: Any) -> Iterator[str]:
    """Give every fact in a sample as it would be written."""
    if isinstance(value, str):
        yield from (one_line(line) for line in value.splitlines() if line.strip())
    elif isinstance(value, datetime):
        yield from (uk_time(value), uk_date(value))
    elif isinstance(value, date):
        yield uk_date(value)
    elif isinstance(value, Mapping):
        yield from leaves(list(value.values()))
    elif isinstance(value, SimpleNamespace):
        yield from leaves({key: one for key, one in vars(value).items() if key not in MADE_OF_PIECES})
    elif isinstance(value, list | tuple):
        for each in value:
            yield from leaves(each)


def addresses(text: str) -> set[str]:
    return {found.rstrip(".,:") for found in ADDRESS.findall(text)}


def test_every_template_has_a_sample() -> None:
    """A new mail needs values in tests/support/mails.py: then all tests here hold it to the same."""
    assert [name for name in templates() if name not in SAMPLES] == []


def test_what_counts_as_asked_for_exists() -> None:
    assert sorted(ASKED_FOR - set(templates())) == []


def test_every_mail_has_three_parts_and_nothing_else() -> None:
    parts = {
        path.name: sorted(part.name for part in path.iterdir())
        for path in sorted((TEMPLATES / "mail").iterdir())
        if path.is_dir()
    }
    assert parts == {name: ["body.html", "body.txt", "subject.txt"] for name in templates()}


@each_mail
def test_the_text_says_what_the_html_says(
    name: str, number: int, sample: Mapping[str, Any], mail: Rendered
) -> None:
    text, html = (ADDRESS.sub("", words) for words in (one_line(mail.text), words_of(mail)))
    differing = {
        fact: (fact in text, fact in html) for fact in leaves(sample) if (fact in text) != (fact in html)
    }
    lone = {fact: where for fact, where in differing.items() if not fact.startswith(BASE)}
    assert lone == {}
    assert (WHY in text, WHY in html) == (True, True)


@each_mail
def test_the_text_leads_where_the_html_leads(
    name: str, number: int, sample: Mapping[str, Any], mail: Rendered
) -> None:
    links = {each.get("href") for each in tree(mail).iter("a")}
    written = addresses(mail.text) - addresses(str(sample.get("joining_details", "")))
    assert written == links
    assert [each for each in links if not each.startswith(BASE)] == []
    assert any(TOKEN in each for each in links) == (name in BULK or TOKEN in str(sample.values()))


@each_mail
def test_nothing_is_fetched_and_nothing_runs(
    name: str, number: int, sample: Mapping[str, Any], mail: Rendered
) -> None:
    page = tree(mail)
    assert sorted({element.tag for element in page.iter() if element.tag in FETCHES}) == []
    attributes = {attribute for element in page.iter() for attribute in element.attrib}
    assert (
        sorted(one for one in attributes if one.startswith("on") or one in {"src", "background", "srcset"})
        == []
    )
    assert re.findall(r"url\(|@import|@font-face", mail.html) == []


@each_mail
def test_styles_stand_in_the_elements_and_the_dark_ones_in_one_sheet(
    name: str, number: int, sample: Mapping[str, Any], mail: Rendered
) -> None:
    page = tree(mail)
    (sheet,) = page.iter("style")
    assert sheet.text.strip().startswith("@media (prefers-color-scheme: dark)")
    assert [one.attrib.get("style") for one in page.iter("h1")] != [None]
    assert {one.attrib["content"] for one in page.iter("meta") if one.get("name") == "color-scheme"} == {
        "light dark"
    }


@each_mail
def test_a_subject_is_one_line_of_fitting_length(
    name: str, number: int, sample: Mapping[str, Any], mail: Rendered
) -> None:
    assert mail.subject == one_line(mail.subject)
    assert 10 < len(mail.subject) <= LONGEST_SUBJECT
    titles = [
        sample[key] for key in ("challenge", "title") if sample.get(key, "") in mail.subject and key in sample
    ]
    assert [
        mail.subject.index(title) for title in titles if mail.subject.index(title) > LONGEST_BEGINNING
    ] == []


@each_mail
def test_the_text_reads_well_by_itself(
    name: str, number: int, sample: Mapping[str, Any], mail: Rendered
) -> None:
    assert re.findall(r"<[a-z/]|&[a-z]+;|\{\{|\{%", mail.text) == []
    assert "\n\n\n" not in mail.text
    lines = mail.text.splitlines()
    rules = [
        (above, rule)
        for above, rule in itertools.pairwise(lines)
        if above and re.fullmatch(r"[=-]{3,}", rule)
    ]
    assert [(above, rule) for above, rule in rules if len(rule) != min(len(above), 72)] == []


@each_mail
def test_only_bulk_mail_says_how_to_stop_it(
    name: str, number: int, sample: Mapping[str, Any], mail: Rendered
) -> None:
    stops = "Change what you get, or stop these emails"
    bulk = name in BULK or "unsubscribe_url" in sample
    assert (stops in mail.text, stops in words_of(mail)) == (bulk, bulk)
