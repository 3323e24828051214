"""Write the mix: assembled once to measure its peak, then with the gain that this allows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans import __version__
from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.resampling import resample
from djtrans.core.audio.validation import check_finite
from djtrans.core.audio.writing import open_writer
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.core.util.temporary_files import owned_part
from djtrans.mixer.rendering import CEILING_DBTP
from djtrans.sets.assembly import set_audio
from djtrans.sets.boundaries import Boundary
from djtrans.sets.level_meter import LevelMeter
from djtrans.sets.preparation import PreparedSet
from djtrans.sets.schedule import Schedule
from djtrans.sets.side_files import SetFiles

#: Samples that are read at once.
_CHUNK = 1 << 20
#: Time before and after a window in the excerpt of a boundary, and its sample rate.
EXCERPT_SECONDS, EXCERPT_RATE = 8.0, 44100


@attrs.frozen(eq=False, kw_only=True)
class Mix:
    """A written mix.

    Attributes
    ----------
    schedule : Schedule
    true_peak_dbtp : float
        Of the file.
    trim_db : float
        Gain on the whole set.
    levels_db : list of float
        Level of each half second in dBFS.
    excerpts : list of Tensor
        Audio around each boundary, ``[channels, samples]`` at 44.1 kHz.
    """

    schedule: Schedule
    true_peak_dbtp: float
    trim_db: float
    levels_db: list[float]
    excerpts: list[Tensor]


def write_mix(
    prepared: PreparedSet,
    boundaries: Sequence[Boundary],
    files: SetFiles,
    progress: ProgressCallback | None = None,
) -> Mix:
    """Assemble a set and write it.

    Parameters
    ----------
    prepared : PreparedSet
    boundaries : sequence of TransitionPlan or Gap
        Rendered and settled.
    files : SetFiles
    progress : callable, optional
        Receives events of stage "seconds".
    """
    schedule = prepared.schedule(boundaries)
    rate, channels = schedule.sample_rate, prepared.channels
    meter = LevelMeter(rate)
    total = schedule.samples // rate

    def report(samples: int) -> None:
        if progress is not None:
            progress(Progress("seconds", min(samples // rate, total), total))

    # Ordinary floating point samples without a header, which has a largest size.
    with owned_part(files.folder / "mix.f32") as raw:
        done = 0
        with raw.open("wb") as stream:
            report(0)
            for piece in set_audio(schedule, prepared.tracks, prepared.folder, channels):
                check_finite(piece, "The mix")
                meter.add(piece)
                stream.write(piece.T.contiguous().numpy().tobytes())
                done += piece.shape[-1]
                # The pass that writes the file is a small part of the work.
                report(done)
        trim_db = min(0.0, CEILING_DBTP - meter.true_peak_dbtp)
        texts = {"title": files.audio.stem, "software": f"djtrans {__version__}"}
        with open_writer(files.audio, rate, channels, texts=texts) as write:
            for start in range(0, done, _CHUNK):
                write(_read(raw, start, min(_CHUNK, done - start), channels, trim_db))
        excerpts = [
            resample(_read(raw, *span, channels, trim_db), rate, EXCERPT_RATE)
            for span in _excerpts(schedule, boundaries)
        ]
    return Mix(
        schedule=schedule,
        true_peak_dbtp=meter.true_peak_dbtp + trim_db,
        trim_db=trim_db,
        levels_db=[level + trim_db for level in meter.levels_db()],
        excerpts=excerpts,
    )


def _read(raw: Path, start: int, count: int, channels: int, gain_db: float) -> Tensor:
    size = np.dtype(np.float32).itemsize * channels
    frames = np.fromfile(raw, np.float32, count * channels, offset=start * size)
    return torch.from_numpy(frames).unflatten(0, (-1, channels)).T * db_to_amplitude(gain_db)


def _excerpts(schedule: Schedule, boundaries: Sequence[Boundary]) -> list[tuple[int, int]]:
    """Return first sample and length of the excerpt of each boundary."""
    rate, found = schedule.sample_rate, []
    for origin, boundary, part in zip(
        schedule.origins, boundaries, schedule.parts[1:], strict=True
    ):
        around = round(EXCERPT_SECONDS * rate)
        length = part.begin - origin
        if isinstance(boundary, TransitionPlan):
            length = round(boundary.window_seconds * rate)
        first = max(0, origin - around)
        last = min(schedule.samples, origin + length + around)
        found.append((first, last - first))
    return found
