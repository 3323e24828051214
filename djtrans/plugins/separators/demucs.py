"""Hybrid Transformer Demucs: stems by a trained network [1]_.

References
----------
.. [1] S. Rouard, F. Massa, A. Défossez, "Hybrid Transformers for Music Source Separation",
       ICASSP 2023.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import SeparationError, ShapeError
from djtrans.core.track.stem_names import STEMS
from djtrans.core.util.devices import pick_device
from djtrans.plugins.separators import DEMUCS_SAMPLE_RATE, DemucsConfig
from djtrans.plugins.separators.demucs_segments import separate_in_batches

#: Shifted passes lie within this, as in demucs.
_LARGEST_SHIFT_SECONDS = 0.5
_TINY = 1e-8
#: Segments at once by default: on the CPU more than one saves no time.
_BATCH_ON_CUDA = 4


class DemucsSeparator:
    """Splits mono or stereo audio at 44.1 kHz; the network is loaded at the first use."""

    def __init__(self, config: DemucsConfig) -> None:
        self._config = config

    def fetch(self, progress: FractionCallback | None = None) -> str:
        """Get the weights; see :class:`djtrans.core.contracts.separator.TrainedSeparator`."""
        pick_device(self._config.device)
        with _demucs_needed():
            from djtrans.plugins.separators.demucs_weights import find_weights, weights_digest

            return weights_digest(find_weights(self._config, progress).files)

    def separate(
        self,
        audio: Tensor,
        sample_rate: int,
        *,
        start_seconds: float = 0.0,
        progress: FractionCallback | None = None,
    ) -> Tensor:
        """Split `audio`; see :class:`djtrans.core.contracts.separator.Separator`.

        Raises
        ------
        SeparationError
            If demucs or its weights are missing, or the weights cannot be used.
        InputError
            If the device is not there, or the audio is neither mono nor stereo at 44.1 kHz.
        """
        channels, samples = audio.shape
        if channels > 2 or sample_rate != DEMUCS_SAMPLE_RATE:
            raise ShapeError(
                f"demucs was fed {channels} channels at {sample_rate} Hz; feed it one or two at "
                f"{DEMUCS_SAMPLE_RATE} Hz."
            )
        if samples == 0:
            return audio.new_zeros(len(STEMS), channels, 0)
        device = pick_device(self._config.device)
        with _demucs_needed():
            from djtrans.plugins.separators.demucs_weights import load_network

            network = load_network(self._config, device)
        heard = audio.detach().to("cpu", torch.float32)
        middle = heard.mean(dim=0)
        # Level and offset as in training; a single sample or silence has no spread.
        mean, spread = middle.mean(), middle.std(correction=0) + _TINY
        mix = ((heard - mean) / spread).expand(2, -1)
        order = [network.sources.index(name) for name in STEMS]
        passes = self._config.shifts + 1

        def shifted(index: int) -> Tensor:
            # Even shifts rather than demucs' random ones: the same every time.
            shift = int(_LARGEST_SHIFT_SECONDS * DEMUCS_SAMPLE_RATE) * index // passes
            out = self._run(network, pad(mix, (shift, 0)), device, index, progress)
            return out[order, :, shift:]

        # Summed as they come, and scaled in place: the stems of a whole track are large.
        stems = functools.reduce(Tensor.add_, map(shifted, range(passes)))
        stems.mul_(spread / passes).add_(mean)
        if channels == 1:
            stems = stems.mean(dim=1, keepdim=True)
        return stems.to(audio.device)

    def _run(
        self, network: Any, mix: Tensor, device: str, index: int, progress: FractionCallback | None
    ) -> Tensor:
        """Run one pass over ``mix [2, samples]``; returns ``[sources, 2, samples]``."""
        config = self._config

        def report(fraction: float) -> None:
            if progress:
                progress((index + fraction) / (config.shifts + 1))

        # The network fails on more than it was trained with.
        seconds = min(config.segment_seconds, network.max_allowed_segment)
        return separate_in_batches(
            network,
            mix,
            segment=int(DEMUCS_SAMPLE_RATE * seconds),
            overlap=config.overlap,
            batch=config.batch_segments or (_BATCH_ON_CUDA if device.startswith("cuda") else 1),
            device=device,
            progress=report,
        )


@contextmanager
def _demucs_needed() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise SeparationError(
            f"demucs cannot be imported ({error}); install it with: pip install 'demucs>=4.1'."
        ) from error
