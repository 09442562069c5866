"""Apple Health: torn, packed, bombed, in other encodings: read as far as it goes, or refused."""

from __future__ import annotations

import zipfile

import pytest
from tests.science.sensing.exports import (
    DECLARATION,
    DOCTYPE,
    apple,
    apple_file,
    gathered,
    steps,
    zipped,
)

from heartsease.science.sensing.readers import apple_health, archive
from heartsease.science.sensing.reading import Dangerous, TornFile, UnknownFormat

A, B = "2026-05-01 08:00:00 +0100", "2026-05-01 08:10:00 +0100"
NIGHT = ("2026-04-30 23:30:00 +0100", "2026-05-01 06:30:00 +0100")


def reasons(aside):
    return {piece.reason: piece.count for piece in aside}


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_of_a_torn_text_what_came_before_is_read_and_the_place_is_named(tmp_path, share):
    text = apple(*(steps(A, B, number) for number in range(1, 40)))
    path = tmp_path / "export.xml"
    path.write_text(text[: int(len(text) * share)])
    found, aside = gathered(path)
    whole = path.read_text().count("/>")
    assert len(found["steps"]) == whole
    assert "ends in the middle" in aside[-1].reason
    assert aside[-1].line in {path.read_text().count("\n"), path.read_text().count("\n") + 1}


def test_a_tag_that_never_ends_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(apple_health, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(apple_health, "LONGEST_TAG_BYTES", 1000)
    path = tmp_path / "export.xml"
    path.write_text(apple(steps(A, B, 8)).removesuffix("</HealthData>\n") + "<Record " + "x" * 9000)
    found, aside = gathered(path)
    assert found["steps"]["n"].to_list() == [8]
    assert "never ends" in aside[-1].reason


def test_a_comment_after_the_end_is_no_tear(tmp_path):
    path = apple_file(tmp_path, steps(A, B, 8), end="</HealthData>\n<!-- made for you -->\n")
    found, aside = gathered(path)
    assert (len(found["steps"]), aside) == (1, [])


def test_a_zip_is_read_without_unpacking_it(tmp_path):
    path = zipped(
        tmp_path / "export.zip",
        {
            "apple_health_export/export_cda.xml": "<ClinicalDocument/>",
            "apple_health_export/export.xml": apple(steps(A, B, 8)),
        },
    )
    found, aside = gathered(path)
    assert (found["steps"]["n"].to_list(), aside) == ([8], [])


def test_an_export_in_another_language_is_found_by_its_content(tmp_path):
    path = zipped(
        tmp_path / "x.zip",
        {
            "apple_health_export/export_cda.xml": "<ClinicalDocument/>",
            "apple_health_export/exportacio\u0301n.xml": apple(steps(A, B, 8)),
        },
    )
    assert gathered(path)[0]["steps"]["n"].to_list() == [8]


def test_a_torn_zip_is_refused_with_a_sentence(tmp_path):
    path = zipped(tmp_path / "export.zip", {"export.xml": apple(steps(A, B, 8))})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(TornFile, match="damaged or incomplete"):
        gathered(path)


def test_a_zip_damaged_in_the_middle_gives_what_came_before(tmp_path, monkeypatch):
    monkeypatch.setattr(apple_health, "BLOCK_BYTES", 4000)
    text = apple(*(steps(A, B, n * 37 % 90, source=f"n{n * 7919 % 9973}") for n in range(3000)))
    path = zipped(tmp_path / "export.zip", {"export.xml": text})
    body = bytearray(path.read_bytes())
    middle = len(body) * 3 // 4
    body[middle : middle + 200] = b"\x00" * 200
    path.write_bytes(bytes(body))
    found, aside = gathered(path)
    assert 0 < len(found["steps"]) < 3000
    assert "damaged" in aside[-1].reason or "cannot be read" in " ".join(reasons(aside))


def test_a_zip_that_grows_beyond_reason_is_refused_by_its_ratio(tmp_path):
    bomb = apple(steps(A, B, 8)) + " " * 30_000_000
    path = zipped(tmp_path / "export.zip", {"export.xml": bomb})
    assert len(bomb) > archive.HIGHEST_RATIO * path.stat().st_size
    with pytest.raises(Dangerous, match="grows more"):
        gathered(path)


def test_a_zip_that_lies_about_its_packed_size_is_still_refused(tmp_path):
    path = zipped(tmp_path / "export.zip", {"export.xml": apple(steps(A, B, 8)) + " " * 30_000_000})
    with zipfile.ZipFile(path) as whole:
        packed = whole.getinfo("export.xml").compress_size
    body = path.read_bytes().replace(
        packed.to_bytes(4, "little"), (1_000_000).to_bytes(4, "little")
    )
    path.write_bytes(body)
    with pytest.raises(Dangerous, match="grows more"):
        gathered(path)


def test_a_zip_locked_with_a_password_is_refused_with_a_sentence(tmp_path):
    path = zipped(tmp_path / "export.zip", {"export.xml": apple(steps(A, B, 8))})
    body = bytearray(path.read_bytes())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(signature) + place] |= 1
    path.write_bytes(bytes(body))
    with pytest.raises(TornFile, match="password"):
        gathered(path)


def test_a_zip_that_lists_more_files_than_any_export_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "LARGEST_DIRECTORY_BYTES", 20_000)
    path = zipped(tmp_path / "many.zip", {f"steps-{number}.json": "[]" for number in range(500)})
    with pytest.raises(Dangerous, match="more files"):
        gathered(path)


def test_a_billion_laughs_are_refused(tmp_path):
    lol = '<!ENTITY lol "lol">\n' + "\n".join(
        f'<!ENTITY lol{n} "{"&lol" + str(n - 1) + ";" if n > 1 else "&lol;" * 10}">'
        for n in range(1, 10)
    )
    path = apple_file(
        tmp_path,
        steps(A, B, 8, source="&lol9;"),
        head=f"{DECLARATION}<!DOCTYPE HealthData [\n{lol}\n]>\n",
    )
    with pytest.raises(Dangerous, match="entities"):
        gathered(path)
    path.write_text(f"{DECLARATION}<!DOCTYPE lolz [\n{lol}\n]>\n<lolz>&lol9;</lolz>")
    with pytest.raises(UnknownFormat, match="no known form"):
        gathered(path)


def test_an_external_document_is_never_fetched(tmp_path):
    head = '<!DOCTYPE HealthData SYSTEM "https://elsewhere.example/health.dtd">\n'
    found, _ = gathered(apple_file(tmp_path, steps(A, B, 8), head=head))
    assert len(found["steps"]) == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_other_encodings_that_are_declared_are_read(tmp_path, encoding):
    head = DECLARATION.replace("UTF-8", {"latin-1": "ISO-8859-1"}.get(encoding, encoding[:6]))
    path = tmp_path / "export.xml"
    path.write_bytes(apple(steps(A, B, 8, source="Zoë"), head=head + DOCTYPE).encode(encoding))
    found, aside = gathered(path)
    assert (found["steps"]["source"].to_list(), aside) == (["Zoë"], [])


@pytest.mark.parametrize("encoding", ["zlib", "hex", "martian"])
def test_an_encoding_in_which_nobody_writes_is_refused(tmp_path, encoding):
    head = DECLARATION.replace("UTF-8", encoding) + DOCTYPE
    with pytest.raises(TornFile, match=encoding):
        gathered(apple_file(tmp_path, steps(A, B, 8), head=head))
