"""Predicted mixes of hand-made analyses, against their closed forms."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from djtrans.core.transition.pair import Pair
from djtrans.planning.audible import audible_mix
from djtrans.planning.technique_gains import assume_gains
from djtrans.planning.window import Window

WINDOW = Window(bars=8, swap=4, overlap=True, harmonic=True, before_a=4)
CUT = Window(bars=2, swap=1, overlap=False, harmonic=False, before_a=1)


@pytest.fixture
def mix(analysis):
    """Mix A from bar 40 and B from bar 12 on, each with the given series per bar."""

    def mix(a=None, b=None, window=WINDOW, gain_db=0.0, key_shift=0, gains=None):
        tracks = [attrs.evolve(analysis(), **(series or {})) for series in (a, b)]
        gains = gains or assume_gains("x/swap", window, 4)
        cues = Pair(np.array([40]), np.array([12]))
        return audible_mix(*tracks, cues, window, gains, gain_db, key_shift)

    return mix


def bars(*parts):
    return np.concatenate([np.full(count, value, dtype=float) for count, value in parts])


def loud(level_db, low_db=-60.0):
    return {"bar_loudness_db": np.full(64, level_db), "bar_low_db": np.full(64, low_db)}


def test_a_cut_between_equal_levels_neither_falls_nor_rises(mix):
    found = mix(window=CUT)
    assert found.drop_db()[0] == pytest.approx(0.0, abs=1e-6)
    assert [side[0] for side in found.deviation_db()] == pytest.approx([0.0, 0.0], abs=1e-6)


@pytest.mark.parametrize("db", [-18.0, -6.0, 3.0])
def test_a_drop_is_the_difference_of_the_levels(mix, db):
    found = mix(loud(-10.0), loud(-10.0 + db), CUT)
    assert found.drop_db()[0] == pytest.approx(-db, abs=1e-3)


def test_a_break_after_eight_bars_counts_half(mix):
    # B's swap is bar 13.
    b = {"bar_loudness_db": bars((21, -10), (8, -22), (35, -10)), "bar_low_db": np.full(64, -60.0)}
    assert mix(loud(-10.0), b, CUT).drop_db()[0] == pytest.approx(6.0, abs=1e-3)


def test_b_counts_with_its_gain(mix):
    assert mix(loud(-10.0), loud(-16.0), CUT, gain_db=6.0).drop_db()[0] == pytest.approx(
        0, abs=1e-6
    )


def test_the_dip_of_a_crossfade_is_that_of_its_gains(mix):
    """Amplitude gains (4 - i) / 4 and i / 4 of equal tracks, over two bars, dip at the middle."""
    gains = assume_gains("x/swap", WINDOW, 4)
    power = gains.a.high + gains.b.high
    two = 0.5 * (power[:-1] + power[1:])
    found = mix(loud(-10.0), loud(-10.0))
    assert found.deviation_db().a[0] == pytest.approx(-10 * np.log10(min(1.0, two.min())), abs=1e-3)
    assert found.deviation_db().b[0] == pytest.approx(10 * np.log10(two.max()), abs=1e-3)


def test_basses_are_exchanged_or_doubled_or_missing(mix):
    full = {"bar_loudness_db": np.zeros(64), "bar_low_db": np.full(64, -3.0)}
    found = mix(full, full)
    assert found.bars_without_bass()[0] == found.bars_with_two_basses()[0] == 0
    plain = assume_gains("x/swap", WINDOW, 4)
    both = Pair(*(attrs.evolve(gain, low=np.ones(8)) for gain in plain))
    assert mix(full, full, gains=both).bars_with_two_basses()[0] == 8
    none = Pair(*(attrs.evolve(gain, low=np.zeros(8)) for gain in plain))
    assert mix(full, full, gains=none).bars_without_bass()[0] == 8


def test_the_bass_falls_with_b(mix):
    a = {"bar_loudness_db": np.zeros(64), "bar_low_db": np.full(64, -6.0)}
    b = {"bar_loudness_db": np.zeros(64), "bar_low_db": np.full(64, -26.0)}
    assert mix(a, b, CUT).bass_drop_db()[0] == pytest.approx(20.0, abs=1e-3)


def test_vocals_meet_while_both_are_audible(mix):
    """A sings in bars 42 to 46, bars 2 to 6 of the window; B from its bar 16, window bar 4, on."""
    sung = {"bar_vocal": bars((42, 0), (4, 1), (18, 0))}
    assert mix(sung, {"bar_vocal": bars((16, 0), (48, 1))}).bars_with_two_voices()[0] == 2
    assert mix(sung, {"bar_vocal": bars((20, 0), (44, 1))}).bars_with_two_voices()[0] == 0


def test_beats_are_counted_where_the_drums_play(mix):
    clear = {"bar_beat": np.ones(64)}
    gains = assume_gains("x/swap", WINDOW, 4)
    both = int(((np.sqrt(gains.a.drums) >= 0.25) & (np.sqrt(gains.b.drums) >= 0.25)).sum())
    assert mix(clear, clear).bars_with_two_beats()[0] == both
    assert mix(clear, clear, CUT).bars_with_two_beats()[0] == 0
    silent = Pair(*(attrs.evolve(gain, drums=np.zeros(8)) for gain in gains))
    assert mix(clear, clear, gains=silent).bars_without_beat()[0] == 8
    unclear = {"bar_beat": np.full(64, 0.3)}
    assert mix(unclear, unclear, gains=silent).bars_without_beat()[0] == 0


def test_equal_powers_are_crowded(mix):
    gains = Pair(*(attrs.evolve(g, high=np.ones(8)) for g in assume_gains("x/swap", WINDOW, 4)))
    assert mix(loud(-10.0), loud(-10.0), gains=gains).crowded_bars()[0] == pytest.approx(
        8.0, abs=0.01
    )
    assert mix(loud(-10.0), loud(-10.0), CUT).crowded_bars()[0] == pytest.approx(0.0, abs=0.01)


def test_a_semitone_is_dissonant_and_a_transposition_mends_it(mix):
    def chord(root):
        notes = np.zeros((64, 12))
        notes[:, [(root + i) % 12 for i in (0, 4, 7)]] = 1.0
        return {"bar_chroma": notes}

    gains = Pair(*(attrs.evolve(g, notes=np.ones(8)) for g in assume_gains("x/swap", WINDOW, 4)))
    assert mix(chord(0), chord(0), gains=gains).dissonant_bars()[0] == 0.0
    rough = mix(chord(0), chord(1), gains=gains).dissonant_bars()[0]
    assert rough > 2.0
    assert mix(chord(0), chord(1), gains=gains, key_shift=-1).dissonant_bars()[0] == 0.0
    assert mix(chord(0), {}, gains=gains).dissonant_bars()[0] == 0.0  # B's notes are not known


def test_positions_are_independent(mix, analysis):
    track = attrs.evolve(analysis(), bar_loudness_db=bars((30, -10), (34, -20)))
    gains = assume_gains("x/swap", CUT, 4)
    cues = np.array([10, 20, 40]), np.array([5, 33, 50])
    together = audible_mix(track, track, Pair(*cues), CUT, gains, 0.0).drop_db()
    alone = [
        audible_mix(track, track, Pair(cues[0][i : i + 1], cues[1][i : i + 1]), CUT, gains, 0.0)
        for i in range(3)
    ]
    assert together == pytest.approx([mix.drop_db()[0] for mix in alone])


def test_loops_repeat_the_last_bar_before_them(mix):
    looped = Window(bars=8, swap=6, overlap=False, harmonic=False, before_a=4)
    a = {"bar_loudness_db": bars((44, -10), (20, -40)), "bar_low_db": np.full(64, -60.0)}
    found = mix(a, loud(-10.0), looped)
    assert found.drop_db()[0] == pytest.approx(0.0, abs=0.01)
