"""Marking passages: each character once, escaped, whatever the passages say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from engage.matchmaking.views.marking import marked

SPANS = st.lists(
    st.fixed_dictionaries(
        {"field": st.sampled_from(["title", "text"]), "start": st.integers(0, 40), "end": st.integers(0, 40)}
    ),
    max_size=6,
)


def span(start: int, end: int, field: str = "text") -> dict[str, object]:
    return {"field": field, "start": start, "end": end}


def test_the_sentence_is_marked_and_the_rest_is_escaped() -> None:
    text = "We <b>build</b>. Rivers & lakes.\nEnd"
    assert marked(text, [span(17, 32)], field="text") == (
        "We &lt;b&gt;build&lt;/b&gt;. <mark>Rivers &amp; lakes.</mark><br>End"
    )


def test_passages_of_the_other_field_are_not_marked() -> None:
    assert marked("abc", [span(0, 2, "title")], field="text") == "abc"


def test_overlapping_passages_and_those_beyond_the_end() -> None:
    assert marked("abcdef", [span(3, 99), span(1, 4)], field="text") == "a<mark>bcd</mark><mark>ef</mark>"


@given(text=st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=40), passages=SPANS)
def test_every_character_is_shown_once_and_escaped(text: str, passages: list[dict[str, object]]) -> None:
    html = marked(text, passages, field="text")
    assert html.replace("<mark>", "").replace("</mark>", "") == escape(text)
