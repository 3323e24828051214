"""Masking of tracks whose ratio is known."""

from __future__ import annotations

import pytest


def test_equal_tracks_mask_each_other(moves, rate):
    assert rate("masking", moves().set("b/*/fader/gain", 1.0)) > 0.85


@pytest.mark.parametrize("gain", [0.0, 0.1])
def test_a_track_far_below_masks_nothing(moves, rate, gain):
    assert rate("masking", moves().set("b/*/fader/gain", gain)) < 0.05


def test_bands_that_are_shared_out_do_not_mask(moves, rate):
    shared = moves().set("b/*/fader/gain", 1.0)
    shared.set("a/*/eq/low", 0.0).set("b/*/eq/mid", 0.0).set("b/*/eq/high", 0.0)
    assert rate("masking", shared) < 0.05
