"""Engine DJ: ``m.db`` of Engine 2.x to 4.x, in ``Engine Library/Database2``.

The tables are those of Engine's schema 2 and 3 as libdjinterop documents them [1]_. ``beatData`` is
compressed: sample rate and length, then two grids, as analyzed and as adjusted, of markers with a
sample offset and the number of the beat, which is 0 on the first downbeat [2]_. Beats are evenly
spaced between two markers. Hot cues are at sample offsets, with -1 for an empty one.

No source states how Engine counts the samples of MP3 files; its times are taken to be those of the
decoded frames.

References
----------
.. [1] https://github.com/xsco/libdjinterop
.. [2] https://github.com/mixxxdj/mixxx/wiki/Engine-Library-Format
"""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterator

import attrs

from djtrans.core.contracts.config import NoConfig
from djtrans.core.track.corrections import GridAnchor, TrackCorrections
from djtrans.core.track.cue import Cue
from djtrans.core.track.key import Key
from djtrans.core.track.library import LibraryEntry
from djtrans.plugins.libraries.entries import Problems, check_file, distinct
from djtrans.plugins.libraries.mp3_offsets import plain_offset
from djtrans.plugins.libraries.sqlite_files import open_database

_TRACKS = """
SELECT Track.path, Track.length, Track.key, PerformanceData.beatData,
       PerformanceData.quickCues, PerformanceData.loops
FROM Track LEFT JOIN PerformanceData ON PerformanceData.trackId = Track.id
"""
#: Larger than the data of any track.
_MOST_BYTES = 64_000_000
_MARKER = struct.Struct("<dqii")


class EngineDatabase:
    """Reader of Engine DJ's database.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def read(self, source: str) -> Iterator[LibraryEntry]:
        """Read the tracks of a database; see :class:`LibraryReader`."""
        problems = Problems(source)
        with open_database(check_file(source)) as database:
            for path, length, key, beats, cues, loops in database.execute(_TRACKS):
                location = str(path or "")
                while location.startswith("../"):  # relative to the folder of the database
                    location = location[3:]
                with problems.collected(location):
                    yield LibraryEntry(
                        location=location,
                        corrections=_corrections(key, beats, cues, loops),
                        duration_seconds=float(length) if length else None,
                    )
        problems.report()

    def offset_seconds(self, entry: LibraryEntry, track: str) -> float:
        """Return the offset of Engine in a file; see :class:`LibraryReader`."""
        return plain_offset(track)


def _corrections(
    key: int | None, beats: bytes | None, cues: bytes | None, loops: bytes | None
) -> TrackCorrections:
    rate, anchors = _beat_data(_uncompressed(beats)) if beats else (0.0, [])
    found: list[Cue] = []
    # Without a sample rate, positions mean nothing.
    if rate > 0 and cues:
        found += _quick_cues(_uncompressed(cues), rate)
    if rate > 0 and loops:
        found += _loops(loops, rate)
    return TrackCorrections(anchors=anchors, key=_key(key), cues=distinct(found))


def _uncompressed(blob: bytes) -> bytes:
    """Decompress data with its length before it, as Qt writes it."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(blob[4:], _MOST_BYTES)
    except zlib.error as error:
        raise ValueError(f"its data cannot be decompressed: {error}") from None
    if not stream.eof:
        raise ValueError("its data is cut off or too large")
    return data


@attrs.define
class _Reader:
    data: bytes
    at: int = 0

    def take(self, layout: str) -> tuple[float, ...]:
        form = struct.Struct(layout)
        if self.at + form.size > len(self.data):
            raise ValueError("its data is cut off")
        found = form.unpack_from(self.data, self.at)
        self.at += form.size
        return found

    def label(self) -> str:
        size = int(self.take("B")[0])
        text = self.data[self.at : self.at + size]
        self.at += size
        return text.decode("utf-8", errors="replace")


def _beat_data(data: bytes) -> tuple[float, list[GridAnchor]]:
    reader = _Reader(data)
    rate, _, is_set = reader.take(">ddB")
    grids = []
    for _ in range(2):
        count = int(reader.take(">q")[0])
        grids.append([reader.take(_MARKER.format) for _ in range(max(count, 0))])
    markers = grids[1] or grids[0]
    anchors = []
    for (start, beat, *_), (end, following, *_) in itertools.pairwise(markers):
        if is_set and rate > 0 and following > beat and end > start:
            tempo = 60.0 * rate * (following - beat) / (end - start)
            anchors.append(GridAnchor(start / rate, tempo, int(beat) % 4))
    return float(rate), anchors


def _quick_cues(data: bytes, rate: float) -> Iterator[Cue]:
    reader = _Reader(data)
    for slot in range(int(reader.take(">q")[0])):
        label = reader.label()
        offset, _ = reader.take(">dI")
        if offset >= 0:
            yield Cue(label or f"cue {slot + 1}", offset / rate)


def _loops(data: bytes, rate: float) -> Iterator[Cue]:
    reader = _Reader(data)
    for slot in range(int(reader.take("<q")[0])):
        label = reader.label()
        start, end, has_start, has_end, _ = reader.take("<ddBBI")
        if has_start and has_end:
            yield Cue(label or f"loop {slot + 1}", start / rate, end / rate)


def _key(number: int | None) -> str | None:
    """Convert a key: fifths from C major up, each with its relative minor after it."""
    if number is None or not 0 <= number <= 23:
        return None
    fifths, minor = divmod(number, 2)
    tonic = 7 * fifths % 12
    return Key((tonic - 3) % 12, "minor").name if minor else Key(tonic, "major").name
