"""Example transition, the input of the rules for exporters: random curves over a tempo ramp."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from pathlib import Path

import attrs
import numpy as np
import torch

from djtrans.core.audio.io import write_audio
from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.exporter import NEEDS
from djtrans.core.contracts.mixer_spec import MixerConfig, MixerSpec
from djtrans.core.curves.params import TransitionParams, conform, frame_times
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.tags import Tags
from djtrans.core.transition.export_inputs import ExportAudio, ExportInputs, ExportTrack
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import (
    MixerRecord,
    ParamsFile,
    Provenance,
    RenderRecord,
    TrackRecord,
)
from djtrans.core.transition.plan import TrackPlan, TransitionPlan
from djtrans.testing.example_layout import example_layout
from djtrans.testing.example_signals import example_parts
from djtrans.testing.example_track import example_analysis

#: Sample rate in Hz, and the audio before and after the window in seconds.
_RATE, _MARGIN_SECONDS = 8000, 1.3
#: Length of the first and the last beat of the window, in seconds.
_BEAT_SECONDS = (0.5, 0.48)
_TRACK_SECONDS = 40.0


def example_export(
    folder: Path,
    needs: Collection[str] = NEEDS,
    *,
    bars: int = 4,
    channels: int = 2,
    name: str = "example",
    tags: Tags | None = None,
) -> ExportInputs:
    """Build a transition with random curves, from 120 to 125 BPM.

    Parameters
    ----------
    folder : Path
        Folder for the files of both tracks.
    needs : collection of str
        Inputs besides the params file, see :data:`~djtrans.core.contracts.exporter.NEEDS`.
    bars : int
        Length of the window.
    channels : {1, 2}
        Number of channels.
    name : str
        Name of the result.
    tags : Tags, optional
        Tags of both tracks.

    Returns
    -------
    ExportInputs

    Examples
    --------
    >>> from pathlib import Path
    >>> from djtrans.testing import example_export
    >>> inputs = example_export(Path(), needs=())
    >>> [(mark, round(seconds, 2)) for mark, seconds in inputs.marks]
    [('start', 1.3), ('swap', 5.26), ('end', 9.14)]
    """
    steps = np.linspace(*_BEAT_SECONDS, 4 * bars)
    beats = tuple(itertools.accumulate(map(float, steps), initial=0.0))
    plan = TransitionPlan(
        technique="djtrans/bass-swap",
        bars=bars,
        swap_beat=2 * bars,
        beat_times=beats,
        a=_side(20.0, 120.0, beats[-1]),
        b=_side(4.0, 125.0, beats[-1]),
        key_distance=1,
    )
    margin = round(_MARGIN_SECONDS * _RATE)
    stop = round(beats[-1] * _RATE) + margin
    records = {
        side: TrackRecord(
            name=f"{side}.wav",
            sha256="",
            separator=ComponentRecord(name="djtrans/spectral", version=1),
            tags=tags or Tags(title=f"Title {side.upper()}", artist="Artist"),
        )
        for side in ("a", "b")
    }
    provenance = Provenance(
        tracks=records,
        mixer=MixerRecord(spec=MixerSpec(STEMS, ()), config=MixerConfig(), versions={}),
        render=RenderRecord(
            sample_rate=_RATE,
            channels=channels,
            start=-margin,
            stop=stop,
            seed=0,
            stretch="",
            djtrans="0",
        ),
        technique=ComponentRecord(name="djtrans/bass-swap", version=1),
    )
    return ExportInputs(
        name=name,
        content=ParamsFile(params=_curves(beats), plan=plan, provenance=provenance),
        rendered=_audio(channels, margin + stop) if "audio" in needs else None,
        files=Pair("a", "b").map(lambda side: _track(folder, side)) if "tracks" in needs else None,
    )


def _side(cue_seconds: float, bpm: float, window_seconds: float) -> TrackPlan:
    return TrackPlan(
        cue_seconds=cue_seconds,
        cue_bar=2,
        swap_bar=4,
        cue_section="outro",
        swap_section="outro",
        swap_on_phrase=True,
        warp=((0.0, cue_seconds), (window_seconds, cue_seconds + 1.02 * window_seconds)),
        gain_db=0.0,
        bpm=bpm,
        key="8A",
    )


def _curves(beats: tuple[float, ...]) -> TransitionParams:
    layout, times = example_layout(), torch.tensor(beats, dtype=torch.float64)
    frames = 2 * (len(beats) - 1)
    generator = torch.Generator().manual_seed(0)
    low, high = (
        torch.tensor([getattr(row.parameter, end) for row in layout.rows])
        for end in ("minimum", "maximum")
    )
    values = low + torch.rand(frames, len(layout), generator=generator) * (high - low)
    return TransitionParams(
        conform(values, layout), layout, frame_times(times, frames, 2), times, 2
    )


def _audio(channels: int, samples: int) -> ExportAudio:
    parts = example_parts(channels, _RATE, samples / _RATE)
    sources = {
        f"{side}/{name}": gain * part[:, :samples]
        for side, gain in (("a", 1.0), ("b", 0.5))
        for name, part in parts.items()
    }
    fade = torch.linspace(1.0, 0.0, samples)
    heard = {
        key: audio * (fade if key.startswith("a/") else 1.0 - fade)
        for key, audio in sources.items()
    }
    return ExportAudio(
        mix=torch.stack(list(heard.values())).sum(dim=0), heard=heard, sources=sources
    )


def _track(folder: Path, side: str) -> ExportTrack:
    path = folder / f"{side}.wav"
    write_audio(path, torch.zeros(1, _RATE), _RATE)
    # A change of tempo in the middle.
    steps = np.repeat([0.5, 0.48], 40)
    times = 0.25 + np.concatenate([[0.0], np.cumsum(steps)])
    grid = BeatGrid(times, first_downbeat=1, bpm=122.0, constant=False)
    return ExportTrack(
        path=path,
        duration_seconds=_TRACK_SECONDS,
        sample_rate=_RATE,
        analysis=attrs.evolve(example_analysis(), grid=grid, duration_seconds=_TRACK_SECONDS),
    )
