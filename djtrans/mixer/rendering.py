"""Renders a transition: context, window and tails, without a seam."""

from __future__ import annotations

import math

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import db_to_amplitude, power_to_db
from djtrans.core.audio.loudness import integrated_lufs, true_peak_db
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.curves.params import TransitionParams
from djtrans.core.transition.alignment import AlignedTrack, Span, window_span
from djtrans.core.transition.output_level import MATCH_A, PEAK, target_lufs
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.finite import all_finite
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.not_finite import raise_not_finite

#: No true peak of the file lies above this (dBTP): a static trim, unless the master chain limits.
CEILING_DBTP = -1.0
#: The master chain starts whole such blocks before the window, so that its frames lie there as
#: those of the other chains: a multiple of every hop.
_MASTER_BLOCK = 65536
#: Reductions of the level are measured in blocks of this length, and count from this depth on.
_REDUCTION_SECONDS, _REDUCED_DB = 0.01, 0.1


@attrs.frozen
class Reduction:
    """Reduction of the level by the master chain.

    Attributes
    ----------
    largest_db : float
        Largest reduction in a block of 10 ms, 0 or more.
    share : float
        Share of the blocks that were lowered by more than 0.1 dB.
    """

    largest_db: float
    share: float


@attrs.frozen(eq=False)
class Rendered:
    """A rendered transition. All audio is ``[channels, samples]`` over one span of the clock.

    Attributes
    ----------
    mix : Tensor
        What is heard.
    a, b : Tensor
        What each track contributes to it.
    solo_a, solo_b : Tensor
        Each track untouched, at the level it has in the mix.
    span : Span
        The clock in samples; 0 is the start of the window.
    trim_db : float
        Static gain that was put on everything: for the requested level, and to keep the peaks
        below the ceiling.
    reduction : Reduction, optional
        Of the level by the master chain; None without one.
    """

    mix: Tensor
    a: Tensor
    b: Tensor
    solo_a: Tensor
    solo_b: Tensor
    span: Span
    trim_db: float
    reduction: Reduction | None = None


def render_window(
    mixer: Mixer,
    params: TransitionParams,
    plan: TransitionPlan,
    a: AlignedTrack,
    b: AlignedTrack,
    span: Span,
    *,
    device: str | torch.device = "cpu",
    seed: int = 0,
    level: str = MATCH_A,
) -> Rendered:
    """Render a transition with its context.

    The stem and track chains run over the window and one beat on either side, where their curves
    are held at their neutral or silent ends; before that A is heard as it is, after that B, and
    whatever still rings rings on into it. The master chain runs over the whole span.

    Parameters
    ----------
    mixer : Mixer
    params : TransitionParams
        Curves on the clock of the plan.
    plan : TransitionPlan
    a, b : AlignedTrack
        Both tracks on the clock.
    span : Span
        What is wanted of the clock: the window and its context.
    device : str or torch.device
        Where the mixer computes; the result is on the CPU.
    seed : int
        Seed of whatever is random in an effect.
    level : str
        Level of the mix, see :func:`djtrans.core.transition.output_level.read_level`.

    Returns
    -------
    Rendered

    Raises
    ------
    PluginError
        If an effect fails, or makes samples that are not finite.
    """
    rate = a.stems.sample_rate
    window = window_span(plan, rate)
    beat = round(plan.beat_times[1] * rate)
    worked = Span(window.start - beat, window.stop + beat)
    shifted = params.delayed(beat / rate)
    tail = min(max(0, span.stop - worked.stop) / rate, _tail_seconds(mixer, shifted, rate))
    tracks = _without_master(mixer)
    stems_a, stems_b = (track.window(worked).to(device) for track in (a, b))
    curves = selected_curves(shifted, tracks).to(device)
    with torch.no_grad():
        out = tracks(stems_a, stems_b, curves, seed=seed, tail_seconds=tail)
    if not all_finite(out.mix):
        raise_not_finite(tracks, stems_a, stems_b, curves, seed=seed, tail_seconds=tail)
    solo_a, solo_b = a.solo(span), b.solo(span)
    heard_a = _splice(solo_a, span, worked, out.a.cpu(), before=True)
    heard_b = _splice(solo_b, span, worked, out.b.cpu(), before=False)
    mix = heard_a + heard_b
    # What the sum is rounded to in the mixer.
    mix = mix + _placed(out.mix.cpu() - out.a.cpu() - out.b.cpu(), worked.start, span)
    reduction, raised_db = None, 0.0
    if (target := target_lufs(level)) is not None:
        lufs = integrated_lufs(mix, rate)
        raised_db = target - lufs if math.isfinite(lufs) else 0.0
        mix = mix * db_to_amplitude(raised_db)
    if mixer.master_nodes:
        summed, mix = mix, _mastered(mixer, params, mix, span, worked, rate, device, seed)
        reduction = _reduction(summed, mix, rate)
    headroom_db = CEILING_DBTP - true_peak_db(mix, rate)
    is_silent = not math.isfinite(headroom_db)
    lowered_db = headroom_db if level == PEAK and not is_silent else min(0.0, headroom_db)
    trim_db = raised_db + lowered_db
    gain = db_to_amplitude(trim_db)
    return Rendered(
        mix=mix * db_to_amplitude(lowered_db),
        a=heard_a * gain,
        b=heard_b * gain,
        solo_a=solo_a * gain,
        solo_b=solo_b * gain,
        span=span,
        trim_db=trim_db,
        reduction=reduction,
    )


