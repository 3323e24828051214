"""Extract the transitions of mixes: an excerpt around each boundary, with its tracks aligned."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import attrs

from djtrans.core.audio.file_facts import audio_seconds
from djtrans.core.audio.io import load_window
from djtrans.core.errors import AudioFileError, DjtransError, InputError
from djtrans.core.track.tracklist import Tracklist, TracklistEntry, clock
from djtrans.core.track.tracklist_files import load_tracklist
from djtrans.core.util.checksums import file_hash
from djtrans.core.util.folder_lock import folder_lock
from djtrans.core.util.output_files import check_folder
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.core.util.temporary_files import remove_abandoned
from djtrans.datasets.mixes.alignment.boundary_track import SAMPLE_RATE, BoundaryTrack
from djtrans.datasets.mixes.alignment.excerpt import Alignment, ExcerptInputs, write_excerpt
from djtrans.datasets.mixes.alignment.file_matching import (
    FileMatch,
    audio_files,
    find_mix,
    match_boundary,
)
from djtrans.datasets.mixes.alignment.location import SearchAudio, audible_spans
from djtrans.datasets.mixes.excerpt_resume import reason_to_extract
from djtrans.pipeline.progress import Steps

MIXES, TRACKLISTS, OUTPUT = "data/mixes", "data/tracklists", "data/transitions"
#: Tracks are searched this far before and after the tracklist's time.
SEARCH_SECONDS = 90.0
#: Least margin before and after the overlap of both tracks; as long as the overlap if that is
#: longer: the quiet ends of long fades are masked by the other track.
MARGIN_SECONDS = 8.0
#: Largest gap between the spans of correctly aligned tracks, which overlap by half a second even
#: across an echo-out; about the accuracy of the spans.
GAP_SECONDS = 2.0
LONGEST_SECONDS = 240.0


@attrs.define
class Extracted:
    """Result of an extraction.

    Attributes
    ----------
    written : list of Path
        Folders of new excerpts.
    aligned : int
        Number of new excerpts with both sources.
    known : list of Path
        Folders that existed before.
    failed : dict of str to str
        Errors by mix or boundary.
    """

    written: list[Path] = attrs.field(factory=list)
    aligned: int = 0
    known: list[Path] = attrs.field(factory=list)
    failed: dict[str, str] = attrs.field(factory=dict)


def extract(
    mixes: str | os.PathLike[str] = MIXES,
    tracklists: str | os.PathLike[str] = TRACKLISTS,
    output: str | os.PathLike[str] = OUTPUT,
    *,
    tracks: str | os.PathLike[str] | None = None,
    most: int = 20,
    seconds: float = 90.0,
    progress: ProgressCallback | None = None,
) -> Extracted:
    """Extract an excerpt around each boundary of each mix, and align its two tracks to it.

    Parameters
    ----------
    mixes, tracklists : path
        Folders of the mixes' audio, and of the tracklists written by ``djtrans collect``.
    output : path
        ``<mix>/transition_001/`` and so on are written there. Existing ones are kept if they were
        made from the same entries, files and options and are undamaged; the others are made again,
        with a warning that gives the reason.
    tracks : path, optional
        Folder of the original tracks, named like those of the tracklist. Without it, or for a
        track that is missing there, an excerpt has no aligned source.
    most : int
        Largest number of excerpts in the output, existing ones included, at least 1.
    seconds : float
        Length of an excerpt without alignment, 10 to 240.
    progress : callable, optional
        Receives `Progress` events of each alignment, and one of stage "excerpts" for each new
        excerpt, whose message describes it.

    Returns
    -------
    Extracted

    Raises
    ------
    InputError
        If a folder is missing, a number out of range, or another run holds the output.
    """
    if most < 1:
        raise InputError(f"A limit of {most} excerpts is not allowed; give at least 1.")
    if not 10.0 <= seconds <= LONGEST_SECONDS:
        raise InputError(f"Excerpts of {seconds:g} s are not allowed; give 10 to 240 s.")
    inputs = {"the mixes": mixes, "the tracklists": tracklists, "the tracks": tracks}
    check_folder("The output folder", output, inputs)
    found = _folder(tracklists, "tracklists").glob("*.json")
    lists = sorted(file for file in found if not file.name.startswith("."))
    if not lists:
        raise InputError(f"{tracklists} holds no tracklists; collect some with 'djtrans collect'.")
    audio = audio_files(_folder(mixes, "mixes"))
    originals = [] if tracks is None else audio_files(_folder(tracks, "tracks"))
    with folder_lock(output, "djtrans extract"):
        return _extract(lists, audio, originals, Path(output), most, seconds, progress)


def _extract(
    lists: Sequence[Path],
    audio: Sequence[Path],
    originals: list[Path],
    output: Path,
    most: int,
    seconds: float,
    progress: ProgressCallback | None,
) -> Extracted:
    result = Extracted()
    hash_of = cache(file_hash)
    for file in lists:
        try:
            tracklist = load_tracklist(file)
            mix = find_mix(tracklist.title, tracklist.audio, file.stem, audio)
            if mix is None:
                raise InputError("no audio file in the folder of mixes has a matching name.")
            length = audio_seconds(mix)
        except DjtransError as error:
            result.failed[file.stem] = str(error)
            continue
        remove_abandoned(output / file.stem)
        for number in range(1, len(tracklist.entries)):
            if len(result.written) + len(result.known) >= most:
                return result
            folder = output / file.stem / f"transition_{number:03d}"
            boundary = _Boundary(tracklist, number, mix, length, seconds, originals, hash_of)
            try:
                reason = boundary.reason_to_extract(folder)
                if reason == "":
                    result.known.append(folder)
                    continue
                if reason is not None:
                    warnings.warn(f"{folder} is extracted again: {reason}.", stacklevel=3)
                alignment = boundary.write(folder, progress)
            except DjtransError as error:
                result.failed[f"{file.stem} {number}"] = str(error)
                # A mix that cannot be decoded fails at every boundary in the same way.
                if isinstance(error, AudioFileError) and str(mix) in str(error):
                    break
                continue
            result.written.append(folder)
            result.aligned += alignment.aligned
            if progress is not None:
                count = len(result.written) + len(result.known)
                progress(Progress("excerpts", count, most, _described(folder, alignment)))
        _report_leftovers(output / file.stem, len(tracklist.entries) - 1)
    return result


def _report_leftovers(folder: Path, boundaries: int) -> None:
    """Report excerpts of boundaries that the tracklist has no more; they may be someone's work."""
    for path in sorted(folder.glob("transition_*")):
        number = path.name.removeprefix("transition_")
        if number.isdigit() and int(number) > boundaries:
            warnings.warn(
                f"{path} is of no boundary of the tracklist any more; delete it, or it is used.",
                stacklevel=4,
            )


