"""Extract levels, onsets and vocal activity of stems on the frames of a window."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from djtrans.core.audio.decibels import FLOOR_DB, db_to_power, power_to_db
from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.curves.params import frame_times
from djtrans.core.errors import InputError, ShapeError
from djtrans.core.track.band_powers import BandPowers, band_powers
from djtrans.core.track.features import TrackFeatures
from djtrans.core.track.stem_names import VOCALS
from djtrans.core.track.stems import Stems
from djtrans.core.transition.plan import BeatSection

#: Edges between the low, mid and high band, in Hz: those of the default EQ.
BAND_EDGES_HZ = (300.0, 4000.0)
_EDGES_HZ = (0.0, *BAND_EDGES_HZ, math.inf)
#: Hops of an attack's rise; the centred analysis window rises as many hops before the attack.
_ATTACK_HOPS = 2
#: Rise of an onset of strength 1, and level relative to the loud parts below which rises are
#: ignored.
_ONSET_DB, _ONSET_FLOOR_DB = 30.0, -50.0
#: Level of vocals relative to the loud parts at vocal activity 0.5, and slope of the sigmoid.
_VOCAL_DB, _VOCAL_SLOPE_DB = -25.0, 3.0


def extract_features(
    stems: Stems,
    beat_times: Tensor,
    *,
    bpm: float,
    key: str = "",
    reference_db: float | None = None,
    isolated: bool = True,
    stretch: float = 0.0,
    phrase_beats: tuple[float, ...] = (),
    sections: tuple[BeatSection, ...] = (),
    beats_per_bar: int = 4,
    frames_per_beat: int = 2,
    extractors: Sequence[FeatureExtractor] = (),
    gain_db: float = 0.0,
) -> TrackFeatures:
    """Extract the features of stems on the frames of a window.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]``.
    beat_times : Tensor
        ``[beats + 1]`` float64, seconds from the stems' first sample: the beats of the window and
        its end.
    bpm : float
        Tempo of the stems.
    key : str
        Camelot code.
    reference_db : float, optional
        Level of the track's loud parts; by default the 95th percentile of the window's frames.
    isolated, stretch, phrase_beats, sections
        See :class:`~djtrans.core.track.features.TrackFeatures`.
    beats_per_bar, frames_per_beat : int
        Meter and time resolution.
    extractors : sequence of FeatureExtractor
        Run for the encoders that declare them; their arrays are returned in `extra`.
    gain_db : float
        Gain that the stems have against the track's file; extractors get the stems without it.

    Returns
    -------
    TrackFeatures

    Raises
    ------
    InputError
        If the window is not within the stems.
    ShapeError
        If an array of an extractor is not on the frames.
    """
    length = stems.samples / stems.sample_rate
    if float(beat_times[0]) < -1e-3 or float(beat_times[-1]) > length + 0.05:
        raise InputError(
            f"The window is at {float(beat_times[0]):.2f} to {float(beat_times[-1]):.2f} s, but "
            f"the stems are {length:.2f} s long; give longer stems, fewer frames or another start."
        )
    n_frames = (len(beat_times) - 1) * frames_per_beat
    times = frame_times(beat_times, n_frames, frames_per_beat)
    powers = [band_powers(stem, stems.sample_rate, _EDGES_HZ) for stem in stems.audio]
    levels = torch.stack([_decibels(power.frame_means(times)) for power in powers], dim=1)
    if reference_db is None:
        loudness = _decibels((db_to_power(levels)).sum(dim=(1, 2)))
        reference_db = float(loudness.quantile(0.95))
    return TrackFeatures(
        bpm=bpm,
        beat_times=beat_times,
        level_db=levels,
        onset=torch.stack([_onsets(power, times, reference_db) for power in powers], dim=1),
        vocal=_vocal(levels, stems.names, reference_db),
        reference_db=reference_db,
        stem_names=stems.names,
        isolated=isolated,
        beats_per_bar=beats_per_bar,
        frames_per_beat=frames_per_beat,
        key=key,
        stretch=stretch,
        phrase_beats=phrase_beats,
        sections=sections,
        extra=_extra(extractors, stems, gain_db, times) if extractors else {},
    )


def _extra(
    extractors: Sequence[FeatureExtractor], stems: Stems, gain_db: float, times: Tensor
) -> dict[str, Tensor]:
    """Arrays of all extractors by ``extractor/name``."""
    stems = stems.scaled(10.0 ** (-gain_db / 20.0))
    found: dict[str, Tensor] = {}
    for extractor in extractors:
        for name, array in extractor.extract(stems, times).items():
            if array.shape[:1] != times.shape:
                raise ShapeError(
                    f"The extractor {extractor.name} returned {name!r} of shape "
                    f"{tuple(array.shape)} on {len(times)} frames; it must be [frames, ...]."
                )
            found[f"{extractor.name}/{name}"] = array.detach().cpu()
    return found


def _onsets(bands: BandPowers, times: Tensor, reference_db: float) -> Tensor:
    """Compute the steepest rise within each frame, ``[frames]``, 1 for :data:`_ONSET_DB`."""
    level = _decibels(bands.power.sum(dim=1)).clamp(min=reference_db + _ONSET_FLOOR_DB)
    before = torch.nn.functional.pad(level, (_ATTACK_HOPS, 0))[: len(level)]
    before[:_ATTACK_HOPS] = level[0]
    rise = (level - before).clamp(min=0.0) / _ONSET_DB
    start, stop = bands.span(times)
    # The centred analysis window rises before the attack, so look that much earlier.
    peaks = [
        rise[max(first - _ATTACK_HOPS, 0) : max(last - _ATTACK_HOPS, 1)].amax()
        for first, last in zip(start.tolist(), stop.tolist(), strict=True)
    ]
    return torch.stack(peaks).clamp(max=1.0)


def _vocal(levels: Tensor, names: tuple[str, ...], reference_db: float) -> Tensor:
    """Estimate vocal activity from the vocal stem's mid band, ``[frames]``, 0 to 1."""
    if VOCALS not in names:
        return levels.new_zeros(len(levels))
    above = levels[:, names.index(VOCALS), 1] - (reference_db + _VOCAL_DB)
    return torch.sigmoid(above / _VOCAL_SLOPE_DB)


def _decibels(power: Tensor) -> Tensor:
    return power_to_db(power, amin=1e-30).clamp(min=FLOOR_DB).float()
