"""Render the contribution of a single stem of each track."""

from __future__ import annotations

from typing import Any

import attrs

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.curves.params import TransitionParams
from djtrans.core.track.stems import Stems
from djtrans.core.transition.alignment import AlignedTrack, Span
from djtrans.core.transition.plan import TransitionPlan
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.nodes import BuiltNode
from djtrans.mixer.rendering import Rendered, render_window, selected_curves


def render_stem(
    mixer: Mixer,
    params: TransitionParams,
    plan: TransitionPlan,
    a: AlignedTrack,
    b: AlignedTrack,
    span: Span,
    stem: str,
    *,
    gain_db: float = 0.0,
    seed: int = 0,
) -> Rendered:
    """Render one stem of each track as it sounds in the transition.

    A mixer with this one stem does it: the chains are the same, and everything before the sum is
    linear, so the result is the stem's share of each contribution at a quarter of the work. Effects
    with further inputs are left out: they need signals that this mixer lacks.

    Parameters
    ----------
    mixer, params, plan, a, b, span, seed
        Arguments of :func:`djtrans.mixer.render_window` for the whole transition.
    stem : str
        A stem that the mixer has.
    gain_db : float
        Static gain that was put on the whole: its ``trim_db``.

    Returns
    -------
    Rendered
        Without the master chain, which has no share for each stem. `solo_a` and `solo_b` are the
        stem untouched, zero where the track was not separated.
    """
    stem_nodes, track_nodes = _without_inputs(mixer.stem_nodes), _without_inputs(mixer.track_nodes)
    kept = {"stem": stem_nodes, "track": track_nodes, "master": ()}
    chains: dict[str, Any] = {
        f"{placement}_chain": [s for s in specs if s.id in {n.id for n in kept[placement]}]
        for placement, specs in mixer.spec.chains()
    }
    spec = attrs.evolve(mixer.spec, stems=(stem,), **chains)
    alone = Mixer(spec, stem_nodes, track_nodes, (), mixer.config).to("cpu")
    curves = selected_curves(params, alone).to("cpu")
    out = render_window(alone, curves, plan, _only(a, stem), _only(b, stem), span, seed=seed)
    gain = db_to_amplitude(gain_db - out.trim_db)
    scaled = {name: getattr(out, name) * gain for name in ("mix", "a", "b", "solo_a", "solo_b")}
    return attrs.evolve(out, trim_db=gain_db, **scaled)


def _without_inputs(nodes: tuple[BuiltNode, ...]) -> tuple[BuiltNode, ...]:
    return tuple(node for node in nodes if not node.declaration.inputs)


def _only(track: AlignedTrack, stem: str) -> AlignedTrack:
    """Copy the track with all but one stem silent."""
    audio = track.stems[stem].unsqueeze(-3)
    return AlignedTrack(
        audio.squeeze(-3),
        track.stems_span,
        Stems(audio, (stem,), track.stems.sample_rate),
        track.stems_span,
    )
