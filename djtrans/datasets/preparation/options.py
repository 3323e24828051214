"""Options of dataset preparation."""

from __future__ import annotations

import attrs

from djtrans.core.contracts.config import LARGEST_SEED, setting
from djtrans.mixer.resolve import DEFAULT_MIXER
from djtrans.planning.options import WINDOW_BARS

#: Each technique that fits about as often as the others.
VARIED = "varied"


@attrs.frozen
class LibraryOptions:
    """Options of preparing a library; the same library and options give the same pairs."""

    most: int = setting(100, "Pairs to make at most.", minimum=1)
    separator: str = setting("auto", "Name of a separator.")
    mixer: str = setting(DEFAULT_MIXER, "Name of a mixer.")
    technique: str = setting(VARIED, "Name of a technique, auto, or varied.")
    bars: int = setting(0, "Bars of the windows; 0: as fits.", choices=(0, *WINDOW_BARS))
    stretch_limit: float = setting(
        0.08, "Largest tempo change, as a fraction.", minimum=0.0, maximum=0.5
    )
    max_minutes: float = setting(
        20.0, "Longer files are DJ mixes, not tracks.", unit="min", minimum=1.0
    )
    device: str = setting("cpu", "Of mixer and separator.")
    seed: int = setting(0, "Seed of everything.", minimum=0, maximum=LARGEST_SEED)


@attrs.frozen
class RecoveryOptions:
    """Options of preparing extracted transitions."""

    most: int = setting(100, "Transitions to fit at most.", minimum=1)
    error_limit: float = setting(
        -14.0, "Largest error of the band levels.", unit="dB", minimum=-60.0, maximum=0.0
    )
    separator: str = setting("auto", "Name of a separator.")
    mixer: str = setting(DEFAULT_MIXER, "Name of a mixer.")
    steps: int = setting(150, "Most steps of the descent.", minimum=0, maximum=150)
    device: str = setting("cpu", "Of separator and descent.")
