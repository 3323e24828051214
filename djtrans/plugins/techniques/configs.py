"""Configs of the built-in techniques."""

from __future__ import annotations

import attrs

from djtrans.core.contracts.config import setting


@attrs.frozen
class BassSwapConfig:
    """Settings of the bass swap."""

    entry_gain: float = setting(
        0.9, "B's fader before the swap.", unit="linear gain", minimum=0.1, maximum=1.0
    )
    entry_mid: float = setting(
        0.5, "B's mids before the swap.", unit="linear gain", minimum=0.0, maximum=1.0
    )
    leaving_level: float = setting(
        0.25, "A's mids and highs at its end.", unit="linear gain", minimum=0.0, maximum=1.0
    )


@attrs.frozen
class LongBlendConfig:
    """Settings of the long blend."""

    entry_gain: float = setting(
        0.9, "B's fader before the swap.", unit="linear gain", minimum=0.1, maximum=1.0
    )
    entry_mid: float = setting(
        0.4, "B's mids at the quarter.", unit="linear gain", minimum=0.0, maximum=1.0
    )
    leaving_level: float = setting(
        0.4, "A's mids and highs as its fader falls.", unit="linear gain", minimum=0.0, maximum=1.0
    )


@attrs.frozen
class EqBlendConfig:
    """Settings of the EQ blend."""

    down_gain: float = setting(
        0.05, "Mids and highs where they are down.", unit="linear gain", minimum=0.0, maximum=0.5
    )


@attrs.frozen
class FilterSweepConfig:
    """Cutoffs of the filter sweep."""

    thin_hz: float = setting(
        250.0, "A's high-pass as B comes in.", unit="Hz", minimum=80.0, maximum=1000.0
    )
    bright_hz: float = setting(
        5000.0, "A's high-pass as A leaves.", unit="Hz", minimum=1000.0, maximum=20000.0
    )
    muffled_hz: float = setting(
        200.0, "B's low-pass as B comes in.", unit="Hz", minimum=80.0, maximum=1000.0
    )


@attrs.frozen
class EchoOutConfig:
    """Settings of the echo out."""

    send: float = setting(
        0.7, "A's send to the echo.", unit="linear gain", minimum=0.0, maximum=1.0
    )
    leaving_low: float = setting(
        0.3, "A's lows in its last beat.", unit="linear gain", minimum=0.0, maximum=1.0
    )
    feedback: float = setting(0.5, "Loop of the echo.", unit="fraction", minimum=0.0, maximum=0.9)


@attrs.frozen
class WashOutConfig:
    """Settings of the wash out."""

    thin_hz: float = setting(
        500.0, "A's high-pass on the line.", unit="Hz", minimum=100.0, maximum=5000.0
    )
    leaving_gain: float = setting(
        0.7, "A's fader just before the line.", unit="linear gain", minimum=0.0, maximum=1.0
    )


@attrs.frozen
class DropSwapConfig:
    """Settings of the drop swap."""

    thin_hz: float = setting(
        250.0, "A's high-pass on the line.", unit="Hz", minimum=100.0, maximum=5000.0
    )
    send: float = setting(
        0.7, "A's reverb on the line.", unit="linear gain", minimum=0.0, maximum=1.0
    )


@attrs.frozen
class DoubleDropConfig:
    """Settings of the double drop."""

    entry_mid: float = setting(
        0.5, "B's mids before the drop.", unit="linear gain", minimum=0.0, maximum=1.0
    )


@attrs.frozen
class AcapellaConfig:
    """Settings of the acapella."""

    entry_gain: float = setting(
        0.9, "B's fader before the line.", unit="linear gain", minimum=0.1, maximum=1.0
    )


@attrs.frozen
class DrumBridgeConfig:
    """Settings of the drum bridge."""

    entry_gain: float = setting(
        0.9, "Fader of B's drums before the swap.", unit="linear gain", minimum=0.1, maximum=1.0
    )
    leaving_level: float = setting(
        0.4,
        "Mids and highs of A's drums at their end.",
        unit="linear gain",
        minimum=0.0,
        maximum=1.0,
    )


@attrs.frozen
class LoopOutConfig:
    """Settings of the loop out."""

    entry_gain: float = setting(
        0.9, "B's fader just before the swap.", unit="linear gain", minimum=0.1, maximum=1.0
    )
    entry_mid: float = setting(
        0.5, "B's mids before the swap.", unit="linear gain", minimum=0.0, maximum=1.0
    )
    thin_hz: float = setting(
        400.0, "A's high-pass at the swap.", unit="Hz", minimum=80.0, maximum=5000.0
    )


@attrs.frozen
class HalfTimeConfig:
    """Settings of the half time."""

    entry_gain: float = setting(
        0.9, "Fader of B's drums at the swap.", unit="linear gain", minimum=0.1, maximum=1.0
    )
    thin_hz: float = setting(
        400.0, "A's high-pass at the swap.", unit="Hz", minimum=80.0, maximum=5000.0
    )
