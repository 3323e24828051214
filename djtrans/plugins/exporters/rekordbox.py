"""rekordbox XML: grids and hot cues of both tracks.

The format is documented by AlphaTheta [1]_. ``TEMPO`` elements have ``Inizio`` in seconds, ``Bpm``,
``Metro`` and ``Battito``, the beat of the bar counted from 1; ``POSITION_MARK`` elements have
``Start`` in seconds and ``Num``, the hot cue counted from 0. Times are those of rekordbox, which
plays the info frame of MP3 files with a valid tag of LAME as silence [2]_.

References
----------
.. [1] https://cdn.rekordbox.com/files/20200410160904/xml_format_list.pdf
.. [2] https://github.com/digital-dj-tools/dj-data-converter/issues/3
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from djtrans.core.audio.mp3_timing import mp3_timing
from djtrans.core.contracts.config import NoConfig
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.core.transition.export_inputs import ExportInputs, ExportTrack
from djtrans.core.util.names import visible

#: Suffixes of the audio files that rekordbox reads.
_READABLE = (".mp3", ".m4a", ".aac", ".mp4", ".wav", ".aif", ".aiff", ".flac", ".fla")
#: Distance in seconds from a beat of the grid at which the tempo is stated anew.
_GRID_TOLERANCE = 0.002
#: Colours of the hot cues start, swap and end: green, orange, red.
_COLOURS = {"start": (40, 226, 20), "swap": (224, 100, 27), "end": (230, 40, 40)}


class RekordboxCollection:
    """Writes a collection of both tracks, and a playlist with them.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def export(self, inputs: ExportInputs, path: Path) -> Sequence[str]:
        """Write the file; see :class:`Exporter`."""
        root = ET.Element("DJ_PLAYLISTS", Version="1.0.0")
        version = inputs.content.provenance.render.djtrans
        ET.SubElement(root, "PRODUCT", Name="djtrans", Version=version, Company="")
        collection = ET.SubElement(root, "COLLECTION", Entries="2")
        playlists = ET.SubElement(root, "PLAYLISTS")
        top = ET.SubElement(playlists, "NODE", Type="0", Name="ROOT", Count="1")
        name = visible(inputs.name)
        playlist = ET.SubElement(top, "NODE", Type="1", Name=name, Entries="2", KeyType="0")
        lines = []
        for number, side in enumerate(("a", "b"), start=1):
            lines += _add_track(collection, inputs, side, number)
            ET.SubElement(playlist, "TRACK", Key=str(number))
        ET.indent(root)
        ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
        return [
            *lines,
            "Import the tracks from rekordbox xml; hot cues A, B and C are replaced there.",
        ]


def _add_track(collection: ET.Element, inputs: ExportInputs, side: str, number: int) -> list[str]:
    """Add a track, and return what the user has to know of it."""
    file, record = inputs.tracks[side], inputs.content.provenance.tracks[side]
    grid, offset = file.analysis.grid, _offset_seconds(file)
    element = ET.SubElement(
        collection,
        "TRACK",
        TrackID=str(number),
        Name=record.tags.title or visible(record.name),
        Artist=record.tags.artist,
        TotalTime=str(int(file.duration_seconds)),
        AverageBpm=f"{grid.bpm:.2f}",
        SampleRate=str(file.sample_rate),
        Tonality=_tonality(file.analysis.key),
        Location=_location(file.path),
    )
    for seconds, bpm, beat in tempos(grid):
        ET.SubElement(
            element,
            "TEMPO",
            Inizio=f"{seconds + offset:.3f}",
            Bpm=f"{bpm:.2f}",
            Metro=f"{grid.beats_per_bar}/4",
            Battito=str(beat + 1),
        )
    lines = []
    if file.path.suffix.lower() not in _READABLE:
        lines.append(f"rekordbox does not read {file.path.suffix} files such as {record.name}.")
    for index, (name, seconds) in enumerate(inputs.marks):
        position = inputs.file_seconds(side, seconds)
        inside = min(max(position, 0.0), file.duration_seconds)
        if abs(inside - position) > 0.01:
            lines.append(
                f"The hot cue {name} of {side.upper()} is at {position:.1f} s, not within the "
                f"file; it is moved to {inside:.1f} s."
            )
        red, green, blue = map(str, _COLOURS[name])
        ET.SubElement(
            element,
            "POSITION_MARK",
            Name=f"djtrans {name}",
            Type="0",
            Start=f"{inside + offset:.3f}",
            Num=str(index),
            Red=red,
            Green=green,
            Blue=blue,
        )
    return lines


def tempos(grid: BeatGrid) -> Iterator[tuple[float, float, int]]:
    """Yield the anchors of a grid: beats from which on it has one tempo.

    Parameters
    ----------
    grid : BeatGrid

    Yields
    ------
    tuple of (float, float, int)
        Time in seconds, tempo in BPM with two decimals, and position in the bar, 0 for a downbeat.
        Beats at that tempo are within 2 ms of the grid, up to the next anchor.
    """
    times = [float(t) for t in grid.beat_times]
    first = next((i for i, t in enumerate(times) if t >= 0.0), 0)
    last = len(times) - 1
    while first < last:
        # As far as one tempo, rounded as it is written, reaches all beats.
        stop, bpm = first + 1, _rounded_bpm(times, first, first + 1)
        low, step = stop, 1
        while low < last and step:
            candidate = min(low + step, last)
            found = _rounded_bpm(times, first, candidate)
            if _reaches(times, first, candidate, found):
                low, stop, bpm = candidate, candidate, found
                step *= 2
            else:
                step //= 2
        yield times[first], bpm, (first - grid.first_downbeat) % grid.beats_per_bar
        first = stop


def _rounded_bpm(times: list[float], first: int, last: int) -> float:
    return round(60.0 * (last - first) / (times[last] - times[first]), 2)


def _reaches(times: list[float], first: int, last: int, bpm: float) -> bool:
    """Return True if beats at a tempo from the first beat on are those of the grid."""
    return all(
        abs(times[first] + (i - first) * 60.0 / bpm - times[i]) <= _GRID_TOLERANCE
        for i in range(first, last + 1)
    )


def _offset_seconds(file: ExportTrack) -> float:
    """Return the time of rekordbox minus that of djtrans."""
    timing = mp3_timing(file.path)
    if timing is None:
        return 0.0
    return timing.skipped_seconds + (timing.frame_seconds if timing.info_tag == "lame" else 0.0)


def _tonality(key: Key) -> str:
    tonic, mode = key.name.split()
    return f"{tonic}m" if mode == "minor" else tonic


def _location(path: Path) -> str:
    text = path.absolute().as_posix()
    return "file://localhost" + quote(text if text.startswith("/") else f"/{text}", safe="/:")
