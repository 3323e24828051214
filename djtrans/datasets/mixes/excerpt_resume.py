"""Compare an excerpt of an earlier run with what would be extracted now."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from djtrans.core.errors import DjtransError, InputError
from djtrans.core.track.tracklist import TracklistEntry
from djtrans.core.util.checksums import SUMS, find_damage, folder_hashes, read_checksums
from djtrans.datasets.mixes.alignment.excerpt import (
    ALIGNMENT,
    Alignment,
    ExcerptInputs,
    SourceRecord,
    read_alignment,
)


def reason_to_extract(
    folder: Path,
    entries: Sequence[TracklistEntry],
    inputs: ExcerptInputs,
    sources: Sequence[str],
) -> str | None:
    """Compare an excerpt with what it would be made from now.

    Parameters
    ----------
    folder : Path
        Of the excerpt, which may not exist.
    entries : sequence of TracklistEntry
        The two tracks of the boundary.
    inputs : ExcerptInputs
        The mix, times and options.
    sources : sequence of str
        Hash of the file of each track; ``""`` if there is none now, in which case the source that
        an earlier run aligned is kept.

    Returns
    -------
    str or None
        Why it is to be extracted again; ``""`` if it is sound, None if it is not there.

    Raises
    ------
    InputError
        If there is a folder that is not an excerpt.
    """
    if not folder.exists():
        return None
    if not (folder / ALIGNMENT).is_file() and not (folder / SUMS).is_file():
        raise InputError(f"{folder} is not an excerpt; move it elsewhere, or give another output.")
    try:
        known = read_alignment(folder)
    except DjtransError:
        return f"it is damaged ({ALIGNMENT} cannot be read)"
    return excerpt_damage(folder, known) or "; ".join(_changes(known, entries, inputs, sources))


def excerpt_damage(folder: Path, known: Alignment) -> str:
    """Compare an excerpt's files with their checksums; return what is wrong, empty if nothing."""
    expected = read_checksums(folder)
    if not expected and known.inputs is None and not (folder / SUMS).exists():
        return ""  # djtrans 0.1 wrote no checksums
    files = {ALIGNMENT, "mix.wav"}
    files |= {
        f"track_{name}.wav"
        for name, side in (("a", known.track_a), ("b", known.track_b))
        if side.aligned
    }
    if not files <= expected.keys():
        return "it is damaged (its checksums cannot be read)"
    damage = find_damage(expected, folder_hashes(folder))
    return f"it is damaged ({damage})" if damage else ""


def _changes(
    known: Alignment,
    entries: Sequence[TracklistEntry],
    inputs: ExcerptInputs,
    sources: Sequence[str],
) -> list[str]:
    sides = (known.track_a, known.track_b)
    before, now = ([_name(each) for each in pair] for pair in (sides, entries))
    if before != now:
        return [
            f"the tracklist has '{now[0]}' to '{now[1]}' here, not '{before[0]}' to '{before[1]}'"
        ]
    changes = [
        f"'{name}' has {'another' if side.file else 'a'} file now"
        for name, side, source in zip(now, sides, sources, strict=True)
        if source and (not side.file or (side.sha256 and side.sha256 != source))
    ]
    made = known.inputs
    if made is None:
        return changes
    if made.mix_sha256 != inputs.mix_sha256:
        changes.append("the audio of the mix was changed")
    if (made.start_seconds, made.resolution_seconds) != (
        inputs.start_seconds,
        inputs.resolution_seconds,
    ):
        changes.append("its time in the tracklist was changed")
    if made.seconds != inputs.seconds:
        changes.append(f"excerpts of {inputs.seconds:g} s are asked for, not {made.seconds:g} s")
    if made.version != inputs.version:
        changes.append("another version extracted it")
    return changes


def _name(track: SourceRecord | TracklistEntry) -> str:
    return str(TracklistEntry(artist=track.artist, title=track.title, mix=track.mix))
