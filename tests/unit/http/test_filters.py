"""Template filters: what people read, and what the browser must never obey."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum

import pytest
from flask import Flask, render_template_string

from engage.http.filters import (
    date_tag,
    iso,
    markdown,
    paragraphs,
    plural,
    sentence,
    state_tag,
    time_tag,
    words,
)


class State(StrEnum):
    FINDINGS_DUE = "findings_due"
    UNHEARD_OF = "unheard_of"


def test_markdown_in_the_style_of_the_site() -> None:
    assert markdown("# A\n\n## B\n\nSome **bold** [link](https://gov.uk).\n\n* one\n* two\n") == (
        '<h2 class="govuk-heading-m">A</h2>\n<h3 class="govuk-heading-s">B</h3>\n'
        '<p class="govuk-body">Some <strong>bold</strong> '
        '<a href="https://gov.uk" class="govuk-link" rel="nofollow noopener">link</a>.</p>\n'
        '<ul class="govuk-list govuk-list--bullet">\n<li>one</li>\n<li>two</li>\n</ul>\n'
    )


def test_the_highest_heading_of_a_text_comes_under_the_title_of_its_page() -> None:
    assert markdown("### Deep\n\n##### Deeper") == (
        '<h2 class="govuk-heading-m">Deep</h2>\n<h4 class="govuk-heading-s">Deeper</h4>\n'
    )
    assert markdown("# A", heading=3) == '<h3 class="govuk-heading-s">A</h3>\n'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<script>alert(1)</script>", '<p class="govuk-body">&lt;script&gt;alert(1)&lt;/script&gt;</p>\n'),
        ("a <b onclick=x>b</b>", '<p class="govuk-body">a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n'),
        ("[x](javascript:alert(1))", '<p class="govuk-body">[x](javascript:alert(1))</p>\n'),
        ("[x](data:text/html,x)", '<p class="govuk-body">[x](data:text/html,x)</p>\n'),
        ("![](https://a.example/b.png)", '<p class="govuk-body">!<a href="https://a.example/b.png" class="govuk-link" rel="nofollow noopener"></a></p>\n'),
        ("", ""),
    ],
)  # fmt: skip
def test_markdown_obeys_no_html(text: str, html: str) -> None:
    assert markdown(text) == html


def test_counts() -> None:
    assert [plural(number, "supplier") for number in (0, 1, 2, 1200)] == [
        "0 suppliers", "1 supplier", "2 suppliers", "1,200 suppliers",
    ]  # fmt: skip
    assert plural(2, "person", "people") == "2 people"


def test_states_in_words() -> None:
    assert words(State.FINDINGS_DUE) == "findings due"
    assert sentence("no_show") == "No show"
    assert (
        state_tag(State.FINDINGS_DUE) == '<strong class="govuk-tag govuk-tag--yellow">Findings due</strong>'
    )
    assert state_tag(State.UNHEARD_OF) == '<strong class="govuk-tag govuk-tag--grey">Unheard of</strong>'
    assert state_tag("<b>") == '<strong class="govuk-tag govuk-tag--grey">&lt;b&gt;</strong>'


def test_times_for_people_and_machines() -> None:
    summer = datetime(2026, 7, 1, 13, 30, tzinfo=UTC)
    assert time_tag(summer) == (
        '<time datetime="2026-07-01T14:30+01:00">Wednesday 1 July 2026 at 2:30pm (UK time)</time>'
    )
    assert date_tag(date(2026, 7, 1)) == '<time datetime="2026-07-01">1 July 2026</time>'
    assert iso(summer) == "2026-07-01T14:30+01:00"


def test_plain_text_as_paragraphs() -> None:
    assert paragraphs("a\nb\r\n\r\n\n<i>c</i>\n") == (
        '<p class="govuk-body">a<br>b</p>\n<p class="govuk-body">&lt;i&gt;c&lt;/i&gt;</p>'
    )


def test_templates_know_them(page: Flask) -> None:
    text = "{{ at | uk_time }}|{{ at | uk_range(at) }}|{{ 2 | plural('day') }}|{{ plural(1, 'day') }}|{{ at | uk_date(weekday=true) }}"
    assert render_template_string(text, at=datetime(2026, 3, 3, 14, 30, tzinfo=UTC)) == (
        "Tuesday 3 March 2026 at 2:30pm (UK time)|Tuesday 3 March 2026, 2:30pm to 2:30pm (UK time)|2 days|1 day|"
        "Tuesday 3 March 2026"
    )


def test_a_naive_time_does_not_reach_a_page(page: Flask) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        render_template_string("{{ at | uk_time }}", at=datetime(2026, 3, 3, 14, 30))  # noqa: DTZ001  # to be refused
