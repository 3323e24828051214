"""Change the corrections of a track: the user's own, and those imported from a library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.apply_corrections import CorrectionLayer, apply_corrections
from djtrans.core.track.corrections import GridAnchor, SectionMark, TrackCorrections
from djtrans.core.track.corrections_file import (
    Recording,
    Sidecar,
    find_sidecar,
    is_same_recording,
    read_sidecar,
    sidecar_path,
    write_sidecar,
)
from djtrans.core.track.cue import Cue
from djtrans.core.track.track import Track

#: Parts of the corrections that can be removed, with the fields that state them.
PARTS = {
    "bpm": "bpm",
    "anchors": "anchors",
    "octave": "octave_bpm",
    "downbeat": "downbeat_seconds",
    "key": "key",
    "cues": "cues",
    "sections": "sections",
}
#: Name under which an import is removed.
IMPORT = "import"


@attrs.frozen(kw_only=True)
class GridEdit:
    """Changes of the user's own corrections.

    Attributes
    ----------
    bpm : float or None
        New tempo, also of the anchors.
    anchors : tuple of GridAnchor
        Replace the former anchors; empty: these are kept.
    octaves : int
        1 doubles the tempo, -1 halves it.
    downbeat_seconds : float or None
        Time of a downbeat.
    key : str or None
        Key.
    cues : tuple of Cue
        Replace those of the same names.
    sections : tuple of (str, int, int)
        Label, first bar and the bar after the last, of the corrected grid; replace those that they
        overlap.
    removed : tuple of str
        Names of :data:`PARTS`, :data:`IMPORT`, or ``"cue=NAME"``; removed first.
    """

    bpm: float | None = None
    anchors: tuple[GridAnchor, ...] = ()
    octaves: int = 0
    downbeat_seconds: float | None = None
    key: str | None = None
    cues: tuple[Cue, ...] = ()
    sections: tuple[tuple[str, int, int], ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if nothing is changed."""
        return self == GridEdit()


def stored_sidecar(track: Track) -> Sidecar:
    """Read the sidecar file of a track, or return one without corrections.

    Raises
    ------
    InputError
        If the file is invalid, or belongs to another recording.
    """
    file = find_sidecar(track.path, track.sha256)
    if file is None:
        return Sidecar(recording=Recording.of(track))
    sidecar = read_sidecar(file)
    if not is_same_recording(sidecar.recording, track):
        raise InputError(
            f"{file} belongs to another recording ({sidecar.recording.name}, "
            f"{sidecar.recording.duration_seconds:.1f} s); move it away, or delete it with "
            "'djtrans grid --clear'."
        )
    return sidecar


def store_sidecar(track: Track, sidecar: Sidecar) -> Path | None:
    """Write the sidecar file of a track, or delete it if it states nothing any more.

    Returns
    -------
    Path or None
        The file; None if there is none now.
    """
    if not sidecar.own.stated and sidecar.imported is None:
        clear_sidecar(track.path, track.sha256)
        return None
    file = sidecar_path(track.path, track.sha256)
    write_sidecar(file, attrs.evolve(sidecar, recording=Recording.of(track)))
    return file


def clear_sidecar(path: str, sha256: str) -> list[Path]:
    """Delete the sidecar files of a track, and return them."""
    removed = []
    while file := find_sidecar(path, sha256):
        file.unlink()
        removed.append(file)
    return removed


def edited(
    sidecar: Sidecar,
    edit: GridEdit,
    analysis: Analysis,
    libraries: Sequence[CorrectionLayer] = (),
) -> Sidecar:
    """Change the user's own corrections, and check the result.

    Parameters
    ----------
    sidecar : Sidecar
    edit : GridEdit
    analysis : Analysis
        As the analyzer found it.
    libraries : sequence of CorrectionLayer
        Corrections from libraries that are not in the sidecar.

    Returns
    -------
    Sidecar

    Raises
    ------
    InputError
        If a correction is out of range, or is not within the track.
    """
    own, imported = sidecar.own, sidecar.imported
    for name in edit.removed:
        if name == IMPORT:
            imported = None
        elif name.startswith("cue="):
            own = _without_cue(own, name.removeprefix("cue="))
        elif name in PARTS:
            empty = getattr(TrackCorrections(), PARTS[name])
            own = attrs.evolve(own, **{PARTS[name]: empty})
        else:
            raise InputError(
                f"{name!r} is no part of the corrections; give {', '.join(PARTS)}, {IMPORT}, or "
                "cue=NAME."
            )

    def corrected(corrections: TrackCorrections) -> Analysis:
        changed = attrs.evolve(sidecar, own=corrections, imported=imported)
        return apply_corrections(analysis, changed.layers(libraries=libraries))

    if edit.anchors:
        own = attrs.evolve(own, anchors=sorted(edit.anchors, key=lambda a: a.seconds))
    if edit.bpm is not None:
        anchors = [a if a in edit.anchors else attrs.evolve(a, bpm=None) for a in own.anchors]
        own = attrs.evolve(own, bpm=edit.bpm, anchors=anchors, octave_bpm=None)
    if edit.downbeat_seconds is not None:
        own = attrs.evolve(own, downbeat_seconds=edit.downbeat_seconds)
    if edit.octaves:
        own = _in_octave(own, 2.0**edit.octaves, corrected(own).grid.bpm)
    if edit.key is not None:
        own = attrs.evolve(own, key=edit.key)
    if edit.cues:
        names = {cue.name for cue in edit.cues}
        cues = [cue for cue in own.cues if cue.name not in names]
        cues = sorted([*cues, *edit.cues], key=lambda cue: cue.seconds)
        own = attrs.evolve(own, cues=cues)
    if edit.sections:
        own = _with_sections(own, edit, corrected(own))
    corrected(own)
    return attrs.evolve(sidecar, own=own, imported=imported)


def _without_cue(own: TrackCorrections, name: str) -> TrackCorrections:
    if name not in {cue.name for cue in own.cues}:
        named = ", ".join(repr(cue.name) for cue in own.cues) or "none"
        raise InputError(f"There is no cue {name!r} of your own; there are: {named}.")
    return attrs.evolve(own, cues=[cue for cue in own.cues if cue.name != name])


def _in_octave(own: TrackCorrections, factor: float, bpm: float) -> TrackCorrections:
    if own.bpm is None and not any(anchor.bpm for anchor in own.anchors):
        return attrs.evolve(own, octave_bpm=bpm * factor)
    anchors = [attrs.evolve(a, bpm=a.bpm and a.bpm * factor) for a in own.anchors]
    return attrs.evolve(own, bpm=own.bpm and own.bpm * factor, anchors=anchors)


def _with_sections(own: TrackCorrections, edit: GridEdit, analysis: Analysis) -> TrackCorrections:
    marks = list(own.sections)
    for label, first, end in edit.sections:
        if not 0 <= first < end <= analysis.grid.bars:
            raise InputError(
                f"The section {label}={first}-{end} is not within the track; give bars from 0 to "
                f"{analysis.grid.bars}, as 'djtrans analyze' prints them."
            )
        mark = SectionMark(label, *map(analysis.grid.time_of_bar, (first, end)))
        marks = [
            other
            for other in marks
            if other.end_seconds <= mark.start_seconds or mark.end_seconds <= other.start_seconds
        ]
        marks.append(mark)
    return attrs.evolve(own, sections=sorted(marks, key=lambda m: m.start_seconds))
