"""Built-in objectives: smooth counterparts of the metrics."""

from __future__ import annotations

from collections.abc import Iterator

from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.objective import ObjectiveDeclaration

_HERE = "djtrans.plugins.objectives"


@hookimpl
def djtrans_objectives() -> Iterator[ObjectiveDeclaration]:
    """Declare the built-in objectives."""
    yield ObjectiveDeclaration(
        name="bass-missing",
        summary="Beats without the bass that the music has.",
        factory=f"{_HERE}.low_end:MissingBass",
        unit="beats",
        weight=1.0,
        metric="bass_missing_beats",
    )
    yield ObjectiveDeclaration(
        name="bass-overlap",
        summary="Beats on which both tracks play bass.",
        factory=f"{_HERE}.low_end:TwoBasses",
        unit="beats",
        weight=2.0,
        metric="bass_overlap_beats",
    )
    yield ObjectiveDeclaration(
        name="low-end-excess",
        summary="Excess of the low end over the louder track's own.",
        factory=f"{_HERE}.low_end:LowEndExcess",
        unit="dB",
        weight=2.0,
        metric="low_end_excess_db",
    )
    yield ObjectiveDeclaration(
        name="loudness-dip",
        summary="Drop of the loudness below that of the music itself.",
        factory=f"{_HERE}.loudness:Dip",
        unit="LU",
        weight=2.0,
        metric="loudness_dip_lu",
        references=("EBU R 128, 2023",),
    )
    yield ObjectiveDeclaration(
        name="loudness-bump",
        summary="Rise of the loudness above that of the music itself.",
        factory=f"{_HERE}.loudness:Bump",
        unit="LU",
        weight=2.0,
        metric="loudness_bump_lu",
        references=("EBU R 128, 2023",),
    )
    yield ObjectiveDeclaration(
        name="hole",
        summary="Longest interval well under the level of the music around it.",
        factory=f"{_HERE}.loudness:Hole",
        unit="s",
        weight=8.0,
        metric="longest_hole_ms",
    )
    yield ObjectiveDeclaration(
        name="masking",
        summary="Fraction of the audible cells in which both tracks are within 6 dB.",
        factory=f"{_HERE}.masking:Masking",
        weight=10.0,
        metric="masking_fraction",
    )
    yield ObjectiveDeclaration(
        name="harmonic-clash",
        summary="Roughness of the notes of both tracks that sound together.",
        factory=f"{_HERE}.harmony:HarmonicClash",
        weight=1.0,
        metric="chroma_consonance",
    )
    yield ObjectiveDeclaration(
        name="vocal-overlap",
        summary="Beats with two singers.",
        factory=f"{_HERE}.vocals:TwoVoices",
        unit="beats",
        weight=1.0,
        metric="vocal_clash_beats",
    )
    yield ObjectiveDeclaration(
        name="vocal-cuts",
        summary="Sung lines that a step of the gain cuts.",
        factory=f"{_HERE}.vocals:CutLines",
        unit="lines",
        weight=8.0,
        metric="vocal_line_cuts",
    )
    yield ObjectiveDeclaration(
        name="weak-arrival",
        summary="Level of the mix below B's loud parts after the swap.",
        factory=f"{_HERE}.arrival:WeakArrival",
        unit="LU",
        weight=0.5,
    )
    yield ObjectiveDeclaration(
        name="controls",
        summary="Controls that move.",
        factory=f"{_HERE}.playability:Controls",
        unit="controls",
        descends=False,
        weight=0.1,
    )
    yield ObjectiveDeclaration(
        name="detours",
        summary="Motion of the controls beyond the direct way.",
        factory=f"{_HERE}.playability:Detours",
        unit="ranges",
        descends=False,
        weight=0.05,
    )
    yield ObjectiveDeclaration(
        name="off-phrase",
        summary="Exchange of the low end away from phrase boundaries.",
        factory=f"{_HERE}.playability:OffPhrase",
        unit="ranges",
        descends=False,
        weight=4.0,
    )
