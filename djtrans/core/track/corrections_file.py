"""Sidecar files with the corrections of a track, one for each track."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from djtrans.core.errors import FormatError, InputError
from djtrans.core.track.applied_correction import OWN
from djtrans.core.track.apply_corrections import CorrectionLayer
from djtrans.core.track.corrections import TrackCorrections
from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.track import Track, load_track
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.environment import CORRECTIONS
from djtrans.core.util.json_documents import read_document
from djtrans.core.util.output_files import make_folder
from djtrans.core.util.strict_structure import make_converter, structure

FORMAT = "djtrans-corrections"
FORMAT_VERSION = 1
#: Appended to the name of a track.
SUFFIX = ".djtrans.json"

_converter = make_converter()


@attrs.frozen(kw_only=True)
class Recording:
    """Recording that corrections belong to.

    Attributes
    ----------
    name : str
        Name of the file, for messages.
    sha256 : str
        Hash of the file's bytes.
    samples_sha256 : str
        Hash of the decoded samples, which tags do not change.
    duration_seconds : float
        Its length.
    """

    name: str
    sha256: str
    samples_sha256: str
    duration_seconds: float

    @classmethod
    def of(cls, track: Track) -> Recording:
        """Identify a track as it was loaded."""
        return cls(
            name=track.name,
            sha256=track.sha256,
            samples_sha256=track.samples_hash,
            duration_seconds=track.duration_seconds,
        )


@attrs.frozen(kw_only=True)
class Import:
    """Corrections that DJ software states.

    Attributes
    ----------
    source : str
        Qualified name of the library reader.
    library : str
        Name of the library's file.
    offset_seconds : float
        Time of that software minus that of djtrans; already subtracted.
    corrections : TrackCorrections
        In the time of djtrans.
    """

    source: str
    library: str
    offset_seconds: float
    corrections: TrackCorrections


@attrs.frozen(kw_only=True)
class Sidecar:
    """Content of a sidecar file.

    Attributes
    ----------
    recording : Recording
        Recording that it belongs to.
    own : TrackCorrections
        Corrections by the user, which take precedence.
    imported : Import or None
        Corrections by DJ software.
    """

    recording: Recording
    own: TrackCorrections = attrs.field(factory=TrackCorrections)
    imported: Import | None = None

    def layers(
        self, file: str = "", libraries: Sequence[CorrectionLayer] = ()
    ) -> tuple[CorrectionLayer, ...]:
        """List corrections by precedence, the highest last: imported, of libraries, own.

        Parameters
        ----------
        file : str
            Name of the sidecar file, for messages.
        libraries : sequence of CorrectionLayer
            Corrections from libraries that are read now.
        """
        given = self.imported
        stored = given and CorrectionLayer(given.corrections, given.source, given.library)
        own = CorrectionLayer(self.own, OWN, file)
        return (*([stored] if stored else []), *libraries, *([own] if self.own.stated else []))


def sidecar_path(track_path: str | os.PathLike[str], sha256: str) -> Path:
    """Return the sidecar file of a track, which need not exist.

    It lies in the folder that ``DJTRANS_CORRECTIONS`` names, under the hash of the track, or else
    beside the track, under its name.

    Parameters
    ----------
    track_path : path-like
        The track.
    sha256 : str
        Hash of the track's bytes.
    """
    folder = os.environ.get(CORRECTIONS)
    if folder:
        return Path(os.path.expanduser(folder)) / f"{sha256}{SUFFIX}"
    track = Path(os.path.expanduser(track_path))
    return track.with_name(f"{track.name}{SUFFIX}")


def find_sidecar(track_path: str | os.PathLike[str], sha256: str) -> Path | None:
    """Find the sidecar file of a track, or return None.

    With ``DJTRANS_CORRECTIONS`` set, one beside the track counts if the folder has none.
    """
    track = Path(os.path.expanduser(track_path))
    beside = track.with_name(f"{track.name}{SUFFIX}")
    places = dict.fromkeys((sidecar_path(track_path, sha256), beside))
    return next((file for file in places if file.is_file()), None)


def read_sidecar(path: str | os.PathLike[str]) -> Sidecar:
    """Read a sidecar file.

    Raises
    ------
    InputError
        If it cannot be read.
    FormatError
        If it is not a sidecar file, or a field is unknown or out of range; the message names it.
    """
    file = Path(path)
    document = read_document(
        file,
        FORMAT,
        FORMAT_VERSION,
        expected="file of corrections; 'djtrans grid' writes one",
        again="Correct it, or write it again with 'djtrans grid'.",
    )
    try:
        return structure(_converter, document, Sidecar, "corrections")
    except InputError as error:
        problem = " ".join(str(error).split()).rstrip(".")
        raise FormatError(
            f"{file}: {problem}. Correct it, or write it again with 'djtrans grid'."
        ) from None


def write_sidecar(path: str | os.PathLike[str], sidecar: Sidecar) -> None:
    """Write a sidecar file, atomically; fields that state nothing are left out.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    file = Path(path)
    make_folder(file.parent)
    write_text(file, json.dumps(sidecar_to_dict(sidecar), indent=1, ensure_ascii=False) + "\n")


def sidecar_to_dict(sidecar: Sidecar) -> dict[str, Any]:
    """Convert a sidecar to JSON-ready values."""
    document: dict[str, Any] = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "recording": attrs.asdict(sidecar.recording),
        "own": _stated(sidecar.own),
    }
    if sidecar.imported is not None:
        document["imported"] = {
            **attrs.asdict(sidecar.imported, recurse=False),
            "corrections": _stated(sidecar.imported.corrections),
        }
    return document


def own_sidecar(track: Track | LazyTrack) -> tuple[Path, Sidecar] | None:
    """Read the sidecar file of a track; None if there is none, or it is of another recording.

    Raises
    ------
    InputError
        If the file is invalid.

    Warns
    -----
    UserWarning
        If it belongs to another recording, and is ignored.
    """
    if not track.path:
        return None
    file = find_sidecar(track.path, track.sha256)
    if file is None:
        return None
    sidecar = read_sidecar(file)
    if not is_same_recording(sidecar.recording, track):
        warnings.warn(
            f"{file} belongs to another recording ({sidecar.recording.name}, "
            f"{sidecar.recording.duration_seconds:.1f} s) and is ignored; move it away, or replace "
            "it with 'djtrans grid --clear'.",
            stacklevel=2,
        )
        return None
    return file, sidecar


def is_same_recording(recording: Recording, track: Track | LazyTrack) -> bool:
    """Return True if a track is the recording, in a file whose tags may have changed."""
    if recording.sha256 == track.sha256:
        return True
    # The track may have been resampled since it was loaded.
    loaded = load_track(track.path)
    return recording.samples_sha256 == loaded.samples_hash


def _stated(corrections: TrackCorrections) -> dict[str, Any]:
    """Convert corrections to JSON-ready values without the fields that state nothing."""
    empty = attrs.asdict(TrackCorrections())
    plain = attrs.asdict(corrections)
    return {
        name: [_given(item) for item in value] if isinstance(value, (list, tuple)) else value
        for name, value in plain.items()
        if value != empty[name]
    }


def _given(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}
