"""Training batches and the protocol of their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs
import torch
from torch import Tensor

from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.track.stem_powers import StemPowers
from djtrans.core.transition.pair import Pair
from djtrans.diffusion.model import on_device

if TYPE_CHECKING:
    from djtrans.mixer.mixer import Mixer
    from djtrans.objectives import PowerModel

#: Fraction of examples without a technique, from which a model learns to choose one. Small, since
#: `generate` always names a technique.
NO_TECHNIQUE_FRACTION = 0.2

#: Sample rate in Hz for which a mix is predicted; features are of tracks of any rate.
_SAMPLE_RATE = 44100


@attrs.frozen(eq=False)
class Crop:
    """Short excerpt of the stems of a transition, with the times of its frames and beats.

    Attributes
    ----------
    row : int
        Index of the transition in the batch.
    first : int
        First frame of the excerpt in the curves; it has ``len(frame_times)`` frames.
    frame_times, beat_times : Tensor
        ``[frames]`` and ``[beats]`` float64, seconds from the first sample.
    a, b : Tensor
        ``[stems, channels, samples]``, stems of both tracks.
    sample_rate : int
        Sample rate in Hz.

    See Also
    --------
    djtrans.training.AudioLoss : Compares renders of crops.

    Examples
    --------
    >>> import torch
    >>> from djtrans.datasets import Crop
    >>> times = torch.arange(4, dtype=torch.float64) / 4
    >>> stems = torch.zeros(4, 2, 44100)
    >>> crop = Crop(0, 16, times, times[::2], stems, stems, sample_rate=44100)
    >>> len(crop.frame_times)
    4
    """

    row: int
    first: int
    frame_times: Tensor
    beat_times: Tensor
    a: Tensor
    b: Tensor
    sample_rate: int

    def to(self, device: torch.device) -> Crop:
        """Move the audio to a device; times stay on theirs."""
        return attrs.evolve(self, a=self.a.to(device), b=self.b.to(device))


@attrs.frozen(eq=False, kw_only=True)
class MixSources:
    """Stem powers of one transition of a batch, from which its mix is predicted.

    Attributes
    ----------
    row : int
        Index of the transition in the batch.
    sources : Pair of StemPowers
        Powers of the stems of both tracks, at the level that they have in the mix.
    beat_times : Tensor
        ``[beats + 1]`` float64, seconds.
    swap_beat : float
        Beat of the window of the swap.
    phrase_beats : Pair of tuple of float
        Beats of the window on which phrases start.
    frames_per_beat, beats_per_bar : int

    See Also
    --------
    djtrans.training.MixLoss : Objectives of the predicted mix.

    Examples
    --------
    >>> import djtrans, torch
    >>> from djtrans.datasets import MixSources
    >>> from djtrans.objectives import measure_stem_powers
    >>> beat_times = torch.arange(17, dtype=torch.float64) * 0.5
    >>> names = ("drums", "bass", "vocals", "other")
    >>> stems = djtrans.Stems(0.1 * torch.randn(4, 1, 8 * 22050), names, 22050)
    >>> powers = measure_stem_powers(stems, beat_times, cells_per_beat=4)
    >>> mix = MixSources(
    ...     row=0,
    ...     sources=djtrans.Pair(powers, powers),
    ...     beat_times=beat_times,
    ...     swap_beat=8.0,
    ...     phrase_beats=djtrans.Pair((0.0,), (0.0,)),
    ...     frames_per_beat=2,
    ...     beats_per_bar=4,
    ... )
    >>> mix.model(djtrans.DifferentiableDJMixer()).sample_rate
    44100
    """

    row: int
    sources: Pair[StemPowers]
    beat_times: Tensor
    swap_beat: float
    phrase_beats: Pair[tuple[float, ...]]
    frames_per_beat: int
    beats_per_bar: int

    def model(self, mixer: Mixer) -> PowerModel:
        """Return the model that predicts the mix of this transition by a mixer."""
        # Imported here, since it imports the audio libraries, which training itself does not need.
        from djtrans.objectives import PowerModel

        return PowerModel(
            mixer=mixer,
            sources=self.sources,
            beat_times=self.beat_times,
            swap_beat=self.swap_beat,
            sample_rate=_SAMPLE_RATE,
            phrase_beats=self.phrase_beats,
            frames_per_beat=self.frames_per_beat,
            beats_per_bar=self.beats_per_bar,
        )


@attrs.frozen(eq=False)
class Batch:
    """Batch of transitions of equal length.

    Attributes
    ----------
    curves : Tensor
        ``[batch, frames, parameters]``, -1 to 1.
    conditioning : Conditioning
        Concatenated results of the encoders' ``encode``. The network applies its trainable encoders
        (:meth:`DiffusionNetwork.encode <djtrans.diffusion.network.DiffusionNetwork.encode>`).
    missing : Tensor
        ``[batch, encoders]`` bool: encoders without conditioning.
    crops : tuple of Crop
        Audio of some of the transitions; empty without audio.
    mixes : tuple of MixSources
        Stem powers of some of the transitions.
    techniques : tuple of str
        Qualified names of the techniques that generated the curves, ``""`` if unknown, also where
        the conditioning has no technique; empty if the source does not know them. The validation
        loss is also reported by technique.

    Examples
    --------
    >>> import torch
    >>> from djtrans.core.contracts.encoder import Conditioning
    >>> from djtrans.datasets import Batch
    >>> conditioning = Conditioning(torch.zeros(8, 128, 3), torch.zeros(8, 20))
    >>> batch = Batch(torch.zeros(8, 128, 54), conditioning, torch.zeros(8, 1, dtype=torch.bool))
    >>> tuple(batch.curves.shape)
    (8, 128, 54)
    """

    curves: Tensor
    conditioning: Conditioning
    missing: Tensor
    crops: tuple[Crop, ...] = ()
    techniques: tuple[str, ...] = ()
    mixes: tuple[MixSources, ...] = ()

    def to(self, device: torch.device) -> Batch:
        """Move the batch to a device."""
        return attrs.evolve(
            self,
            curves=self.curves.to(device),
            conditioning=on_device(self.conditioning, device),
            missing=self.missing.to(device),
            crops=tuple(crop.to(device) for crop in self.crops),
        )


class BatchSource(Protocol):
    """Source of batches as a pure function of the index, so that a run can be resumed.

    See Also
    --------
    SyntheticBatches, PreparedBatches : Batches from one dataset.
    MixedBatches : Batches from several sources.
    """

    def batch(self, index: int, size: int, *, validation: bool = False, group: int = 1) -> Batch:
        """Return the batch of an index.

        Parameters
        ----------
        index : int
            Index from 0. Equal indices give equal batches, in every process.
        size : int
            Number of transitions of 16 bars; equally many frames for other lengths, at least one
            transition.
        validation : bool
            Use held-out data instead of training data.
        group : int
            Number of consecutive batches of equal length: those that the processes of a
            data-parallel run compute at the same time. 1 in a run of one process.
        """
        ...
