"""Sections, labels, phrases and bar levels of known arrangements."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from djtrans.core.track.analysis import SECTION_LABELS, Section
from djtrans.core.track.regridding import phrases_of
from djtrans.plugins.analyzers.bar_levels import BarLevels, bar_levels
from djtrans.plugins.analyzers.bar_similarity import BarSimilarity
from djtrans.plugins.analyzers.section_labels import label_sections
from djtrans.plugins.analyzers.sections import (
    best_cuts,
    features_per_bar,
    find_sections,
    sections_between,
)


def bars_of(lengths: list[int], kinds: list[int], noise: float = 0.05) -> np.ndarray:
    """Feature rows: one direction per kind of section, with a little noise."""
    rng = np.random.default_rng(0)
    sounds = rng.standard_normal((max(kinds) + 1, 12))
    rows = np.concatenate([np.tile(sounds[k], (n, 1)) for n, k in zip(lengths, kinds, strict=True)])
    return rows + noise * rng.standard_normal(rows.shape)


@pytest.mark.parametrize(
    "lengths", [[16, 16, 32, 8, 32, 16], [8, 10, 16, 8], [5, 16, 16, 3 + 4], [9, 8, 8, 8]]
)
def test_cuts_lie_where_the_sound_changes(lengths: list[int]) -> None:
    rows = bars_of(lengths, list(range(len(lengths))))
    assert best_cuts(BarSimilarity.of(rows), 1.0) == [0, *np.cumsum(lengths).tolist()]


def test_a_section_that_returns_is_cut_all_the_same() -> None:
    rows = bars_of([16, 8, 16], [0, 1, 0])
    assert best_cuts(BarSimilarity.of(rows), 1.0) == [0, 16, 24, 40]


def test_a_uniform_track_is_one_section() -> None:
    rows = np.ones((40, 12))
    assert best_cuts(BarSimilarity.of(rows), 1.0) == [0, 40]


def test_the_cuts_cost_least_of_all() -> None:
    """Dynamic programming against every way to cut a short track."""
    rng = np.random.default_rng(3)
    rows = np.repeat(rng.standard_normal((3, 4)), [5, 4, 4], axis=0)
    similarity = BarSimilarity.of(rows + 0.3 * rng.standard_normal(rows.shape))
    distance = np.abs(similarity.features[:, None] - similarity.features).mean(axis=2)
    matrix = np.exp(-distance / similarity.scale)

    def cost(edges: list[int]) -> float:
        total = 0.0
        for start, end in pairwise(edges):
            block = matrix[start:end, start:end]
            ragged = start == 0 or end == 13
            odd = 0.0 if ragged else {0: 0.0, 4: 0.3}.get((end - start) % 8, 0.6)
            total += (end - start) - block.sum() / (end - start) + 1.5 + odd
        return total

    ways = [
        [0, *inner, 13]
        for inner in (
            [],
            *[[a] for a in range(4, 10)],
            *[[a, b] for a in range(4, 6) for b in range(a + 4, 10)],
        )
    ]
    assert cost(best_cuts(similarity, 1.0)) == pytest.approx(min(map(cost, ways)))


def test_labels_of_a_club_track() -> None:
    spans = [(0, 8), (8, 16), (16, 32), (32, 40), (40, 56), (56, 64)]
    level = np.concatenate(
        [
            np.full(8, -5.0),
            np.linspace(-4, -2, 8),
            np.zeros(16),
            np.linspace(-8, -7, 8),
            np.zeros(16),
            np.full(8, -4.0),
        ]
    )
    low = np.where((np.arange(64) >= 32) & (np.arange(64) < 40), -40.0, 0.0)
    high = level.copy()
    high[8:16] = np.linspace(-12, 0, 8)
    labels = label_sections(spans, BarLevels(level - 10.0, low - 15.0, high - 20.0, level))
    assert labels == ["intro", "build", "drop", "break", "drop", "outro"]


def labelled(*sections: tuple[float, float]) -> list[str]:
    """Labels of sections of eight bars, each of a constant level and bass level in dB."""
    level, low = np.repeat(np.array(sections), 8, axis=0).T
    spans = [(8 * i, 8 * i + 8) for i in range(len(sections))]
    return label_sections(spans, BarLevels(level, low, level - 10.0, level))


def test_what_is_in_full_without_a_rise_to_it_is_a_groove() -> None:
    full, slight, quiet = (0.0, 0.0), (-2.0, -1.0), (-8.0, -30.0)
    assert labelled(quiet, full, slight, full, quiet) == [
        *("intro", "groove", "groove", "groove", "outro")
    ]
    assert labelled(full, full, full) == ["groove"] * 3
    assert labelled(full, quiet, full, full) == ["groove", "break", "drop", "groove"]


@pytest.mark.parametrize(
    ("level", "low", "label"),
    [
        (-6.0, 0.0, "drop"),
        (-3.6, -7.5, "drop"),
        (-1.9, -7.5, "drop"),
        (-3.6, 0.0, "drop"),
    ],
)
def test_a_break_rises_to_a_drop_by_its_level_or_its_bass(level, low, label) -> None:
    assert labelled((0.0, 0.0), (level, low), (0.0, 0.0))[1:] == ["break", label]


def test_a_break_just_below_the_music_around_it_rises_to_no_drop() -> None:
    assert labelled((0.0, 0.0), (-3.6, -3.0), (-1.8, -3.0), (0.0, 0.0)) == [
        *("groove", "break", "groove", "groove")
    ]


@pytest.mark.parametrize(
    ("level", "low", "rise", "label"),
    [
        (-3.0, -4.0, 10.0, "build"),
        (-1.0, -1.0, 10.0, "build"),
        (-3.0, -4.0, 3.0, "groove"),
        (-0.2, 0.0, 10.0, "groove"),
        (-6.0, -30.0, 10.0, "break"),
    ],
)
def test_a_build_has_a_beat_gets_brighter_and_is_weaker_than_what_follows(
    level: float, low: float, rise: float, label: str
) -> None:
    spans = [(0, 8), (8, 16), (16, 24)]
    steps = (np.repeat([0.0, value, 0.0], 8) for value in (level, low))
    high = np.concatenate([np.full(8, -20.0), np.linspace(-20.0, -20.0 + rise, 8), np.full(8, -20)])
    after = "groove" if label == "groove" else "drop"
    assert label_sections(spans, BarLevels(*steps, high, high)) == ["groove", label, after]


def test_a_section_that_gets_louder_to_the_next_is_a_build() -> None:
    level = np.concatenate([np.zeros(8), np.linspace(-8.0, -4.0, 8), np.zeros(8)])
    spans = [(0, 8), (8, 16), (16, 24)]
    assert label_sections(spans, BarLevels(level, level, level, level)) == [
        "groove",
        "build",
        "drop",
    ]


def test_what_precedes_the_first_section_in_full_is_the_intro_up_to_a_quarter_or_32_bars() -> None:
    quiet, full = (-8.0, -30.0), (0.0, 0.0)
    assert labelled(quiet, quiet, *[full] * 6) == ["intro", "intro", *["groove"] * 6]
    assert labelled(quiet, quiet, *[full] * 5) == ["intro", "break", "drop", *["groove"] * 4]
    assert labelled(*[quiet] * 5, *[full] * 15)[:6] == [*["intro"] * 4, "break", "drop"]


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=8),
    st.integers(0, 1000),
)
def test_sections_and_phrases_cover_every_bar(lengths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    bars = sum(lengths)
    kinds = rng.integers(0, 4, len(lengths)).tolist()
    rows = bars_of(lengths, kinds, noise=0.3)
    level = rng.uniform(-120.0, 0.0, bars)
    sections = find_sections(rows, BarLevels(level, level - 3.0, level - 9.0, level), 1.0)
    assert sections[0].start_bar == 0
    assert sections[-1].end_bar == bars
    assert all(a.end_bar == b.start_bar for a, b in pairwise(sections))
    assert all(s.label in SECTION_LABELS and 0 <= s.confidence <= 1 for s in sections)
    assert max(s.level_db for s in sections) == pytest.approx(0.0)
    phrases = phrases_of(sections)
    assert {s.start_bar for s in sections} <= {p.start_bar for p in phrases}
    assert sum(p.bars for p in phrases) == bars
    assert all(a.start_bar + a.bars == b.start_bar for a, b in pairwise(phrases))


def test_phrases_restart_and_keep_odd_leftovers() -> None:
    sections = (Section("intro", 0, 10), Section("drop", 10, 30))
    found = [(p.start_bar, p.bars) for p in phrases_of(sections)]
    assert found == [(0, 8), (8, 2), (10, 8), (18, 8), (26, 4)]


def test_a_step_is_a_surer_boundary_than_a_gradual_change() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.standard_normal((2, 12))
    levels = BarLevels(*np.zeros((4, 32)))

    def confidence(mix: np.ndarray) -> float:
        """Confidence of a boundary in the middle of a mix that moves from one sound to another."""
        rows = np.outer(1.0 - mix, first) + np.outer(mix, second)
        rows += 0.05 * rng.standard_normal(rows.shape)
        before, after = sections_between([0, 16, 32], BarSimilarity.of(rows), levels)
        assert before.confidence == 1.0
        return after.confidence

    step, ramp = np.repeat([0.0, 1.0], 16), np.linspace(0.0, 1.0, 32)
    assert confidence(step) > 0.8
    assert confidence(ramp) < 0.1
    assert confidence(np.zeros(32)) < 0.4


def test_bar_features_are_means_of_sixteenths() -> None:
    slots = np.arange(40.0)[:, None]
    np.testing.assert_allclose(features_per_bar(slots, 2, 2)[:, 0], [9.5, 25.5])


def test_bar_levels_against_rms_and_a_sharp_filter() -> None:
    rate = 8000
    rng = np.random.default_rng(0)
    audio = rng.standard_normal((2, 4 * rate)).astype(np.float32) * 0.1
    audio[:, :rate] = 0.0
    found = bar_levels(audio, rate, np.array([0.0, 1.0, 2.0, 3.0]))
    level, low, high = found.level_db, found.low_db, found.high_db
    assert level[0] == low[0] == high[0] == -120.0
    rms = np.sqrt(np.mean(audio[:, rate : 2 * rate].astype(np.float64) ** 2))
    assert level[1] == pytest.approx(20 * np.log10(rms), abs=0.01)
    for band, hz, kind in ((low, 150, "low"), (high, 2500, "high")):
        sos = scipy.signal.butter(12, hz, kind, fs=rate, output="sos")
        filtered = scipy.signal.sosfiltfilt(sos, audio.astype(np.float64))[:, rate : 2 * rate]
        assert band[1] == pytest.approx(10 * np.log10(np.mean(filtered**2)), abs=0.7)
