"""Declarations and settings of the default effects."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.contracts.config import NoConfig, setting
from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import ConfigError
from djtrans.plugins.effects.biquad_declarations import biquad_declarations

ANYWHERE = ("stem", "track", "master")
BUSES = ("track", "master")

_LR4 = "S. Linkwitz, 'Active crossover networks for noncoincident drivers', JAES 24(1), 1976"
_BUTTERWORTH = "S. Butterworth, 'On the theory of filter amplifiers', Wireless Engineer 7, 1930"
_BS1770 = "ITU-R BS.1770-5, 'Algorithms to measure audio programme loudness and true-peak level'"
_PARTITIONED = "T. G. Stockham, 'High-speed convolution and correlation', AFIPS 28, 1966"


@attrs.frozen
class Eq3Config:
    """Settings of the three-band isolator."""

    low_crossover_hz: float = setting(
        300.0, "Crossover of low and mid.", unit="Hz", minimum=20.0, maximum=20000.0
    )
    high_crossover_hz: float = setting(
        4000.0, "Crossover of mid and high.", unit="Hz", minimum=20.0, maximum=20000.0
    )
    order: int = setting(
        4, "Steepness of the crossovers.", unit="x 6 dB per octave", choices=(2, 4, 8)
    )

    def __attrs_post_init__(self) -> None:
        if self.low_crossover_hz >= self.high_crossover_hz:
            raise ConfigError(
                f"Eq3Config: low_crossover_hz = {self.low_crossover_hz:g} must be below "
                f"high_crossover_hz = {self.high_crossover_hz:g}."
            )


@attrs.frozen
class FilterConfig:
    """Settings of the low-pass and the high-pass."""

    order: int = setting(4, "Butterworth order.", unit="x 6 dB per octave", minimum=1, maximum=8)


@attrs.frozen
class ReverbConfig:
    """Settings of the reverb."""

    decay_seconds: float = setting(
        1.8, "Time in which the tail falls by 60 dB.", unit="s", minimum=0.05, maximum=20.0
    )
    predelay_seconds: float = setting(
        0.02, "Silence before the tail.", unit="s", minimum=0.0, maximum=0.5
    )
    damping: float = setting(
        0.5,
        "Faster decay of high frequencies; 0 is none.",
        unit="fraction",
        minimum=0.0,
        maximum=1.0,
    )
    low_cut_hz: float = setting(
        150.0,
        "Low cut of the tail, which keeps kicks dry.",
        unit="Hz",
        minimum=10.0,
        maximum=2000.0,
    )
    width: float = setting(
        1.0,
        "Stereo width: 0 is mono, 1 independent channels.",
        unit="fraction",
        minimum=0.0,
        maximum=1.0,
    )
    level: float = setting(
        0.5,
        "RMS gain of the tail at a send of 1.",
        unit="amplitude ratio",
        minimum=0.0,
        maximum=4.0,
    )


@attrs.frozen
class DelayConfig:
    """Settings of the echo."""

    beats: float = setting(0.75, "Delay time in beats.", unit="beats", minimum=0.0625, maximum=16.0)


@attrs.frozen
class LimiterConfig:
    """Settings of the true-peak limiter."""

    ceiling_dbtp: float = setting(
        -1.0, "Highest true peak of the output.", unit="dBTP", minimum=-24.0, maximum=0.0
    )
    lookahead_ms: float = setting(
        5.0, "Time in which the gain falls before a peak.", unit="ms", minimum=0.5, maximum=50.0
    )
    release_ms: float = setting(
        150.0, "Time constant of the return of the gain.", unit="ms", minimum=10.0, maximum=2000.0
    )


def _gain(name: str, maximum: float, summary: str) -> Parameter:
    return Parameter(
        name=name,
        maximum=maximum,
        neutral=1.0,
        unit="linear gain",
        curve="gain",
        edge="late",
        summary=summary,
    )


def _cutoff(neutral: float) -> Parameter:
    return Parameter(
        name="cutoff",
        neutral=neutral,
        unit="normalized cutoff",
        curve="frequency",
        summary="Cutoff at 20 * 1000**x Hz.",
    )


@hookimpl
def djtrans_effects() -> Iterable[EffectDeclaration]:
    """Declare fader, isolator, filters, reverb, echo, limiter and the biquads."""
    module = "djtrans.plugins.effects"
    yield EffectDeclaration(
        name="gain",
        summary="Volume fader.",
        factory=f"{module}.gain:Gain",
        config=NoConfig,
        domain="spectral",
        placements=ANYWHERE,
        parameters=(_gain("gain", 1.0, "Linear gain; 0 is silence."),),
    )
    yield EffectDeclaration(
        name="eq3",
        summary="Three-band isolator: each band from full kill to +6 dB.",
        factory=f"{module}.eq3:Eq3",
        config=Eq3Config,
        domain="spectral",
        placements=ANYWHERE,
        parameters=(
            _gain("low", 2.0, "Gain of the low band."),
            _gain("mid", 2.0, "Gain of the middle band."),
            _gain("high", 2.0, "Gain of the high band."),
        ),
        references=(_LR4,),
    )
    yield EffectDeclaration(
        name="lowpass",
        summary="Butterworth low-pass, exactly bypassed when open.",
        factory=f"{module}.filters:Lowpass",
        config=FilterConfig,
        domain="spectral",
        placements=ANYWHERE,
        parameters=(_cutoff(1.0),),
        references=(_BUTTERWORTH,),
    )
    yield EffectDeclaration(
        name="highpass",
        summary="Butterworth high-pass, exactly bypassed when open.",
        factory=f"{module}.filters:Highpass",
        config=FilterConfig,
        domain="spectral",
        placements=ANYWHERE,
        parameters=(_cutoff(0.0),),
        references=(_BUTTERWORTH,),
    )
    yield EffectDeclaration(
        name="reverb",
        summary="Send reverb: convolution with a seeded decaying noise.",
        factory=f"{module}.reverb:Reverb",
        config=ReverbConfig,
        domain="time",
        routing="send",
        placements=BUSES,
        parameters=(
            Parameter(name="send", unit="linear gain", curve="gain", summary="Level fed in."),
        ),
        references=(_PARTITIONED,),
    )
    yield EffectDeclaration(
        name="delay",
        summary="Send echo in time with the beat.",
        factory=f"{module}.delay:Delay",
        config=DelayConfig,
        domain="time",
        routing="send",
        placements=BUSES,
        parameters=(
            Parameter(
                name="send", unit="linear gain", curve="gain", edge="late", summary="Level fed in."
            ),
            Parameter(name="feedback", unit="fraction", summary="Loop gain, of at most 0.98."),
        ),
        bypassed_by=("send",),
    )
    yield EffectDeclaration(
        name="limiter",
        summary="True-peak limiter with look-ahead, exactly transparent below its ceiling.",
        factory=f"{module}.limiter:Limiter",
        config=LimiterConfig,
        domain="time",
        placements=BUSES,
        parameters=(),
        references=(_BS1770,),
    )
    yield from biquad_declarations()
