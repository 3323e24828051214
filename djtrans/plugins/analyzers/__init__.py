"""Declarations and settings of the built-in analyzers."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.contracts.analyzer import AnalyzerDeclaration
from djtrans.core.contracts.config import setting
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.errors import ConfigError


@attrs.frozen
class ConstantGridConfig:
    """Settings of the ``constant-grid`` analyzer."""

    min_bpm: float = setting(
        68.0, "Slowest tempo considered.", unit="BPM", minimum=40.0, maximum=150.0
    )
    max_bpm: float = setting(
        185.0, "Fastest tempo considered.", unit="BPM", minimum=80.0, maximum=300.0
    )
    preferred_bpm: float = setting(
        125.0,
        "Preferred tempo where octaves of the tempo are equally likely.",
        unit="BPM",
        minimum=40.0,
        maximum=300.0,
    )
    hop_seconds: float = setting(
        0.005, "Time between two onset frames.", unit="s", minimum=0.002, maximum=0.012
    )
    section_threshold: float = setting(
        1.0,
        "Change of the sound at which a section starts; lower values find more sections.",
        unit="times the usual change",
        minimum=0.1,
        maximum=10.0,
    )

    def __attrs_post_init__(self) -> None:
        if self.max_bpm < 2.0 * self.min_bpm:
            raise ConfigError(
                f"ConstantGridConfig: min_bpm = {self.min_bpm:g} to max_bpm = {self.max_bpm:g} "
                "spans less than an octave; give a max_bpm of at least twice min_bpm."
            )


@attrs.frozen
class LibrosaConfig:
    """Settings of the ``librosa`` analyzer, with librosa's default tempo."""

    start_bpm: float = setting(
        120.0,
        "Initial tempo estimate of the beat tracker.",
        unit="BPM",
        minimum=40.0,
        maximum=300.0,
    )
    section_bars: int = setting(
        16,
        "Mean length of a section; determines the number of sections.",
        unit="bars",
        minimum=4,
        maximum=128,
    )


@attrs.frozen
class BeatThisConfig:
    """Settings of the ``beat-this`` analyzer."""

    checkpoint: str = setting(
        "final0", "Name of published weights, which are downloaded once, or a file."
    )
    device: str = setting("auto", "Where the network runs: auto, cpu, cuda, cuda:1 or mps.")


@hookimpl
def djtrans_analyzers() -> Iterable[AnalyzerDeclaration]:
    """Declare the default analyzer, and others for comparison: librosa's, and a network's beats."""
    yield AnalyzerDeclaration(
        name="constant-grid",
        summary="A beat grid with segments or drift, bars, sections, key, levels and vocals.",
        factory="djtrans.plugins.analyzers.constant_grid:ConstantGridAnalyzer",
        config=ConstantGridConfig,
        version=6,
        thread_safe=True,
        references=(
            "Scheirer, Tempo and beat analysis of acoustic musical signals, JASA 103(1), 1998",
            "Foote, Automatic audio segmentation using a measure of audio novelty, ICME 2000",
            "Harchaoui and Cappe, Retrospective multiple change-point estimation, SSP 2007",
            "Krumhansl, Cognitive Foundations of Musical Pitch, Oxford University Press, 1990",
            "Faraldo et al., A multi-profile method for key estimation in EDM, AES, 2017",
            "ITU-R BS.1770-5, 2023",
        ),
    )
    yield AnalyzerDeclaration(
        name="librosa",
        summary="Beats, chroma and segmentation of librosa with its defaults: a reference.",
        factory="djtrans.plugins.analyzers.librosa_analyzer:LibrosaAnalyzer",
        config=LibrosaConfig,
        references=(
            "McFee et al., librosa: audio and music signal analysis in Python, SciPy, 2015",
            "Ellis, Beat tracking by dynamic programming, JNMR 36(1), 2007",
            "Ward, Hierarchical grouping to optimize an objective function, JASA 58(301), 1963",
        ),
        version=3,
    )
    yield AnalyzerDeclaration(
        name="beat-this",
        summary="Beats and downbeats of a trained network; needs djtrans[beat-this].",
        factory="djtrans.plugins.analyzers.beat_this_analyzer:BeatThisAnalyzer",
        config=BeatThisConfig,
        references=("Foscarin et al., Beat this! Accurate beat tracking without DBN, ISMIR, 2024",),
    )
