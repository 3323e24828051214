"""REAPER projects: stems as tracks, curves as envelopes.

A project is a text of blocks, ``<NAME ...`` to ``>``, and lines of fields [1]_. Two groups of
tracks hold the same transition: the stems as heard, and, muted, those before the mixer with their
envelopes. A fader is the volume envelope of its track. REAPER has no counterpart of the other
parameters: they are sliders of a JSFX effect [2]_ that passes the audio on unchanged, one for each
chain of the mixer, which users link to effects of their own.

References
----------
.. [1] https://github.com/ReaTeam/Doc/blob/master/State%20Chunk%20Definitions
.. [2] https://www.reaper.fm/sdk/js/js.php
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from djtrans.core.contracts.config import NoConfig
from djtrans.core.curves.breakpoints import Breakpoints
from djtrans.core.curves.layout import Row
from djtrans.core.errors import InputError
from djtrans.core.transition.export_inputs import ExportInputs
from djtrans.core.util.names import visible
from djtrans.plugins.exporters.audio_files import FOLDER, file_name, write_project_audio
from djtrans.plugins.exporters.channels import ProjectChannel, project_channels, short_key, title

#: Sliders of a JSFX effect.
_MOST_SLIDERS = 64
#: Shapes of the segment after a point of an envelope.
_LINEAR, _SQUARE = 0, 1
_VERSION = '0.1 "7.0" 0'
#: Folder states of a track, and changes of the depth.
_PLAIN, _OPENS = "0 0", "1 1"


class ReaperProject:
    """Writes a folder with the project, its audio, and the effects that hold the curves.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def export(self, inputs: ExportInputs, path: Path) -> Sequence[str]:
        """Fill the folder; see :class:`Exporter`."""
        channels = project_channels(inputs.params.layout)
        largest = max(len(channel.parameters) for channel in channels.values())
        if largest > _MOST_SLIDERS:
            raise InputError(
                f"A chain of the mixer has {largest} parameters; an effect of REAPER has "
                f"{_MOST_SLIDERS} sliders. Export to csv or midi."
            )
        write_project_audio(path, inputs)
        effects = path / "Effects" / "djtrans"
        effects.mkdir(parents=True)
        for channel in channels.values():
            if channel.parameters:
                text = "\n".join(_effect(channel))
                (effects / _effect_name(channel)).write_text(text, encoding="utf-8")
        project = _block("REAPER_PROJECT", _VERSION, _project(inputs, channels))
        name = f"{visible(inputs.name)}.rpp"
        (path / name).write_text("\n".join(project) + "\n", encoding="utf-8")
        return [
            f"{name} has the stems as heard.",
            "A muted group has the stems before the mixer, with the faders as volume envelopes.",
            "The other curves are envelopes of effects without a sound, in Effects/djtrans.",
            "Copy that folder into Effects of REAPER's resource path.",
        ]


def _project(inputs: ExportInputs, channels: dict[str, ProjectChannel]) -> Iterator[str]:
    bars, meter = inputs.bars, inputs.plan.beats_per_bar
    tempos = bars.tempos
    yield f"TEMPO {tempos[0][1]:.10g} {meter} 4"
    yield f"SAMPLERATE {inputs.sample_rate} 1 0"
    for number, (name, seconds) in enumerate(inputs.marks, start=1):
        yield f'MARKER {number} {_time(bars.audio_seconds + seconds)} "{name}" 0'
    yield from _block("TEMPOENVEX", "", _tempo_points(inputs))
    yield from _track("As heard", _OPENS)
    heard = list(inputs.audio.heard)
    for key in heard:
        yield from _stem(inputs, "heard", key, "2 -1" if key == heard[-1] else _PLAIN)
    yield from _track("Before the mixer", _OPENS, _curves(inputs, channels.get("mix/master")), True)
    for side in ("a", "b"):
        bus = channels.get(f"{side}/track")
        yield from _track(side.upper(), _OPENS, _curves(inputs, bus))
        keys = [key for key in inputs.audio.sources if key.startswith(f"{side}/")]
        for key in keys:
            closes = ("2 -2" if side == "b" else "2 -1") if key == keys[-1] else _PLAIN
            yield from _stem(inputs, "source", key, closes, channels.get(key))


