"""Frame-level features of a whole track, from which the features of any window are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.feature_extraction import extract_features
from djtrans.core.track.features import TrackFeatures
from djtrans.core.track.stems import Stems


@attrs.frozen(eq=False)
class FramedTrack:
    """Features of a whole track on its beat grid; frame 0 is the first downbeat.

    Frames are relative to beats, so the features do not depend on the tempo of the mix.

    Attributes
    ----------
    level_db : Tensor
        ``[frames, stems, 3]``, levels of the bands in dB.
    onset : Tensor
        ``[frames, stems]``, onset strength.
    vocal : Tensor
        ``[frames]``, vocal activity, 0 to 1.
    reference_db : float
        Level of the loud parts of the track in dB.
    isolated : bool
        True if each stem contains only its own sounds.
    extra : mapping of str to Tensor
        ``[frames, ...]``, arrays of the encoders' extractors, by ``extractor/name``.

    See Also
    --------
    djtrans.build_track_features : Features of one window.

    Examples
    --------
    >>> import torch
    >>> from djtrans.datasets import FramedTrack
    >>> track = FramedTrack(
    ...     torch.zeros(512, 4, 3), torch.zeros(512, 4), torch.zeros(512), reference_db=-10.0
    ... )
    >>> window = track.window(start=64, frames=128)
    >>> tuple(window.level_db.shape)
    (128, 4, 3)
    """

    level_db: Tensor
    onset: Tensor
    vocal: Tensor
    reference_db: float
    isolated: bool = True
    extra: Mapping[str, Tensor] = attrs.field(factory=dict)

    def window(self, start: int, frames: int | NDArray[np.int64]) -> FramedTrack:
        """Return the features of a window.

        Parameters
        ----------
        start : int
            Frame of the track at the start of the window.
        frames : int or ndarray of int
            Number of frames, or for each frame of the window the one that is played, counted from
            `start`; -1 for silence, which has the lowest values that occur in the track.

        Returns
        -------
        FramedTrack
            In single precision.

        Raises
        ------
        InputError
            If the track does not contain these frames.
        """
        order = np.arange(frames) if isinstance(frames, int) else frames
        stop = start + int(order.max(initial=-1)) + 1
        if start < 0 or stop > len(self.vocal):
            raise InputError(
                f"Frames {start} to {stop} are outside a track of {len(self.vocal)}; choose a "
                "window inside the track."
            )
        index = torch.from_numpy(start + order.clip(min=0))
        silent = torch.from_numpy(order < 0)

        def part(array: Tensor) -> Tensor:
            played = array[index].float()
            if bool(silent.any()):
                played[silent] = array.float().amin(dim=0)
            return played

        return attrs.evolve(
            self,
            level_db=part(self.level_db),
            onset=part(self.onset),
            vocal=part(self.vocal),
            extra={name: part(array) for name, array in self.extra.items()},
        )


def frame_track(
    stems: Stems,
    analysis: Analysis,
    *,
    frames_per_beat: int = 2,
    isolated: bool = True,
    extractors: Sequence[FeatureExtractor] = (),
) -> FramedTrack:
    """Extract the features of a whole track, with the code used in inference.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]`` from the first sample of the track.
    analysis : Analysis
        Analysis in the tempo octave of the windows.
    frames_per_beat : int
        Frame rate of the features.
    isolated : bool
        True if each stem contains only its own sounds.
    extractors : sequence of FeatureExtractor
        Extractors to run in addition.

    Raises
    ------
    InputError
        If the track has no whole bar.
    """
    grid = analysis.grid
    beats = np.arange(grid.bars * grid.beats_per_bar + 1)
    times = grid.time_of(grid.first_downbeat + beats.astype(np.float64))
    times = times[times <= stems.samples / stems.sample_rate]
    # The first beat of a grid may be slightly before the first sample.
    times = np.maximum(times, 0.0)
    whole = (len(times) - 1) // grid.beats_per_bar * grid.beats_per_bar
    if whole < 1:
        raise InputError("The track has no whole bar; give a longer one.")
    found: TrackFeatures = extract_features(
        stems,
        torch.from_numpy(times[: whole + 1].copy()),
        bpm=grid.bpm,
        reference_db=analysis.levels.short_term_p95_lufs,
        frames_per_beat=frames_per_beat,
        extractors=extractors,
    )
    return FramedTrack(
        found.level_db, found.onset, found.vocal, found.reference_db, isolated, found.extra
    )
