"""Change a transition in its params file: swap, gains, technique, settings and level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import torch

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.declaration import short_name
from djtrans.core.contracts.overrides import Settings
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.curves.params import TransitionParams
from djtrans.core.errors import InputError
from djtrans.core.transition.output_level import read_level
from djtrans.core.transition.params_file import ParamsFile
from djtrans.core.transition.plan import TrackPlan, TransitionPlan
from djtrans.core.transition.requests import build_curve_request
from djtrans.mixer.resolve import component_record, mixer_layout, resolve_spec
from djtrans.pipeline.curve_generation import check_needs, generate_params
from djtrans.registry import Registry, default_registry

#: Largest change of a gain, in dB.
MOST_GAIN_DB = 24.0
#: Distance within which a phrase boundary is at the swap, in seconds.
_AT_SWAP_SECONDS = 0.05


def move_swap(content: ParamsFile, beats: int) -> ParamsFile:
    """Move the swap within the window, and the curves with it.

    The curves up to the swap and those from it on are stretched over their new parts of the window;
    a step on the swap stays a step. Both tracks stay where they are.

    Parameters
    ----------
    content : ParamsFile
    beats : int
        Beats of the window; negative is earlier.

    Returns
    -------
    ParamsFile

    Raises
    ------
    InputError
        If a side of the swap would have less than a bar, or A's end is played with loops or a
        change of speed, which end at the swap.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from djtrans.testing import example_export
    >>> content = example_export(Path(tempfile.mkdtemp()), ()).content
    >>> move_swap(content, 4).plan.swap_beat - content.plan.swap_beat
    4
    """
    plan = content.plan
    _check_plain_end(plan, "its swap cannot be moved")
    last, bar = len(plan.beat_times) - 1, plan.beats_per_bar
    swap = plan.swap_beat + beats
    if not bar <= swap <= last - bar:
        raise InputError(
            f"The swap cannot be moved by {beats:+d} beats: a bar is needed on either side; give "
            f"{bar - plan.swap_beat:+d} to {last - bar - plan.swap_beat:+d} beats."
        )
    params = content.params
    rate = params.frames_per_beat
    moved = _stretched(params, round(plan.swap_beat * rate), round(swap * rate))
    clock, bars = plan.beat_times[swap], round(beats / bar)
    plan = attrs.evolve(
        plan,
        swap_beat=swap,
        reasons=(*plan.reasons, f"the swap was moved by {beats:+d} beats by hand"),
        a=_swapped_at(plan.a, clock, bars),
        b=_swapped_at(plan.b, clock, bars),
    )
    return attrs.evolve(content, plan=plan, params=moved)


def change_gain(content: ParamsFile, side: str, gain_db: float) -> ParamsFile:
    """Change the gain of track ``"a"`` or ``"b"`` by a number of dB, within and outside the window.

    Raises
    ------
    InputError
        If the change is larger than 24 dB.
    """
    if not abs(gain_db) <= MOST_GAIN_DB:
        raise InputError(
            f"gain_{side} = {gain_db:g} is not allowed; give -{MOST_GAIN_DB:g} to "
            f"{MOST_GAIN_DB:g} dB."
        )
    track = content.plan.a if side == "a" else content.plan.b
    ease = track.gain_ease
    if ease is not None:
        ease = attrs.evolve(ease, gain_db=ease.gain_db + gain_db)
    track = attrs.evolve(track, gain_db=track.gain_db + gain_db, gain_ease=ease)
    plan = content.plan
    plan = attrs.evolve(plan, a=track) if side == "a" else attrs.evolve(plan, b=track)
    return attrs.evolve(content, plan=plan)


def redraw(
    content: ParamsFile,
    technique: str | None = None,
    *,
    config: Mapping[str, Any] | None = None,
    seed: int = 0,
    registry: Registry | None = None,
) -> ParamsFile:
    """Generate the curves again by the rules of a technique, for the plan as it is.

    The rules see the plan, not the audio: pauses of the vocals, which they use in
    :func:`djtrans.generate`, are unknown here.

    Parameters
    ----------
    content : ParamsFile
    technique : str, optional
        Name of a registered technique; by default that of the plan.
    config : mapping, optional
        Fields of its config.
    seed : int
        0 is the plain form; others vary it.
    registry : Registry, optional

    Returns
    -------
    ParamsFile

    Raises
    ------
    InputError
        If the plan does not suit the technique; the message names a command for a new plan.
    """
    registry = registry or default_registry()
    plan, layout = content.plan, content.params.layout
    found = registry.techniques.find(technique or plan.technique)
    record = component_record(registry, "technique", found.name, config or {})
    _check_suits(content, found.declaration, found.name)
    check_needs(found.declaration.needs, layout, found.name)
    named = attrs.evolve(plan, technique=found.name)
    request = build_curve_request(named, layout, None, None, seed)
    source = registry.techniques.build(found.name, config or {})
    beats = torch.tensor(plan.beat_times, dtype=torch.float64)
    params = generate_params(source, request, beats)
    return _of_rules(attrs.evolve(content, params=params), found.name, record)


def configure_mixer(
    content: ParamsFile, settings: Mapping[str, Any], registry: Registry | None = None
) -> ParamsFile:
    """Change settings of the mixer's effects that leave its parameters as they are.

    Raises
    ------
    InputError
        If a setting is not allowed, or changes the parameters of the mixer.
    """
    registry = registry or default_registry()
    recorded = content.provenance.mixer
    spec = resolve_spec(recorded.spec.configured(settings), registry)
    if mixer_layout(spec, registry).digest != content.params.layout.digest:
        raise InputError(
            f"{', '.join(settings)} changes the parameters of the mixer, so these curves do not "
            "fit; make the transition again with it: djtrans generate --set."
        )
    versions = {
        node.effect: registry.effects.find(node.effect).declaration.version
        for _, chain in spec.chains()
        for node in chain
    }
    mixer = attrs.evolve(recorded, spec=spec, versions=versions)
    return attrs.evolve(content, provenance=attrs.evolve(content.provenance, mixer=mixer))


def set_level(content: ParamsFile, level: float | str) -> ParamsFile:
    """Set the level of the output, see :class:`djtrans.GenerateOptions`."""
    render = attrs.evolve(content.provenance.render, level=read_level(level))
    return attrs.evolve(content, provenance=attrs.evolve(content.provenance, render=render))


def split_settings(settings: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Split settings into those of the mixer and those of the technique.

    Raises
    ------
    InputError
        If one is of the separator or the scheduler, which an edit does not run.
    """
    parts = Settings.from_mapping(settings)
    for role in ("separator", "scheduler"):
        if getattr(parts, role):
            raise InputError(
                f"{role}.{next(iter(getattr(parts, role)))} cannot be edited; make the transition "
                "again with it: djtrans generate --set."
            )
    return parts.mixer, parts.technique


