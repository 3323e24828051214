"""Text of cue sheets: one audio file, and where in it each track begins.

A frame is 1/75 s. Texts stand between quotation marks, which they cannot contain.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from djtrans.core.util.names import visible

FRAMES_PER_SECOND = 75
#: Type of the audio file by its suffix.
TYPES = {".wav": "WAVE", ".flac": "WAVE", ".ogg": "WAVE", ".mp3": "MP3", ".aiff": "AIFF"}
TYPES[".aif"] = TYPES[".aiff"]


@attrs.frozen(kw_only=True)
class CueTrack:
    """Track of a cue sheet.

    Attributes
    ----------
    title, performer : str
        Texts; the performer may be empty.
    seconds : float
        Where it begins.
    enters_seconds : float, optional
        Where it is mixed in before that (``INDEX 00``).
    """

    title: str
    performer: str = ""
    seconds: float
    enters_seconds: float | None = None


def cue_sheet(title: str, audio: str, tracks: Sequence[CueTrack], comment: str = "") -> str:
    r"""Return the text of a cue sheet.

    Parameters
    ----------
    title : str
        Title of the mix.
    audio : str
        Name of the audio file, which lies beside the sheet.
    tracks : sequence of CueTrack
        At most 99.
    comment : str
        Remark on the first line.

    Examples
    --------
    >>> print(cue_sheet("Mix", "mix.wav", [CueTrack(title="One", seconds=0.0)]), end="")
    TITLE "Mix"
    FILE "mix.wav" WAVE
      TRACK 01 AUDIO
        TITLE "One"
        INDEX 01 00:00:00
    """
    lines = [f"REM COMMENT {_quoted(comment)}"] if comment else []
    lines += [
        f"TITLE {_quoted(title)}",
        f"FILE {_quoted(audio)} {TYPES[Path(audio).suffix.lower()]}",
    ]
    for number, track in enumerate(tracks, start=1):
        lines += [f"  TRACK {number:02d} AUDIO", f"    TITLE {_quoted(track.title)}"]
        if track.performer:
            lines.append(f"    PERFORMER {_quoted(track.performer)}")
        if track.enters_seconds is not None:
            lines.append(f"    INDEX 00 {_time(track.enters_seconds)}")
        lines.append(f"    INDEX 01 {_time(track.seconds)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + visible(text).replace('"', "'") + '"'


def _time(seconds: float) -> str:
    frames = round(seconds * FRAMES_PER_SECOND)
    whole, frame = divmod(frames, FRAMES_PER_SECOND)
    return f"{whole // 60:02d}:{whole % 60:02d}:{frame:02d}"
