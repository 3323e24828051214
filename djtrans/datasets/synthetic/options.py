"""What a composed set is made of."""

from __future__ import annotations

import attrs

from djtrans.core.contracts.config import setting


@attrs.frozen
class SyntheticOptions:
    """What a composed set is made of; the same options give the same set.

    The stems that a track is heard through are its true ones, what the ``spectral`` separator
    makes of the mix, or true ones that leak into each other, so that a model knows all three. The
    analysis is that of the default analyzer, with its own mistakes and some more: grids that are
    off, ones that lie half a bar late, sections by the wrong name.
    """

    tracks: int = setting(240, "Synthesized tracks.", minimum=8)
    transitions: int = setting(20_000, "Transitions planned over them.", minimum=20)
    validation: float = setting(
        0.1, "Part of the tracks held out.", unit="fraction", minimum=0.02, maximum=0.5
    )
    seed: int = setting(0, "Seed of everything.", minimum=0)
    frames_per_beat: int = setting(2, "Frames per beat.", choices=(2, 4, 8))
    sample_rate_hz: int = setting(44100, "Rate of the synthesis.", unit="Hz", minimum=8000)
    stem_level_db: float = setting(
        10.0, "Largest change of a stem's level.", unit="dB", minimum=0.0, maximum=24.0
    )
    stem_tone_db: float = setting(
        10.0, "Largest change of each of its bands.", unit="dB", minimum=0.0, maximum=24.0
    )
    drive_db: float = setting(
        9.0, "Largest drive into the limiter.", unit="dB", minimum=0.0, maximum=24.0
    )
    silent_stem: float = setting(
        0.1, "Part of the tracks of which one stem is silent.", minimum=0.0, maximum=1.0
    )
    lossy: float = setting(
        0.3, "Part of the tracks heard through an MP3 file.", minimum=0.0, maximum=1.0
    )
    true_stems: float = setting(
        0.4, "Part of the tracks heard through true stems.", minimum=0.0, maximum=1.0
    )
    separated: float = setting(
        0.35, "Part heard through separated stems; the rest leak.", minimum=0.0, maximum=1.0
    )
    largest_leak: float = setting(0.15, "Of one stem into another.", minimum=0.0, maximum=0.5)
    grid_off: float = setting(
        0.15, "Part of the tracks whose grid is off.", minimum=0.0, maximum=1.0
    )
    grid_off_ms: float = setting(
        20.0, "By how much at most.", unit="ms", minimum=0.0, maximum=100.0
    )
    half_bar: float = setting(
        0.03, "Part of the tracks whose one lies half a bar late.", minimum=0.0, maximum=1.0
    )
    wrong_label: float = setting(
        0.05, "Part of the sections with another label.", minimum=0.0, maximum=1.0
    )
    anywhere: float = setting(
        0.5, "Part of the swaps on any phrase line, not on the planner's choice.", maximum=1.0
    )
