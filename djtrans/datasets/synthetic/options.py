"""Options of a synthetic dataset: size, production, separation and analysis errors."""

from __future__ import annotations

import attrs

from djtrans.core.contracts.config import LARGEST_SEED, setting


@attrs.frozen
class SyntheticOptions:
    """Options of a synthetic dataset; equal options give equal datasets.

    The stems of a track are the true ones, those of the ``spectral`` separator, or true stems that
    leak into each other, so that a model learns from all three. The analysis is that of the default
    analyzer with its own and additional errors: shifted grids, downbeats half a bar late, wrong
    section labels.

    See Also
    --------
    compose_dataset : Compose a dataset with these options.

    Examples
    --------
    >>> from djtrans.datasets import SyntheticOptions
    >>> SyntheticOptions(tracks=100, true_stems=1.0, separated=0.0).transitions
    20000
    """

    tracks: int = setting(240, "Number of synthesized tracks.", minimum=8)
    transitions: int = setting(20_000, "Number of planned transitions.", minimum=20)
    validation: float = setting(
        0.1, "Fraction of tracks held out.", unit="fraction", minimum=0.02, maximum=0.5
    )
    seed: int = setting(0, "Seed of all randomness.", minimum=0, maximum=LARGEST_SEED)
    frames_per_beat: int = setting(2, "Frames per beat.", choices=(2, 4, 8))
    sample_rate_hz: int = setting(44100, "Sample rate of the synthesis.", unit="Hz", minimum=8000)
    stem_level_db: float = setting(
        10.0, "Largest change of the level of a stem.", unit="dB", minimum=0.0, maximum=24.0
    )
    stem_tone_db: float = setting(
        10.0, "Largest change of each band of a stem.", unit="dB", minimum=0.0, maximum=24.0
    )
    drive_db: float = setting(
        9.0, "Largest gain before the limiter.", unit="dB", minimum=0.0, maximum=24.0
    )
    silent_stem: float = setting(
        0.1, "Fraction of tracks with a silent stem.", minimum=0.0, maximum=1.0
    )
    lossy: float = setting(0.3, "Fraction of tracks encoded as MP3.", minimum=0.0, maximum=1.0)
    true_stems: float = setting(
        0.4, "Fraction of tracks with true stems.", minimum=0.0, maximum=1.0
    )
    separated: float = setting(
        0.35, "Fraction with separated stems; the others leak.", minimum=0.0, maximum=1.0
    )
    largest_leak: float = setting(
        0.15, "Largest gain of leakage between stems.", minimum=0.0, maximum=0.5
    )
    grid_off: float = setting(
        0.15, "Fraction of tracks with a shifted beat grid.", minimum=0.0, maximum=1.0
    )
    grid_off_ms: float = setting(
        20.0, "Largest shift of the beat grid.", unit="ms", minimum=0.0, maximum=100.0
    )
    half_bar: float = setting(
        0.03, "Fraction of tracks with downbeats half a bar late.", minimum=0.0, maximum=1.0
    )
    wrong_label: float = setting(
        0.05, "Fraction of sections with a random label.", minimum=0.0, maximum=1.0
    )
    refined: float = setting(
        0.2,
        "Fraction of transitions with stored curves, refined by the objectives.",
        unit="fraction",
        minimum=0.0,
        maximum=1.0,
    )
    generated: int = setting(
        4, "Curves of its technique that are rated for each of these.", minimum=2, maximum=64
    )
    refinements: int = setting(
        1, "Of these, the best that are refined and stored.", minimum=1, maximum=64
    )
    anywhere: float = setting(0.5, "Fraction of swaps on random phrase boundaries.", maximum=1.0)