def _tempo_points(inputs: ExportInputs) -> Iterator[str]:
    plan, bars = inputs.plan, inputs.bars
    yield "ACT 1 -1"
    start = plan.clock_of_beat(-bars.lead_beats)
    meter = 65536 * 4 + plan.beats_per_bar
    for index, (beat, bpm) in enumerate(bars.tempos):
        seconds = plan.clock_of_beat(beat - bars.lead_beats) - start
        signature = f" {meter}" if index == 0 else ""
        yield f"PT {_time(seconds)} {bpm:.10g} {_SQUARE}{signature}"


def _stem(
    inputs: ExportInputs,
    folder: str,
    key: str,
    closes: str,
    channel: ProjectChannel | None = None,
) -> Iterator[str]:
    """Yield a track with one item, the whole file of a stem."""
    item = _block(
        "ITEM",
        "",
        [
            f"POSITION {_time(inputs.bars.audio_seconds)}",
            f"LENGTH {_time(inputs.duration_seconds)}",
            "LOOP 0",
            f'NAME "{title(key)}"',
            *_block("SOURCE", "WAVE", [f'FILE "{FOLDER}/{folder}/{file_name(key)}"']),
        ],
    )
    yield from _track(title(key), closes, [*_curves(inputs, channel), *item])


def _track(
    name: str, folder: str, content: Iterable[str] = (), muted: bool = False
) -> Iterator[str]:
    lines = [f'NAME "{name}"', f"MUTESOLO {int(muted)} 0 0", f"ISBUS {folder}", *content]
    yield from _block("TRACK", "", lines)


def _curves(inputs: ExportInputs, channel: ProjectChannel | None) -> Iterator[str]:
    """Yield the volume envelope of a channel, and the effect with its other envelopes."""
    if channel is None:
        return
    if channel.volume is not None:
        yield from _envelope("VOLENV2", "", _points(inputs, channel.volume))
    if not channel.parameters:
        return
    neutral = [f"{row.parameter.neutral:g}" for row in channel.parameters]
    values = " ".join([*neutral, *["-"] * (_MOST_SLIDERS - len(neutral))])
    lines = ["SHOW 0", "LASTSEL 0", "DOCKED 0", "BYPASS 0 0"]
    lines += _block("JS", f'"djtrans/{_effect_name(channel)}" ""', [values])
    for index, row in enumerate(channel.parameters):
        p = row.parameter
        fields = f"{index} {p.minimum:g} {p.maximum:g} {p.neutral:g}"
        lines += _envelope("PARMENV", fields, _points(inputs, row))
    yield from _block("FXCHAIN", "", lines)


def _points(inputs: ExportInputs, row: Row) -> Breakpoints:
    start = inputs.bars.audio_seconds
    return [(start + seconds, value) for seconds, value in inputs.breakpoints(row.key)]


def _envelope(kind: str, fields: str, points: Breakpoints) -> list[str]:
    lines = ["ACT 1 -1", "VIS 1 1 1", "ARM 0", f"DEFSHAPE {_LINEAR} -1 -1"]
    lines += [f"PT {_time(seconds)} {value:.9g} {_LINEAR}" for seconds, value in points]
    return _block(kind, fields, lines)


def _effect(channel: ProjectChannel) -> Iterator[str]:
    """Yield the lines of an effect with a slider for each parameter, which changes nothing."""
    yield f"desc:djtrans curves ({channel.chain})"
    for number, row in enumerate(channel.parameters, start=1):
        p = row.parameter
        limits = f"{p.minimum:g},{p.maximum:g},{p.span / 1e4:g}"
        yield f"slider{number}:{p.neutral:g}<{limits}>{short_key(row)}"
    yield from ("@init", "", "@sample", "")


def _effect_name(channel: ProjectChannel) -> str:
    return f"{channel.chain}.jsfx"


def _block(name: str, fields: str, content: Iterable[str]) -> list[str]:
    head = f"<{name} {fields}".rstrip()
    return [head, *(f"  {line}" for line in content), ">"]


def _time(seconds: float) -> str:
    return f"{seconds:.9f}"
