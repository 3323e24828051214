"""Mixxx: ``mixxxdb.sqlite``.

The tables are those of Mixxx' schema [1]_. Beats are protocol buffers [2]_: ``BeatGrid-2.0`` is a
tempo and the frame of the first beat, ``BeatMap-1.0`` the frame of each beat; neither states
downbeats. Positions of cues count the samples of two channels. ``key_id`` is 1 to 12 for C to B
major and 13 to 24 for minor [3]_.

References
----------
.. [1] https://github.com/mixxxdj/mixxx/blob/main/res/schema.xml
.. [2] https://github.com/mixxxdj/mixxx/blob/main/src/proto/beats.proto
.. [3] https://github.com/mixxxdj/mixxx/blob/main/src/proto/keys.proto
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from djtrans.core.errors import LibraryError
from djtrans.core.track.anchored_grid import anchors_of_beats
from djtrans.core.track.beat_grid import as_times
from djtrans.core.track.corrections import GridAnchor, TrackCorrections
from djtrans.core.track.cue import Cue
from djtrans.core.track.key import Key
from djtrans.core.track.library import LibraryEntry
from djtrans.plugins.libraries import MixxxConfig
from djtrans.plugins.libraries.entries import Problems, check_file, distinct
from djtrans.plugins.libraries.mp3_offsets import core_audio_offset, libmad_offset, plain_offset
from djtrans.plugins.libraries.protobuf import fields
from djtrans.plugins.libraries.sqlite_files import open_database

_TRACKS = """
SELECT library.id, track_locations.location, library.duration, library.samplerate,
       library.beats, library.beats_version, library.key_id
FROM library JOIN track_locations ON library.location = track_locations.id
"""
_CUES = "SELECT track_id, type, position, length, hotcue, label FROM cues"
_HOT_CUE, _LOOP = 1, 4
#: Types of cues that are positions in the music, with their names.
_NAMED = {_HOT_CUE: "", 2: "main", _LOOP: "", 6: "intro", 7: "outro"}
_CHANNELS = 2
_OFFSETS = {"mad": libmad_offset, "coreaudio": core_audio_offset, "ffmpeg": plain_offset}


class MixxxDatabase:
    """Reader of Mixxx' database.

    Parameters
    ----------
    config : MixxxConfig
    """

    def __init__(self, config: MixxxConfig) -> None:
        self.config = config

    def read(self, source: str) -> Iterator[LibraryEntry]:
        """Read the tracks of a database; see :class:`LibraryReader`."""
        problems = Problems(source)
        with open_database(check_file(source)) as database:
            cues: dict[int, list[tuple[object, ...]]] = defaultdict(list)
            for track, *cue in database.execute(_CUES):
                cues[track].append(tuple(cue))
            for number, location, duration, rate, beats, version, key in database.execute(_TRACKS):
                with problems.collected(str(location)):
                    if not rate or rate < 0:
                        raise LibraryError("it has no sample rate")
                    yield LibraryEntry(
                        location=str(location),
                        corrections=TrackCorrections(
                            anchors=_anchors(beats, version, rate) if beats else (),
                            key=_key(key),
                            cues=distinct(
                                [_cue(cue, rate) for cue in cues[number] if cue[0] in _NAMED]
                            ),
                        ),
                        duration_seconds=float(duration) if duration else None,
                    )
        problems.report()

    def offset_seconds(self, entry: LibraryEntry, track: str) -> float:
        """Return the offset of Mixxx in a file; see :class:`LibraryReader`."""
        decoder = self.config.decoder
        if decoder == "auto":
            mac = entry.location.startswith(("/Users/", "/Volumes/"))
            decoder = "coreaudio" if mac else "mad"
        return _OFFSETS[decoder](track)


def _anchors(blob: bytes, version: str, rate: int) -> tuple[GridAnchor, ...]:
    if version == "BeatGrid-2.0":
        grid = dict(fields(blob))
        bpm = dict(fields(_message(grid.get(1)))).get(1)
        first = _frame(_message(grid.get(2)))
        return (GridAnchor((first or 0.0) / rate, float(bpm)),) if bpm else ()
    if version == "BeatMap-1.0":
        frames = [_frame(_message(beat)) for number, beat in fields(blob) if number == 1]
        times = sorted({frame / rate for frame in frames if frame is not None})
        return anchors_of_beats(as_times(times)) if len(times) > 1 else ()
    raise LibraryError(f"its beats have the unknown version {version!r}")


def _message(value: object) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, bytes):
        raise ValueError("its beats are damaged")
    return value


def _frame(beat: bytes) -> float | None:
    """Return the position of a beat; None if it is disabled."""
    found = dict(fields(beat))
    position = found.get(1, 0)
    if not found.get(2, True):
        return None
    if isinstance(position, bytes):
        raise ValueError("its beats are damaged")
    return float(position)


def _key(number: int | None) -> str | None:
    if number is None or not 1 <= number <= 24:
        return None
    return Key((number - 1) % 12, "minor" if number > 12 else "major").name


def _cue(row: tuple[object, ...], rate: int) -> Cue:
    kind, position, length, hotcue, label = row
    name = str(label or "") or _NAMED[int(str(kind))]
    if not name and int(str(hotcue)) >= 0:
        name = f"hotcue {int(str(hotcue)) + 1}"
    start = float(str(position)) / _CHANNELS / rate
    if not float(str(length)) or kind == _HOT_CUE:
        return Cue(name, start)
    return Cue(name, start, start + float(str(length)) / _CHANNELS / rate)
