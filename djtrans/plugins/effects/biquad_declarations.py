"""Declarations and settings of the biquad effects."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.curves.parameter import Parameter

#: Range of an equalizer's gain in dB.
LOWEST_GAIN_DB, HIGHEST_GAIN_DB = -24.0, 12.0

_MODULE = "djtrans.plugins.effects.biquad"
_PLACEMENTS = ("stem", "track", "master")
_REFERENCES = ("R. Bristow-Johnson, 'Cookbook formulae for audio EQ biquad filter coefficients'",)
_GAIN = Parameter(
    name="gain_db",
    minimum=LOWEST_GAIN_DB,
    maximum=HIGHEST_GAIN_DB,
    neutral=0.0,
    unit="dB",
    summary="Gain of the shelf or peak.",
)


def _q() -> float:
    q: float = setting(0.5**0.5, "Quality factor.", unit="ratio", minimum=0.1, maximum=30.0)
    return q


def _frequency(default: float, meaning: str) -> float:
    frequency: float = setting(default, meaning, unit="Hz", minimum=10.0, maximum=20000.0)
    return frequency


def _block() -> int:
    block: int = setting(
        64, "Samples for which the coefficients are held.", unit="samples", minimum=2, maximum=4096
    )
    return block


@attrs.frozen
class BiquadLowShelfConfig:
    """Frequency and slope of the low shelf."""

    frequency_hz: float = _frequency(100.0, "Midpoint of the slope, at half the gain in dB.")
    q: float = _q()
    block: int = _block()


@attrs.frozen
class BiquadPeakingConfig:
    """Frequency and width of the peak."""

    frequency_hz: float = _frequency(1000.0, "Centre of the peak.")
    q: float = _q()
    block: int = _block()


@attrs.frozen
class BiquadHighShelfConfig:
    """Frequency and slope of the high shelf."""

    frequency_hz: float = _frequency(3000.0, "Midpoint of the slope, at half the gain in dB.")
    q: float = _q()
    block: int = _block()


@attrs.frozen
class BiquadFilterConfig:
    """Resonance of the low-pass or high-pass; the default is maximally flat."""

    q: float = _q()
    block: int = _block()


def biquad_declarations() -> Iterable[EffectDeclaration]:
    """Yield the declarations: three equalizer bands, a low-pass and a high-pass."""
    equalizers = (
        ("lowshelf", "Low shelf", "LowShelf", BiquadLowShelfConfig),
        ("peaking", "Peaking equalizer", "Peaking", BiquadPeakingConfig),
        ("highshelf", "High shelf", "HighShelf", BiquadHighShelfConfig),
    )
    for name, title, factory, config in equalizers:
        yield EffectDeclaration(
            name=f"biquad-{name}",
            summary=f"{title} in the time domain, -24 to +12 dB, by torchaudio.",
            factory=f"{_MODULE}:Biquad{factory}",
            config=config,
            domain="time",
            placements=_PLACEMENTS,
            parameters=(_GAIN,),
            references=_REFERENCES,
        )
    filters = (("lowpass", "Low-pass", "Lowpass", 1.0), ("highpass", "High-pass", "Highpass", 0.0))
    for name, title, factory, neutral in filters:
        yield EffectDeclaration(
            name=f"biquad-{name}",
            summary=f"{title} of second order in the time domain, by torchaudio.",
            factory=f"{_MODULE}:Biquad{factory}",
            config=BiquadFilterConfig,
            domain="time",
            placements=_PLACEMENTS,
            parameters=(
                Parameter(
                    name="cutoff",
                    neutral=neutral,
                    unit="normalized cutoff",
                    curve="frequency",
                    summary="Cutoff at 20 * 1000**x Hz.",
                ),
            ),
            references=_REFERENCES,
        )
