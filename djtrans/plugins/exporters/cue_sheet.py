"""Cue sheets: a transition as one audio file, and where in it each track begins."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from djtrans.core.audio.cue_sheets import TYPES, CueTrack, cue_sheet
from djtrans.core.errors import InputError
from djtrans.core.transition.export_inputs import ExportInputs
from djtrans.plugins.exporters import CueConfig


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
        if audio and (Path(audio).suffix.lower() not in TYPES or Path(audio).name != audio):
            raise InputError(
                f"audio = {audio!r} is not the name of an audio file beside the cue sheet; end it "
                f"in {', '.join(TYPES)}."
            )

    def export(self, inputs: ExportInputs, path: Path) -> Sequence[str]:
        """Write the sheet; see :class:`Exporter`."""
        audio = self.config.audio or f"{inputs.name}.wav"
        records = inputs.content.provenance.tracks
        starts = {"a": 0.0, "b": dict(inputs.marks)[self.config.at]}
        title = f"{records['a'].label} into {records['b'].label}"
        tracks = [
            CueTrack(
                title=records[side].tags.title or records[side].name,
                performer=records[side].tags.artist,
                seconds=seconds,
            )
            for side, seconds in starts.items()
        ]
        path.write_text(
            cue_sheet(title, audio, tracks), encoding="utf-8", errors="backslashreplace"
        )
        return [f"The cue sheet refers to {audio}, the audio of this transition, beside it."]
