"""True peak and clipping of the mix."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from djtrans.core.audio.arrays import as_audio, check_sample_rate


@attrs.frozen
class Peaks:
    """Peaks of a mix.

    Attributes
    ----------
    true_peak_db : float
        Highest level between the samples, in dBTP (BS.1770); ``-inf`` for silence.
    clipped_samples : int
        Samples at or beyond full scale, counted in each channel.
    """

    true_peak_db: float
    clipped_samples: int


def peaks(mix: Any, sample_rate: int) -> Peaks:
    """Measure the true peak and the number of clipped samples.

    Parameters
    ----------
    mix : Tensor or ndarray
        ``[channels, samples]``, full scale 1.0.
    sample_rate : int
        In Hz.

    Returns
    -------
    Peaks

    Examples
    --------
    >>> import numpy as np
    >>> from djtrans.metrics import peaks
    >>> tone = 0.5 * np.sin(2 * np.pi * 60 * np.arange(22050) / 22050)
    >>> round(peaks(tone, 22050).true_peak_db, 1)
    -6.0
    """
    import torch

    from djtrans.core.audio.loudness import true_peak_db

    audio = as_audio(mix, "mix")
    check_sample_rate(sample_rate)
    highest = true_peak_db(torch.from_numpy(audio).float(), sample_rate)
    return Peaks(float(highest), int(np.count_nonzero(np.abs(audio) >= 1.0)))
