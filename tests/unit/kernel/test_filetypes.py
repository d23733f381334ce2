"""Kinds of files by their content: what is taken, and one sentence for each thing that is not."""

from __future__ import annotations

import pytest

from engage.kernel.filetypes import (
    ABOUT,
    ACCEPTED,
    FileKind,
    Refused,
    archives,
    inspect,
    office,
    pdf,
    pictures,
    plain,
    recognising,
)
from tests.support import documents as make


def refusal(data: bytes, name: str) -> str:
    with pytest.raises(Refused) as refused:
        inspect(data, name=name)
    return str(refused.value)


@pytest.mark.parametrize("kind", FileKind)
def test_each_kind_is_known_by_its_content(kind: FileKind) -> None:
    name, content = make.GOOD[kind]
    assert inspect(content(), name=name) is kind


def test_every_kind_has_names_of_its_own() -> None:
    assert set(ABOUT) == set(FileKind)
    endings = [ending for about in ABOUT.values() for ending in about.endings]
    assert len(endings) == len(set(endings))


class TestNamesThatClaimSomethingElse:
    def test_a_word_document_called_pdf(self) -> None:
        assert refusal(make.docx(), "Annex.pdf") == (
            "This file is named .pdf but is a Word document. Save it as a PDF, or let its name end in .docx."
        )

    def test_a_pdf_called_docx(self) -> None:
        assert refusal(make.pdf(), "Annex.docx") == (
            "This file is named .docx but is a PDF. Save it as a Word document, or let its name end in .pdf."
        )

    def test_an_ending_that_is_not_known(self) -> None:
        assert refusal(make.jpeg(), "Annex.pdf.exe") == (
            "This file is named .exe but is a JPEG picture. Let its name end in .jpg or .jpeg."
        )

    def test_no_ending(self) -> None:
        assert refusal(b"Hello", "README") == (
            "This file is plain text, but its name does not say so. Let its name end in .txt or .csv."
        )


class TestOpenXml:
    @pytest.mark.parametrize(
        ("more", "sentence"),
        [
            ({"word/vbaProject.bin": make.OLE}, office.MACROS.format("DOCX, XLSX or PPTX")),
            ({"word/VBAPROJECT.BIN": b"x"}, office.MACROS.format("DOCX, XLSX or PPTX")),
            ({"xl/macrosheets/sheet1.xml": "<x/>"}, office.MACROS.format("DOCX, XLSX or PPTX")),
            ({"word/activeX/activeX1.xml": "<x/>"}, office.CONTROLS),
            ({"word/webextensions/taskpanes.xml": "<x/>"}, office.CONTROLS),
            ({"word/embeddings/oleObject1.bin": b"anything"}, office.EMBEDDED),
            ({"word/media/image1.png": make.OLE}, office.EMBEDDED),
            ({"word/media/image2.png": b"MZ" + bytes(100)}, office.PROGRAM),
            ({"word/media/image3.png": b"\x7fELF" + bytes(100)}, office.PROGRAM),
            ({"word/embeddings/files.zip": make.archive({"a.txt": "a"})}, office.EMBEDDED),
            ({"xl/externalLinks/externalLink1.xml": "<x/>"}, office.ELSEWHERE),
            (
                {
                    "word/_rels/settings.xml.rels": make.relations(
                        ("attachedTemplate", "https://example.org/t.dotm", True)
                    )
                },
                office.TEMPLATE_ELSEWHERE,
            ),
            (
                {
                    "word/_rels/document.xml.rels": make.relations(
                        ("image", "https://example.org/p.png", True)
                    )
                },
                office.ELSEWHERE,
            ),
            (
                {"word/_rels/document.xml.rels": make.relations(("aFChunk", "chunk.rtf", False))},
                office.EMBEDDED,
            ),
        ],
    )
    def test_what_acts_or_hides_is_refused(self, more: make.Members, sentence: str) -> None:
        assert refusal(make.archive({**make.docx_members(), **more}), "Annex.docx") == sentence

    @pytest.mark.parametrize("name", ["Annex.docm", "Annex.docx", "Annex.pdf"])
    def test_a_macro_document_is_refused_whatever_it_is_called(self, name: str) -> None:
        main = "application/vnd.ms-word.document.macroEnabled.main+xml"
        assert refusal(make.archive(make.docx_members(main=main)), name) == (
            "This file holds macros. Save it without them, as DOCX, XLSX or PPTX, or attach a PDF."
        )

    def test_macros_in_an_embedded_workbook_are_found(self) -> None:
        hidden = make.archive({**make.xlsx_members(), "xl/vbaProject.bin": make.OLE})
        data = make.archive({**make.docx_members(), "word/embeddings/Sheet.xlsx": hidden})
        assert refusal(data, "Annex.docx") == office.MACROS.format("DOCX, XLSX or PPTX")

    def test_documents_in_documents_in_documents_are_too_much(self) -> None:
        data = make.docx()
        for _ in range(archives.DEEPEST):
            data = make.archive({**make.docx_members(), "word/embeddings/inner.docx": data})
        assert inspect(data, name="Annex.docx") is FileKind.DOCX
        data = make.archive({**make.docx_members(), "word/embeddings/inner.docx": data})
        assert refusal(data, "Annex.docx") == archives.TOO_MUCH

    def test_several_workbooks_side_by_side_are_no_depth(self) -> None:
        charts: make.Members = {f"word/embeddings/sheet{n}.xlsx": make.xlsx() for n in range(9)}
        assert inspect(make.archive({**make.docx_members(), **charts}), name="Annex.docx") is FileKind.DOCX

    @pytest.mark.parametrize(
        ("main", "sentence"),
        [
            (f"{make.MAIN}wordprocessingml.template.main+xml", office.A_TEMPLATE),
            (f"{make.MAIN}presentationml.slideshow.main+xml", office.A_TEMPLATE),
            ("application/vnd.ms-visio.drawing.main+xml", office.OTHER_OFFICE),
        ],
    )
    def test_other_kinds_of_office_files(self, main: str, sentence: str) -> None:
        assert refusal(make.archive(make.docx_members(main=main)), "Annex.docx") == sentence

    def test_fields_that_start_programs(self) -> None:
        field = '</w:t></w:r><w:r><w:instrText xml:space="preserve"> DDE "cmd"</w:instrText></w:r><w:r><w:t>'
        assert refusal(make.docx(field), "Annex.docx") == office.ELSEWHERE
        assert inspect(make.docx("DDE is a pesticide"), name="Annex.docx") is FileKind.DOCX

    def test_entities_are_refused(self) -> None:
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><Types>&a;</Types>'
        for text in (bomb, bomb.encode("utf-16")):
            data = make.archive({**make.docx_members(), "[Content_Types].xml": text})
            assert refusal(data, "Annex.docx") == archives.DAMAGED


