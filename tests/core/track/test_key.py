"""Camelot codes and distances."""

from __future__ import annotations

from djtrans.core.track.key import Key


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
