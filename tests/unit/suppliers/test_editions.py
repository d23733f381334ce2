"""Editions of the taxonomy: what is wrong in a file is said by slug."""

from __future__ import annotations

import pytest

from engage.kernel.errors import Invalid
from engage.suppliers.service import parse_edition, shipped_edition

HEAD = 'edition = "1"\n'


def test_an_edition_lists_areas_before_what_lies_below() -> None:
    text = (
        HEAD
        + '[[area]]\nslug = "a"\nname = "A"\n[[area.capability]]\nslug = "b"\nname = "B"\ncpv = ["7220", "72"]\n'
    )
    edition = parse_edition(text)
    assert [(one.slug, one.parent, one.cpv) for one in edition.entries] == [
        ("a", "", ()),
        ("b", "a", ("722", "72")),
    ]


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("edition = ", "file", "is no TOML"),
        ('[[area]]\nslug = "a"\nname = "A"\n', "edition", "is missing"),
        (HEAD, "area", "is missing: an edition has at least one area"),
        (HEAD + '[[area]]\nslug = "A b"\nname = "A"\n', "A b", "slug must be small letters"),
        (HEAD + '[[area]]\nslug = "a"\n', "a", "name is missing"),
        (HEAD + '[[area]]\nslug = "a"\nname = "A"\ncolour = "x"\n', "a", "colour is not known"),
        (HEAD + '[[area]]\nslug = "a"\nname = "A"\ncpv = ["7x"]\n', "a", "is no beginning of a CPV code"),
        (
            HEAD + '[[area]]\nslug = "a"\nname = "A"\ncpv = ["9999"]\n',
            "a",
            "99990000 is not in the CPV 2008 list",
        ),
        (
            HEAD + '[[area]]\nslug = "a"\nname = "A"\nsynonyms = "x"\n',
            "a",
            "synonyms must be a list of texts",
        ),
        (HEAD + '[[area]]\nslug = "a"\nname = "A"\n' * 2, "a", "used more than once"),
    ],
)
def test_what_is_wrong_is_said_by_slug(text: str, place: str, said: str) -> None:
    with pytest.raises(Invalid) as wrong:
        parse_edition(text)
    assert said in wrong.value.fields[place]


def test_what_engage_brings_has_words_and_codes() -> None:
    below = [one for one in shipped_edition().entries if one.parent]
    assert [one.slug for one in below if not one.description or len(one.synonyms) < 3] == []
    assert sum(bool(one.cpv) for one in below) > 0.8 * len(below)
    assert sum(bool(one.skills) for one in below) > 20
