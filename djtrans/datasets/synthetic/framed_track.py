"""Whole tracks as features on their frames: extracted once, cut into any window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs
import numpy as np
import torch
from torch import Tensor

from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.errors import InputError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.feature_extraction import extract_features
from djtrans.core.track.features import TrackFeatures
from djtrans.core.track.stems import Stems


@attrs.frozen(eq=False)
class FramedTrack:
    """Features of a whole track; frame 0 is the one of its first whole bar.

    Frames lie on the beat grid, so what is heard on a frame does not depend on the tempo that the
    track is played at.

    Attributes
    ----------
    level_db : Tensor
        ``[frames, stems, 3]``.
    onset : Tensor
        ``[frames, stems]``.
    vocal : Tensor
        ``[frames]``.
    reference_db : float
        Level of its loud parts.
    isolated : bool
        Whether each stem holds its own sounds only.
    extra : mapping of str to Tensor
        ``[frames, ...]``: arrays of the encoders' own extractors, by ``extractor/name``.
    """

    level_db: Tensor
    onset: Tensor
    vocal: Tensor
    reference_db: float
    isolated: bool = True
    extra: Mapping[str, Tensor] = attrs.field(factory=dict)

    def window(self, start: int, frames: int) -> tuple[Tensor, Tensor, Tensor]:
        """Levels, onsets and voice of a part.

        Raises
        ------
        InputError
            If the track does not hold it.
        """
        if start < 0 or start + frames > len(self.vocal):
            raise InputError(
                f"Frames {start} to {start + frames} lie outside a track of {len(self.vocal)}."
            )
        part = slice(start, start + frames)
        return self.level_db[part].float(), self.onset[part].float(), self.vocal[part].float()


def frame_track(
    stems: Stems,
    analysis: Analysis,
    *,
    frames_per_beat: int = 2,
    isolated: bool = True,
    extractors: Sequence[FeatureExtractor] = (),
) -> FramedTrack:
    """Extract a whole track with the code that inference uses.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]`` from the track's first sample on.
    analysis : Analysis
        Counted in the octave in which the windows will be counted.
    frames_per_beat : int
    isolated : bool
        Whether each stem holds its own sounds only.
    extractors : sequence of FeatureExtractor

    Raises
    ------
    InputError
        If the track has no whole bar.
    """
    grid = analysis.grid
    beats = np.arange(grid.bars * grid.beats_per_bar + 1)
    times = grid.time_of(grid.first_downbeat + beats.astype(np.float64))
    times = times[times <= stems.samples / stems.sample_rate]
    # A grid's first beat may lie just before the first sample.
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
