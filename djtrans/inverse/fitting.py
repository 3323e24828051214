"""Inverse mixing of aligned audio: recover the curves from a mix and the stems of both tracks."""

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
from djtrans.inverse.error import band_level_error, decibels, error_by_band
from djtrans.inverse.gains_to_curves import match_curves
from djtrans.inverse.gradient_descent import DescentOptions, descend
from djtrans.inverse.least_squares import band_gains
from djtrans.inverse.loss import SpectralLoss
from djtrans.inverse.track_gains import track_band_gains
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.stft import make_transform

#: Sample rate at which the curves are estimated; it affects the computing time, not the result.
WORKING_RATE = 22050
#: Estimates in closed form, see :attr:`Fit.domain`.
DOMAINS = ("complex", "tracks")
#: Loss of the start below which the sources are aligned to the sample.
EXACT_LOSS = 0.1
#: Ratio of side to mid power below which the mean of both channels is used.
WIDE = 0.1


@attrs.frozen(eq=False)
class Fit:
    """Recovered curves.

    Attributes
    ----------
    params : TransitionParams
        Within the ranges, snapped to stops and neutral; the ends are not pinned.
    reconstruction : Tensor
        ``[channels, samples]``: the stems rendered under these curves.
    error_db : dict of str to float
        Power of the residual, in all and by band, see :func:`error_by_band`; ``spectra``, the loss
        of the magnitudes; and ``levels``, the error of the levels of bands, which does not depend
        on phases, see :func:`djtrans.inverse.error.band_level_error`.
    losses : tuple of float
        Spectral loss of the start, and after each step of gradient descent.
    start : TransitionParams
        Curves before gradient descent.
    domain : {"complex", "tracks"}
        ``"complex"`` if the stems are aligned to the mix to the sample: their gains were estimated
        from complex spectra. ``"tracks"`` if not: those of whole tracks were, from powers, all
        stems of a track have the same curves, and there is no gradient descent.
    """

    params: TransitionParams
    reconstruction: Tensor
    error_db: dict[str, float]
    losses: tuple[float, ...]
    start: TransitionParams
    domain: str

    @property
    def steps(self) -> int:
        """Number of steps of gradient descent."""
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

    A closed form gives the start: least squares of band gains, then the curves whose masks are
    nearest to them. If the stems are those of the mix to the sample, it is refined by gradient
    descent through the mixer; if not, the gains are those of whole tracks, from powers. Fader, EQ
    and filters are identifiable only together, as the gain of bands, and only where the stem or
    track is audible.

    Parameters
    ----------
    mixer : Mixer
        Moved to the device.
    mix : Tensor
        ``[channels, samples]`` float32 on the CPU; sample 0 is beat 0 of the window.
    stems_a, stems_b : Stems
        ``[stems, channels, samples]``, aligned to the mix and at their level in it.
    beat_times : Tensor
        ``[beats + 1]`` float64, seconds: every beat of the window, and its end.
    frames_per_beat : int
        Frames per beat of the curves.
    options : DescentOptions, optional
        Options of gradient descent.
    device : str or torch.device
        Device of gradient descent; the start is computed, and results are returned, on the CPU.
    progress : callable, optional
        Called with the fraction done, 0 to 1.

    Returns
    -------
    Fit

    Raises
    ------
    ShapeError
        If mix and stems differ in length, channels or rate.
    InputError
        If the sample rate is too low.

    See Also
    --------
    djtrans.inverse.fit : Recovers the curves from audio files.

    Examples
    --------
    >>> import djtrans, torch
    >>> from djtrans.inverse import DescentOptions, fit_curves
    >>> names = ("drums", "bass", "vocals", "other")
    >>> a, b = (djtrans.Stems(0.1 * torch.randn(4, 1, 44100), names, 22050) for _ in range(2))
    >>> mixer = djtrans.DifferentiableDJMixer()
    >>> beats = torch.arange(5).double() * 0.5
    >>> found = fit_curves(mixer, a.mix, a, b, beats, options=DescentOptions(steps=1))
    >>> found.params.values.shape
    torch.Size([8, 54])
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

    domain, start, loss = _start(mixer.cpu(), small_mix, small_a, small_b, clock)
    mixer = mixer.to(device)
    values: Tensor = start.values
    losses: tuple[float, ...] = (loss,)
    if domain == "complex":
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
        values, losses = found.params.values.cpu(), found.losses
    params = attrs.evolve(start, values=snapped(values, mixer.layout))
    with torch.no_grad():
        rendered = mixer(stems_a.to(device), stems_b.to(device), params.to(device))
    reconstruction = rendered.mix.cpu()
    return Fit(
        params=params,
        reconstruction=reconstruction,
        error_db={
            **error_by_band(mix, reconstruction, rate),
            "spectra": decibels(float(SpectralLoss(mix, rate)(reconstruction)) ** 2),
            "levels": band_level_error(mix, reconstruction, rate, times),
        },
        losses=losses,
        start=start,
        domain=domain,
    )