def _without_master(mixer: Mixer) -> Mixer:
    """Return the mixer up to the sum of the tracks."""
    if not mixer.master_nodes:
        return mixer
    spec = attrs.evolve(mixer.spec, master_chain=())
    return Mixer(spec, mixer.stem_nodes, mixer.track_nodes, (), mixer.config)


def _mastered(
    mixer: Mixer,
    params: TransitionParams,
    mix: Tensor,
    span: Span,
    worked: Span,
    sample_rate: int,
    device: str | torch.device,
    seed: int,
) -> Tensor:
    """Pass the sum ``[channels, samples]`` of both tracks over a span through the master chain."""
    spec = MixerSpec(stems=("mix",), stem_chain=(), master_chain=mixer.spec.master_chain)
    master = Mixer(spec, (), (), mixer.master_nodes, mixer.config)
    blocks = -((span.start - worked.start) // _MASTER_BLOCK)
    start = worked.start - max(0, blocks) * _MASTER_BLOCK
    audio = _placed(mix, span.start, Span(start, span.stop))[None].to(device)
    curves = selected_curves(params.delayed(-start / sample_rate), master)
    with torch.no_grad():
        silent, options = torch.zeros_like(audio), {"sample_rate": sample_rate, "seed": seed}
        out = master(audio, silent, curves.to(device), **options)
    if not all_finite(out.mix):
        raise_not_finite(master, audio, silent, curves.to(device), **options)
    return _placed(out.mix.cpu(), start, span)


def selected_curves(params: TransitionParams, mixer: Mixer) -> TransitionParams:
    """Select the curves of the parameters that a part of the mixer has."""
    if mixer.layout.keys == params.layout.keys:
        return params
    rows = [params.layout.index(key) for key in mixer.layout.keys]
    return attrs.evolve(params, values=params.values[..., rows], layout=mixer.layout)


def _reduction(before: Tensor, after: Tensor, sample_rate: int) -> Reduction:
    """Measure how far the level of a signal ``[channels, samples]`` was lowered."""
    size = max(1, round(_REDUCTION_SECONDS * sample_rate))

    def powers(audio: Tensor) -> Tensor:
        whole = audio[:, : audio.shape[-1] // size * size]
        return whole.double().square().unflatten(-1, (-1, size)).mean(dim=(0, -1))

    was, now = powers(before), powers(after)
    lowered = power_to_db(was, 1e-12) - power_to_db(now, 1e-12)
    largest = max(0.0, float(lowered.max())) if len(lowered) else 0.0
    share = float((lowered > _REDUCED_DB).double().mean()) if len(lowered) else 0.0
    return Reduction(largest, share)


def _tail_seconds(mixer: Mixer, params: TransitionParams, sample_rate: int) -> float:
    """Compute the longest tail after the stems end; effects that stay neutral have none."""
    ctx = RenderContext(sample_rate, params.beat_times, params.frame_times)
    neutral = params.values.new_tensor(params.layout.neutral)
    moved = (params.values != neutral).flatten(0, -2).any(dim=0)
    used = {row.node for row in params.layout.rows if moved[row.index]}
    return sum(
        max(
            (
                node.effect.tail_seconds(ctx)
                for node in chain
                if node.declaration.domain == "time" and node.id in used
            ),
            default=0.0,
        )
        for chain in (mixer.stem_nodes, mixer.track_nodes, mixer.master_nodes)
    )


def _splice(solo: Tensor, span: Span, worked: Span, out: Tensor, *, before: bool) -> Tensor:
    """Join the unprocessed track on one side of the processed span with the mixer's output."""
    context = solo.clone()
    if before:
        context[:, max(0, worked.start - span.start) :] = 0.0
    else:
        context[:, : max(0, worked.stop - span.start)] = 0.0
    return context + _placed(out, worked.start, span)


def _placed(audio: Tensor, at: int, span: Span) -> Tensor:
    """Cut or pad audio that starts at a sample of the timeline to a span."""
    return padded_slice(audio, span.start - at, span.stop - at)
