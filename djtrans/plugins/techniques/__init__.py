"""The default techniques: rule-based experts that draw curves."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.config import setting
from djtrans.core.declarations import TechniqueDeclaration
from djtrans.core.hookspecs import hookimpl


@attrs.frozen
class BassSwapConfig:
    """How the bass swap is drawn."""

    entry_gain: float = setting(
        0.9, "B's fader before the swap.", unit="linear gain", minimum=0.1, maximum=1.0
    )
    entry_mid: float = setting(
        0.5, "B's mids before the swap.", unit="linear gain", minimum=0.0, maximum=1.0
    )
    leaving_level: float = setting(
        0.25, "A's mids and highs at its end.", unit="linear gain", minimum=0.0, maximum=1.0
    )


@hookimpl
def djtrans_techniques() -> Iterable[TechniqueDeclaration]:
    """Bass swap, fade and cut, and two baselines to compare them with."""
    yield TechniqueDeclaration(
        name="bass-swap",
        summary="B comes in without its bass; on the line the tracks exchange basses as a step.",
        factory="djtrans.plugins.techniques.bass_swap:BassSwap",
        config=BassSwapConfig,
        bars=(8, 16, 32),
        swap_at=0.5,
        needs=("a/*/fader/gain", "b/*/fader/gain", "a/*/eq/low", "b/*/eq/low"),
    )
    yield TechniqueDeclaration(
        name="fade",
        summary="Equal-power crossfade.",
        factory="djtrans.plugins.techniques.fade:Fade",
        bars=(4, 8, 16),
        swap_at=0.5,
        needs=("a/*/fader/gain", "b/*/fader/gain"),
    )
    yield TechniqueDeclaration(
        name="cut",
        summary="From A to B on the one, a bar on either side.",
        factory="djtrans.plugins.techniques.cut:Cut",
        bars=(2, 2, 2),
        swap_at=0.5,
        needs=("a/*/fader/gain", "b/*/fader/gain"),
        beat_matched=False,
    )
    yield TechniqueDeclaration(
        name="linear-fade",
        summary="Linear crossfade: a baseline to compare with, 3 dB down in the middle.",
        factory="djtrans.plugins.techniques.linear_fade:LinearFade",
        bars=(4, 8, 16),
        swap_at=0.5,
        needs=("a/*/fader/gain", "b/*/fader/gain"),
    )
    yield TechniqueDeclaration(
        name="sum",
        summary="Both tracks at full: a baseline to compare with, what happens without a DJ.",
        factory="djtrans.plugins.techniques.sum:Sum",
        bars=(4, 8, 16),
        swap_at=0.5,
        needs=("a/*/fader/gain", "b/*/fader/gain"),
    )
