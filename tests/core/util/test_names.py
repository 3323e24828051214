"""Names of any script are cleaned, compared and made into names of files."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.util.names import folded, is_file_name, slug, visible, words

INVISIBLE = "\u200b\u200e\u200f\ufeff\u2060\u00ad\u202a\u202e\u2066\u2069\u061c\u034f\u180e\u3164"


@pytest.mark.parametrize("sign", list(INVISIBLE))
def test_invisible_characters_are_removed(sign):
    assert visible(f"{sign}05:00{sign} Ada").split() == ["05:00", "Ada"]


@pytest.mark.parametrize("blank", list("\u00a0\u2007\u202f\u3000\u2028\t\x00\x1f"))
def test_blanks_of_all_kinds_are_spaces(blank):
    assert visible(f"Ada{blank}One") == "Ada One"


@pytest.mark.parametrize(
    "text", ["می\u200cخواهم", "क्\u200dष", "\U0001f468\u200d\U0001f469\u200d\U0001f467"]
)
def test_joiners_inside_words_are_kept(text):
    assert visible(text) == text
    assert visible("\u200c05:00 A\u200d") == "05:00 A"


def test_lone_surrogates_can_be_written():
    assert visible("A\ud800B").encode() == "A\ufffdB".encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Кино - Группа крови", ("кино", "группа", "крови")),
        ("Ёлка", ("елка",)),
        ("мой", ("мой",)),  # not "мои"
        ("椎名林檎 丸の内サディスティック", ("椎名林檎", "丸の内サディスティック")),
        ("が", ("が",)),  # not "か"
        ("ﾊﾛｰ", ("ハロー",)),
        ("방탄소년단", ("방탄소년단",)),
        ("الحب", ("الحب",)),
        ("की", ("की",)),
        ("Ünder Björk", ("under", "bjork")),
        ("Røyksopp Łona Ægir", ("royksopp", "lona", "aegir")),
        ("ΑΓΆΠΗ", ("αγαπη",)),
        ("Straße", ("strasse",)),
        ("ＤＪ　Ｓ①", ("dj", "s1")),
        ("Don't Don’t Don´t", ("dont", "dont", "dont")),
        ("a_b-c/d", ("a", "b", "c", "d")),
        ("!!! ♥ ???", ()),
    ],
)
def test_words_of_all_scripts(text, expected):
    assert words(text) == expected
    assert words(unicodedata.normalize("NFD", text)) == expected
    assert words(text.upper()) == expected or "ß" in text


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert words(" ".join(words(text))) == words(text)


@given(st.text(), st.integers(1, 90))
def test_a_slug_fits_any_file_system(text, most):
    name = slug(text, most)
    assert len(name.encode()) <= most
    assert name.replace("-", "x").isidentifier() or all(
        c.isalnum() or c == "-" or unicodedata.category(c)[0] == "M" for c in name
    )


def test_long_names_are_cut_between_characters():
    assert slug("ж" * 100) == "ж" * 40
    assert folded("ж" * 100) == "ж" * 100


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "../a", "a/../../b", "/etc/a", "a/b", "a\\b", "C:a", "a\0b", "a\nb", " a"],
)
def test_names_that_leave_the_folder(name):
    assert not is_file_name(name)


@pytest.mark.parametrize(
    "name",
    ["CON", "nul.txt", "com1", "LPT9", "aux", 'a"b', "a*", "a?", "a|b", "<a>", "a.", "a" * 201],
)
def test_names_that_some_system_refuses(name):
    assert not is_file_name(name)


@pytest.mark.parametrize(
    "name", ["drums", "Кино - Группа крови", "a.b", "..a", "console", "com", "ж" * 100]
)
def test_names_of_files(name):
    assert is_file_name(name)
