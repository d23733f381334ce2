"""What must hold of every page: well-formed, one heading, labelled fields, no id twice."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from xml.etree import ElementTree as ET

import html5lib

Node = ET.Element
TOLERATED = {"unexpected-end-tag-implies-table-voodoo"}


@lru_cache(maxsize=8)  # a page is looked at by the client and then by its test
def parse(text: str) -> Node:
    """Parse a page strictly; an HTML error fails the test with its place. The tree is shared: only read it."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    tree: Node = parser.parse(text)
    errors = [(place, code, data) for place, code, data in parser.errors if code not in TOLERATED]
    assert errors == [], f"the page is not well-formed: {errors[:5]}"
    return tree


def without_tokens(text: str) -> str:
    """Return a page without what is another one each second: the tokens of its forms."""
    return re.sub(r'(name="csrf_token"[^>]*value=")[^"]*', r"\1", text)


def faults(text: str) -> list[str]:
    """Return what is wrong with a page, in words; empty when all is well."""
    tree = parse(text)
    found: list[str] = []
    headings = len(tree.findall(".//h1"))
    if headings != 1:
        found.append(f"{headings} h1 headings instead of one")
    title = tree.find(".//title")
    if title is None or not (title.text or "").strip():
        found.append("no title")
    ids = Counter(node.get("id") for node in tree.iter() if node.get("id"))
    found += [f"id {name} stands {count} times" for name, count in ids.items() if count > 1]
    labelled = {node.get("for") for node in tree.iter("label")}
    for kind in ("input", "select", "textarea"):
        for node in tree.iter(kind):
            hidden = node.get("type") in {"hidden", "submit", "button"}
            if not hidden and node.get("id") not in labelled and not node.get("aria-label"):
                found.append(f"{kind} {node.get('name')} has no label")
    for form in tree.iter("form"):
        if (form.get("method") or "get").lower() == "post" and form.find(
            ".//input[@name='csrf_token']"
        ) is None:
            found.append(f"form to {form.get('action')} has no csrf_token")
    found += [f"inline style on {node.tag}" for node in tree.iter() if node.get("style")]
    found += ["inline script" for node in tree.iter("script") if not node.get("src")]
    return found


def text_of(html: str) -> str:
    """Return the visible words of a page's main part on one line."""
    tree = parse(html)
    main = tree.find(".//main")
    return " ".join("".join((main if main is not None else tree).itertext()).split())


def links(html: str) -> list[str]:
    """Return every address the page links to."""
    return [node.get("href") or "" for node in parse(html).iter("a")]
