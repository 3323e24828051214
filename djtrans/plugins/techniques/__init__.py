"""Declarations of the built-in techniques."""

from __future__ import annotations

from collections.abc import Iterable

from djtrans.core.contracts.ending import LoopRoll, SpeedChange
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.plugins.techniques.configs import (
    AcapellaConfig,
    BassSwapConfig,
    DoubleDropConfig,
    DropSwapConfig,
    DrumBridgeConfig,
    EchoOutConfig,
    EqBlendConfig,
    FilterSweepConfig,
    HalfTimeConfig,
    LongBlendConfig,
    LoopOutConfig,
    WashOutConfig,
)

_MODULE = "djtrans.plugins.techniques"
_FADERS = ("a/*/fader/gain", "b/*/fader/gain")
_LOWS = ("a/*/eq/low", "b/*/eq/low")
_DRUMS = ("a/drums/fader/gain", "b/drums/fader/gain")
#: Loops of a sixth of the part before the swap, of a twelfth and so on: after 4 bars 2, 2, 1, 1 ...
_ROLL = LoopRoll((1 / 6, 1 / 6, 1 / 12, 1 / 12, 1 / 24, 1 / 24, *4 * (1 / 48,)))


@hookimpl
def djtrans_techniques() -> Iterable[TechniqueDeclaration]:
    """Eighteen techniques, and two baselines to compare them with."""
    yield TechniqueDeclaration(
        name="bass-swap",
        summary="B comes in without its bass; on the line the tracks exchange basses as a step.",
        factory=f"{_MODULE}.bass_swap:BassSwap",
        config=BassSwapConfig,
        bars=(8, 16, 32),
        swap_at=0.5,
        needs=(*_FADERS, *_LOWS),
    )
    yield TechniqueDeclaration(
        name="long-blend",
        summary="The bass swap drawn out: mids open slowly, and A fades in the last quarter.",
        factory=f"{_MODULE}.long_blend:LongBlend",
        config=LongBlendConfig,
        bars=(16, 32, 64),
        swap_at=0.5,
        needs=(*_FADERS, *_LOWS),
    )
    yield TechniqueDeclaration(
        name="eq-blend",
        summary="The bands change hands one by one: highs, mids, and the lows on the line.",
        factory=f"{_MODULE}.eq_blend:EqBlend",
        config=EqBlendConfig,
        bars=(8, 16, 32),
        swap_at=0.75,
        needs=(*_FADERS, "a/*/eq/*", "b/*/eq/*"),
    )
    yield TechniqueDeclaration(
        name="filter-sweep",
        summary="A is thinned by a high-pass; B comes in below it as its low-pass opens.",
        factory=f"{_MODULE}.filter_sweep:FilterSweep",
        config=FilterSweepConfig,
        bars=(4, 8, 16),
        swap_at=0.25,
        needs=(*_FADERS, *_LOWS, "a/*/hpf/cutoff", "b/*/lpf/cutoff"),
        place_b=("section", "phrase"),
    )
    yield TechniqueDeclaration(
        name="echo-out",
        summary="A's last beats echo into B, which steps in on the line.",
        factory=f"{_MODULE}.echo_out:EchoOut",
        version=2,
        config=EchoOutConfig,
        bars=(2, 4, 8),
        swap_at=0.75,
        needs=(*_FADERS, "a/*/eq/low", "a/track/delay/*"),
        place_b=("intro-end", "section", "phrase"),
        beat_matched=False,
        harmonic=False,
    )
    yield TechniqueDeclaration(
        name="wash-out",
        summary="A dissolves into reverb under a rising high-pass; B steps in on the line.",
        factory=f"{_MODULE}.wash_out:WashOut",
        config=WashOutConfig,
        bars=(2, 4, 8),
        swap_at=0.75,
        needs=(*_FADERS, "a/*/hpf/cutoff", "a/track/reverb/send"),
        place_b=("intro-end", "section", "phrase"),
        beat_matched=False,
        harmonic=False,
    )
    yield TechniqueDeclaration(
        name="cut",
        summary="From A to B on the one, a bar on either side.",
        factory=f"{_MODULE}.cut:Cut",
        bars=(2, 2, 2),
        swap_at=0.5,
        needs=(*_FADERS,),
        beat_matched=False,
        harmonic=False,
    )
    yield TechniqueDeclaration(
        name="drop-swap",
        summary="A's build is thinned and leads into B's drop instead of its own.",
        factory=f"{_MODULE}.drop_swap:DropSwap",
        config=DropSwapConfig,
        bars=(4, 8, 8),
        swap_at=0.75,
        needs=(*_FADERS, "a/*/eq/low", "a/*/hpf/cutoff", "a/track/reverb/send"),
        place_a=("build-end", "drop"),
        place_b=("drop",),
        harmonic=False,
    )
    yield TechniqueDeclaration(
        name="double-drop",
        summary="Both drops at once and in full, with one bass between them.",
        factory=f"{_MODULE}.double_drop:DoubleDrop",
        config=DoubleDropConfig,
        bars=(8, 16, 16),
        swap_at=0.25,
        needs=(*_FADERS, *_LOWS),
        place_a=("drop",),
        place_b=("drop",),
        key_limit=1,
        tempo_limit=0.01,
    )
    yield TechniqueDeclaration(
        name="stem-swap",
        summary="Stem by stem: drums, then bass, the rest blends, A's voice first, B's last.",
        factory=f"{_MODULE}.stem_swap:StemSwap",
        bars=(16, 32, 32),
        swap_at=0.5,
        needs=(*_FADERS, *_LOWS, "a/drums/eq/*"),
        needs_isolation=True,
        place_a=("section", "phrase"),
        place_b=("section", "phrase"),
    )
    yield TechniqueDeclaration(
        name="acapella",
        summary="A's voice alone over B without its voice.",
        factory=f"{_MODULE}.acapella:Acapella",
        config=AcapellaConfig,
        bars=(16, 16, 32),
        swap_at=0.25,
        needs=(*_FADERS, *_LOWS),
        needs_isolation=True,
        place_a=("vocal",),
        place_b=("instrumental",),
        key_limit=1,
    )
    yield TechniqueDeclaration(
        name="drum-bridge",
        summary="B's drums under A's; on the line the harmony changes hands, A's drums leave last.",
        factory=f"{_MODULE}.drum_bridge:DrumBridge",
        config=DrumBridgeConfig,
        bars=(8, 16, 32),
        swap_at=0.5,
        needs=(*_FADERS, *_LOWS, *_DRUMS),
        harmonic=False,
        overlap=True,
        tempo_limit=0.125,
    )
    yield TechniqueDeclaration(
        name="tempo-ride",
        summary="A long blend at a common tempo that glides from A's to B's over the window.",
        factory=f"{_MODULE}.long_blend:LongBlend",
        config=LongBlendConfig,
        bars=(8, 16, 32),
        swap_at=0.5,
        needs=(*_FADERS, *_LOWS),
        tempo="ramp",
        tempo_least=0.02,
        tempo_limit=0.125,
    )
    yield TechniqueDeclaration(
        name="loop-out",
        summary="A's last bars are looped and shortened while B rises; on the line B is in full.",
        factory=f"{_MODULE}.loop_out:LoopOut",
        config=LoopOutConfig,
        bars=(4, 16, 32),
        swap_at=0.75,
        needs=(*_FADERS, *_LOWS, "a/*/hpf/cutoff"),
        overlap=False,
        tempo="a",
        ending=_ROLL,
    )
    yield TechniqueDeclaration(
        name="half-time",
        summary="A's loops shorten to B's beat at 2:1, 3:2 or 4:3; B's drums rise in its pulse.",
        factory=f"{_MODULE}.half_time:HalfTime",
        config=HalfTimeConfig,
        bars=(8, 8, 16),
        swap_at=0.75,
        needs=(*_FADERS, *_LOWS, *_DRUMS, "a/*/hpf/cutoff"),
        place_b=("intro-end", "section", "phrase"),
        harmonic=False,
        tempo="a",
        tempo_limit=0.05,
        tempo_ratios=((1, 1), (3, 4)),
        ending=_ROLL,
    )
    yield TechniqueDeclaration(
        name="brake",
        summary="A's last bar slows to a stop like a turntable; B steps in on the line.",
        factory=f"{_MODULE}.cut:Cut",
        bars=(2, 2, 4),
        swap_at=0.5,
        needs=_FADERS,
        place_b=("intro-end", "section", "phrase"),
        beat_matched=False,
        harmonic=False,
        ending=SpeedChange(beats=4.0, speed=1.0, end_speed=0.0),
    )
    yield TechniqueDeclaration(
        name="backspin",
        summary="A's last half bar is spun backwards like a record; B steps in on the line.",
        factory=f"{_MODULE}.cut:Cut",
        bars=(2, 2, 4),
        swap_at=0.5,
        needs=_FADERS,
        place_b=("intro-end", "section", "phrase"),
        beat_matched=False,
        harmonic=False,
        ending=SpeedChange(beats=2.0, speed=-4.0, end_speed=0.0),
    )
    yield TechniqueDeclaration(
        name="fade",
        summary="Equal-power crossfade.",
        factory=f"{_MODULE}.fade:Fade",
        bars=(4, 8, 16),
        swap_at=0.5,
        needs=_FADERS,
    )
    yield TechniqueDeclaration(
        name="linear-fade",
        summary="Linear crossfade: a baseline to compare with, 3 dB down in the middle.",
        baseline=True,
        factory=f"{_MODULE}.linear_fade:LinearFade",
        bars=(4, 8, 16),
        swap_at=0.5,
        needs=_FADERS,
    )
    yield TechniqueDeclaration(
        name="sum",
        summary="Both tracks at full: a baseline to compare with, what happens without a DJ.",
        baseline=True,
        factory=f"{_MODULE}.sum:Sum",
        bars=(4, 8, 16),
        swap_at=0.5,
        needs=_FADERS,
    )
