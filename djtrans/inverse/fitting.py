"""Inverse mixing: from a mix and the stems of both tracks to the curves that were played."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.resampling import resample
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.curves.params import TransitionParams, frame_times, snapped
from djtrans.core.errors import ShapeError
from djtrans.core.track.stems import Stems
from djtrans.inverse.bands import FINE_EDGES_HZ, check_bands, members
from djtrans.inverse.curve_basis import CurveBasis
from djtrans.inverse.error import decibels, error_by_band
from djtrans.inverse.gains_to_curves import match_curves
from djtrans.inverse.gradient_descent import DescentOptions, descend
from djtrans.inverse.least_squares import band_gains
from djtrans.inverse.loss import SpectralLoss
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.stft import make_transform

#: The curves are found at this rate; they do not depend on it, and the time it takes does.
WORKING_RATE = 22050
#: What may be taken to add up, see :attr:`Fit.domain`.
DOMAINS = ("complex", "power")
#: Loss below which the sources lie on the mix to the sample, and powers need not be tried.
EXACT_LOSS = 0.1
#: Part of the power of the difference of two channels below which their mean tells enough.
WIDE = 0.1


@attrs.frozen(eq=False)
class Fit:
    """Recovered curves.

    Attributes
    ----------
    params : TransitionParams
        In range, snapped to stops and neutral; the ends are as they were heard.
    reconstruction : Tensor
        ``[channels, samples]``: the stems rendered under these curves.
    error_db : dict of str to float
        What is left over the mix, in all and by band, see :func:`error_by_band`; and ``spectra``,
        the loss of the magnitudes, which does not mind that two time-stretchers differ in phase.
    losses : tuple of float
        Spectral loss of the start, and after each step of the descent.
    start : TransitionParams
        The curves before the descent.
    domain : {"complex", "power"}
        Which closed form gave the better start: spectra, where the sources lie exactly on the mix,
        or powers, where they do not.
    """

    params: TransitionParams
    reconstruction: Tensor
    error_db: dict[str, float]
    losses: tuple[float, ...]
    start: TransitionParams
    domain: str

    @property
    def steps(self) -> int:
        """Steps that the descent took."""
        return len(self.losses) - 1


def fit_curves(
    mixer: Mixer,
    mix: Tensor,
    stems_a: Stems,
    stems_b: Stems,
    beat_times: Tensor,
    *,
    frames_per_beat: int = 2,
    options: DescentOptions | None = None,
    device: str | torch.device = "cpu",
    progress: FractionCallback | None = None,
) -> Fit:
    """Recover the curves of a mix.

    A start in closed form (least squares of band gains, then the curves whose masks come nearest
    to them), then gradient descent through the mixer. What cannot be told apart is not: fader, EQ
    and filters of a stem are right together, as the gain of its bands, and only where the stem is
    heard.

    Parameters
    ----------
    mixer : Mixer
        It is moved to the device, and stays there.
    mix : Tensor
        ``[channels, samples]`` float32 on the CPU; sample 0 is beat 0 of the window.
    stems_a, stems_b : Stems
        ``[stems, channels, samples]``, on the clock of the mix and at the level they had in it.
    beat_times : Tensor
        ``[beats + 1]`` float64, seconds: every beat of the window, and its end.
    frames_per_beat : int
    options : DescentOptions, optional
    device : str or torch.device
        Where the descent computes; the start is found on the CPU, and all results lie there.
    progress : callable, optional

    Returns
    -------
    Fit

    Raises
    ------
    ShapeError
        If mix and stems differ in length, channels or rate.
    InputError
        If the sample rate is too low.
    """
    for name, stems in (("a", stems_a), ("b", stems_b)):
        if stems.audio.shape[1:] != mix.shape or stems.sample_rate != stems_a.sample_rate:
            raise ShapeError(
                f"The mix has shape {tuple(mix.shape)}, stems_{name} {tuple(stems.audio.shape)} at "
                f"{stems.sample_rate} Hz; give the same channels, samples and rate."
            )
    rate = stems_a.sample_rate
    check_bands(rate)
    work = min(rate, WORKING_RATE)
    small_mix = resample(mix, rate, work)
    small_a, small_b = (
        Stems(resample(s.audio, rate, work), s.names, work) for s in (stems_a, stems_b)
    )
    beats = torch.as_tensor(beat_times, dtype=torch.float64)
    times = frame_times(beats, (len(beats) - 1) * frames_per_beat, frames_per_beat)
    neutral = mix.new_tensor(mixer.layout.neutral).repeat(len(times), 1)
    clock = TransitionParams(neutral, mixer.layout, times, beats, frames_per_beat)

    domain, start = _start(mixer.cpu(), small_mix, small_a, small_b, clock)
    mixer = mixer.to(device)
    narrow, narrow_a, narrow_b = _narrowed(small_mix, small_a, small_b)
    found = descend(
        mixer,
        start.to(device),
        narrow.to(device),
        narrow_a.to(device),
        narrow_b.to(device),
        options,
        progress,
    )
    params = attrs.evolve(start, values=snapped(found.params.values.cpu(), mixer.layout))
    with torch.no_grad():
        rendered = mixer(stems_a.to(device), stems_b.to(device), params.to(device))
    reconstruction = rendered.mix.cpu()
    return Fit(
        params=params,
        reconstruction=reconstruction,
        error_db={
            **error_by_band(mix, reconstruction, rate),
            "spectra": decibels(float(SpectralLoss(mix, rate)(reconstruction)) ** 2),
        },
        losses=found.losses,
        start=start,
        domain=domain,
    )


def _start(
    mixer: Mixer, mix: Tensor, stems_a: Stems, stems_b: Stems, clock: TransitionParams
) -> tuple[str, TransitionParams]:
    """The closed form whose render is nearer to the mix, and what it takes to add up."""
    loss_of = SpectralLoss(mix, stems_a.sample_rate)
    tried: list[tuple[float, str, TransitionParams]] = []
    for domain in DOMAINS:
        start = closed_form(mixer, mix, stems_a, stems_b, clock, domain)
        with torch.no_grad():
            loss = float(loss_of(mixer(stems_a, stems_b, start).mix))
        tried.append((loss, domain, start))
        if loss < EXACT_LOSS:
            break
    _, domain, start = min(tried, key=lambda one: one[0])
    return domain, start


def _narrowed(mix: Tensor, stems_a: Stems, stems_b: Stems) -> tuple[Tensor, Stems, Stems]:
    """The mean of two channels that are nearly alike, which takes half the time."""
    if len(mix) == 2 and (mix[0] - mix[1]).square().sum() < WIDE * (mix[0] + mix[1]).square().sum():
        a, b = (
            attrs.evolve(s, audio=s.audio.mean(dim=1, keepdim=True)) for s in (stems_a, stems_b)
        )
        return mix.mean(dim=0, keepdim=True), a, b
    return mix, stems_a, stems_b


def closed_form(
    mixer: Mixer, mix: Tensor, stems_a: Stems, stems_b: Stems, clock: TransitionParams, domain: str
) -> TransitionParams:
    """Curves without descent: band gains by least squares, and the curves nearest to them.

    Parameters
    ----------
    mixer : Mixer
    mix : Tensor
        ``[channels, samples]``.
    stems_a, stems_b : Stems
    clock : TransitionParams
        Frames and layout; the values are not used.
    domain : {"complex", "power"}
        What is taken to add up: spectra, or their powers.

    Returns
    -------
    TransitionParams
    """
    rate = stems_a.sample_rate
    transform = make_transform(mixer.config, rate, mix.dtype, mix.device)
    count = mix.shape[-1] // transform.hop
    at = torch.arange(count, dtype=torch.float64) * (transform.hop / rate)

    def spectra(audio: Tensor) -> Tensor:
        flat = torch.stft(
            audio.flatten(0, -2),
            transform.size,
            transform.hop,
            window=transform.analysis,
            return_complex=True,
            pad_mode="constant",
        )[..., :count]
        return flat.unflatten(0, audio.shape[:-1])

    heard, played = spectra(mix), spectra(torch.cat([stems_a.audio, stems_b.audio]))
    powers = played.abs().square()
    member = members(transform.freqs_hz, FINE_EDGES_HZ)
    basis = CurveBasis.at(clock.frame_times, at)
    if domain == "complex":
        gains, power = band_gains(heard, played, basis, member)
    else:
        gains, power = band_gains(heard.abs().square(), powers, basis, member)
        gains, power = gains.clamp(min=0.0).sqrt(), power.sqrt()
    values = match_curves(
        mixer,
        gains,
        power,
        powers.mean(dim=(1, 3)),
        transform.freqs_hz,
        member,
        RenderContext(rate, clock.beat_times, clock.frame_times),
    )
    return attrs.evolve(clock, values=values)
