"""The warning counts silent beats, and names the curves or the tracks as the cause."""

from __future__ import annotations

import warnings

import pytest
import torch

from djtrans.core.transition.alignment import Span
from djtrans.mixer.rendering import Rendered
from djtrans.pipeline.silence import SilenceWarning, warn_of_silence

RATE, BEAT, BARS = 8000, 0.5, 8
#: The window starts a second into the audio.
BEATS = 1.0 + BEAT * torch.arange(4 * BARS + 1, dtype=torch.float64)


def sound(levels_db):
    """A second of noise at -20 dBFS, then a bar of noise at each level (RMS), then a second."""
    generator = torch.Generator().manual_seed(0)
    gains = [10 ** (level / 20) for level in (-20, *levels_db, -20)]
    counts = [RATE, *[round(4 * BEAT * RATE)] * BARS, RATE]
    parts = [g * torch.randn(2, n, generator=generator) for g, n in zip(gains, counts, strict=True)]
    return torch.cat(parts, dim=1)


def check(mix, solo_a, solo_b):
    audio = [sound(levels) for levels in (mix, mix, mix, solo_a, solo_b)]
    warn_of_silence(Rendered(*audio, Span(0, 0), 0.0), RATE, BEATS, 4)


LOUD, QUIET = [-20.0] * BARS, [-90.0] * BARS


def test_music_is_not_warned_of_however_quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check([-20, -30, -45, -20, -48, -20, -20, -20], LOUD, LOUD)


def test_less_than_a_bar_of_silence_is_a_break():
    mix = sound(LOUD)
    start = RATE + round(9 * BEAT * RATE)
    for beats, warned in ((3, False), (4, True)):
        gap = mix.clone()
        gap[:, start : start + round(beats * BEAT * RATE)] = 0
        rendered = Rendered(gap, gap, gap, mix, mix, Span(0, 0), 0.0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warn_of_silence(rendered, RATE, BEATS, 4)
        assert len(caught) == warned


def test_bars_that_the_curves_silence_are_counted_and_placed():
    with pytest.warns(SilenceWarning) as caught:
        check([-20, -20, -20, -60, -90, -20, -20, -20], LOUD, LOUD)
    (message,) = [str(w.message) for w in caught]
    # Bars last two seconds, and the window starts at 1 s.
    assert message.startswith("8 of 32 beats of the window are nearly silent (below -50 dBFS)")
    assert "at 7.0 s of the output: the curves attenuate" in message
    assert "\n" not in message


def test_bars_in_which_neither_track_plays_are_put_down_to_the_tracks():
    with pytest.warns(SilenceWarning, match="32 of 32 .* neither track plays there"):
        check(QUIET, QUIET, QUIET)
    # One of them plays, and is inaudible.
    with pytest.warns(SilenceWarning, match="the curves attenuate"):
        check(QUIET, QUIET, LOUD)
