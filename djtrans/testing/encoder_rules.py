"""Rules for conditioning encoders and their feature extractors."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from djtrans.core.contracts import Conditioning, FeatureExtractor
from djtrans.core.declarations import EncoderDeclaration
from djtrans.core.drawing import DrawRequest
from djtrans.testing.building import resolve_factory, settings_of
from djtrans.testing.example_layout import example_layout
from djtrans.testing.example_track import example_analysis, example_stems
from djtrans.testing.rule import BuildFunction, require, rule

#: Two bars of 4/4 at 120 BPM.
_SECONDS, _BEATS = 4.0, 8


def _extractor(declaration: EncoderDeclaration, build: BuildFunction) -> FeatureExtractor:
    extractor: FeatureExtractor = resolve_factory(declaration.extractor)(
        settings_of(declaration, build)
    )
    return extractor


def _features(
    declaration: EncoderDeclaration, build: BuildFunction, frames: int, level: float = 1.0
) -> Mapping[str, Tensor]:
    stems = example_stems(_SECONDS).scaled(level)
    times = torch.arange(frames, dtype=torch.float64) * (_SECONDS / frames)
    return _extractor(declaration, build).extract(stems.mix, stems, example_analysis(), times)


def _request(frames: int) -> DrawRequest:
    return DrawRequest(example_layout(), frames, 4, frames_per_beat=frames // _BEATS)


def _encoded(
    declaration: EncoderDeclaration, build: BuildFunction, frames: int = 16
) -> Conditioning:
    a, b = (_features(declaration, build, frames, level) for level in (1.0, 0.5))
    return build().encode(a, b, _request(frames))


@rule("encoder")
def the_extractor_has_a_cache_key(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """The extractor has extract(), a name, and a version of at least 1."""
    found = _extractor(declaration, build)
    require(isinstance(found, FeatureExtractor), f"{type(found).__name__} lacks one of them.")
    require(isinstance(found.name, str) and bool(found.name), f"its name is {found.name!r}.")
    version = found.version
    require(isinstance(version, int) and version >= 1, f"its version is {version!r}.")


@rule("encoder")
def features_lie_on_the_frames(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """Every feature is [frames, ...] and finite."""
    for frames in (16, 32):
        for name, feature in _features(declaration, build, frames).items():
            require(
                feature.ndim >= 1 and feature.shape[0] == frames,
                f"{name!r} is {tuple(feature.shape)} on {frames} frames.",
            )
            require(bool(torch.isfinite(feature).all()), f"{name!r} has a value that is not.")


@rule("encoder")
def conditioning_has_its_shape(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """Conditioning is [1, frames, C] and [1, G], finite, with the same C and G at any length."""
    widths = set()
    for frames in (16, 32, 64):
        got = _encoded(declaration, build, frames)
        shapes = tuple(got.per_frame.shape), tuple(got.global_.shape)
        require(
            len(shapes[0]) == 3 and shapes[0][:2] == (1, frames),
            f"per_frame is {shapes[0]} on {frames} frames.",
        )
        require(len(shapes[1]) == 2 and shapes[1][0] == 1, f"global_ is {shapes[1]}.")
        for part in (got.per_frame, got.global_):
            require(bool(torch.isfinite(part).all()), "a value is not finite.")
        widths.add((shapes[0][2], shapes[1][1]))
    require(len(widths) == 1, f"the widths are {sorted(widths)}.")


@rule("encoder")
def transitions_are_independent(declaration: EncoderDeclaration, build: BuildFunction) -> None:
    """Encoding one transition does not depend on those encoded before, and changes no feature."""
    encoder = build()
    if isinstance(encoder, torch.nn.Module):
        encoder.eval()
    a, b = (_features(declaration, build, 16, level) for level in (1.0, 0.5))
    kept = [{name: x.clone() for name, x in features.items()} for features in (a, b)]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = encoder.encode(a, b, _request(16))
        per_frame, global_ = first.per_frame.clone(), first.global_.clone()
        torch.manual_seed(2)
        encoder.encode(b, b, _request(16))
        again = encoder.encode(a, b, _request(16))
    require(torch.equal(per_frame, again.per_frame), "per_frame differs the second time.")
    require(torch.equal(global_, again.global_), "global_ differs the second time.")
    for features, before in zip((a, b), kept, strict=True):
        changed = [name for name, x in before.items() if not torch.equal(features[name], x)]
        require(not changed, f"{', '.join(changed)} changed.")