class TestOpenDocument:
    @pytest.mark.parametrize(
        ("more", "sentence"),
        [
            ({"Basic/Standard/Module1.xml": "<x/>"}, office.MACROS.format("ODT")),
            ({"Scripts/python/run.py": "print()"}, office.MACROS.format("ODT")),
            ({"Dialogs/dialog.xml": "<x/>"}, office.MACROS.format("ODT")),
            ({"Object 1": make.OLE}, office.EMBEDDED),
            ({"META-INF/manifest.xml": ""}, archives.DAMAGED),
            ({"mimetype": f"{make.OASIS}text-template"}, office.A_TEMPLATE),
            ({"mimetype": "application/epub+zip"}, office.PLAIN_ZIP),
        ],
    )
    def test_what_acts_or_hides_is_refused(self, more: make.Members, sentence: str) -> None:
        assert refusal(make.archive({**make.odf_members(), **more}), "Annex.odt") == sentence

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ('<script:event-listener script:language="ooo:script"/>', office.MACROS.format("ODT")),
            ("<draw:applet />", office.CONTROLS),
            ('<draw:image xlink:href="https://example.org/p.png"/>', office.ELSEWHERE),
            ('<draw:object xlink:type="simple" xlink:href="../other.ods"/>', office.ELSEWHERE),
            ("<office:dde-source />", office.ELSEWHERE),
        ],
    )
    def test_what_the_text_does(self, content: str, sentence: str) -> None:
        assert refusal(make.odf(content=content), "Annex.odt") == sentence

    def test_own_pictures_and_objects_are_fine(self) -> None:
        content = '<draw:image xlink:href="Pictures/a.png"/><draw:object xlink:href="./Object 1"/>'
        assert inspect(make.odf(content=content), name="Annex.odt") is FileKind.ODT

    def test_protected_by_a_password(self) -> None:
        locked = '<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>'
        assert refusal(make.odf(manifest=locked), "Annex.odt") == archives.LOCKED

    def test_an_ole_object_by_its_type(self) -> None:
        ole = '<manifest:file-entry manifest:full-path="Object 1" manifest:media-type="application/vnd.sun.star.oleobject"/>'
        assert refusal(make.odf(manifest=ole), "Annex.odt") == office.EMBEDDED


