"""Template filters: dates in UK time, Markdown made safe, counts and states in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

import nh3
from flask import Flask
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from engage.kernel.uktime import clock_words, to_uk, uk_date, uk_range, uk_time

TAGS = {"a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong", "ul"}
ATTRIBUTES = {"a": {"href"}, "*": {"class"}, "ol": {"start"}}
CLASSES = {
    "a": "govuk-link",
    "h2": "govuk-heading-m",
    "h3": "govuk-heading-s",
    "h4": "govuk-heading-s",
    "p": "govuk-body",
    "ol": "govuk-list govuk-list--number",
    "ul": "govuk-list govuk-list--bullet",
    "blockquote": "govuk-inset-text",
    "hr": "govuk-section-break govuk-section-break--m govuk-section-break--visible",
}
TOP_LEVEL_HEADING = 2
LOWEST_HEADING = 4
STATE_COLOURS = {
    "grey": "draft superseded expired released cancelled held waiting proposed suppressed paused",
    "yellow": "in_review changes_requested notice_pending queued sending pending "
    "findings_due offered unverified",
    "blue": "approved frozen matched sent open scheduled registered running verified answered",
    "green": "published engaging accepted confirmed attended passed done active good delivered",
    "red": "withdrawn declined failed no_show stopped suspended rejected no_address undelivered complaint overdue",
    "purple": "closed",
}
COLOUR_OF = {state: colour for colour, states in STATE_COLOURS.items() for state in states.split()}

_parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable(
    ["image", "html_block", "html_inline"]
)


def markdown(text: str, *, heading: int = TOP_LEVEL_HEADING) -> Markup:
    """Return Markdown as safe HTML in the style of the site.

    HTML in the text is shown, not obeyed; pictures are left out; the highest heading of the text becomes
    ``heading``, because the page's own title is the only h1.
    """
    tokens = _parser.parse(text)
    headings = [token for token in tokens if token.type in {"heading_open", "heading_close"}]
    highest = min((int(token.tag[1]) for token in headings), default=0)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + heading, LOWEST_HEADING)}"
    _dress(tokens)
    html = _parser.renderer.render(tokens, _parser.options, {})
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
    )
    return Markup(clean)  # noqa: S704  # nh3 has removed everything that is not on the lists above


def _dress(tokens: Iterable[Token]) -> None:
    for token in tokens:
        if token.nesting >= 0 and token.tag in CLASSES:
            token.attrSet("class", CLASSES[token.tag])
        if token.children:
            _dress(token.children)


def plural(number: int, one: str, many: str | None = None) -> str:
    """Return "1 supplier", "2 suppliers", "1,200 people": the count with the right noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def words(value: object) -> str:
    """Return a value of an enumeration, or a name with underscores, as words: "findings due"."""
    return str(value.value if isinstance(value, Enum) else value).replace("_", " ")


def sentence(value: object) -> str:
    """Return ``words(value)`` with a capital: "Findings due"."""
    text = words(value)
    return text[:1].upper() + text[1:]


def state_tag(state: object) -> Markup:
    """Return a tag with the state in words; the colour only repeats what the word says."""
    key = str(state.value if isinstance(state, Enum) else state)
    colour = COLOUR_OF.get(key, "grey")
    return Markup('<strong class="govuk-tag govuk-tag--{}">{}</strong>').format(colour, sentence(state))


def iso(moment: date | datetime) -> str:
    """Return ``moment`` for the attribute ``datetime`` of ``<time>``, with the UK offset when it has one."""
    return to_uk(moment).isoformat(timespec="minutes") if isinstance(moment, datetime) else moment.isoformat()


def time_tag(moment: datetime) -> Markup:
    """Return ``uk_time`` inside a ``<time>`` element."""
    return Markup('<time datetime="{}">{}</time>').format(iso(moment), uk_time(moment))


def date_tag(day: date) -> Markup:
    """Return ``uk_date`` inside a ``<time>`` element."""
    return Markup('<time datetime="{}">{}</time>').format(iso(day), uk_date(day))


def paragraphs(text: str) -> Markup:
    """Return plain text as paragraphs; single line breaks are kept."""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n")]
    html = (escape(block).replace("\n", Markup("<br>")) for block in blocks if block)
    return Markup("\n").join(Markup('<p class="govuk-body">{}</p>').format(block) for block in html)


FILTERS = (
    clock_words,
    date_tag,
    iso,
    markdown,
    paragraphs,
    plural,
    sentence,
    state_tag,
    time_tag,
    uk_date,
    uk_range,
    uk_time,
    words,
)


def init_app(app: Flask) -> None:
    """Register every filter under its own name."""
    app.jinja_env.filters.update({each.__name__: each for each in FILTERS})
