"""Cases to judge: prepared pairs of a held-out set, or pairs of files from a table."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import torch
from torch import Tensor

from djtrans import DifferentiableDJMixer
from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import FormatError, InputError
from djtrans.core.transition.alignment import AlignedTrack, window_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import ParamsFile
from djtrans.core.transition.requests import build_curve_request, reference_level, window_features
from djtrans.core.util.checksums import SUMS, file_hash, find_damage, folder_hashes, read_checksums
from djtrans.datasets.pairs.pair import PreparedPair
from djtrans.datasets.pairs.pair_folder import read_pair
from djtrans.evaluation import TrackPair, read_pairs
from djtrans.objectives import PowerModel
from djtrans.pipeline.completion import finish, generate_transition_params
from djtrans.pipeline.options import PreparationOptions
from djtrans.pipeline.power_measurement import power_model
from djtrans.pipeline.preparation import prepare
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.refinement import rendered
from djtrans.pipeline.transition import Transition

MANIFEST = "manifest.json"
#: Context on either side of a transition between files, in bars.
CONTEXT_BARS = 4


@attrs.frozen(eq=False)
class LoadedCase:
    """A planned transition with its stems and the curves of its technique.

    Attributes
    ----------
    mixer : DifferentiableDJMixer
    content : ParamsFile
        Plan, and curves of the rules.
    tracks : Pair of AlignedTrack
    request : callable
        ``request(extractors)`` builds the request for a model.
    """

    mixer: DifferentiableDJMixer
    content: ParamsFile
    tracks: Pair[AlignedTrack]
    request: Callable[[Sequence[FeatureExtractor]], CurveRequest]

    @functools.cached_property
    def rules(self) -> Transition:
        """Transition by the rules of the technique."""
        return finish(self.mixer, self.content, self.tracks, "cpu", Steps())

    def with_curves(self, values: Tensor) -> Transition:
        """Render other curves ``[frames, parameters]``."""
        return rendered(self.rules, self.mixer, values, self.content.provenance)

    @functools.cached_property
    def powers(self) -> PowerModel:
        """Model that predicts the power of the mix."""
        isolated = Pair("a", "b").map(
            lambda side: self.content.provenance.tracks[side].isolation == "good"
        )
        span = self.rules.rendered.span
        return power_model(self.mixer, self.content.plan, self.tracks, isolated, span)

    @property
    def track_hashes(self) -> list[str]:
        """Hashes of both tracks, sorted: cases between the same two tracks share them."""
        return sorted(track.sha256 for track in self.content.provenance.tracks.values())


@attrs.frozen(eq=False)
class Case:
    """A case by name, and how to load it."""

    name: str
    load: Callable[[], LoadedCase]


@attrs.frozen(eq=False)
class CaseSet:
    """All cases of a set, and the digest of the set, ``""`` if there is none."""

    cases: list[Case]
    sha256: str = ""


def read_cases(path: Path) -> CaseSet:
    """List the cases of a held-out set, or of a CSV file of pairs of files.

    Raises
    ------
    InputError
        If there are none.
    FormatError
        If a case of a set with a manifest is damaged.
    """
    if path.suffix == ".csv":
        pairs = read_pairs(path)
        return CaseSet([Case(p.label, functools.partial(load_files, p)) for p in pairs])
    manifest = path / MANIFEST
    if not manifest.exists():
        names, digest = sorted(p.parent.name for p in path.glob("case_*/params.json")), ""
    else:
        document = json.loads(manifest.read_text(encoding="utf-8"))
        names, digest = [case["name"] for case in document["cases"]], document["sha256"]
        for case in document["cases"]:
            if file_hash(path / case["name"] / SUMS) != case["sha256"]:
                raise FormatError(
                    f"{path / case['name']} is not that of {manifest}; make it again."
                )
    if not names:
        raise InputError(f"{path} holds no cases; give what held_out.py wrote, or a CSV of pairs.")
    return CaseSet([Case(n, functools.partial(load_prepared, path / n)) for n in names], digest)


def aligned(pair: PreparedPair) -> Pair[AlignedTrack]:
    """Return both tracks of a prepared pair, without context."""
    span = window_span(pair.plan, pair.sample_rate)
    return Pair(pair.stems_a, pair.stems_b).map(
        lambda stems: AlignedTrack(mix=stems.mix, span=span, stems=stems, stems_span=span)
    )


def load_prepared(folder: Path) -> LoadedCase:
    """Read a prepared pair, and check that it is whole."""
    if damage := find_damage(read_checksums(folder), folder_hashes(folder)):
        raise FormatError(f"{folder} is damaged ({damage}); make it again.")
    pair = read_pair(folder)
    return LoadedCase(
        DifferentiableDJMixer(),
        pair.content,
        aligned(pair),
        lambda extractors: pair.request(extractors=extractors),
    )


def load_files(pair: TrackPair, bars: int = 0) -> LoadedCase:
    """Plan a pair of files as ``djtrans generate`` does, with context; 0 bars: as planned."""
    stems: Pair[str | os.PathLike[str] | None] = Pair(pair.stems_a, pair.stems_b)
    options = PreparationOptions(separator="spectral", device="cpu", stems=stems)
    prepared = prepare(str(pair.a), str(pair.b), options)
    plan = prepared.nudge(prepared.plan(pair.technique or "auto", bars=bars))
    span = prepared.span(plan, CONTEXT_BARS)
    tracks = prepared.align(plan, span)
    plan = prepared.refine(plan, tracks)
    content = generate_transition_params(prepared, plan, span, tracks)

    def request(extractors: Sequence[FeatureExtractor]) -> CurveRequest:
        features = [
            window_features(
                tracks[side].window(window_span(plan, tracks[side].stems.sample_rate)),
                plan,
                plan.sides[side],
                reference_db=reference_level(prepared.analyses[side], plan.sides[side]),
                isolated=prepared.isolated[side],
                extractors=extractors,
            )
            for side in ("a", "b")
        ]
        return build_curve_request(plan, prepared.mixer.layout, features[0], features[1])

    return LoadedCase(prepared.mixer, content, tracks, request)


def beat_times(case: LoadedCase) -> Tensor:
    """Return the beats of the window, ``[beats + 1]`` float64 seconds."""
    return torch.tensor(case.content.plan.beat_times, dtype=torch.float64)
