"""The plain text of a mail is its HTML, block by block: the same headings, paragraphs, facts, quotations and ways on.

What stands differently in the two is named in ``OTHERWISE``; the tests of ``test_mails.py`` hold those to the same facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import html5lib
import pytest

from engage.kernel.text import one_line
from engage.outbox.service.rendering import LONGEST_RULE, Rendered
from tests.support.mail_values import BASE, JOINING
from tests.support.mails import SAMPLES, rendered, templates, written

OTHERWISE = {"challenge_changed", "digest", "due_digest"}
"""Show differences as pieces, or link the titles of items: in the text these stand one after the other."""
FOOT = "-" * 50
RULES = {"h1": "=", "h2": "-"}


def blocks(mail: Rendered) -> Iterator[str]:
    """Give the blocks of the HTML as plain text has them."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False, strict=True)
    for content in parser.parse(mail.html).iter("div"):
        if content.get("class") == "content":
            for element in content:
                yield from block(element)


def block(element: Any) -> Iterator[str]:
    words = "\n".join(lines(element))
    links = list(element.iter("a"))
    if element.get("class") == "address":
        return  # the address stands below the link already
    if element.tag in RULES:
        yield f"{words}\n{RULES[element.tag] * min(len(words), LONGEST_RULE)}"
    elif links:
        (way,) = links
        assert words == one_line(way.text), "a way on is a paragraph of its own"
        yield f"{words}:\n{way.get('href')}"
    elif element.tag == "dl":
        parts = [one_line("".join(part.itertext())) for part in element]
        yield "\n".join(f"{name}: {value}" for name, value in zip(parts[::2], parts[1::2], strict=True))
    elif element.tag == "ul":
        yield "\n".join(f"* {one_line(''.join(part.itertext()))}" for part in element)
    elif element.tag == "blockquote":
        inside = ["\n".join(f"> {line}" for line in lines(part)) for part in element]
        yield "\n>\n".join(inside)
    else:
        assert element.tag == "p", element.tag
        yield words


def lines(element: Any) -> list[str]:
    """Return the words of an element, one line for each that a person sees end."""
    said = [element.text or ""]
    for part in element:
        if part.tag == "br":
            said.append("")
        said[-1] += "".join(part.itertext()) + (part.tail or "")
    return [one_line(line) for line in said]


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, number) for name in templates() if name not in OTHERWISE for number in range(len(SAMPLES[name]))],
)
def test_the_text_is_the_html_block_by_block(name: str, number: int) -> None:
    mail = written(name, SAMPLES[name][number])
    body = mail.text.split(f"\n{FOOT}\n")[0].rstrip()
    # A heading stands right above what it is about.
    expected = "\n\n".join(blocks(mail))
    for sign in RULES.values():
        expected = expected.replace(f"{sign * 3}\n\n", f"{sign * 3}\n")
    for sign in RULES.values():
        body = body.replace(f"{sign * 3}\n\n", f"{sign * 3}\n")
    assert body == expected


@pytest.mark.parametrize("name", templates())
def test_every_address_stands_on_a_line_of_its_own_below_what_it_is_for(name: str) -> None:
    wrong = []
    for sample in SAMPLES[name]:
        written_lines = written(name, sample).text.splitlines()
        for place, line in enumerate(written_lines):
            if BASE not in line or line in JOINING.splitlines():
                continue
            above, before = written_lines[place - 1], written_lines[place - 2]
            if line != line.strip() or " " in line or not above.endswith(":"):
                wrong.append((above, line))
            elif before and not above.startswith("engage, "):
                wrong.append((before, above))
    assert wrong == []


def test_no_mail_has_a_hole_where_a_value_should_stand() -> None:
    holes = ("None", "  ", " ,", " .", "()", "“”", "\n:", "[]", "{")
    found = [
        (name, hole)
        for name, mail in rendered()
        for hole in holes
        if hole in mail.text.replace("None after 2027.", "") or hole in mail.subject
    ]
    assert found == []
