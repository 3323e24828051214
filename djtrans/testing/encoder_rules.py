"""Rules for conditioning encoders and their feature extractors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import attrs
import torch

from djtrans.core.contracts.encoder import (
    Conditioning,
    Encoder,
    EncoderDeclaration,
    FeatureExtractor,
    TrainableEncoder,
)
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.feature_extraction import extract_features
from djtrans.core.track.features import TrackFeatures
from djtrans.core.transition.plan import BeatSection
from djtrans.testing.building import resolve_factory, settings_of
from djtrans.testing.example_layout import example_layout
from djtrans.testing.example_track import example_stems
from djtrans.testing.rule import BuildFunction, require, rule

#: Two bars of 4/4 at 120 BPM.
_BARS, _BPM = 2, 120.0
#: Rounding of matrix products depends on the batch size.
_TOLERANCE = 1e-4


def _extractor(declaration: EncoderDeclaration, build: BuildFunction) -> FeatureExtractor | None:
    if declaration.extractor is None:
        return None
    extractor: FeatureExtractor = resolve_factory(declaration.extractor)(
        settings_of(declaration, build)
    )
    return extractor


def _features(
    declaration: EncoderDeclaration, build: BuildFunction, rate: int, level: float
) -> TrackFeatures:
    beats = 4 * _BARS
    stems = example_stems(60.0 * beats / _BPM).scaled(level)
    found = extract_features(
        stems,
        torch.arange(beats + 1, dtype=torch.float64) * 60.0 / _BPM,
        bpm=_BPM,
        key="8A",
        # Not 0: the weights of an input that is always 0 have no gradient.
        stretch=0.02 * level,
        phrase_beats=(0.0, 4.0),
        sections=(BeatSection("drop", -8.0, 16.0),),
        frames_per_beat=rate,
    )
    extractor = _extractor(declaration, build)
    if extractor is None:
        return found
    times = torch.arange(beats * rate, dtype=torch.float64) * 60.0 / _BPM / rate
    arrays = extractor.extract(stems, times)
    return attrs.evolve(
        found, extra={f"{extractor.name}/{name}": array for name, array in arrays.items()}
    )


def _request(declaration: EncoderDeclaration, build: BuildFunction, rate: int = 2) -> CurveRequest:
    a, b = (_features(declaration, build, rate, level) for level in (1.0, 0.5))
    return CurveRequest(
        example_layout(),
        n_frames=4 * _BARS * rate,
        swap_beat=4,
        frames_per_beat=rate,
        phrase_beats_a=a.phrase_beats,
        phrase_beats_b=b.phrase_beats,
        technique="djtrans/bass-swap",
        place_a="phrase",
        place_b="intro-end",
        key_distance=1,
        features_a=a,
        features_b=b,
        objective=0.5,
    )


def _inputs(encoder: Encoder, request: CurveRequest) -> Conditioning:
    got = encoder.encode(request)
    require(got is not None, "encode() returned None for a request with everything.")
    return cast(Conditioning, got)


def _encoded(encoder: Encoder, request: CurveRequest) -> Conditioning:
    """Encode a request, including forward() if the encoder is a module."""
    inputs = _inputs(encoder, request)
    if not isinstance(encoder, torch.nn.Module):
        return inputs
    with torch.no_grad():
        return cast(Conditioning, encoder(inputs))


def _module(build: BuildFunction) -> Any:
    """Build the encoder in evaluation mode, with noise on its weights; None if it is not a module.

    Many modules initialize their last layer with zeros, and would pass every rule.
    """
    encoder = build()
    if not isinstance(encoder, torch.nn.Module):
        return None
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return encoder.eval()


def _batch(parts: Sequence[Conditioning]) -> Conditioning:
    return Conditioning(
        torch.cat([part.per_frame for part in parts]), torch.cat([part.global_ for part in parts])
    )


def _pair(
    declaration: EncoderDeclaration, build: BuildFunction
) -> tuple[CurveRequest, CurveRequest]:
    """Create two different requests of equal length."""
    request = _request(declaration, build)
    other = attrs.evolve(
        request, features_a=request.features_b, swap_beat=8, technique="djtrans/fade", seed=1
    )
    return request, other


@rule("encoder")
def the_extractor_has_a_cache_key(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """A feature extractor has extract(), a name, and a version of at least 1."""
    found = _extractor(declaration, build)
    if found is None:
        return
    require(isinstance(found, FeatureExtractor), f"{type(found).__name__} lacks one of these.")
    require(isinstance(found.name, str) and bool(found.name), f"the name is {found.name!r}.")
    version = found.version
    require(isinstance(version, int) and version >= 1, f"the version is {version!r}.")


@rule("encoder")
def features_lie_on_the_frames(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """Every feature of its extractor is [frames, ...] and finite."""
    for rate in (2, 4):
        frames = 4 * _BARS * rate
        for name, feature in _features(declaration, build, rate, 1.0).extra.items():
            require(
                feature.ndim >= 1 and feature.shape[0] == frames,
                f"{name!r} is {tuple(feature.shape)} on {frames} frames.",
            )
            require(
                bool(torch.isfinite(feature).all()), f"{name!r} has a value that is not finite."
            )


@rule("encoder")
def conditioning_has_its_widths(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """Conditioning is finite, [1, frames, C] and [1, G], with C and G from widths()."""
    for rate in (2, 4, 8):
        request = _request(declaration, build, rate)
        encoder = build()
        if isinstance(encoder, torch.nn.Module):
            encoder.eval()
        a = request.features_a
        names = a.stem_names if a is not None else ()
        _check_widths(_encoded(encoder, request), encoder.widths(names), request.n_frames)


def _check_widths(got: Conditioning, widths: tuple[int, int], frames: int) -> None:
    shapes = tuple(got.per_frame.shape), tuple(got.global_.shape)
    wanted = (1, frames, widths[0]), (1, widths[1])
    require(shapes == wanted, f"the shapes are {shapes} on {frames} frames instead of {wanted}.")
    for part in (got.per_frame, got.global_):
        require(bool(torch.isfinite(part).all()), "a value is not finite.")


@rule("encoder")
def transitions_are_independent(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """Encoding one transition does not depend on those encoded before, and changes no feature."""
    encoder = build()
    if isinstance(encoder, torch.nn.Module):
        encoder.eval()
    request = _request(declaration, build)
    other = attrs.evolve(request, features_a=request.features_b, swap_beat=8, technique="")
    before = [_tensors(features) for features in (request.features_a, request.features_b)]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = _encoded(encoder, request)
        per_frame, global_ = first.per_frame.clone(), first.global_.clone()
        torch.manual_seed(2)
        encoder.encode(other)
        again = _encoded(encoder, request)
    require(torch.equal(per_frame, again.per_frame), "per_frame differs the second time.")
    require(torch.equal(global_, again.global_), "global_ differs the second time.")
    for features, copies in zip((request.features_a, request.features_b), before, strict=True):
        now = _tensors(features)
        changed = [name for name, x in copies.items() if not torch.equal(now[name], x)]
        require(not changed, f"{', '.join(changed)} changed.")


@rule("encoder")
def modules_have_inputs_and_forward(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """An encoder that is a module has forward(), and encode() returns input_widths() channels."""
    encoder = _module(build)
    if encoder is None:
        return
    require(
        isinstance(encoder, TrainableEncoder), f"{type(encoder).__name__} lacks input_widths()."
    )
    forward = type(encoder).forward
    require(forward is not torch.nn.Module.forward, f"{type(encoder).__name__} lacks forward().")
    request = _request(declaration, build)
    names = request.features_a.stem_names if request.features_a is not None else ()
    _check_widths(_inputs(encoder, request), encoder.input_widths(names), request.n_frames)


@rule("encoder")
def module_state_survives_a_round_trip(
    declaration: EncoderDeclaration, build: BuildFunction
) -> None:
    """A module with the state dict of another one returns the same conditioning."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = _module(build)
        if first is None:
            return
        torch.manual_seed(2)
        second = build()
    second.load_state_dict(first.state_dict())
    request = _request(declaration, build)
    one, other = (_encoded(encoder, request) for encoder in (first, second.eval()))
    require(torch.equal(one.per_frame, other.per_frame), "per_frame differs.")
    require(torch.equal(one.global_, other.global_), "global_ differs.")


