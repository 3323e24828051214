"""Checksums: the format of sha256sum, and what is missing or changed."""

from __future__ import annotations

from djtrans.core.util.checksums import (
    SUMS,
    find_damage,
    folder_hashes,
    read_checksums,
    write_checksums,
)

#: Of "abc", from FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_hashes_are_listed_as_sha256sum_does(tmp_path):
    (tmp_path / "stems").mkdir()
    (tmp_path / "stems" / "my bass.wav").write_bytes(b"abc")
    (tmp_path / ".hidden").write_bytes(b"x")
    write_checksums(tmp_path)
    assert (tmp_path / SUMS).read_text() == f"{ABC}  stems/my bass.wav\n"
    assert read_checksums(tmp_path) == {"stems/my bass.wav": ABC}
    assert set(folder_hashes(tmp_path)) == {"stems/my bass.wav", SUMS}


def test_missing_and_changed_files_are_named_and_others_are_not(tmp_path):
    for name in "abcd":
        (tmp_path / name).write_text(name)
    write_checksums(tmp_path)
    expected = read_checksums(tmp_path)
    (tmp_path / "new").write_text("")
    assert find_damage(expected, folder_hashes(tmp_path)) == ""
    (tmp_path / "a").unlink()
    (tmp_path / "c").write_text("x")
    (tmp_path / "d").write_text("y")
    assert find_damage(expected, folder_hashes(tmp_path)) == "missing: a; changed: c, d"


def test_a_list_that_is_damaged_is_none(tmp_path):
    assert read_checksums(tmp_path) == {}
    for content in (b"", b"\xff\xfe", b"abc  a\n", f"{ABC}  a\n{ABC[:-1]}".encode()):
        (tmp_path / SUMS).write_bytes(content)
        assert read_checksums(tmp_path) == {}
