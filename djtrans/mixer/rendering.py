"""Renders a transition: context, window and tails, without a seam."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.loudness import true_peak_db
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.contracts.effect import RenderContext
from djtrans.core.curves.params import TransitionParams
from djtrans.core.transition.alignment import AlignedTrack, Span, window_span
from djtrans.core.transition.plan import TransitionPlan
from djtrans.mixer.mixer import Mixer

#: No true peak of the file lies above this (dBTP): a static trim, never a limiter.
CEILING_DBTP = -1.0


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
        Static gain that was put on everything to keep the peaks below the ceiling.
    """

    mix: Tensor
    a: Tensor
    b: Tensor
    solo_a: Tensor
    solo_b: Tensor
    span: Span
    trim_db: float


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
) -> Rendered:
    """Render a transition with its context.

    The mixer runs over the window and one beat on either side, where its curves are held at their
    neutral or silent ends; before that A is heard as it is, after that B, and whatever still
    rings rings on into it.

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

    Returns
    -------
    Rendered
    """
    rate = a.stems.sample_rate
    window = window_span(plan, rate)
    beat = round(plan.beat_times[1] * rate)
    worked = Span(window.start - beat, window.stop + beat)
    shifted = params.delayed(beat / rate)
    tail = min(max(0, span.stop - worked.stop) / rate, _tail_seconds(mixer, shifted, rate))
    with torch.no_grad():
        out = mixer(
            a.window(worked).to(device),
            b.window(worked).to(device),
            shifted.to(device),
            seed=seed,
            tail_seconds=tail,
        )
    solo_a, solo_b = a.solo(span), b.solo(span)
    heard_a = _splice(solo_a, span, worked, out.a.cpu(), before=True)
    heard_b = _splice(solo_b, span, worked, out.b.cpu(), before=False)
    mix = heard_a + heard_b
    # What the master chain made of the sum, where it worked.
    mix = mix + _placed(out.mix.cpu() - out.a.cpu() - out.b.cpu(), worked.start, span)
    peak = true_peak_db(mix, rate)
    trim_db = min(0.0, CEILING_DBTP - peak)
    gain = db_to_amplitude(trim_db)
    return Rendered(
        mix=mix * gain,
        a=heard_a * gain,
        b=heard_b * gain,
        solo_a=solo_a * gain,
        solo_b=solo_b * gain,
        span=span,
        trim_db=trim_db,
    )


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
