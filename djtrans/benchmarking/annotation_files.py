"""Read the annotation files of datasets."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

from djtrans.core.errors import DependencyError, InputError
from djtrans.core.track.key import parse_key


def read_rows(file: Path) -> list[list[str]]:
    """Read the fields of each line, which are separated by blanks; empty lines are left out.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read the annotations {file}: {error}") from None
    return [line.split() for line in lines if line.strip()]


def read_number(file: Path) -> float:
    """Read a file that holds one number, such as a tempo."""
    rows = read_rows(file)
    if not rows:
        raise InputError(f"{file} is empty; a number is expected.")
    return as_seconds(rows[0][0], file)


def read_key_name(file: Path) -> str:
    """Read a file that holds one key; empty if it is none that mir_eval can compare."""
    return key_name(" ".join(field for row in read_rows(file) for field in row))


def key_name(text: str) -> str:
    """Convert a key to the notation of mir_eval; empty if it is neither major nor minor."""
    key = parse_key(text)
    return "" if key is None else key.name


def read_beats(file: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Read times of beats and downbeats.

    Parameters
    ----------
    file : Path
        A beat per line: its time in seconds, and its position. A position is the number of the
        beat in its bar, or ``bar.beat``. Beats without a position give no downbeats.

    Raises
    ------
    InputError
        If a time is not a number, or times do not increase.
    """
    beats, downbeats = [], []
    for row in read_rows(file):
        seconds = as_seconds(row[0], file)
        beats.append(seconds)
        if len(row) > 1 and row[1].split(".")[-1] == "1":
            downbeats.append(seconds)
    return increasing(beats, file), increasing(downbeats, file)


def read_boundaries(file: Path) -> tuple[float, ...]:
    """Read section boundaries: a time in seconds and a label per line, the last one the end."""
    return increasing([as_seconds(row[0], file) for row in read_rows(file)], file)


def read_rwc_beats(file: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Read times of beats and downbeats of the RWC database.

    Parameters
    ----------
    file : Path
        A beat per line: its start and end in hundredths of a second, and its position: 384 on a
        downbeat, -1 for none.
    """
    rows = [(as_seconds(row[0], file) / 100.0, row[-1]) for row in read_rows(file)]
    return (
        increasing([time for time, position in rows if position != "-1"], file),
        increasing([time for time, position in rows if position == "384"], file),
    )


def read_rwc_boundaries(file: Path) -> tuple[float, ...]:
    """Read starts and ends of sections of the RWC database, in hundredths of a second."""
    ends = {as_seconds(field, file) / 100.0 for row in read_rows(file) for field in row[:2]}
    return tuple(sorted(ends))


def as_seconds(text: str, file: Path) -> float:
    """Convert text to a finite number.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{file} contains {text!r} where a number is expected.")
    return value


def increasing(times: list[float], file: Path) -> tuple[float, ...]:
    """Return times as a tuple.

    Raises
    ------
    InputError
        If they do not increase.
    """
    for before, after in pairwise(times):
        if not before < after:
            raise InputError(f"Times in {file} do not increase: {before:g} before {after:g}.")
    return tuple(times)


def read_tempo_map(file: Path) -> tuple[tuple[float, ...], float | None]:
    """Read the beats of a MIDI file up to its last note, and its tempo.

    Returns
    -------
    beats : tuple of float
        Seconds of the quarter notes.
    bpm : float or None
        Tempo; None if it changes.

    Raises
    ------
    DependencyError
        If mido is not installed.
    InputError
        If the file is no MIDI file, or counts time codes instead of beats.
    """
    try:
        import mido
    except ImportError:
        raise DependencyError(
            "mido is not installed; install it with: pip install 'djtrans[midi]'"
        ) from None
    try:
        content = mido.MidiFile(file)
    except (OSError, EOFError, ValueError, IndexError, KeyError) as error:
        raise InputError(f"{file} is not a MIDI file: {error}") from None
    per_beat = content.ticks_per_beat
    if not 0 < per_beat < 1 << 15:
        raise InputError(f"{file} counts time codes, not beats.")
    tempo, tick, seconds, next_beat = 500_000, 0, 0.0, 0  # the tempo before any is set: 120 BPM
    tempos: set[int] = set()
    beats: list[float] = []
    known = 0
    for message in mido.merge_tracks(content.tracks):
        while next_beat <= tick + message.time:
            beats.append(seconds + (next_beat - tick) * tempo / per_beat / 1e6)
            next_beat += per_beat
        seconds += message.time * tempo / per_beat / 1e6
        tick += message.time
        if message.type == "set_tempo":
            tempo = message.tempo
            tempos.add(tempo)
        elif message.type in ("note_on", "note_off"):
            known = len(beats)
    bpm = mido.tempo2bpm(tempos.pop() if tempos else tempo) if len(tempos) < 2 else None
    return tuple(beats[:known]), bpm