def _start(
    mixer: Mixer, mix: Tensor, stems_a: Stems, stems_b: Stems, clock: TransitionParams
) -> tuple[str, TransitionParams, float]:
    """Return the domain of the closed form, its curves, and their loss.

    Stems are fitted where their complex spectra explain the mix: then they are those of the mix. If
    not, whole tracks are: stems that were separated leak, and explain a mix by chance.
    """
    loss_of = SpectralLoss(mix, stems_a.sample_rate)
    for domain in DOMAINS:
        start = closed_form(mixer, mix, stems_a, stems_b, clock, domain)
        with torch.no_grad():
            loss = float(loss_of(mixer(stems_a, stems_b, start).mix))
        if loss < EXACT_LOSS:
            break
    return domain, start, loss


def _narrowed(mix: Tensor, stems_a: Stems, stems_b: Stems) -> tuple[Tensor, Stems, Stems]:
    """Average two channels that are nearly equal, which halves the computing time."""
    if len(mix) == 2 and (mix[0] - mix[1]).square().sum() < WIDE * (mix[0] + mix[1]).square().sum():
        a, b = (
            attrs.evolve(s, audio=s.audio.mean(dim=1, keepdim=True)) for s in (stems_a, stems_b)
        )
        return mix.mean(dim=0, keepdim=True), a, b
    return mix, stems_a, stems_b


def closed_form(
    mixer: Mixer, mix: Tensor, stems_a: Stems, stems_b: Stems, clock: TransitionParams, domain: str
) -> TransitionParams:
    """Estimate curves without descent: band gains by least squares, and the nearest curves.

    Parameters
    ----------
    mixer : Mixer
    mix : Tensor
        ``[channels, samples]``.
    stems_a, stems_b : Stems
    clock : TransitionParams
        Frames and layout; the values are not used.
    domain : {"complex", "tracks"}
        See :attr:`Fit.domain`.

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

    target, sources = spectra(mix), spectra(torch.cat([stems_a.audio, stems_b.audio]))
    powers = sources.abs().square()
    member = members(transform.freqs_hz, FINE_EDGES_HZ)
    context = RenderContext(rate, clock.beat_times, clock.frame_times)
    if domain == "complex":
        gains, power = band_gains(target, sources, CurveBasis.at(clock.frame_times, at), member)
        shape = powers.mean(dim=(1, 3))
    else:
        found = track_band_gains(
            mix, stems_a.mix, stems_b.mix, rate, clock.frame_times, FINE_EDGES_HZ
        )
        tracks = torch.stack([stems_a.mix, stems_b.mix])
        each = (*found, spectra(tracks).abs().square().mean(dim=(1, 3)))
        count = len(stems_a.names)
        gains, power, shape = (x.repeat_interleave(count, dim=0) for x in each)
    values = match_curves(
        mixer,
        gains,
        power,
        shape,
        transform.freqs_hz,
        member,
        context,
    )
    return attrs.evolve(clock, values=values)