def _stretched(params: TransitionParams, before: int, after: int) -> TransitionParams:
    """Move a frame of the curves, and stretch those before it and from it on."""
    frames = params.n_frames
    left = torch.linspace(0, before - 1, after, dtype=torch.float64)
    right = torch.linspace(before, frames - 1, frames - after, dtype=torch.float64)
    position = torch.cat([left, right])
    first = position.floor().long().clamp(max=frames - 2)
    # Rounding must not take a part of the frame across the swap.
    part = (position - first).to(params.values)[:, None].clamp(0.0, 1.0)
    low, high = params.values[..., first, :], params.values[..., first + 1, :]
    return attrs.evolve(params, values=torch.where(part == 0.0, low, low + part * (high - low)))


def _swapped_at(side: TrackPlan, clock: float, bars: int) -> TrackPlan:
    """Return the plan of a track with the swap at a clock time."""
    on_phrase = any(abs(line - clock) <= _AT_SWAP_SECONDS for line in side.phrase_lines)
    inside = (s.label for s in side.sections if s.start - _AT_SWAP_SECONDS <= clock < s.stop)
    return attrs.evolve(
        side,
        swap_bar=side.swap_bar + bars,
        swap_section=list(inside)[-1:][0] if side.sections else side.swap_section,
        swap_on_phrase=on_phrase,
        place="phrase" if on_phrase else "",
    )


def _of_rules(content: ParamsFile, technique: str, record: ComponentRecord) -> ParamsFile:
    """Record that the rules of a technique generated the curves."""
    reasons = (
        *content.plan.reasons,
        f"the curves were generated again by the rules of {short_name(technique)}",
    )
    provenance = attrs.evolve(
        content.provenance, technique=record, model=None, sampling=None, fit=None, refinement=None
    )
    plan = attrs.evolve(content.plan, technique=technique, reasons=reasons)
    return attrs.evolve(content, plan=plan, provenance=provenance)


def _check_suits(content: ParamsFile, technique: TechniqueDeclaration, name: str) -> None:
    """Raise if the plan was made for what the technique does not do."""
    plan, label = content.plan, short_name(name)
    again = (
        f"make a new plan: djtrans generate A B --technique {label} --swap-a "
        f"bar:{plan.a.swap_bar + 1} --swap-b bar:{plan.b.swap_bar + 1}"
    )
    shortest, _, longest = technique.bars
    if not shortest <= plan.bars <= longest:
        raise InputError(
            f"{label} takes {technique.lengths}, and this transition has {plan.bars}; {again}."
        )
    if plan.a.playback and name != plan.technique:
        _check_plain_end(plan, f"{label} cannot be used here")
    if technique.ending is not None and name != plan.technique:
        raise InputError(f"{label} plays A's end with loops or another speed; {again}.")
    if technique.beat_matched and not plan.beat_matched:
        raise InputError(f"{label} needs beats that coincide, and those do not; {again}.")
    weak = [side for side, t in content.provenance.tracks.items() if t.isolation != "good"]
    if technique.needs_isolation and weak:
        raise InputError(
            f"{label} exposes single stems, and those of {' and '.join(weak).upper()} are not "
            "isolated well; choose another technique, or make the transition again with ready "
            "stems or demucs."
        )


def _check_plain_end(plan: TransitionPlan, consequence: str) -> None:
    if plan.a.playback:
        raise InputError(
            f"{short_name(plan.technique)} plays A's end with loops or another speed up to the "
            f"swap, so {consequence}; make the transition again: djtrans generate --swap-a, "
            "--swap-b."
        )
