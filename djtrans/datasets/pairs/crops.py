"""Short excerpts of prepared stems for the audio loss."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans.core.curves.params import frame_times
from djtrans.datasets.batch import Crop
from djtrans.datasets.pairs.dataset import PreparedExample

#: Length in beats: long enough for a bass line, an echo and every resolution of the loss.
CROP_BEATS = 4
#: In Hz; half of the usual rate, mono: what is above 11 kHz or beside the middle decides nothing.
CROP_RATE = 22050
#: Transitions of a batch that are heard; the others have the loss of their curves alone.
CROPS = 4
#: What is read on both sides and cut off again, so that no edge of the resampler is heard.
_MARGIN_SECONDS = 0.05


@attrs.frozen
class CropReader:
    """Reads crops of the pairs in a prepared folder.

    Attributes
    ----------
    folder : Path
    """

    folder: Path

    def crop(self, row: int, example: PreparedExample, rng: np.random.Generator) -> Crop:
        """Crop a pair at a random position.

        Parameters
        ----------
        row : int
            Which transition of the batch it is.
        example : PreparedExample
        rng : numpy.random.Generator

        Raises
        ------
        InputError
            If a stem is missing or cannot be read.
        """
        request = example.request
        features = example.sides["a"]
        count = min(example.frames, CROP_BEATS * request.frames_per_beat)
        first = int(rng.integers(example.frames - count + 1))
        times = frame_times(features.beat_times, example.frames, request.frames_per_beat)
        stop = times[first + count] if first + count < example.frames else features.beat_times[-1]
        start = float(times[first])
        a, b = (
            self._stems(side, example, features.stem_names, start, float(stop)) for side in "ab"
        )
        return Crop(
            row=row,
            first=first,
            frame_times=times[first : first + count] - start,
            beat_times=features.beat_times - start,
            a=a,
            b=b,
            sample_rate=CROP_RATE,
        )

    def _stems(
        self, side: str, example: PreparedExample, names: tuple[str, ...], start: float, stop: float
    ) -> Tensor:
        """``[stems, 1, samples]`` of one track between two times of the window, in seconds."""
        from djtrans.core.audio.io import load_window
        from djtrans.core.audio.polarity import channel_signs, to_mono
        from djtrans.core.audio.resampling import resample

        rate = example.sample_rate
        margin = round(_MARGIN_SECONDS * rate)
        first, last = round(start * rate) - margin, round(stop * rate) + margin
        stems = torch.stack(
            [
                load_window(file, rate, first, last - first)
                for file in _files(self.folder / example.name, side, names)
            ]
        )
        mono = to_mono(stems, channel_signs(stems.sum(dim=0)))[:, 0]
        audio = resample(mono, rate, CROP_RATE)
        offset = round(margin * CROP_RATE / rate)
        samples = round((stop - start) * CROP_RATE)
        return audio[:, None, offset : offset + samples]


@cache
def _files(folder: Path, side: str, names: tuple[str, ...]) -> tuple[Path, ...]:
    from djtrans.core.track.stem_files import find_stem_files
    from djtrans.datasets.pairs.pair_folder import STEMS_A, STEMS_B

    return find_stem_files(folder / (STEMS_A if side == "a" else STEMS_B), names)
