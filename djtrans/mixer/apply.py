"""One effect applied to audio, without a mixer to be specified."""

from __future__ import annotations

import math
import pkgutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from djtrans.core.contracts.config import config_from_dict
from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import ConfigError, InputError, ShapeError, did_you_mean
from djtrans.mixer.build import build_node
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.nodes import BuiltNode
from djtrans.mixer.validation import DEFAULT_SAMPLE_RATE, check_sample_rate

if TYPE_CHECKING:
    from djtrans.registry import Registry

#: Tempo in beats per minute of effects in time with the beat, unless another is given.
DEFAULT_BPM = 120.0

Effect: TypeAlias = "str | NodeSpec | EffectDeclaration | BuiltNode"


def apply_effect(
    effect: Effect,
    audio: Tensor,
    sample_rate: int = DEFAULT_SAMPLE_RATE,
    *,
    config: Mapping[str, Any] | None = None,
    bpm: float = DEFAULT_BPM,
    frames_per_beat: float | None = None,
    tail_seconds: float = 0.0,
    seed: int = 0,
    registry: Registry | None = None,
    **curves: ArrayLike | Tensor,
) -> Tensor:
    """Apply one effect to audio; differentiable in the audio and the curves.

    Parameters
    ----------
    effect : str, NodeSpec, EffectDeclaration or BuiltNode
        Name of a registered effect, a node of a mixer spec, a declaration that need not be
        registered, or an effect that is built already.
    audio : Tensor
        ``[channels, samples]`` or ``[batch, channels, samples]``, float32 or float64.
    sample_rate : int
        In Hz.
    config : mapping, optional
        Fields of the effect's config; the rest take their defaults.
    bpm : float
        Tempo in beats per minute for effects that follow the beat; beat 0 is the first sample.
    frames_per_beat : float, optional
        Put frame i of a curve on beat ``i / frames_per_beat``. By default the frames are spread
        evenly over the audio: frame i lies at ``i * duration / frames``.
    tail_seconds : float
        Continue for this long after the end of the audio, with the last frame held.
    seed : int
        Seed of the random parts of the effect.
    registry : Registry, optional
    **curves
        Values of the effect's parameters, in their units: a number, or an array ``[frames]`` or
        ``[batch, frames]``. Parameters that are not given are neutral.

    Returns
    -------
    Tensor
        The processed audio, with the input's dimensions and, without a tail, its length. A send is
        added to the input, as in the mixer.

    Raises
    ------
    InputError
        If the effect has no such parameter, or a value lies outside its range.
    ShapeError
        If the audio or the curves have another shape.
    ConfigError
        If `config` does not fit the effect, or is given for one that is built.
    PluginError
        If the effect is not registered.

    See Also
    --------
    djtrans.DifferentiableDJMixer : Chains of effects on stems, tracks and the mix.

    Examples
    --------
    >>> import djtrans, torch
    >>> audio = torch.ones(2, 44100)
    >>> djtrans.apply_effect("gain", audio, gain=0.5).mean().item()
    0.5
    >>> faded = djtrans.apply_effect("gain", audio, gain=[1.0, 0.75, 0.5, 0.25])
    >>> [round(faded[0, i].item(), 2) for i in (0, 22050)]
    [1.0, 0.5]
    >>> rings = {"config": {"decay_seconds": 3.0}, "tail_seconds": 1.0}
    >>> djtrans.apply_effect("reverb", audio, send=0.5, **rings).shape
    torch.Size([2, 88200])
    """
    _check_audio(audio)
    node = attrs.evolve(_built(effect, config, registry), id="effect")
    declared = attrs.evolve(node.declaration, placements=("master",))
    spec = NodeSpec(node.id, declared.name)
    mixer = Mixer(
        MixerSpec(stems=("audio",), stem_chain=(), master_chain=(spec,)),
        (),
        master_nodes=(attrs.evolve(node, declaration=declared),),
    ).to(audio.device)
    values = _values(node.parameters, curves, declared.name, audio)
    duration = audio.shape[-1] / check_sample_rate(sample_rate)
    beat_times, frame_times = _clock(values.shape[-2], duration, bpm, frames_per_beat)
    stem = audio.unsqueeze(-3)
    out = mixer(
        stem,
        torch.zeros_like(stem),
        values,
        sample_rate=sample_rate,
        frame_times=frame_times,
        beat_times=beat_times,
        seed=seed,
        tail_seconds=tail_seconds,
    )
    mix: Tensor = out.mix
    return mix


def _built(
    effect: Effect, config: Mapping[str, Any] | None, registry: Registry | None
) -> BuiltNode:
    if isinstance(effect, BuiltNode):
        if config:
            raise ConfigError("The effect is built already; leave out config, or give its name.")
        return effect
    if isinstance(effect, EffectDeclaration):
        settings = config_from_dict(effect.config, config or {})
        made = effect.factory
        factory = pkgutil.resolve_name(made) if isinstance(made, str) else made
        return BuiltNode("effect", factory(settings), effect, effect.parameters_of(settings))
    node = NodeSpec("effect", effect) if isinstance(effect, str) else effect
    return build_node(attrs.evolve(node, config={**node.config, **(config or {})}), registry)


def _check_audio(audio: Tensor) -> None:
    if not isinstance(audio, Tensor) or audio.ndim not in (2, 3) or 0 in audio.shape:
        shape = tuple(audio.shape) if isinstance(audio, Tensor) else type(audio).__name__
        raise ShapeError(
            f"audio is {shape}; give a torch tensor [channels, samples] or [batch, channels, "
            "samples] that is not empty."
        )
    if audio.dtype not in (torch.float32, torch.float64):
        raise ShapeError(f"audio is {audio.dtype}; convert it to torch.float32 or float64.")


def _values(
    parameters: Sequence[Parameter],
    curves: Mapping[str, ArrayLike | Tensor],
    name: str,
    audio: Tensor,
) -> Tensor:
    """Values ``[frames, parameters]`` or ``[batch, frames, parameters]`` of the curves."""
    names = [parameter.name for parameter in parameters]
    for given in curves:
        if given not in names:
            raise InputError(
                f"The effect {name!r} has no parameter {given!r}. {did_you_mean(given, names)}"
            )
    if not parameters:
        return audio.new_zeros(1, 0)
    rows = [torch.as_tensor(curves.get(p.name, p.neutral)).to(audio) for p in parameters]
    try:
        values = torch.stack(torch.broadcast_tensors(*rows), dim=-1)
    except RuntimeError:
        shapes = ", ".join(str(tuple(row.shape)) for row in rows if row.ndim)
        raise ShapeError(
            f"The curves have shapes {shapes}; give numbers, [frames] or [batch, frames], with as "
            "many frames in each."
        ) from None
    return values if values.ndim > 1 else values.unsqueeze(0)


def _clock(
    frames: int, duration: float, bpm: float, frames_per_beat: float | None
) -> tuple[Tensor, Tensor]:
    """Compute the times of beats and frames in seconds, float64."""
    rate = 1.0 if frames_per_beat is None else frames_per_beat
    if not (0 < bpm < math.inf and 0 < rate < math.inf):
        raise InputError(
            f"bpm = {bpm!r}, frames_per_beat = {frames_per_beat!r}; give numbers above 0."
        )
    beats = torch.arange(math.ceil(duration * bpm / 60) + 1, dtype=torch.float64) * (60 / bpm)
    step = duration / frames if frames_per_beat is None else 60 / bpm / frames_per_beat
    return beats, torch.arange(frames, dtype=torch.float64) * step