class TestArchives:
    def test_a_plain_archive(self) -> None:
        assert refusal(make.archive({"a.txt": "a"}), "files.zip") == office.PLAIN_ZIP

    def test_one_that_unpacks_to_much(self) -> None:
        data = make.archive({**make.docx_members(), "word/big.xml": bytes(40 * 1024 * 1024)})
        assert len(data) < 100_000
        assert refusal(data, "Annex.docx") == archives.TOO_MUCH

    def test_one_with_many_members(self) -> None:
        members: make.Members = {f"word/{number}.xml": "" for number in range(archives.MOST_MEMBERS)}
        assert refusal(make.archive({**make.docx_members(), **members}), "Annex.docx") == archives.TOO_MUCH

    def test_members_that_lie_upon_each_other(self) -> None:
        """One packed member that two entries of the directory claim."""
        data = bytearray(
            make.archive({**make.docx_members(), "word/a": bytes(5000), "word/b": b""}, stored=("word/a",))
        )
        place = data.rfind(b"word/b") - 46
        entry = data.rfind(b"word/a") - 46
        data[place + 20 : place + 28] = data[entry + 20 : entry + 28]
        data[place + 42 : place + 46] = data[entry + 42 : entry + 46]
        assert refusal(bytes(data), "Annex.docx") == archives.DAMAGED

    def test_a_size_that_lies(self) -> None:
        """The directory says 4 bytes, the member holds more."""
        data = bytearray(make.docx())
        entry = data.rfind(b"word/document.xml") - 46
        data[entry + 24 : entry + 28] = (4).to_bytes(4, "little")
        assert refusal(bytes(data), "Annex.docx") == archives.DAMAGED

    @pytest.mark.parametrize(
        "name", ["../a.xml", "/etc/passwd", "word\\..\\..\\a", "C:a.xml", "WORD/DOCUMENT.XML"]
    )
    def test_names_that_lead_elsewhere_or_stand_twice(self, name: str) -> None:
        assert refusal(make.archive({**make.docx_members(), name: "x"}), "Annex.docx") == archives.DAMAGED

    def test_a_password(self) -> None:
        data = bytearray(make.docx())
        data[data.rfind(b"word/document.xml") - 46 + 8] |= 1
        assert refusal(bytes(data), "Annex.docx") == archives.LOCKED

    @pytest.mark.parametrize("cut", [4, 100, 500, -1, -22])
    def test_one_that_is_cut_off(self, cut: int) -> None:
        assert refusal(make.docx()[:cut], "Annex.docx") == archives.DAMAGED

    def test_something_before_or_behind_it(self) -> None:
        assert refusal(make.docx() + b"<script>", "Annex.docx") == archives.DAMAGED


