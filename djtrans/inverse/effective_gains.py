"""What each stem undergoes in each band over time: the part of the curves that can be heard."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import db_to_power
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import InputError
from djtrans.core.track.stems import Stems
from djtrans.inverse.bands import BANDS, mean_gain, members, stem_masks
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.stft import make_transform

#: A stem is audible in a band while it is, untouched, within this of what both tracks have there
#: on average over the window.
AUDIBLE_DB = -30.0


@attrs.frozen(eq=False)
class EffectiveGains:
    """Fader, EQ and filters together, stem by stem and band by band.

    Attributes
    ----------
    gains : Tensor
        ``[tracks * stems, frames, bands]``, linear; track A's stems first, bands as in
        :data:`djtrans.inverse.bands.BANDS`.
    power : Tensor
        The same shape: power of the untouched stem around the frame.
    audible : Tensor
        The same shape, bool.
    """

    gains: Tensor
    power: Tensor
    audible: Tensor

    def error(self, truth: EffectiveGains) -> float:
        """Mean absolute difference where the stem is audible."""
        return float((self.gains - truth.gains).abs()[truth.audible].mean())

    def swap_frame(self) -> int:
        """First frame from which on B's lows are the more open ones to the end.

        The gains of a track's stems are weighted by their power over the whole window, so that it
        is the owner that changes and not the turn of kick and bass; and by nothing else, so that a
        loud track does not own the lows with its knob all but closed.

        Raises
        ------
        InputError
            If one track owns the lows all the time.
        """
        half = len(self.gains) // 2
        power = self.power[..., 0].mean(dim=1, keepdim=True)
        level = power * self.gains[..., 0].square()
        a, b = (
            level[rows].sum(dim=0) / power[rows].sum().clamp(min=1e-20)
            for rows in (slice(half), slice(half, None))
        )
        b_owns = b > a
        changes = (b_owns[1:] != b_owns[:-1]).nonzero().flatten()
        if len(changes) == 0 or not bool(b_owns[-1]):
            raise InputError("The lows do not go from A to B in this window.")
        return int(changes[-1]) + 1


def effective_gains(
    mixer: Mixer, params: TransitionParams, stems_a: Stems, stems_b: Stems
) -> EffectiveGains:
    """Measure curves by what they do to the stems.

    Parameters
    ----------
    mixer : Mixer
    params : TransitionParams
        ``[frames, parameters]``.
    stems_a, stems_b : Stems
        ``[stems, channels, samples]`` over the window.

    Returns
    -------
    EffectiveGains
    """
    rate = stems_a.sample_rate
    audio = torch.cat([stems_a.audio, stems_b.audio])
    t = make_transform(mixer.config, rate, audio.dtype, audio.device)
    spectra = torch.stft(
        audio.flatten(0, 1), t.size, t.hop, window=t.analysis, return_complex=True
    ).abs()
    spectra = spectra.square().unflatten(0, audio.shape[:2]).mean(dim=1)
    edges = (*(low for low, _ in BANDS.values()), BANDS["high"][1])
    member = members(t.freqs_hz, edges)
    ctx = RenderContext(rate, params.beat_times, params.frame_times)
    masks = stem_masks(mixer, params.values, t.freqs_hz, ctx)
    gains = mean_gain(masks, spectra.mean(dim=-1), member)
    around = _by_frame((member @ spectra), params.frame_times, t.hop / rate)
    expected = around.mean(dim=1, keepdim=True).sum(dim=0, keepdim=True)
    audible = around > expected * db_to_power(AUDIBLE_DB)
    return EffectiveGains(gains, around, audible)


def _by_frame(power: Tensor, frame_times: Tensor, hop_seconds: float) -> Tensor:
    """``[stems, bands, times]`` averaged around each frame: ``[stems, frames, bands]``."""
    at = torch.arange(power.shape[-1], dtype=torch.float64) * hop_seconds
    middles = (frame_times[1:] + frame_times[:-1]) / 2
    index = torch.searchsorted(middles, at).to(power.device)
    sums = power.new_zeros(*power.shape[:2], len(frame_times)).index_add(2, index, power)
    counts = torch.bincount(index, minlength=len(frame_times)).clamp(min=1)
    return (sums / counts).transpose(1, 2)
