"""Find the tracks of published datasets with cue points."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from djtrans.benchmarking.annotation_files import as_seconds, increasing
from djtrans.benchmarking.annotations import AnnotatedTrack, Annotations
from djtrans.benchmarking.published_layouts import find_audio
from djtrans.core.errors import DependencyError, InputError
from djtrans.core.util.json_documents import MALFORMED, read_json

#: Cue points of several people within this many seconds of the first are one, as the authors of
#: M-DJCUE recommend.
_SAME_SECONDS = 0.5
#: Annotators who have to agree on a cue point of M-DJCUE, of three for each track.
_MAJORITY = 2
#: Part of a track's beats that an alignment of Raveform has to match, or it may be of other music.
_LEAST_MATCH = 0.4


def agreed(points: Iterable[tuple[float, str]], least: int) -> tuple[float, ...]:
    """Merge the cue points of several people.

    Parameters
    ----------
    points : iterable of tuple
        Seconds, and the name of the person.
    least : int
        Number of people who have to agree on a point.

    Returns
    -------
    tuple of float
        Mean of each group of points within 0.5 s of its first, increasing.
    """
    groups: list[list[tuple[float, str]]] = []
    for point in sorted(points):
        if groups and point[0] - groups[-1][0][0] <= _SAME_SECONDS:
            groups[-1].append(point)
        else:
            groups.append([point])
    return tuple(
        sum(seconds for seconds, _ in group) / len(group)
        for group in groups
        if len({person for _, person in group}) >= least
    )


def read_m_djcue(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read M-DJCUE: cue points in and out on which two of three annotators agree."""
    for file in sorted(folder.glob("annotations/*.jams")):
        audio = find_audio(folder / "audio", file.stem)
        if audio is None:
            continue
        try:
            points = [
                (float(cue["time"]), str(index))
                for index, annotation in enumerate(read_json(file)["annotations"])
                if annotation["namespace"] == "cue_point"
                for cue in annotation["data"]
            ]
        except MALFORMED as error:
            raise InputError(f"{file} has no cue points of M-DJCUE: {error}") from None
        cues = agreed(points, _MAJORITY)
        if cues:
            yield AnnotatedTrack(file.stem, audio, Annotations(cues=cues))


def read_edm_cue(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read EDM-CUE, whose audio the user adds under the numbers of the annotations.

    Raises
    ------
    DependencyError
        If pyarrow is not installed.
    """
    files = sorted(folder.glob("data/*.parquet"))
    if not files:
        return
    try:
        from pyarrow import parquet
    except ImportError:
        raise DependencyError(
            "pyarrow, which reads EDM-CUE, is not installed; install it with: pip install pyarrow"
        ) from None
    for file in files:
        try:
            rows = parquet.read_table(file, columns=["id", "beat_grid", "cue_pts"]).to_pylist()
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{file} is not a table of EDM-CUE: {error}") from None
        for row in rows:
            audio = find_audio(folder / "audio", str(row["id"]))
            # Some cue points lie before the first sample; it is where they are played from.
            cues = agreed(((max(float(x), 0.0), "") for x in row["cue_pts"] or ()), 1)
            if audio is not None and cues:
                bpm = float((row["beat_grid"] or {}).get("bpm") or 0.0)
                annotations = Annotations(bpm=bpm if bpm > 0 else None, cues=cues)
                yield AnnotatedTrack(str(row["id"]), audio, annotations)


def read_raveform(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read the annotated tracks of Raveform, with the points at which DJs mixed them in and out."""
    file = folder / "structures/segments.json"
    if not file.is_file():
        return
    try:
        entries = [
            (str(entry["key"]), str(entry["id"]), entry)
            for entry in read_json(file)
            if find_audio(folder / "audio", str(entry["key"])) is not None
        ]
        mixes = sorted({str(mix) for *_, entry in entries for mix in entry["played_at"]})
        cues = _mix_points(folder, mixes, {track for _, track, _ in entries})
        for key, track, entry in entries:
            audio = find_audio(folder / "audio", key)
            beats, downbeats = _raveform_beats(folder / f"structures/beats/{key}.beat.csv")
            tempos = {float(tempo["bpm"]) for tempo in entry["tempos"]}
            starts = [float(section["start"]) for section in entry["sections"]]
            end = float(entry["sections"][-1]["end"])
            # A last section may end before it starts, by a rounding error.
            boundaries = [*starts, end] if end > starts[-1] else starts
            annotations = Annotations(
                bpm=tempos.pop() if len(tempos) == 1 else None,
                beats=beats,
                downbeats=downbeats,
                boundaries=increasing(boundaries, file),
                cues=agreed(cues.get(track, ()), 1),
            )
            if audio is not None:
                yield AnnotatedTrack(key, audio, annotations)
    except MALFORMED as error:
        raise InputError(f"{file} has no sections of Raveform: {error}") from None


def _raveform_beats(file: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Read the times of beats and downbeats."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = [(row["time"], row["downbeat"]) for row in csv.DictReader(stream)]
    except (OSError, UnicodeDecodeError, KeyError) as error:
        raise InputError(f"Cannot read the beats {file}: {error!r}") from None
    beats = [(as_seconds(time or "", file), number) for time, number in rows]
    return (
        increasing([time for time, _ in beats], file),
        increasing([time for time, number in beats if number == "1"], file),
    )


def _mix_points(
    folder: Path, mixes: Iterable[str], tracks: set[str]
) -> dict[str, list[tuple[float, str]]]:
    """Collect the points of each track at which the DJs of the mixes mixed it in or out."""
    found: dict[str, list[tuple[float, str]]] = {}
    for mix in mixes:
        file = folder / f"alignments/{mix}.align.jsonl"
        if not file.is_file():
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            try:
                play: dict[str, Any] = json.loads(line)
                track = str(play["track_id"])
                if track not in tracks or float(play["match_rate"]) <= _LEAST_MATCH:
                    continue
                times = [float(play[f"{side}_time_track"]) for side in ("mixin", "mixout")]
            except MALFORMED as error:
                raise InputError(f"{file} is no alignment of Raveform: {error}") from None
            found.setdefault(track, []).extend((max(time, 0.0), mix) for time in times)
    return found
