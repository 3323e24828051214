"""Effective gains: fader, EQ and filters of each stem as one gain per band and frame."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import db_to_power
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import InputError
from djtrans.core.track.stems import Stems
from djtrans.inverse.bands import BANDS, mean_by_frame, mean_gain, members, stem_masks
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.stft import make_transform

#: A stem is audible in a band while its level before the mixer is within this of the mean level of
#: both tracks there over the window.
AUDIBLE_DB = -30.0


@attrs.frozen(eq=False)
class EffectiveGains:
    """Effective gains of stems in bands: the audible part of the curves.

    Attributes
    ----------
    gains : Tensor
        ``[tracks * stems, frames, bands]``, linear; track A's stems first, bands as in
        :data:`djtrans.inverse.bands.BANDS`.
    power : Tensor
        The same shape: power of the unprocessed stem around the frame.
    audible : Tensor
        The same shape, bool: see :data:`AUDIBLE_DB`.
    """

    gains: Tensor
    power: Tensor
    audible: Tensor

    def error(self, truth: EffectiveGains) -> float:
        """Compute the mean absolute difference where the stem is audible."""
        return float((self.gains - truth.gains).abs()[truth.audible].mean())

    def swap_frame(self) -> int:
        """Return the first frame from which on B's lows are more open than A's to the end.

        The gains of a track's stems are weighted by their power over the whole window, so that
        alternating kick and bass do not change the owner. They are not weighted by the track's
        level, so that a loud track with its lows nearly closed does not own them.

        Raises
        ------
        InputError
            If the lows do not go from A to B.
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
            raise InputError(
                "The lows do not go from A to B in this window; give one that contains the swap."
            )
        return int(changes[-1]) + 1


def effective_gains(
    mixer: Mixer, params: TransitionParams, stems_a: Stems, stems_b: Stems
) -> EffectiveGains:
    """Measure the effective gains of curves on stems.

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

    Examples
    --------
    >>> import djtrans, torch
    >>> from djtrans.inverse import effective_gains
    >>> from djtrans.pipeline import generate_params
    >>> audio, names = torch.randn(4, 2, 176400), ("drums", "bass", "vocals", "other")
    >>> stems = djtrans.Stems(audio, names, 44100)
    >>> mixer = djtrans.DifferentiableDJMixer()
    >>> request = djtrans.CurveRequest(mixer.layout, n_frames=16, swap_beat=4)
    >>> params = generate_params(
    ...     djtrans.load_technique("fade"), request, torch.arange(9).double() * 0.5
    ... )
    >>> effective_gains(mixer, params, stems, stems).gains.shape
    torch.Size([8, 16, 3])
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
    around = mean_by_frame((member @ spectra), params.frame_times, t.hop / rate)
    expected = around.mean(dim=1, keepdim=True).sum(dim=0, keepdim=True)
    audible = around > expected * db_to_power(AUDIBLE_DB)
    return EffectiveGains(gains, around, audible)
