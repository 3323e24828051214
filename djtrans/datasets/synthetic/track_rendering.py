"""Render a synthesized track with production, separation and analysis errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
from torch import Tensor

from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.track.analysis import SECTION_LABELS, Analysis
from djtrans.core.track.separation import separate
from djtrans.core.track.stem_files import load_stems, stems_hash
from djtrans.core.track.stems import Stems
from djtrans.core.track.track import Track
from djtrans.datasets.extra_features import versions
from djtrans.datasets.synthetic.framed_cache import CachedTrack, write_framed_track
from djtrans.datasets.synthetic.framed_track import frame_track
from djtrans.datasets.synthetic.options import SyntheticOptions
from djtrans.pipeline.analysis import analyze_track
from djtrans.registry import default_registry
from djtrans.synthesis import synthesize
from djtrans.synthesis.production import Production, through_mp3
from djtrans.synthesis.random_spec import sample_spec

#: Features of tracks below this tempo are extracted in both tempo octaves.
_SLOW_BPM = 100.0


def frame_synthesized(
    index: int,
    options: SyntheticOptions,
    file: Path,
    extractors: Sequence[FeatureExtractor] = (),
) -> None:
    """Synthesize one track, extract its features and write them to the cache.

    Parameters
    ----------
    index : int
        Index of the track, which determines its randomness together with the seed.
    options : SyntheticOptions
        Options of the dataset.
    file : Path
        Cache file to write.
    extractors : sequence of FeatureExtractor
        Extractors to run in addition.
    """
    rng = np.random.default_rng([options.seed, index, 0xF1])
    spec = sample_spec(int(rng.integers(2**31)), sample_rate_hz=options.sample_rate_hz)
    played = produce(synthesize(spec).stems, options, rng)
    mix = played.mix
    if rng.random() < options.lossy:
        mix = through_mp3(mix, played.sample_rate, float(rng.random()))
    stems, isolated = _choose_stems(played, mix, options, rng)
    _frame(stems, isolated, mix, f"synthesized {index}", options, rng, file, extractors)


def frame_stem_folder(
    folder: Path,
    options: SyntheticOptions,
    file: Path,
    extractors: Sequence[FeatureExtractor] = (),
) -> None:
    """Extract the features of a track with ready stems and write them to the cache.

    Parameters
    ----------
    folder : Path
        Folder with one audio file for each stem, which sum to the track.
    options : SyntheticOptions
        Options of the dataset: the stems are separated or leak for a part of the tracks, and the
        analysis has additional errors.
    file : Path
        Cache file to write.
    extractors : sequence of FeatureExtractor
        Extractors to run in addition.
    """
    digest = stems_hash(folder)
    rng = np.random.default_rng([options.seed, int(digest[:8], 16), 0xF2])
    played = load_stems(folder, sample_rate=options.sample_rate_hz)
    stems, isolated = _choose_stems(played, played.mix, options, rng)
    _frame(stems, isolated, played.mix, digest, options, rng, file, extractors)


def _frame(
    stems: Stems,
    isolated: bool,
    mix: Tensor,
    name: str,
    options: SyntheticOptions,
    rng: np.random.Generator,
    file: Path,
    extractors: Sequence[FeatureExtractor],
) -> None:
    analysis = analyze_track(Track(mix, stems.sample_rate, name, ""), cached=False)
    analysis = _add_errors(analysis, options, rng)
    analyses = [analysis]
    if analysis.grid.bpm < _SLOW_BPM:
        analyses.append(analysis.doubled())
    framed = [
        frame_track(
            stems,
            variant,
            frames_per_beat=options.frames_per_beat,
            isolated=isolated,
            extractors=extractors,
        )
        for variant in analyses
    ]
    track = CachedTrack(tuple(analyses), tuple(framed), isolated)
    write_framed_track(file, track, options, versions(extractors))


def produce(stems: Stems, options: SyntheticOptions, rng: np.random.Generator) -> Stems:
    """Apply random levels, tone and limiting to stems; sometimes silence one.

    Parameters
    ----------
    stems : Stems
    options : SyntheticOptions
        Ranges of the production, and fraction of tracks with a silent stem.
    rng : Generator
        Source of randomness.
    """
    production = Production.draw(
        rng,
        len(stems.names),
        level_db=options.stem_level_db,
        tone_db=options.stem_tone_db,
        drive_db=options.drive_db,
    )
    if rng.random() < options.silent_stem:
        silent = stems.names.index(str(rng.choice([n for n in stems.names if n != "drums"])))
        gains = list(production.gains_db)
        gains[silent] = (-math.inf, -math.inf, -math.inf)
        production = attrs.evolve(production, gains_db=tuple(gains))
    return production(stems)


def _choose_stems(
    played: Stems, mix: Tensor, options: SyntheticOptions, rng: np.random.Generator
) -> tuple[Stems, bool]:
    """Return true, separated or leaking stems, and whether they are isolated."""
    value = rng.random()
    if value < options.true_stems:
        return played, True
    if value < options.true_stems + options.separated:
        registry = default_registry()
        declaration = registry.separators.find("spectral").declaration
        separator = registry.separators.build("spectral")
        return separate(separator, declaration, mix, played.sample_rate), False
    return add_leakage(played, float(rng.uniform(0.0, options.largest_leak)), rng), False


def add_leakage(stems: Stems, largest: float, rng: np.random.Generator) -> Stems:
    """Leak stems into each other; their sum does not change.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]``.
    largest : float
        Largest gain of a stem in another one, 0 to 1.
    rng : Generator
        Source of randomness.
    """
    count = len(stems.names)
    leaks = rng.uniform(0.0, largest, (count, count))
    np.fill_diagonal(leaks, 0.0)
    np.fill_diagonal(leaks, 1.0 - leaks.sum(axis=0))
    audio = stems.audio
    mixed = (audio.new_tensor(leaks) @ audio.flatten(1)).reshape(audio.shape)
    return attrs.evolve(stems, audio=mixed)


def _add_errors(
    analysis: Analysis, options: SyntheticOptions, rng: np.random.Generator
) -> Analysis:
    """Add random errors that analyzers make."""
    if rng.random() < options.half_bar:
        analysis = analysis.shifted(analysis.grid.beats_per_bar // 2)
    if rng.random() < options.grid_off:
        off = float(rng.uniform(-1.0, 1.0)) * options.grid_off_ms / 1000.0
        grid = attrs.evolve(analysis.grid, beat_times=analysis.grid.beat_times + off)
        analysis = attrs.evolve(analysis, grid=grid)
    sections = [
        attrs.evolve(section, label=str(rng.choice(SECTION_LABELS)))
        if rng.random() < options.wrong_label
        else section
        for section in analysis.sections
    ]
    return attrs.evolve(analysis, sections=tuple(sections))
