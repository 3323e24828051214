"""Stems as heard: WAV files whose sum is the mix before the master chain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from djtrans.core.transition.export_inputs import ExportInputs
from djtrans.plugins.exporters import StemsConfig
from djtrans.plugins.exporters.audio_files import write_stems


class StemFiles:
    """Writes each stem of each track after the mixer's processing, over the length of the mix.

    Parameters
    ----------
    config : StemsConfig
    """

    def __init__(self, config: StemsConfig) -> None:
        self.config = config

    def export(self, inputs: ExportInputs, path: Path) -> Sequence[str]:
        """Write the files into a folder; see :class:`Exporter`."""
        heard = inputs.audio.heard
        write_stems(path, heard, inputs.sample_rate, self.config.subtype)
        away = [
            f"{track}-unseparated.wav is {track.upper()} away from the transition, where it was "
            "not separated into stems."
            for track in ("a", "b")
            if f"{track}/unseparated" in heard
        ]
        return [f"The sum of the {len(heard)} files is the mix before the master chain.", *away]
