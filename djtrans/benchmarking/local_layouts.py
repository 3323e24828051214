"""Find annotated tracks in the layouts of djtrans: rendered tracker modules, and a table."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from djtrans.benchmarking.annotation_files import as_seconds, increasing, key_name
from djtrans.benchmarking.annotations import AnnotatedTrack, Annotations
from djtrans.core.errors import InputError
from djtrans.core.track.stem_names import STEMS
from djtrans.core.util.json_documents import MALFORMED, read_json

#: Table of the annotated tracks of a folder.
TABLE = "annotations.csv"
_COLUMNS = ("file", "bpm", "key", "first_beat_seconds", "beats_per_bar")


def read_modules(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read rendered tracker modules, whose beats are exact: they are in the score."""
    for file in sorted(folder.glob("*/grid.json")):
        audio = file.with_name("mix.wav")
        if not audio.is_file():
            continue
        try:
            grid = read_json(file)
            beats = increasing([float(time) for time in grid["beat_times"]], file)
            downbeats = increasing([float(time) for time in grid["downbeat_times"]], file)
            bpm = None if grid["bpm_measured"] is None else float(grid["bpm_measured"])
        except MALFORMED as error:
            raise InputError(f"{file} is not the grid of a module: {error}") from None
        # A module of several tempi has no tempo that an estimate could be compared with.
        annotations = Annotations(
            bpm=bpm if grid.get("constant") else None, beats=beats, downbeats=downbeats
        )
        yield AnnotatedTrack(file.parent.name, audio, annotations, stems_beside(audio))


def stems_beside(audio: Path) -> Path | None:
    """Return the folder of a mix if its true stems are there, too."""
    folder = audio.parent
    return folder if all((folder / f"{name}.wav").is_file() for name in STEMS) else None


def read_annotated(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read tracks of constant tempo with the table ``annotations.csv``.

    An empty cell is an annotation that is not there. With ``bpm`` and ``first_beat_seconds`` the
    beats of the whole file are known, and with ``beats_per_bar`` the downbeats: the first beat is
    one.
    """
    table = folder / TABLE
    if not table.is_file():
        return
    with table.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        cells = {name: (row.get(name) or "").strip() for name in _COLUMNS}
        if not cells["file"] or not cells["bpm"] + cells["key"]:
            raise InputError(
                f"{table} needs the columns file, and bpm or key; a row has {row}. Columns are "
                f"{', '.join(_COLUMNS)}."
            )
        audio = folder / cells["file"]
        if audio.is_file():
            yield AnnotatedTrack(audio.stem, audio, _annotations_of(cells, audio, table))


def _annotations_of(cells: dict[str, str], audio: Path, table: Path) -> Annotations:
    key = key_name(cells["key"]) if cells["key"] else ""
    if cells["key"] and not key:
        raise InputError(f"{table} contains the key {cells['key']!r}; write it as 'A minor'.")
    if not cells["bpm"]:
        return Annotations(key=key)
    bpm = as_seconds(cells["bpm"], table)
    if bpm <= 0:
        raise InputError(f"{table} contains a tempo of {bpm:g} BPM; give one above 0.")
    if not cells["first_beat_seconds"]:
        return Annotations(bpm=bpm, key=key)
    first = as_seconds(cells["first_beat_seconds"], table)
    beats = np.arange(first, _duration_seconds(audio), 60.0 / bpm)
    downbeats = (
        beats[:: int(as_seconds(cells["beats_per_bar"], table))]
        if (cells["beats_per_bar"])
        else beats[:0]
    )
    return Annotations(bpm=bpm, key=key, beats=beats.tolist(), downbeats=downbeats.tolist())


def _duration_seconds(audio: Path) -> float:
    import soundfile

    try:
        return float(soundfile.info(audio).duration)
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(f"The length of {audio} cannot be read: {error}") from None
