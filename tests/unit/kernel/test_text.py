"""Small things done to text: on one line, required of somebody, cut at a word, as a slug, as a size."""

from __future__ import annotations

import pytest

from engage.kernel.errors import Invalid
from engage.kernel.text import excerpt, one_line, required_text, size_words, slug


class TestRequiredText:
    @staticmethod
    def asked(text: str, **more: str) -> str:
        """A text of at most ten characters."""
        return required_text(text, field="reason", missing="Say why", longest=10, **more)

    def test_the_words_without_spaces_around_them(self) -> None:
        assert self.asked(" \n too late\t ") == "too late"

    @pytest.mark.parametrize("text", ["", "   ", "\n\t "])
    def test_nothing_is_refused_with_the_sentence_of_the_caller(self, text: str) -> None:
        with pytest.raises(Invalid) as refusal:
            self.asked(text)
        assert refusal.value.fields == {"reason": "Say why"}

    def test_the_longest_text_counts_without_the_spaces(self) -> None:
        assert self.asked(f" {'x' * 10} ") == "x" * 10

    def test_one_character_more_is_refused(self) -> None:
        with pytest.raises(Invalid) as refusal:
            self.asked("x" * 11)
        assert refusal.value.fields == {"reason": "The reason must be 10 characters or fewer"}

    def test_what_is_too_long_has_its_own_name_and_thousands_a_comma(self) -> None:
        with pytest.raises(Invalid) as refusal:
            required_text("x" * 2001, field="wording", missing="Enter it", longest=2000, called="The text")
        assert refusal.value.fields == {"wording": "The text must be 2,000 characters or fewer"}


def test_white_space_of_any_kind_becomes_one_space() -> None:
    assert one_line(" one\n\ntwo\t three ") == "one two three"


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        ("short enough", 12, "short enough"),
        ("cut at a word, not inside", 15, "cut at a word…"),
        ("onelongwordwithoutanyspace", 10, "onelongwor…"),
    ],
)
def test_a_beginning_ends_at_a_word(text: str, length: int, cut: str) -> None:
    assert excerpt(text, length=length) == cut


def test_a_slug_has_neither_accents_nor_signs() -> None:
    assert slug("Café & Söhne, plc.") == "cafe-sohne-plc"


@pytest.mark.parametrize(
    ("size", "words"), [(1, "1 byte"), (999, "999 bytes"), (340_400, "340 KB"), (2_140_000, "2.1 MB")]
)
def test_a_size_as_people_say_it(size: int, words: str) -> None:
    assert size_words(size) == words
