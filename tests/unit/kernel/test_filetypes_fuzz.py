"""Whatever bytes somebody sends: a kind or a sentence, never another error, in bounded time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engage.kernel.filetypes import ABOUT, LONGEST, FileKind, Refused, clean_name, inspect
from engage.kernel.filetypes.names import ending_of
from tests.support import documents as make

SAMPLES = [content() for _, content in make.GOOD.values()] + [
    make.pdf(make.object_stream(b"4 0 << /S /J#61vaScript >>")),
    make.archive({**make.docx_members(), "word/embeddings/Sheet.xlsx": make.xlsx()}),
]
NAMES = [name for name, _ in make.GOOD.values()]
bounded = settings(deadline=timedelta(seconds=2), max_examples=150)


def answer(data: bytes, name: str) -> FileKind | str:
    """What is said about ``data``: any exception but ``Refused`` fails the test."""
    try:
        return inspect(data, name=name)
    except Refused as refused:
        sentence = str(refused)
        assert sentence.endswith(".")
        assert "{" not in sentence
        return sentence


@bounded
@given(st.binary(max_size=3000), st.sampled_from(NAMES))
def test_random_bytes(data: bytes, name: str) -> None:
    answer(data, name)


@bounded
@given(
    st.sampled_from(
        [b"PK\x03\x04", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", make.OLE, b"{\\rtf"]
    ),
    st.binary(max_size=3000),
    st.sampled_from([b"", b"PK\x05\x06" + bytes(18), b"%%EOF", b"\xff\xd9"]),
    st.sampled_from(NAMES),
)
def test_random_bytes_that_begin_like_something(head: bytes, data: bytes, tail: bytes, name: str) -> None:
    answer(head + data + tail, name)


@settings(deadline=timedelta(seconds=2), max_examples=400)
@given(st.sampled_from(SAMPLES), st.data())
def test_documents_with_some_bytes_changed(sample: bytes, data: st.DataObject) -> None:
    changed = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 8))):
        # Half of the changes go where archives and PDFs keep their directories.
        low = data.draw(st.sampled_from([0, max(0, len(changed) - 1200)]))
        place = data.draw(st.integers(low, len(changed) - 1))
        piece = data.draw(st.binary(max_size=4))
        changed[place : place + data.draw(st.integers(0, 4))] = piece
    answer(bytes(changed), data.draw(st.sampled_from(NAMES)))


@bounded
@given(st.sampled_from(SAMPLES), st.integers(0, 10_000))
def test_documents_that_are_cut_off_are_never_taken_for_whole(sample: bytes, cut: int) -> None:
    said = answer(sample[: cut % len(sample)], "Annex.odt")
    assert isinstance(said, str)


PIECES = [
    b"/",
    b"/#41",
    b"/ObjStm ",
    b"/ObjStm /FlateDecode stream\n",
    b"PK\x05\x06",
    b"=,",
    b"/a#",
    b"obj/ObjStm",
]


@pytest.mark.parametrize("piece", PIECES)
def test_large_files_made_to_take_long(piece: bytes) -> None:
    """Work that grew with the square of the size would not come to an end here."""
    many = piece * (2 * 1024 * 1024 // len(piece))
    answer(b"%PDF-1.7\n" + many + b"%%EOF", "Annex.pdf")
    answer(b"PK\x03\x04" + many, "Annex.docx")
    answer(b"a" + many, "Figures.csv")
    answer(make.odf(content="<draw:image " * 100_000), "Annex.odt")


@given(st.text(max_size=300))
@example("../../etc/passwd")
@example("C:\\Users\\me\\Annex.pdf")
@example("annex\u202efdp.exe")
@example("CON.txt\0.pdf")
def test_names_come_out_clean(name: str) -> None:
    cleaned = clean_name(name)
    assert clean_name(cleaned) == cleaned
    assert len(cleaned) <= LONGEST
    assert not set(cleaned) & set('/\\<>:"|?*\n\t\r\0\u202e\u2028')
    assert cleaned == cleaned.strip(" .")


def test_names_are_kept_as_far_as_they_can_be() -> None:
    assert clean_name("C:\\fakepath\\Annexe A – coûts (v2).pdf") == "Annexe A – coûts (v2).pdf"
    assert clean_name("annex\u202efdp.exe") == "annexfdp.exe"
    assert clean_name("what?<b>.txt") == "what__b_.txt"
    assert clean_name("  two\n lines.csv ") == "two lines.csv"
    assert clean_name("a" * 300 + ".pdf") == "a" * 116 + ".pdf"
    assert clean_name("..") == clean_name("/") == clean_name("\u202e") == ""
    assert ending_of("Annex.PDF") == "pdf"
    assert {ending for about in ABOUT.values() for ending in about.endings} >= {"pdf", "jpg", "jpeg"}
