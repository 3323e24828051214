"""Spec of a synthetic track."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from djtrans.core.contracts.config import LARGEST_SEED, setting
from djtrans.core.errors import ConfigError, did_you_mean
from djtrans.core.track.analysis import SECTION_LABELS

#: The shape of a club track that a DJ can mix in and out of.
DEFAULT_STRUCTURE = (
    ("intro", 16),
    ("build", 8),
    ("drop", 16),
    ("break", 8),
    ("drop", 16),
    ("outro", 16),
)
DRUM_STYLES = (
    "four-on-the-floor",
    "broken",
    "techno",
    "half-time",
    "breakbeat",
    "drum-and-bass",
    "trap",
)
_MAX_BARS = 256


def _as_pairs(value: Any) -> Any:
    """Turn the lists that JSON gives into the tuples that make a config hashable."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        return value
    return tuple(tuple(part) if isinstance(part, list | tuple) else part for part in value)


def _check_structure(instance: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, tuple) or not value:
        raise ConfigError(
            f"TrackSpec.structure = {value!r} is not a list of sections; give pairs like"
            " (('intro', 16), ('drop', 16))."
        )
    for part in value:
        if not isinstance(part, tuple) or len(part) != 2:
            raise ConfigError(
                f"TrackSpec.structure holds {part!r}; give a pair like ('intro', 16)."
            )
        label, bars = part
        if label not in SECTION_LABELS:
            raise ConfigError(
                f"TrackSpec.structure holds the label {label!r}."
                f" {did_you_mean(str(label), SECTION_LABELS)}"
            )
        if not isinstance(bars, int) or isinstance(bars, bool) or bars < 1:
            raise ConfigError(
                f"TrackSpec.structure gives {label!r} {bars!r} bars; give a whole number from 1."
            )
    total = sum(bars for _, bars in value)
    if total > _MAX_BARS:
        raise ConfigError(
            f"TrackSpec.structure is {total} bars long; at most {_MAX_BARS} are allowed, give"
            " fewer or shorter sections."
        )


@attrs.frozen
class TrackSpec:
    """Spec of a synthetic track.

    The same spec gives the same samples, bit for bit. Another `seed` gives another track (drum
    patterns, progression, melody, sounds) of the same tempo, key and structure; another `tonic`
    transposes it.

    Attributes
    ----------
    bpm : float
        Tempo, constant over the track, 60 to 200.
    tonic : int
        Pitch class of the key, 0 (C) to 11 (B).
    mode : {"minor", "major"}
    seed : int
        Non-negative.
    drums : str
        One of :data:`DRUM_STYLES`: what the kick and the snare play, see
        :mod:`djtrans.synthesis.patterns`. Half-time and trap have one snare in a bar, on three.
    swing : float
        0 (straight) to 1: how far every second sixteenth is late; 1 is a full triplet.
    has_vocals : bool
        Whether a voice sings in the drops, grooves and breaks; without, the stem is silent.
    singing : {"spaced", "dense"}
        Lines with pauses, begun on or after the bar line; or line upon line to the section's end,
        each with a pickup on the beat before it.
    bass : {"full", "sub", "mid"}
        A sine under a saw, the sine alone, or the saw without what lies below 120 Hz.
    intro : {"drums", "sparse", "beatless", "vocal"}
        What an intro plays: drums from the first bar, hats and percussion without a kick, pads
        without a beat, or the voice over pads.
    ending : {"cut", "fade-out", "cold"}
        How the track ends: with its last bar, faded out over its last 8 bars, or stopped after the
        first beat of its last bar.
    section_gains_db : tuple of float
        Level of each section beside what its instruments make of it, -12 to 6; none: 0.
    sample_rate_hz : int
        22050 to 96000.
    structure : tuple of (label, bars)
        The sections in order; labels from :data:`djtrans.core.track.analysis.SECTION_LABELS`.
    level_db : float
        Peak of the mix in dB full scale, -60 to -0.1.
    start_seconds : float
        Silence before the first beat, 0 to 60.

    Raises
    ------
    ConfigError
        If a value has the wrong type or is out of range.

    Examples
    --------
    >>> TrackSpec(bpm=128, tonic=9, structure=[("intro", 8), ("drop", 16)]).structure
    (('intro', 8), ('drop', 16))
    """

    bpm: float = setting(126.0, "Tempo.", unit="bpm", minimum=60.0, maximum=200.0)
    tonic: int = setting(9, "Pitch class of the key, C = 0.", minimum=0, maximum=11)
    mode: str = setting("minor", "Mode of the key.", choices=("minor", "major"))
    seed: int = setting(0, "Which track of this kind.", minimum=0, maximum=LARGEST_SEED)
    drums: str = setting("four-on-the-floor", "Drum style.", choices=DRUM_STYLES)
    swing: float = setting(
        0.0, "Lateness of every second sixteenth, 1 is a triplet.", minimum=0.0, maximum=1.0
    )
    has_vocals: bool = setting(True, "Whether a voice sings in the drops, grooves and breaks.")
    singing: str = setting("spaced", "How much is sung.", choices=("spaced", "dense"))
    bass: str = setting("full", "Range of the bass.", choices=("full", "sub", "mid"))
    intro: str = setting(
        "drums", "What an intro plays.", choices=("drums", "sparse", "beatless", "vocal")
    )
    ending: str = setting("cut", "How the track ends.", choices=("cut", "fade-out", "cold"))
    sample_rate_hz: int = setting(44100, "Sample rate.", unit="Hz", minimum=22050, maximum=96000)
    structure: tuple[tuple[str, int], ...] = attrs.field(
        default=DEFAULT_STRUCTURE,
        converter=_as_pairs,
        validator=_check_structure,
        # As setting() would write it; it knows flat values only.
        metadata={
            "help": "Sections in order, each a label and its length in bars.",
            "unit": "bars",
            "minimum": None,
            "maximum": None,
            "choices": None,
        },
    )
    section_gains_db: tuple[float, ...] = setting(
        (), "Level of each section beside its instruments'.", unit="dB", minimum=-12.0, maximum=6.0
    )
    level_db: float = setting(
        -1.0, "Peak of the mix.", unit="dB full scale", minimum=-60.0, maximum=-0.1
    )
    start_seconds: float = setting(
        0.0, "Silence before the first beat.", unit="s", minimum=0.0, maximum=60.0
    )

    def __attrs_post_init__(self) -> None:
        gains, sections = self.section_gains_db, len(self.structure)
        if gains and (
            len(gains) != sections or not all(isinstance(gain, int | float) for gain in gains)
        ):
            raise ConfigError(
                f"TrackSpec.section_gains_db = {gains!r} does not fit; give {sections} numbers, one"
                " for each section, or none."
            )
