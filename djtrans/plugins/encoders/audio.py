"""Encode the features of both tracks per frame, and the relation of the tracks globally."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.contracts.config import NoConfig
from djtrans.core.contracts.encoder import Conditioning
from djtrans.core.curves.request import CurveRequest
from djtrans.core.curves.vocal_rests import rests
from djtrans.core.track.analysis import FULL_LABELS
from djtrans.core.track.features import TrackFeatures

#: Levels in this range, relative to the loud parts of a track, are scaled to -1 to 1.
_LOWEST_DB, _HIGHEST_DB = -60.0, 6.0
#: Distance in beats at which the proximity of a phrase boundary is 1/e.
_BOUNDARY_BEATS = 8.0
#: Labels with a channel, of which those in full share one: trained models depend on the order.
SECTION_CHANNELS = ("intro", "build", "drop", "break", "outro")
#: Vocal activity and rests; phrase position and boundaries; section.
_PER_TRACK = 2 + 3 + 1 + len(SECTION_CHANNELS)
_SHARED = 4
_GLOBAL_NAMES = (
    *("bars", "tempo", "key known", "key distance", "keys match"),
    *("a: stretch", "b: stretch", "a: isolated", "b: isolated"),
)
_GLOBAL = len(_GLOBAL_NAMES)
_REFERENCE_BPM = 120.0
_FARTHEST_KEY = 7


class ThreeBandEncoder:
    """Version 2 of :class:`AudioEncoder`, with three bands, and without chroma.

    It needs no extractor: its bands are those of
    :class:`~djtrans.core.track.features.TrackFeatures`.
    """

    _bands, _chroma = 3, 0
    _band_names: tuple[str, ...] = ("low", "mid", "high")

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def widths(self, stems: tuple[str, ...]) -> tuple[int, int]:
        """Return the numbers of channels per frame and of global channels."""
        per_track = (self._bands + 1) * len(stems) + _PER_TRACK + self._chroma
        return 2 * per_track + _SHARED, _GLOBAL

    def encode(self, request: CurveRequest) -> Conditioning | None:
        """Encode one transition; None without the features of both tracks."""
        a, b = request.features_a, request.features_b
        if a is None or b is None:
            return None
        beats = torch.from_numpy(request.frame_beats).float()
        sides = (
            self._track(a, rests(request, "a"), beats),
            self._track(b, rests(request, "b"), beats),
        )
        per_frame = torch.cat([*sides, _shared(request, beats)], dim=1)
        return Conditioning(per_frame[None], _global(request, a, b)[None])

    def _track(
        self, features: TrackFeatures, resting: NDArray[np.bool_] | None, beats: Tensor
    ) -> Tensor:
        """Encode one track, ``[frames, channels]``; vocals with unknown rests may be faded."""
        relative = self._level_db(features) - features.reference_db
        middle, half = (_HIGHEST_DB + _LOWEST_DB) / 2, (_HIGHEST_DB - _LOWEST_DB) / 2
        may_fade = beats.new_ones(len(beats)) if resting is None else beats.new_tensor(resting)
        return torch.cat(
            [
                ((relative - middle) / half).clamp(-1.0, 1.0).flatten(1),
                features.onset,
                features.vocal[:, None],
                may_fade[:, None],
                _phrases(features.phrase_beats, beats),
                _sections(features, beats),
            ],
            dim=1,
        )

    def channel_names(self, stems: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """Return the names of the channels per frame and of the global channels.

        The bass band of version 3 has the name of version 2's band below 300 Hz, whose level it
        determines in most music.
        """
        track = [
            *(f"{stem} {band}" for stem in stems for band in self._band_names),
            *(f"{stem} onset" for stem in stems),
            *("vocal", "may fade", "phrase position", "after boundary", "before boundary"),
            *("section level", *SECTION_CHANNELS),
            *(f"chroma {pitch}" for pitch in range(self._chroma)),
        ]
        per_frame = [f"{side}: {name}" for side in "ab" for name in track]
        return [*per_frame, "beat", "bar sine", "bar cosine", "window"], list(_GLOBAL_NAMES)

    def _level_db(self, features: TrackFeatures) -> Tensor:
        """Return the levels of each stem, ``[frames, stems, bands]``."""
        return features.level_db


class AudioEncoder(ThreeBandEncoder):
    """Encoder of levels, onsets, vocals, chroma, and position in beat, bar, phrase and section.

    Per frame and track: level of four bands (25 to 150 Hz, to 300 Hz, to 4 kHz, above) and onset
    strength of each stem; vocal activity, and whether the vocals may be faded without cutting off a
    sung line; position in the phrase and proximity of the boundaries before and after; level and
    label of the section; chroma of the harmonic stems. Per frame: position in the beat, the bar and
    the window. Global: bars, tempo, key relation, stretch of both tracks, and isolation of their
    stems.
    """

    _bands, _chroma = 4, 12
    _band_names = ("low", "low-mid", "mid", "high")

    def _track(
        self, features: TrackFeatures, resting: NDArray[np.bool_] | None, beats: Tensor
    ) -> Tensor:
        track = super()._track(features, resting, beats)
        return torch.cat([track, features.extra["audio/chroma"].float()], dim=1)

    def _level_db(self, features: TrackFeatures) -> Tensor:
        low, higher = features.level_db[..., :1], features.level_db[..., 1:]
        return torch.cat([low + features.extra["audio/lows_db"].float(), higher], dim=-1)


def _phrases(boundaries: tuple[float, ...], beats: Tensor) -> Tensor:
    """Encode position in the phrase and proximity of its boundaries; 0 if unknown."""
    if not boundaries:
        return beats.new_zeros(len(beats), 3)
    edges = beats.new_tensor(boundaries)
    since = torch.where(beats[:, None] >= edges, beats[:, None] - edges, math.inf).amin(dim=1)
    until = torch.where(edges > beats[:, None], edges - beats[:, None], math.inf).amin(dim=1)
    known = torch.isfinite(since) & torch.isfinite(until)
    position = torch.where(known, since / (since + until), 0.0)
    return torch.stack(
        [position, torch.exp(-since / _BOUNDARY_BEATS), torch.exp(-until / _BOUNDARY_BEATS)], dim=1
    )


def _sections(features: TrackFeatures, beats: Tensor) -> Tensor:
    """Encode the level of the section in units of 20 dB, and its label; 0 if unknown."""
    out = beats.new_zeros(len(beats), 1 + len(SECTION_CHANNELS))
    for section in features.sections:
        inside = (beats >= section.start) & (beats < section.stop)
        out[inside, 0] = max(section.level_db, -40.0) / 20.0
        label = "drop" if section.label in FULL_LABELS else section.label
        if label in SECTION_CHANNELS:
            out[inside, 1 + SECTION_CHANNELS.index(label)] = 1.0
    return out


def _shared(request: CurveRequest, beats: Tensor) -> Tensor:
    """Encode the position in the beat, in the bar (as a point on a circle) and in the window."""
    bar = 2 * math.pi * (beats % request.beats_per_bar) / request.beats_per_bar
    window = 2.0 * beats / request.beats - 1.0
    return torch.stack([beats % 1.0, torch.sin(bar), torch.cos(bar), window], dim=1)


def _global(request: CurveRequest, a: TrackFeatures, b: TrackFeatures) -> Tensor:
    """Encode bars, tempo, key relation, stretch and isolation as ``[channels]``."""
    distance = request.key_distance
    known = distance is not None
    return torch.tensor(
        [
            np.log2(request.beats / request.beats_per_bar) / 6.0,
            np.log2(a.bpm / _REFERENCE_BPM),
            float(known),
            (distance or 0) / _FARTHEST_KEY,
            float(known and (distance or 0) <= 1),
            10.0 * a.stretch,
            10.0 * b.stretch,
            float(a.isolated),
            float(b.isolated),
        ],
        dtype=torch.float32,
    )
