"""Stem powers on the frames of a track, from which the mix of any window is predicted."""

from __future__ import annotations

import torch
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db, db_to_amplitude, db_to_power, power_to_db
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import InputError
from djtrans.core.track.features import TrackFeatures
from djtrans.core.track.stem_powers import StemPowers
from djtrans.core.track.stems import Stems
from djtrans.core.transition.pair import Pair
from djtrans.datasets.batch import MixSources
from djtrans.datasets.synthetic.composition import Composition
from djtrans.objectives.measurement import BAND_EDGES_HZ, measure_stem_powers

#: Cells per frame. With four cells per beat, a sixteenth note, the objectives differ from those
#: with sixteen by less than they do between curves.
CELLS_PER_FRAME = 2
#: In decibels, half precision is exact to 0.1 dB. Silence is at the lower limit.
_LOWEST_DB = -160.0


class PowerExtractor:
    """Extractor of the power of each stem in cells and bands, and of its chroma.

    Arrays are in decibels at the level of the track's file.
    """

    name, version = "powers", 1

    def extract(self, stems: Stems, frame_times: Tensor) -> dict[str, Tensor]:
        """Extract features.

        Parameters
        ----------
        stems : Stems
            Stems of the track.
        frame_times : Tensor
            ``[frames]`` float64, seconds.

        Returns
        -------
        dict of str to Tensor
            ``power_db`` ``[frames, stems + 1, cells, bands]``, the sum of the stems last, and
            ``chroma_db`` ``[frames, stems, 3, 12]``; see
            :class:`~djtrans.core.track.stem_powers.StemPowers`.
        """
        times = frame_times.double().cpu()
        seconds = stems.samples / stems.sample_rate
        edges = torch.cat([times, 2 * times[-1:] - times[-2:-1]]).clamp(max=seconds)
        found = measure_stem_powers(stems, edges, cells_per_beat=CELLS_PER_FRAME)
        power = torch.cat([found.power, found.mix_power[None]])
        by_frame = power.unflatten(1, (-1, CELLS_PER_FRAME)).transpose(0, 1)
        return {
            "power_db": _limited(power_to_db(by_frame, amin=1e-30)),
            "chroma_db": _limited(amplitude_to_db(found.chroma.transpose(0, 1), amin=1e-15)),
        }


def mix_sources(composition: Composition, request: CurveRequest, row: int = 0) -> MixSources:
    """Collect the stem powers of a composition, from which its mix is predicted.

    Parameters
    ----------
    composition : Composition
    request : CurveRequest
        Its request, with the arrays of :class:`PowerExtractor`.
    row : int
        Index of the transition in its batch.

    Returns
    -------
    MixSources

    Raises
    ------
    InputError
        If the request lacks these arrays.
    """
    sides = Pair(request.features_a, request.features_b)
    a, b = (
        _powers(features, side.gain_db)
        for features, side in zip(sides, (composition.a, composition.b), strict=True)
    )
    beats = composition.bars * composition.beats_per_bar
    return MixSources(
        row=row,
        sources=Pair(a, b),
        beat_times=torch.arange(beats + 1, dtype=torch.float64) * (60.0 / composition.bpm),
        swap_beat=request.swap_beat,
        phrase_beats=Pair(request.phrase_beats_a, request.phrase_beats_b),
        frames_per_beat=request.frames_per_beat,
        beats_per_bar=request.beats_per_bar,
    )


def _powers(features: TrackFeatures | None, gain_db: float) -> StemPowers:
    if features is None or "powers/power_db" not in features.extra:
        raise InputError(
            "The dataset has no stem powers, from which the mix is predicted; compose it again "
            "with refined transitions (SyntheticOptions(refined=0.2))."
        )
    return stem_powers(features, gain_db)


def stem_powers(features: TrackFeatures, gain_db: float = 0.0) -> StemPowers:
    """Convert the arrays of :class:`PowerExtractor` to the stem powers of a window.

    Parameters
    ----------
    features : TrackFeatures
        Features of one track in the window, with these arrays.
    gain_db : float
        Gain of the track in the mix.

    Returns
    -------
    StemPowers
        With ``CELLS_PER_FRAME * frames_per_beat`` cells per beat.
    """
    power = db_to_power(features.extra["powers/power_db"].float() + gain_db)
    chroma = db_to_amplitude(features.extra["powers/chroma_db"].float() + gain_db)
    per_beat = features.frames_per_beat
    cells = power.transpose(0, 1).flatten(1, 2)
    cells_per_beat = CELLS_PER_FRAME * per_beat
    beats = features.beat_times
    part = torch.arange(cells_per_beat, dtype=torch.float64) / cells_per_beat
    starts = (beats[:-1, None] + beats.diff()[:, None] * part).flatten()
    return StemPowers(
        power=cells[:-1],
        mix_power=cells[-1],
        # Amplitudes of peaks are added up over a beat.
        chroma=chroma.unflatten(0, (-1, per_beat)).sum(dim=1).transpose(0, 1),
        stem_names=features.stem_names,
        edges_hz=torch.tensor(BAND_EDGES_HZ, dtype=torch.float64),
        cell_times=torch.cat([starts, beats[-1:]]),
        cells_per_beat=cells_per_beat,
        isolated=features.isolated,
    )


def _limited(decibels: Tensor) -> Tensor:
    return decibels.clamp(min=_LOWEST_DB).half()
