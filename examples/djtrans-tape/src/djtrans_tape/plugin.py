"""What the package offers: declarations and settings. Listing them imports no torch."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans import (
    EffectDeclaration,
    Parameter,
    SchedulerDeclaration,
    SeparatorDeclaration,
    hookimpl,
    setting,
)


@attrs.frozen
class FlangerConfig:
    """What is not automated."""

    sweep_beats: float = setting(
        16.0, "Time of one swing there and back.", unit="beats", minimum=0.25, maximum=128.0
    )
    longest_ms: float = setting(
        5.0, "Lag of the second machine at the far end.", unit="ms", minimum=1.0, maximum=20.0
    )


@attrs.frozen
class ShiftedEulerConfig:
    """Where the steps lie."""

    shift: float = setting(
        3.0,
        "How much longer the steps stay with much noise: 1 spaces them evenly.",
        unit="ratio",
        minimum=1.0,
        maximum=20.0,
    )


@attrs.frozen
class MirroredConfig:
    """What is asked twice."""

    inner: str = setting("spectral", "Name of the separator.")


@hookimpl
def djtrans_effects() -> Iterable[EffectDeclaration]:
    """The flanger."""
    yield EffectDeclaration(
        name="flanger",
        summary="Two tape machines, one of which lags behind and catches up in time with the beat.",
        factory="djtrans_tape.flanger:Flanger",
        config=FlangerConfig,
        domain="time",
        placements=("stem", "track", "master"),
        parameters=(
            Parameter(
                name="mix", unit="fraction", summary="Level of the second machine: 1 as loud."
            ),
            Parameter(
                name="depth", unit="fraction", summary="How far it swings: 1 to the longest lag."
            ),
        ),
        references=("W. M. Hartmann, Flanging and phasers, JAES 26(6), 1978",),
    )


@hookimpl
def djtrans_schedulers() -> Iterable[SchedulerDeclaration]:
    """Euler steps that are not evenly spaced."""
    yield SchedulerDeclaration(
        name="shifted-euler",
        summary="Euler steps of the rectified flow, more of them where there is much noise.",
        factory="djtrans_tape.shifted_euler:ShiftedEuler",
        config=ShiftedEulerConfig,
        references=(
            "P. Esser et al., Scaling Rectified Flow Transformers, ICML 2024, section 5.3.2",
        ),
    )


@hookimpl
def djtrans_separators() -> Iterable[SeparatorDeclaration]:
    """A separator around another one."""
    yield SeparatorDeclaration(
        name="mirrored",
        summary="The mean of another separator on the audio and on the audio with sides swapped.",
        factory="djtrans_tape.mirrored:Mirrored",
        config=MirroredConfig,
    )
