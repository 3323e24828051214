"""Cue sheets: a mix as one audio file, and where in it each track begins.

A frame is 1/75 s. Texts stand between quotation marks, which they cannot contain.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from djtrans.core.errors import InputError
from djtrans.core.transition.export_inputs import ExportInputs
from djtrans.core.transition.params_file import TrackRecord
from djtrans.core.util.names import visible
from djtrans.plugins.exporters import CueConfig

FRAMES_PER_SECOND = 75
#: Type of the audio file by its suffix.
_TYPES = {".wav": "WAVE", ".flac": "WAVE", ".ogg": "WAVE", ".mp3": "MP3", ".aiff": "AIFF"}
_TYPES[".aif"] = _TYPES[".aiff"]


class CueSheetWriter:
    """Writes a sheet of two tracks: A from the start of the audio, B from the transition.

    Parameters
    ----------
    config : CueConfig

    Raises
    ------
    InputError
        If the audio file has an unknown suffix, or is in a folder.
    """

    def __init__(self, config: CueConfig) -> None:
        self.config = config
        audio = config.audio
        if audio and (Path(audio).suffix.lower() not in _TYPES or Path(audio).name != audio):
            raise InputError(
                f"audio = {audio!r} is not the name of an audio file beside the cue sheet; end it "
                f"in {', '.join(_TYPES)}."
            )

    def export(self, inputs: ExportInputs, path: Path) -> Sequence[str]:
        """Write the sheet; see :class:`Exporter`."""
        audio = self.config.audio or f"{inputs.name}.wav"
        records = inputs.content.provenance.tracks
        starts = {"a": 0.0, "b": dict(inputs.marks)[self.config.at]}
        title = f"{records['a'].label} into {records['b'].label}"
        lines = [
            f"TITLE {_quoted(title)}",
            f"FILE {_quoted(audio)} {_TYPES[Path(audio).suffix.lower()]}",
        ]
        for number, (side, seconds) in enumerate(starts.items(), start=1):
            lines += [f"  TRACK {number:02d} AUDIO", *_texts(records[side])]
            lines.append(f"    INDEX 01 {_time(seconds)}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")
        return [f"The cue sheet refers to {audio}, the audio of this transition, beside it."]


def _texts(record: TrackRecord) -> list[str]:
    lines = [f"    TITLE {_quoted(record.tags.title or record.name)}"]
    if record.tags.artist:
        lines.append(f"    PERFORMER {_quoted(record.tags.artist)}")
    return lines


def _quoted(text: str) -> str:
    return '"' + visible(text).replace('"', "'") + '"'


def _time(seconds: float) -> str:
    frames = round(seconds * FRAMES_PER_SECOND)
    whole, frame = divmod(frames, FRAMES_PER_SECOND)
    return f"{whole // 60:02d}:{whole % 60:02d}:{frame:02d}"
