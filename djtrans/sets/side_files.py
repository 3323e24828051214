"""Files beside the mix of a set: cue sheet, tracklist, playlist and page."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from djtrans.core.audio.cue_sheets import CueTrack, cue_sheet
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.names import visible
from djtrans.core.util.output_files import starts_with
from djtrans.sets.boundaries import Boundary
from djtrans.sets.scanning import SetTrack
from djtrans.sets.schedule import TrackTimes

if TYPE_CHECKING:
    from djtrans.sets.final_mix import Mix

#: First lines, by which djtrans finds files that it wrote itself.
_BEGINNINGS = {
    "cue sheet": 'REM COMMENT "djtrans set"',
    "tracklist": "# djtrans set",
    "playlist": "#EXTM3U\n# djtrans set",
    "page": "<!doctype html>\n<!-- djtrans set -->",
}
_SUFFIXES = {"cue sheet": ".cue", "tracklist": ".txt", "playlist": ".m3u8", "page": ".html"}


@attrs.frozen
class SetFiles:
    """Files of a set.

    Attributes
    ----------
    audio : Path
        The mix.
    folder : Path
        Folder of the boundaries.
    texts : mapping of str to Path
        Cue sheet, tracklist, playlist and page.
    """

    audio: Path
    folder: Path
    texts: Mapping[str, Path]

    @classmethod
    def beside(cls, output: str | os.PathLike[str]) -> SetFiles:
        """Name the files by the mix."""
        audio = Path(os.path.expanduser(output))
        return cls(
            audio,
            audio.with_name(f"{audio.stem}-boundaries"),
            {name: audio.with_suffix(suffix) for name, suffix in _SUFFIXES.items()},
        )

    def is_own(self, name: str) -> Callable[[Path], bool]:
        """Return a test for files of this kind that djtrans wrote."""
        return starts_with(_BEGINNINGS[name])


def write_side_files(
    files: SetFiles, tracks: Sequence[SetTrack], boundaries: Sequence[Boundary], mix: Mix
) -> list[Path]:
    """Write the files beside the mix and return them.

    Parameters
    ----------
    files : SetFiles
    tracks : sequence of SetTrack
        In the order of the set.
    boundaries : sequence of TransitionPlan or Gap
    mix : Mix
    """
    from djtrans.sets.page import set_page

    times = mix.schedule.times
    texts = {
        "cue sheet": _cue_sheet(files, tracks, times),
        "tracklist": _tracklist(times),
        "playlist": _playlist(tracks),
        "page": f"{_BEGINNINGS['page']}\n{set_page(files, tracks, boundaries, mix)}",
    }
    for name, text in texts.items():
        write_text(files.texts[name], text)
    return [files.texts[name] for name in texts]


def clock(seconds: float) -> str:
    """Format a time of a set: ``3:07``, ``1:02:05``.

    Examples
    --------
    >>> clock(187.4), clock(3725.0)
    ('3:07', '1:02:05')
    """
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _cue_sheet(files: SetFiles, tracks: Sequence[SetTrack], times: Sequence[TrackTimes]) -> str:
    entries = [
        CueTrack(
            title=track.tags.title or track.name,
            performer=track.tags.artist,
            seconds=each.starts,
            enters_seconds=each.enters if each.enters < each.starts else None,
        )
        for track, each in zip(tracks, times, strict=True)
    ]
    return cue_sheet(files.audio.stem, files.audio.name, entries, comment="djtrans set")


def _tracklist(times: Sequence[TrackTimes]) -> str:
    lines = [f"{clock(each.starts)} {visible(each.label)}" for each in times]
    return "\n".join([_BEGINNINGS["tracklist"], *lines]) + "\n"


def _playlist(tracks: Sequence[SetTrack]) -> str:
    lines = [_BEGINNINGS["playlist"]]
    for track in tracks:
        seconds = round(track.analysis.duration_seconds)
        lines += [f"#EXTINF:{seconds},{visible(track.label)}", track.path]
    return "\n".join(lines) + "\n"
