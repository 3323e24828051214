"""Fit ready stems to their track: delay and gain of each, and what they leave unexplained.

Stems that were exported with another latency, or normalized one by one, do not add up to the track;
the residual, which is added to ``other``, would then be another mix of the same instruments. Delays
are found by cross-correlation, gains by least squares.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import starmap

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import (
    FLOOR_DB,
    amplitude_to_db,
    db_to_amplitude,
    db_to_power,
    power_to_db,
)

#: Largest delay that is found, in seconds.
LARGEST_DELAY_SECONDS = 0.25
#: Residual, relative to the track in dB, up to which stems are used as they are.
EXACT_DB = -40.0
#: Residual above which stems are not those of the track. Measured: another song, another speed and
#: noise leave -0.0 dB, tracks that were limited or clipped by up to 15 dB -8 dB and less.
RESIDUAL_LIMIT_DB = -6.0
#: Residual above which something is missing in the stems, or the track was mastered further.
RESIDUAL_WARNING_DB = -20.0
#: Gain against the median of the other stems, below which a stem does not occur in the track.
_ABSENT_DB = -30.0
#: A delay or gains are applied only if they lower the residual by as much, in dB.
_LEAST_IMPROVEMENT_DB = 1.0
#: Stems this far below the loudest are not fitted: they take the median gain of the others.
_QUIET_DB = -40.0
#: Length of the excerpts whose correlation gives the delays.
_EXCERPT_SECONDS = 10.0
_CHUNK = 1 << 17
#: Rounds in which the delay of each stem is found again, with the other stems subtracted.
_ROUNDS = 2


@attrs.frozen
class StemFit:
    """Delay and gain of each stem in its track.

    Attributes
    ----------
    delays : tuple of int
        Samples by which each stem is late, to be skipped.
    gains : tuple of float
        Linear gains, to be applied; negative if the polarity is inverted.
    residual_db : float
        Power of the track minus the corrected stems, relative to the track.
    uncorrected_db : float
        The same without correction.
    """

    delays: tuple[int, ...]
    gains: tuple[float, ...]
    residual_db: float
    uncorrected_db: float

    @property
    def absent(self) -> tuple[int, ...]:
        """Indices of stems that do not occur in the track, which then is not explained either."""
        if self.residual_db <= RESIDUAL_WARNING_DB:
            return ()
        least = statistics.median(map(abs, self.gains)) * db_to_amplitude(_ABSENT_DB)
        return tuple(i for i, gain in enumerate(self.gains) if abs(gain) < least)

    @property
    def corrects(self) -> bool:
        """True if a delay or a gain is to be applied."""
        return any(self.delays) or any(gain != 1.0 for gain in self.gains)


def fit_stems(stems: Tensor, audio: Tensor, sample_rate: int, margin: int) -> StemFit:
    """Fit the delay and the gain of each stem.

    Parameters
    ----------
    stems : Tensor
        ``[stems, channels, samples + 2 * margin]``: the stems over the audio and `margin` samples
        before and after it.
    audio : Tensor
        ``[channels, samples]``, the track.
    sample_rate : int
        In Hz.
    margin : int
        Largest delay in samples.

    Returns
    -------
    StemFit
        Without correction if the stems add up to the audio within -40 dB, or if none lowers the
        residual by 1 dB.
    """
    none = (0,) * len(stems)
    fitter = _Fitter(stems, audio, sample_rate, margin)
    plain = fitter.solve(none, fitter.whole)
    if plain.unit_db <= EXACT_DB or not fitter.audible:
        return StemFit(none, (1.0,) * len(stems), plain.unit_db, plain.unit_db)
    best = fitter.solve(none, fitter.excerpts)
    common, single = fitter.find_delays()
    for delays in ((common,) * len(stems), single):
        best = _better(best, fitter.solve(delays, fitter.excerpts))
    for _ in range(_ROUNDS):
        for stem in fitter.audible:
            delays = _replaced(best.delays, stem, fitter.find_delay(stem, best))
            best = _better(best, fitter.solve(delays, fitter.excerpts))
    found = plain if best.delays == none else fitter.solve(best.delays, fitter.whole)
    return _better(plain, found).chosen(plain.unit_db)


@attrs.frozen
class _Solution:
    """Residual at given delays, with gains of 1 and with the gains of least squares."""

    delays: tuple[int, ...]
    gains: tuple[float, ...]
    unit_db: float
    fitted_db: float

    def chosen(self, uncorrected_db: float) -> StemFit:
        """Use the gains only if they lower the residual."""
        if self.fitted_db > self.unit_db - _LEAST_IMPROVEMENT_DB:
            return StemFit(self.delays, (1.0,) * len(self.gains), self.unit_db, uncorrected_db)
        return StemFit(self.delays, self.gains, self.fitted_db, uncorrected_db)


def _better(best: _Solution, other: _Solution) -> _Solution:
    return other if other.fitted_db < best.fitted_db - _LEAST_IMPROVEMENT_DB else best


class _Fitter:
    """Stems with a margin, and the track.

    Delays are searched in the excerpt in which each stem is loudest, so that the time that this
    takes does not depend on the length of the track.
    """

    def __init__(self, stems: Tensor, audio: Tensor, sample_rate: int, margin: int) -> None:
        self._stems, self._audio, self._margin = stems, audio, margin
        samples = audio.shape[-1]
        length = min(samples, round(_EXCERPT_SECONDS * sample_rate))
        starts = range(0, samples - length + 1, length)
        power = torch.stack(
            [stems[..., margin + s : margin + s + length].square().sum(dim=(1, 2)) for s in starts]
        )
        least = float(power.sum(dim=0).max()) * db_to_power(_QUIET_DB)
        #: Stems that are fitted.
        self.audible = [i for i, p in enumerate(power.sum(dim=0).tolist()) if p > least]
        self._excerpt = [slice(starts[i], starts[i] + length) for i in power.argmax(dim=0).tolist()]
        self.whole = [slice(0, samples)]
        self.excerpts = [slice(s, s + length) for s in sorted({e.start for e in self._excerpt})]

    def solve(self, delays: tuple[int, ...], parts: Sequence[slice]) -> _Solution:
        """Solve for the gains at given delays in parts of the track."""
        gram = self._gram(delays, parts)
        total = float(gram[-1, -1])
        inner, product = gram[self.audible][:, self.audible], gram[self.audible, -1]
        # The minimum-norm solution: two stems may be equal.
        found = torch.linalg.pinv(inner, hermitian=True) @ product
        magnitude = float(found.abs().median()) if len(found) else 1.0
        gains = torch.full((len(delays),), magnitude, dtype=torch.float64)
        gains[self.audible] = found

        def residual_db(weights: Tensor) -> float:
            signed = torch.cat([weights, torch.tensor([-1.0], dtype=torch.float64)])
            power = float(signed @ gram @ signed)
            return max(FLOOR_DB, power_to_db(max(power, 0.0) / max(total, 1e-30), amin=1e-30))

        return _Solution(
            delays, tuple(gains.tolist()), residual_db(torch.ones_like(gains)), residual_db(gains)
        )

    def _gram(self, delays: Sequence[int], parts: Sequence[slice]) -> Tensor:
        """Compute the inner products of the delayed stems and the track, the last row."""
        gram = torch.zeros(len(delays) + 1, len(delays) + 1, dtype=torch.float64)
        for part in parts:
            for start in range(part.start, part.stop, _CHUNK):
                chunk = slice(start, min(start + _CHUNK, part.stop))
                rows = [self._late(i, delay, chunk) for i, delay in enumerate(delays)]
                block = torch.stack([*rows, self._audio[:, chunk]]).flatten(1).double()
                gram += block @ block.T
        return gram

    def _late(self, stem: int, delay: int, part: slice) -> Tensor:
        """Return the samples of a stem that belong to a part of the track."""
        start = self._margin + delay
        return self._stems[stem][:, start + part.start : start + part.stop]

    def find_delays(self) -> tuple[int, tuple[int, ...]]:
        """Find the best common delay, and the best delay of each stem on its own."""
        scores = {i: self._scores(i, self._audio[:, self._excerpt[i]]) for i in self.audible}
        common = int(torch.stack(list(scores.values())).sum(dim=0).argmax()) - self._margin
        single = [common] * len(self._stems)
        for stem, score in scores.items():
            single[stem] = int(score.argmax()) - self._margin
        return common, tuple(single)

    def find_delay(self, stem: int, solution: _Solution) -> int:
        """Find the delay of a stem in the track minus the other stems."""
        part = self._excerpt[stem]
        rest = self._audio[:, part].clone()
        for other, (delay, gain) in enumerate(zip(solution.delays, solution.gains, strict=True)):
            if other != stem:
                rest -= gain * self._late(other, delay, part)
        return int(self._scores(stem, rest).argmax()) - self._margin

    def _scores(self, stem: int, target: Tensor) -> Tensor:
        """Compute the squared correlation at each delay, ``[2 * margin + 1]``.

        Of differences of samples, whose spectrum is flatter, so that the maximum is sharper.
        """
        part, margin = self._excerpt[stem], self._margin
        # Neighbouring delays of a bass differ by less than float32 resolves.
        fixed = target.double().diff(dim=-1)
        moved = self._stems[stem][:, part.start : part.stop + 2 * margin].double().diff(dim=-1)
        size = 1 << (moved.shape[-1] - 1).bit_length()
        spectra = [torch.fft.rfft(x, size) for x in (moved, fixed)]
        product = torch.fft.irfft(spectra[0] * spectra[1].conj(), size).sum(dim=0)
        total = torch.nn.functional.pad(moved.square().sum(dim=0).cumsum(dim=0), (1, 0))
        energy = total[fixed.shape[-1] :] - total[: len(total) - fixed.shape[-1]]
        score = product[: len(energy)].square() / energy.clamp(min=1e-20)
        return score / max(float(fixed.square().sum()), 1e-30)


def _replaced(delays: tuple[int, ...], index: int, delay: int) -> tuple[int, ...]:
    return (*delays[:index], delay, *delays[index + 1 :])


def describe(fit: StemFit, names: Sequence[str], sample_rate: int) -> str:
    """Describe the corrections in a phrase.

    Parameters
    ----------
    fit : StemFit
    names : sequence of str
        Names of the stems.
    sample_rate : int
        In Hz.
    """
    parts = []
    if any(fit.delays):
        parts.append(f"delay {_listed(names, [_ms(d, sample_rate) for d in fit.delays])}")
    if any(gain != 1.0 for gain in fit.gains):
        parts.append(f"gain {_listed(names, [_gain(g) for g in fit.gains])}")
    return "; ".join(parts)


def _listed(names: Sequence[str], values: list[str]) -> str:
    """List each stem with its value; a value that all share once."""
    if len(set(values)) == 1:
        return values[0]
    return ", ".join(starmap("{} {}".format, zip(names, values, strict=True)))


def _ms(samples: int, sample_rate: int) -> str:
    return f"{1000.0 * samples / sample_rate:+.2f} ms"


def _gain(gain: float) -> str:
    decibels = round(amplitude_to_db(abs(gain), amin=1e-6), 1) + 0.0  # no -0.0
    level = f"{decibels:+.1f} dB"
    return f"{level} (inverted)" if gain < 0.0 else level