@rule("encoder")
def gradients_reach_every_parameter(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """Conditioning has a gradient with respect to every trainable parameter of a module."""
    encoder = _module(build)
    if encoder is None:
        return
    request, other = _pair(declaration, build)
    got = encoder(_batch([_inputs(encoder, request), _inputs(encoder, other)]))
    generator = torch.Generator().manual_seed(0)
    total = sum(
        (part * torch.randn(part.shape, generator=generator)).sum()
        for part in (got.per_frame, got.global_)
    )
    require(
        isinstance(total, torch.Tensor) and total.requires_grad,
        "the output of forward() depends on no parameter.",
    )
    cast(torch.Tensor, total).backward()
    missed = [
        name
        for name, parameter in encoder.named_parameters()
        if parameter.requires_grad and (parameter.grad is None or not parameter.grad.any())
    ]
    require(not missed, f"there is none for {', '.join(missed)}.")


@rule("encoder")
def encoded_rows_do_not_meet(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """A module encodes a batch of two transitions like two batches of one."""
    encoder = _module(build)
    if encoder is None:
        return
    alone = [_inputs(encoder, request) for request in _pair(declaration, build)]
    with torch.no_grad():
        together = encoder(_batch(alone))
        for row, inputs in enumerate(alone):
            one = encoder(inputs)
            for name in ("per_frame", "global_"):
                off = getattr(one, name)[0] - getattr(together, name)[row]
                largest = float(off.abs().max()) if off.numel() else 0.0
                require(largest <= _TOLERANCE, f"{name} of row {row} differs by {largest:.2g}.")


def _tensors(features: TrackFeatures | None) -> dict[str, torch.Tensor]:
    """Copy every array of the features."""
    if features is None:
        return {}
    own = {name: getattr(features, name) for name in ("level_db", "onset", "vocal")}
    return {name: x.clone() for name, x in {**own, **features.extra}.items()}
