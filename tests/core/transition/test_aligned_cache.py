"""Cache of aligned tracks: each is stretched once, bit for bit, and nothing else is returned."""

from __future__ import annotations

import attrs
import pytest
import torch
from safetensors.torch import save

from djtrans.core.track.track import Track
from djtrans.core.transition import aligned_cache
from djtrans.core.transition.aligned_cache import KIND, cached_align
from djtrans.core.transition.alignment import Span, align
from djtrans.core.transition.gain_ease import GainEase
from djtrans.core.transition.plan import Loop, TrackPlan
from djtrans.core.util.cache import default_cache

RATE = 8000
SPAN = Span(-RATE, 3 * RATE)
SIDE = TrackPlan(
    cue_seconds=2.0,
    cue_bar=1,
    swap_bar=2,
    cue_section="drop",
    swap_section="drop",
    swap_on_phrase=True,
    warp=((0.0, 2.0), (4.0, 6.2)),
    gain_db=-6.0,
    bpm=120.0,
    key="8A",
)
EASE = GainEase(start=0.5, stop=2.5, gain_db=0.0, bars=1)
LOOP = Loop(start_bar=1, bars=1, repeats=2, start_seconds=2.0, stop_seconds=3.0)


def track(seed=0, rate=RATE):
    generator = torch.Generator().manual_seed(seed)
    return Track(0.1 * torch.randn(2, 10 * RATE, generator=generator), rate, sha256="the same")


@pytest.fixture
def runs(monkeypatch, cache_folder):
    """Count the alignments that are computed."""
    done = []

    def counted(*arguments):
        done.append(arguments)
        return align(*arguments)

    monkeypatch.setattr(aligned_cache, "align", counted)
    return done


def test_the_same_plan_is_aligned_once_with_the_same_samples(runs):
    expected = align(track(), SIDE, SPAN)
    labels = attrs.evolve(SIDE, cue_section="break", swap_bar=5)
    for side in (SIDE, SIDE, labels):
        assert torch.equal(cached_align(track(), side, SPAN), expected)
    assert len(runs) == 1
    assert default_cache().info()[KIND].entries == 1


@pytest.mark.parametrize(
    "change",
    [
        (track(1), SIDE, SPAN),
        (track(rate=RATE + 1), SIDE, SPAN),
        (track(), SIDE, Span(SPAN.start, SPAN.stop + 1)),
        (track(), attrs.evolve(SIDE, gain_db=-5.0), SPAN),
        (track(), attrs.evolve(SIDE, key_shift=1.0), SPAN),
        (track(), attrs.evolve(SIDE, warp=((0.0, 2.0), (4.0, 6.3))), SPAN),
        (
            track(),
            attrs.evolve(SIDE, gain_ease=EASE),
            SPAN,
        ),
        (
            track(),
            attrs.evolve(SIDE, loop=LOOP),
            SPAN,
        ),
    ],
)
def test_whatever_changes_the_samples_is_aligned_anew(runs, change):
    cached_align(track(), SIDE, SPAN)
    made = cached_align(*change)
    assert len(runs) == 2
    assert torch.equal(made, align(*change))


def test_an_entry_of_another_length_is_computed_again(runs):
    cached_align(track(), SIDE, SPAN)
    (entry,) = (default_cache().root / KIND).iterdir()
    key = entry.name
    default_cache().store(KIND, key, save({"audio": torch.zeros(2, 5)}))
    with pytest.warns(UserWarning, match="damaged"):
        made = cached_align(track(), SIDE, SPAN)
    assert torch.equal(made, align(track(), SIDE, SPAN))
