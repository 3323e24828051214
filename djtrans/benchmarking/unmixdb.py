"""UnmixDB: generated DJ mixes of three excerpts, whose fades and tempo changes are known.

Its mixes are made by sox: each track is faded in and out linearly, then played unchanged, resampled
or stretched to the tempo of the first one, then processed by one effect or none, and added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import attrs

from djtrans.core.errors import InputError
from djtrans.core.transition.pair import Pair

#: How the tempo of a track is changed: not at all, with its pitch, or without.
TIME_SCALES = ("none", "resample", "stretch")
_NAME = re.compile(rf"-(?P<scale>{'|'.join(TIME_SCALES)})-[a-z]+-\d+$")


@attrs.frozen
class MixedTrack:
    """Track in a mix.

    Attributes
    ----------
    audio : Path
        Its file.
    start : float
        Time in the mix at which the file would begin, in seconds; may be negative.
    speed : float
        Seconds of the file in a second of the mix.
    fade_in, fade_out : (float, float)
        Times in the mix at which the linear fades begin and end, in seconds.
    """

    audio: Path
    start: float
    speed: float
    fade_in: tuple[float, float]
    fade_out: tuple[float, float]


@attrs.frozen
class FadedTransition:
    """Transition between two tracks of a mix, whose gains are known.

    Attributes
    ----------
    name : str
        Name of the mix and numbers of the tracks.
    audio : Path
        File of the mix.
    tracks : Pair of MixedTrack
    bpm : float
        Tempo of the mix.
    time_scale : str
        One of :data:`TIME_SCALES`.
    gain : float
        Static gain of each track in the mix: sox divides by their number.
    """

    name: str
    audio: Path
    tracks: Pair[MixedTrack]
    bpm: float
    time_scale: str
    gain: float


def read_unmixdb(folder: Path) -> Iterator[FadedTransition]:
    """Yield the transitions of all mixes whose audio, and that of their tracks, is there."""
    for labels in sorted(
        [*folder.glob("mixes/*.labels.txt"), *folder.glob("*/mixes/*.labels.txt")]
    ):
        audio = labels.with_name(labels.name.removesuffix(".labels.txt") + ".mp3")
        named = _NAME.search(audio.stem)
        if named is None or not audio.is_file():
            continue
        bpm, tracks = _read_labels(labels)
        for number, (a, b) in enumerate(pairwise(tracks), start=1):
            if a.audio.is_file() and b.audio.is_file():
                name = f"{audio.stem} {number} to {number + 1}"
                gain = 1.0 / len(tracks)
                yield FadedTransition(name, audio, Pair(a, b), bpm, named["scale"], gain)


def _read_labels(file: Path) -> tuple[float, list[MixedTrack]]:
    """Read the tempo and the tracks of a mix, in their order."""
    found: dict[int, dict[str, tuple[float, float, str]]] = {}
    try:
        for line in file.read_text(encoding="utf-8").splitlines():
            start, end, track, label, parameter = [*line.split("\t"), ""][:5]
            found.setdefault(int(track), {})[label] = (float(start), float(end), parameter)
        bpm = float(found[min(found)]["bpm"][2])
        songs = file.parent.parent / "refsongs"
        tracks = [
            MixedTrack(
                songs / events["start"][2].strip('"'),
                events["start"][0],
                float(events["speed"][2]),
                events["fadein"][:2],
                events["fadeout"][:2],
            )
            for _, events in sorted(found.items())
        ]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{file} is not a labels file of UnmixDB ({error}).") from None
    return bpm, tracks
