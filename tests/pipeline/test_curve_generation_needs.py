"""What a technique needs, and which mixer has it."""

from __future__ import annotations

import attrs
import pytest

import djtrans
from djtrans.core.errors import LayoutError
from djtrans.pipeline.curve_generation import check_needs


def test_the_mixers_that_have_what_is_needed_are_named():
    dj54 = djtrans.resolve_spec("dj54")
    dry = djtrans.mixer_layout(attrs.evolve(dj54, track_chain=(), aliases={}))
    with pytest.raises(
        LayoutError,
        match=r"wash-out needs parameters 'a/track/reverb/send', which this mixer lacks: "
        r"choose the mixer djtrans/dj54 \(--mixer\), or choose another technique",
    ):
        check_needs(("a/track/reverb/send",), dry, "wash-out")
    check_needs(("a/track/reverb/send",), djtrans.mixer_layout("dj54"), "wash-out")


def test_without_such_a_mixer_the_effects_are_named():
    with pytest.raises(
        LayoutError,
        match=r"no registered mixer has them; make one with such a node \(effects with a parameter "
        r"'cutoff': .*djtrans/lowpass",
    ):
        check_needs(("a/track/sweep/cutoff",), djtrans.mixer_layout("dj54"), "sweep")
    with pytest.raises(LayoutError, match=r"with such a node, or choose another technique"):
        check_needs(("a/track/sweep/nothing",), djtrans.mixer_layout("dj54"), "sweep")
