"""Rules for conditioning encoders and their feature extractors."""

from __future__ import annotations

from typing import cast

import attrs
import torch

from djtrans.core.contracts.encoder import (
    Conditioning,
    Encoder,
    EncoderDeclaration,
    FeatureExtractor,
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
    )


def _encoded(encoder: Encoder, request: CurveRequest) -> Conditioning:
    got = encoder.encode(request)
    require(got is not None, "encode() gave None for a request that holds everything.")
    return cast(Conditioning, got)


@rule("encoder")
def the_extractor_has_a_cache_key(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """An extractor, where there is one, has extract(), a name, and a version of at least 1."""
    found = _extractor(declaration, build)
    if found is None:
        return
    require(isinstance(found, FeatureExtractor), f"{type(found).__name__} lacks one of them.")
    require(isinstance(found.name, str) and bool(found.name), f"its name is {found.name!r}.")
    version = found.version
    require(isinstance(version, int) and version >= 1, f"its version is {version!r}.")


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
            require(bool(torch.isfinite(feature).all()), f"{name!r} has a value that is not.")


@rule("encoder")
def conditioning_has_its_widths(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """Conditioning is [1, frames, C] and [1, G], C and G as widths() says, and finite."""
    for rate in (2, 4, 8):
        request = _request(declaration, build, rate)
        encoder = build()
        a = request.features_a
        names = a.stem_names if a is not None else ()
        per_frame, global_ = encoder.widths(names)
        got = _encoded(encoder, request)
        shapes = tuple(got.per_frame.shape), tuple(got.global_.shape)
        wanted = (1, request.n_frames, per_frame), (1, global_)
        require(shapes == wanted, f"got {shapes} on {request.n_frames} frames, said {wanted}.")
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
    kept = [_tensors(features) for features in (request.features_a, request.features_b)]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = _encoded(encoder, request)
        per_frame, global_ = first.per_frame.clone(), first.global_.clone()
        torch.manual_seed(2)
        encoder.encode(other)
        again = _encoded(encoder, request)
    require(torch.equal(per_frame, again.per_frame), "per_frame differs the second time.")
    require(torch.equal(global_, again.global_), "global_ differs the second time.")
    for features, before in zip((request.features_a, request.features_b), kept, strict=True):
        now = _tensors(features)
        changed = [name for name, x in before.items() if not torch.equal(now[name], x)]
        require(not changed, f"{', '.join(changed)} changed.")


def _tensors(features: TrackFeatures | None) -> dict[str, torch.Tensor]:
    """A copy of every array of the features."""
    if features is None:
        return {}
    own = {name: getattr(features, name) for name in ("level_db", "onset", "vocal")}
    return {name: x.clone() for name, x in {**own, **features.extra}.items()}
