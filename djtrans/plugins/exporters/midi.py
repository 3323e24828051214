"""Curves as MIDI controllers, with the tempo map and markers of the transition."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from djtrans.core.curves.interpolation import make_curves
from djtrans.core.errors import DependencyError, InputError
from djtrans.core.transition.export_inputs import ExportInputs
from djtrans.plugins.exporters import MidiConfig

if TYPE_CHECKING:
    from mido import MidiFile, MidiTrack

TICKS_PER_BEAT = 480
#: Controllers that only change values: without bank select (0, 32), data entry (6, 38), pedals
#: (64 to 69), registered and other parameters (96 to 101), and channel modes (120 to 127).
CONTROLLERS = tuple(
    number for number in range(1, 120) if number not in {6, 32, 38, *range(64, 70), *range(96, 102)}
)
_CHANNELS = 16
_LARGEST = 127


class MidiControllers:
    """Writes a track for each curve, with one controller on one channel.

    Parameters
    ----------
    config : MidiConfig

    Raises
    ------
    DependencyError
        If mido is not installed.
    """

    def __init__(self, config: MidiConfig) -> None:
        self.config = config
        try:
            import mido  # noqa: F401 -- a clear error before the work
        except ImportError:
            raise DependencyError(
                "mido is not installed; install it with: pip install 'djtrans[midi]'"
            ) from None

    def export(self, inputs: ExportInputs, path: Path) -> Sequence[str]:
        """Write the file; see :class:`Exporter`."""
        from mido import MidiFile

        keys = inputs.params.layout.keys
        if len(keys) > len(CONTROLLERS) * _CHANNELS:
            raise InputError(
                f"The mixer has {len(keys)} curves; a MIDI file holds "
                f"{len(CONTROLLERS) * _CHANNELS} controllers. Export to csv."
            )
        file = MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
        _add_timeline(file, inputs)
        self._add_curves(file, inputs)
        with path.open("wb") as stream:
            file.save(file=stream)
        bar = inputs.bars.lead_beats // inputs.plan.beats_per_bar + 1
        return [
            f"Values are rounded to steps of 1/{_LARGEST} of each range.",
            (
                f"The window starts at bar {bar}; the audio of the transition starts at "
                f"{inputs.bars.audio_seconds:.3f} s."
            ),
        ]

    def _add_curves(self, file: MidiFile, inputs: ExportInputs) -> None:
        from mido import Message

        params, lead = inputs.params, inputs.bars.lead_beats
        rows = params.layout.rows
        beats = len(params.beat_times) - 1
        step = max(1, TICKS_PER_BEAT // self.config.steps_per_beat)
        ticks = torch.arange(0, beats * TICKS_PER_BEAT + 1, step)
        times = torch.tensor(
            [inputs.plan.clock_of_beat(t / TICKS_PER_BEAT) for t in ticks.tolist()]
        )
        curves = make_curves(params.values[None], params.frame_times, [r.parameter for r in rows])
        values = curves.at(times.double())[0].tolist()
        for row, curve in zip(rows, values, strict=True):
            channel, index = divmod(row.index, len(CONTROLLERS))
            p = row.parameter
            track = file.add_track(row.key)
            last, now = -1, 0
            for tick, value in zip(ticks.tolist(), curve, strict=True):
                number = round((value - p.minimum) / p.span * _LARGEST)
                if number == last:
                    continue
                # The first value holds from the start of the file.
                at = tick + lead * TICKS_PER_BEAT if last >= 0 else 0
                track.append(
                    Message(
                        "control_change",
                        channel=channel,
                        control=CONTROLLERS[index],
                        value=number,
                        time=at - now,
                    )
                )
                last, now = number, at


def _add_timeline(file: MidiFile, inputs: ExportInputs) -> None:
    """Add the meter, the tempo map and the markers."""
    from mido import MetaMessage, bpm2tempo

    bars = inputs.bars
    events = [
        (0, MetaMessage("time_signature", numerator=inputs.plan.beats_per_bar, denominator=4)),
        *(
            (beat * TICKS_PER_BEAT, MetaMessage("set_tempo", tempo=bpm2tempo(bpm)))
            for beat, bpm in bars.tempos
        ),
        *(
            (round(bars.beat(seconds) * TICKS_PER_BEAT), MetaMessage("marker", text=name))
            for name, seconds in inputs.marks
        ),
    ]
    track: MidiTrack = file.add_track(inputs.name)
    now = 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        track.append(message.copy(time=tick - now))
        now = tick