class TestPdf:
    @pytest.mark.parametrize(
        ("thing", "what"),
        [
            (b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>", "a script"),
            (b"<< /S /J#61va#53cript /JS (x) >>", "a script"),
            (b"<</S/#4aavaScript>>", "a script"),
            (b"<< /S /Launch /F (cmd.exe) >>", "a command that starts a program"),
            (b"<< /Type /EmbeddedFile >>", "another file"),
            (b"<< /Names << /EmbeddedFiles 9 0 R >> >>", "another file"),
            (b"<< /Subtype /RichMedia >>", "an active medium, such as a film or an animation"),
            (b"<< /AcroForm << /XFA 9 0 R >> >>", "a form that can run scripts (XFA)"),
        ],
    )
    @pytest.mark.parametrize("packed", [False, True])
    def test_what_acts_by_itself(self, thing: bytes, what: str, packed: bool) -> None:
        inside = make.object_stream(b"4 0 " + thing) if packed else thing
        assert refusal(make.pdf(inside), "Annex.pdf") == pdf.ACTS.format(what)

    def test_names_that_only_begin_like_it(self) -> None:
        things = b"<< /JavaScriptFree true /LaunchPad (/JavaScript-free) /XFAlse 1 >>"
        assert inspect(make.pdf(things.replace(b"/JavaScript-free", b"")), name="Annex.pdf") is FileKind.PDF

    def test_protected_by_a_password(self) -> None:
        assert refusal(make.pdf(trailer=b"/Encrypt 4 0 R"), "Annex.pdf") == archives.LOCKED

    @pytest.mark.parametrize(
        "stream",
        [
            make.object_stream(b"x", more=b"/Filter [/ASCIIHexDecode /FlateDecode]"),
            make.object_stream(b"x", more=b"/Filter /FlateDecode /DecodeParms << /Predictor 12 >>"),
            make.object_stream(b"x", more=b"/Filter /FlateDecode", packed=False),
            make.object_stream(b"x" * 5000)[:-30] + b"\nendstream",
        ],
    )
    def test_what_cannot_be_unpacked(self, stream: bytes) -> None:
        assert refusal(make.pdf(stream), "Annex.pdf") == pdf.HIDDEN

    def test_object_streams_are_fine(self) -> None:
        streams = [
            make.object_stream(b"4 0 << /Type /Font >>"),
            make.object_stream(b"5 0 <<>>", more=b"", packed=False),
        ]
        assert inspect(make.pdf(*streams), name="Annex.pdf") is FileKind.PDF

    def test_a_bomb_in_an_object_stream(self) -> None:
        assert (
            refusal(make.pdf(make.object_stream(bytes(pdf.MOST_UNPACKED + 1))), "a.pdf") == archives.TOO_MUCH
        )

    def test_one_that_is_cut_off(self) -> None:
        assert refusal(make.pdf()[:-20], "Annex.pdf") == archives.DAMAGED


class TestPictures:
    def test_something_behind_a_picture(self) -> None:
        assert refusal(make.png(behind=b"<script>"), "Map.png") == pictures.BEHIND
        assert refusal(make.jpeg(behind=make.docx()), "Map.jpg") == pictures.BEHIND

    def test_a_second_picture_behind_a_photograph_is_what_telephones_do(self) -> None:
        assert inspect(make.jpeg(behind=make.jpeg()), name="Map.jpg") is FileKind.JPEG

    def test_pictures_that_would_fill_the_memory(self) -> None:
        assert refusal(make.png(20_000, 20_000), "Map.png") == pictures.TOO_WIDE
        assert refusal(make.jpeg(20_000, 20_000), "Map.jpg") == pictures.TOO_WIDE

    @pytest.mark.parametrize("cut", [9, 20, 40, -1, -5])
    def test_pictures_that_are_cut_off(self, cut: int) -> None:
        assert refusal(make.png()[:cut], "Map.png") == archives.DAMAGED
        assert refusal(make.jpeg()[:cut], "Map.jpg") == archives.DAMAGED


class TestText:
    @pytest.mark.parametrize(
        "data", ["Café".encode("latin-1"), "Café".encode("utf-16"), "Café\n".encode("cp1252")]
    )
    def test_other_encodings(self, data: bytes) -> None:
        assert refusal(data, "Notes.txt") == plain.NOT_UTF8

    @pytest.mark.parametrize(
        "text",
        [
            "<!DOCTYPE html><p>x",
            "\ufeff  <html>",
            '<?xml version="1.0"?><svg/>',
            "<svg onload='x'>",
            "a\n<script>alert(1)</script>",
            "<!-- x --><b>",
        ],
    )
    def test_markup_is_no_text(self, text: str) -> None:
        for name in ("Notes.txt", "page.html", "drawing.svg", "Map.png"):
            assert refusal(text.encode(), name) == plain.WEB_PAGE

    def test_programs(self) -> None:
        assert refusal(b"#!/bin/sh\nrm -rf /", "Notes.txt") == plain.SCRIPT
        assert refusal(b"\n<?php echo 1;", "Notes.txt") == plain.SCRIPT

    @pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+cmd|'/c x'!A1", '"@SUM(1)|x!y"'])
    def test_cells_that_start_programs(self, cell: str) -> None:
        assert refusal(f"a,b\n1,{cell}\n".encode(), "Figures.csv") == plain.STARTS_PROGRAM
        assert refusal(f"{cell}\n".encode(), "Figures.csv") == plain.STARTS_PROGRAM

    def test_text_may_begin_like_something_else(self) -> None:
        for text in (b"MZ is a postcode area", b"BM: British Museum", b"BZh"):
            assert inspect(text, name="Notes.txt") is FileKind.TEXT


class TestOtherKinds:
    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", recognising.EMPTY),
            (b"MZ\x90\x00" + bytes(60), recognising.PROGRAM),
            (b"\x7fELF\x02" + bytes(60), recognising.PROGRAM),
            (make.OLE, recognising.OLD_OFFICE),
            (make.OLE + "EncryptedPackage".encode("utf-16-le"), archives.LOCKED),
            (
                b"GIF89a" + bytes(60),
                "This is a GIF picture. Save it as a PNG or JPEG picture, and attach that.",
            ),
            (
                b"RIFF\0\0\0\0WEBP",
                "This is a WebP picture. Save it as a PNG or JPEG picture, and attach that.",
            ),
            (
                b"\0\0\0\x18ftypheic",
                "This is a HEIC picture. Save it as a PNG or JPEG picture, and attach that.",
            ),
            (
                b"7z\xbc\xaf\x27\x1c\0",
                "This is a 7-Zip archive. Attach the files that are in it, one by one.",
            ),
            (
                b"PK\x05\x06" + bytes(18),
                "This is an empty ZIP archive. Attach the files that are in it, one by one.",
            ),
            (b"{\\rtf1 x}", "This is a rich text file (RTF). Save it as DOCX, ODT or PDF, and attach that."),
            (
                bytes(range(256)),
                f"This is not a kind of file that can be attached. Attach {ACCEPTED}.",
            ),
        ],
    )
    def test_each_is_called_by_its_name(self, data: bytes, sentence: str) -> None:
        assert refusal(data, "Annex.pdf") == sentence