def _described(folder: Path, alignment: Alignment) -> str:
    lines = [f"wrote  {folder}  {alignment.seconds:.1f} s"]
    for name, side in (("A", alignment.track_a), ("B", alignment.track_b)):
        lines.append(f"  {name}  {side.artist} - {side.title}: {side.summary}")
    return "\n".join(lines)


def _folder(path: str | os.PathLike[str], what: str) -> Path:
    folder = Path(path)
    if not folder.is_dir():
        raise InputError(f"The folder of {what}, {folder}, does not exist; name it with --{what}.")
    return folder


@attrs.frozen
class _Boundary:
    """Boundary between two tracks of a mix."""

    tracklist: Tracklist
    number: int
    mix: Path
    length: float
    seconds: float
    originals: list[Path]
    hash_of: Callable[[Path], str]

    @property
    def entries(self) -> tuple[TracklistEntry, TracklistEntry]:
        return self.tracklist.entries[self.number - 1], self.tracklist.entries[self.number]

    @property
    def matches(self) -> list[FileMatch]:
        return match_boundary(self.entries, self.originals)

    @property
    def hashes(self) -> list[str]:
        """Hash of each track's file; empty where there is none."""
        return ["" if m.file is None else self.hash_of(m.file) for m in self.matches]

    @property
    def inputs(self) -> ExcerptInputs:
        """Inputs of the excerpt beside the files of its tracks."""
        return ExcerptInputs(
            mix_sha256=self.hash_of(self.mix),
            start_seconds=self.entries[1].start_seconds,
            resolution_seconds=self.tracklist.resolution_seconds,
            seconds=self.seconds,
        )

    def reason_to_extract(self, folder: Path) -> str | None:
        """Say why an excerpt is to be made again; see :func:`reason_to_extract`."""
        return reason_to_extract(folder, self.entries, self.inputs, self.hashes)

    def write(self, folder: Path, progress: ProgressCallback | None) -> Alignment:
        at = self.entries[1].start_seconds
        if at is None:
            raise InputError(f"the tracklist has no start time of '{self.entries[1]}'.")
        if at >= self.length:
            raise InputError(
                f"'{self.entries[1]}' starts at {clock(at)}, after the end of {self.mix.name} at "
                f"{clock(self.length)}; the tracklist belongs to other audio."
            )
        reach = SEARCH_SECONDS + self.tracklist.resolution_seconds
        begin = max(0.0, at - reach)
        sides, spans = self._find(begin, min(self.length, at + reach), Steps(progress))
        start, stop, boundary = self._window(at, begin, spans)
        count = round((stop - start) * SAMPLE_RATE)
        audio = load_window(self.mix, SAMPLE_RATE, round(start * SAMPLE_RATE), count)
        aligned = [side.aligned_audio(start - begin, stop - begin, audio) for side in sides]
        records = [
            side.record(start - begin, span) for side, span in zip(sides, spans, strict=True)
        ]
        alignment = Alignment(
            mix=self.tracklist.title,
            mix_file=self.mix.name,
            start_seconds=start,
            seconds=stop - start,
            sample_rate=SAMPLE_RATE,
            boundary_seconds=boundary - start,
            track_a=records[0],
            track_b=records[1],
            inputs=self.inputs,
        )
        return write_excerpt(folder, alignment, audio, *aligned)

    def _find(
        self, begin: float, end: float, steps: Steps
    ) -> tuple[list[BoundaryTrack], list[tuple[float, float] | None]]:
        """Locate both tracks in a part of the mix; times are relative to its start."""
        sides = [
            BoundaryTrack(entry, match.file, why=match.why, sha256=sha256)
            for entry, match, sha256 in zip(self.entries, self.matches, self.hashes, strict=True)
        ]
        if not any(side.file for side in sides):
            return sides, [None, None]
        first = round(begin * SAMPLE_RATE)
        around = load_window(self.mix, SAMPLE_RATE, first, round(end * SAMPLE_RATE) - first)
        mix = SearchAudio.of(around, SAMPLE_RATE)
        for number, side in enumerate(sides):
            if side.file is not None:
                with steps.step(f"align {side.entry}") as fraction:
                    sides[number] = side.locate_in(mix, fraction)
        known = [(side.audio, side.location) for side in sides if side.audio and side.location]
        spans = iter(audible_spans(mix, known))
        a, b = (next(spans) if side.location else None for side in sides)
        if a is not None and b is not None and b[0] - a[1] > GAP_SECONDS:
            # Usually B's tempo changes after the boundary: extrapolated from its later part, it
            # would be misaligned by some tenths of a second at the transition.
            why = (
                "its tempo changes after the boundary, or something else plays: neither track is "
                f"audible for {b[0] - a[1]:.0f} s"
            )
            return [sides[0], attrs.evolve(sides[1], location=None, why=why)], [a, None]
        return sides, [a, b]

    def _window(
        self, at: float, begin: float, spans: list[tuple[float, float] | None]
    ) -> tuple[float, float, float]:
        """Return start, stop and boundary, in seconds of the mix."""
        a, b = spans
        boundary = at if b is None else begin + b[0]
        start, stop = boundary - self.seconds / 2, boundary + self.seconds / 2
        if a is not None and b is not None:
            # Both are audible from B's start to A's end; after a cut A ends first.
            first, last = sorted((begin + b[0], begin + a[1]))
            margin = min(max(MARGIN_SECONDS, last - first), (LONGEST_SECONDS + first - last) / 2)
            if margin >= MARGIN_SECONDS:
                start, stop = first - margin, last + margin
        return max(0.0, start), min(self.length, stop), boundary
