"""Camelot codes and distances."""

from __future__ import annotations

import pytest

from djtrans.core.track.key import Key, parse_key


def test_camelot_codes_and_distances():
    """Codes as on any Camelot wheel: A minor 8A, C major 8B, E minor 9A, F# minor 11A."""
    named = {
        (9, "minor"): "8A",
        (0, "major"): "8B",
        (4, "minor"): "9A",
        (6, "minor"): "11A",
        (8, "minor"): "1A",
        (11, "major"): "1B",
        (7, "major"): "9B",
    }
    for (tonic, mode), code in named.items():
        assert Key(tonic, mode).camelot == code
    codes = {Key(t, m).camelot for t in range(12) for m in ("minor", "major")}
    assert len(codes) == 24
    assert Key(9, "minor").distance(Key(0, "major")) == 1
    assert Key(8, "minor").distance(Key(1, "minor")) == 1  # 1A and 12A are neighbours
    assert Key(9, "minor").distance(Key(3, "minor")) == 6


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_a_key_is_read_from_its_names_and_codes(tonic, mode):
    key = Key(tonic, mode)
    number, letter = int(key.camelot[:-1]), key.camelot[-1]
    # Open Key counts from 1 where Camelot has 8, and writes d for major.
    open_key = f"{(number - 8) % 12 + 1}{'d' if letter == 'B' else 'm'}"
    for text in (key.name, key.camelot, key.camelot.lower(), f"0{key.camelot}"[-3:], open_key):
        assert parse_key(text) == key, text


@pytest.mark.parametrize(
    ("text", "tonic", "mode"),
    [
        ("C", 0, "major"),
        ("Cm", 0, "minor"),
        ("CM", 0, "major"),
        ("F#m", 6, "minor"),
        ("F♯m", 6, "minor"),
        ("Gbm", 6, "minor"),
        ("bb", 10, "major"),
        ("B", 11, "major"),
        ("Bm", 11, "minor"),
        (" D# min ", 3, "minor"),
        ("A maj", 9, "major"),
        ("Cb", 11, "major"),
    ],
)
def test_short_names_are_read(text, tonic, mode):
    assert parse_key(text) == Key(tonic, mode)


@pytest.mark.parametrize("text", ["", "H", "13A", "0A", "8C", "o", "off", "A minor 7", "8", "Amm"])
def test_other_texts_are_no_key(text):
    assert parse_key(text) is None
