"""The joints of the pipeline as a user composes them, from registered components."""

from __future__ import annotations

import os
from typing import Any

import attrs
import torch
from torch import Tensor

from djtrans.assembly import DEFAULT_MIXER, node_declaration, node_parameters, resolve_spec
from djtrans.core.analysis import Analysis
from djtrans.core.analysis_cache import cached_analysis
from djtrans.core.audio_checks import require_sound
from djtrans.core.config import config_from_dict
from djtrans.core.contracts import CurveModel, Progress
from djtrans.core.declarations import TechniqueDeclaration
from djtrans.core.devices import pick_device
from djtrans.core.drawing import DrawRequest
from djtrans.core.errors import InputError, LayoutError, ShapeError
from djtrans.core.extraction import extract_features
from djtrans.core.features import TrackFeatures
from djtrans.core.layout import Layout
from djtrans.core.metrics.key_relation import key_relation
from djtrans.core.mixer.mixer import Mixer
from djtrans.core.mixer.nodes import BuiltNode
from djtrans.core.params import TransitionParams, conform, frame_times
from djtrans.core.plan import BeatSection, TransitionPlan
from djtrans.core.planning.hearing import BeatSound, Ear, FloatArray, listen
from djtrans.core.planning.options import PlanOptions
from djtrans.core.planning.planner import plan_transition as plan_with
from djtrans.core.planning.rungs import Rung
from djtrans.core.separation import separate
from djtrans.core.spec import MixerConfig, MixerSpec, NodeSpec
from djtrans.core.stems import Stems
from djtrans.core.track import MINIMUM_SECONDS, Track, load_track
from djtrans.core.warping import warp
from djtrans.registry import Registry, default_registry
from djtrans.separators import build_separator, find_separator

DEFAULT_ANALYZER = "constant-grid"
#: What ``technique="auto"`` tries, in this order: techniques, and what :class:`Rung` says of them.
AUTO_LADDER: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("bass-swap", "long-blend", "eq-blend"), {"at_least": 8}),
    (("drop-swap", "filter-sweep"), {"at_least": 4}),
    (("bass-swap", "eq-blend"), {"at_least": 8, "loop": True}),
    (("fade",), {"at_least": 4, "beatless": True}),
    (("echo-out",), {}),
    (("cut",), {}),
    (("echo-out", "cut"), {"last": True}),
)
#: Stems whose tempos differ by more than this are stretched to meet (as a fraction).
SAME_TEMPO = 1e-4


class DifferentiableDJMixer(Mixer):
    """The mixer of registered effects, differentiable in its parameters and its audio.

    Parameters
    ----------
    spec : MixerSpec or str
        A spec, or the name of a registered mixer; the 54-parameter ``dj54`` by default.
    config : MixerConfig, optional
        How the mixer computes.
    registry : Registry, optional

    Raises
    ------
    PluginError
        If an effect is not registered or cannot be built.
    ConfigError
        If a node's config does not fit its effect.

    Examples
    --------
    >>> import djtrans
    >>> mixer = djtrans.DifferentiableDJMixer()
    >>> len(mixer.layout)
    54
    """

    def __init__(
        self,
        spec: MixerSpec | str = DEFAULT_MIXER,
        config: MixerConfig | None = None,
        *,
        registry: Registry | None = None,
    ) -> None:
        registry = registry or default_registry()
        resolved = resolve_spec(spec, registry)
        stem, track, master = (
            tuple(_build_node(node, registry) for node in chain) for _, chain in resolved.chains()
        )
        super().__init__(resolved, stem, track, master, config)


def _build_node(node: NodeSpec, registry: Registry) -> BuiltNode:
    return BuiltNode(
        id=node.id,
        effect=registry.build("effect", node.effect, node.config),
        declaration=node_declaration(node, registry),
        parameters=node_parameters(node, registry),
    )


def load_technique(name: str, registry: Registry | None = None, **config: Any) -> CurveModel:
    """Build a technique, a rule-based curve model.

    Parameters
    ----------
    name : str
        Name of a registered technique, ``"bass-swap"``.
    registry : Registry, optional
    **config
        Fields of its config.

    Returns
    -------
    CurveModel
        Can take the place of a trained model in :func:`generate_transition`.
    """
    model: CurveModel = (registry or default_registry()).build("technique", name, config)
    return model


def analyze_track(
    track: Track | str | os.PathLike[str],
    *,
    analyzer: str = DEFAULT_ANALYZER,
    cached: bool = True,
    progress: Progress | None = None,
    registry: Registry | None = None,
) -> Analysis:
    """Find beat grid, phrases, sections, key, levels and vocals of a track.

    Parameters
    ----------
    track : Track or path
    analyzer : str
        Name of a registered analyzer.
    cached : bool
        Whether a file that was analyzed before need not be analyzed again.
    progress : callable, optional
        Told the fraction done.
    registry : Registry, optional

    Returns
    -------
    Analysis

    Raises
    ------
    AudioFileError
        If the file cannot be read, is silent, or is too short.
    """
    loaded = track if isinstance(track, Track) else load_track(track)
    require_sound(loaded.audio, loaded.sample_rate, MINIMUM_SECONDS, what=loaded.name)
    registry = registry or default_registry()
    component = registry.find("analyzer", analyzer)

    def analyze() -> Analysis:
        built = registry.build("analyzer", component.name)
        return built.analyze(loaded.audio, loaded.sample_rate, progress)

    if not cached:
        return analyze()
    return cached_analysis(loaded, component.name, component.declaration, analyze)


def run_demucs(
    audio: Tensor | Track | str | os.PathLike[str],
    sample_rate: int | None = None,
    *,
    device: str = "auto",
    progress: Progress | None = None,
    registry: Registry | None = None,
    **config: Any,
) -> Stems:
    """Separate audio with demucs; stems that it has made before come from the cache.

    Parameters
    ----------
    audio : Tensor, Track or path
        ``[channels, samples]``, mono or stereo, or a file that holds it.
    sample_rate : int, optional
        In Hz; needed with a tensor.
    device : {"auto", "cpu", "cuda", "mps"}
        Where the network runs.
    progress : callable, optional
        Told the fraction done.
    registry : Registry, optional
    **config
        Further fields of the separator's config: `model`, `weights`, `shifts` ...

    Returns
    -------
    Stems
        ``[4, channels, samples]`` at the audio's rate; they sum to it.

    Raises
    ------
    SeparationError
        If there are no weights, or they cannot be used.
    """
    if not isinstance(audio, Tensor):
        track = audio if isinstance(audio, Track) else load_track(audio)
        audio, sample_rate = track.audio, track.sample_rate
    elif sample_rate is None:
        raise InputError("run_demucs got a tensor without a rate; give sample_rate in Hz.")
    registry = registry or default_registry()
    _, declaration = find_separator(registry, "demucs")
    separator = build_separator(registry, "demucs", config, pick_device(device))
    return separate(separator, declaration, audio, sample_rate, progress=progress)


def plan_transition(
    analysis_a: Analysis,
    analysis_b: Analysis,
    *,
    technique: str = "auto",
    tracks: tuple[Track, Track] | None = None,
    registry: Registry | None = None,
    **options: Any,
) -> TransitionPlan:
    """Plan where, how long and how fast.

    Parameters
    ----------
    analysis_a, analysis_b : Analysis
        The outgoing and the incoming track.
    technique : str
        Name of a registered technique, or ``"auto"``: the first of :data:`AUTO_LADDER` that fits.
    tracks : tuple of Track, optional
        A and B, to listen to their windows where keys or ones are in doubt.
    registry : Registry, optional
    **options
        Fields of :class:`djtrans.core.planning.options.PlanOptions`: `bars`, `cue_a_seconds` ...

    Returns
    -------
    TransitionPlan

    Raises
    ------
    PlanError
        If nothing fits; the message says why for each candidate.
    """
    registry = registry or default_registry()
    wanted = config_from_dict(PlanOptions, options)
    if technique == "auto":
        ladder = [
            Rung(techniques=_declared(names, registry), **facts) for names, facts in AUTO_LADDER
        ]
    else:
        named = _declared((technique,), registry)
        ladder = [Rung(techniques=named, asked=True), Rung(techniques=named, asked=True, loop=True)]
    ears = None if tracks is None else (_ear(tracks[0]), _ear(tracks[1]))
    return plan_with(analysis_a, analysis_b, ladder, wanted, ears)


def _declared(names: tuple[str, ...], registry: Registry) -> dict[str, TechniqueDeclaration]:
    found = [registry.find("technique", name) for name in names]
    return {
        component.name: component.declaration
        for component in found
        if isinstance(component.declaration, TechniqueDeclaration)
    }


def _ear(track: Track) -> Ear:
    def hear(beat_times: FloatArray) -> BeatSound:
        return listen(track.audio.numpy(), track.sample_rate, beat_times)

    return hear


def build_track_features(
    stems: Stems,
    analysis: Analysis,
    *,
    start_seconds: float = 0.0,
    n_frames: int = 128,
    frames_per_beat: int = 2,
    isolated: bool = True,
) -> TrackFeatures:
    """Features of a window of a track's stems, the joint between analysis and generation.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]``, on the same time as the analysis.
    analysis : Analysis
        Of the same track.
    start_seconds : float
        Where the window starts; moved to the nearest downbeat.
    n_frames : int
        Frames of the window: beats times `frames_per_beat`.
    frames_per_beat : int
    isolated : bool
        Whether each stem holds its own sounds only; False for those of ``spectral``.

    Returns
    -------
    TrackFeatures

    Raises
    ------
    InputError
        If the window does not fit into the stems.
    """
    grid = analysis.grid
    bar = round((float(grid.beat_of(start_seconds)) - grid.first_downbeat) / grid.beats_per_bar)
    first = grid.beat_of_bar(max(bar, 0))
    beats, rest = divmod(n_frames, frames_per_beat)
    if rest or beats < 1:
        raise InputError(
            f"n_frames = {n_frames} is no whole number of beats at {frames_per_beat} frames per "
            f"beat; give a multiple of {frames_per_beat}."
        )
    times = torch.from_numpy(grid.time_of(first + torch.arange(beats + 1).double().numpy()))
    return extract_features(
        stems,
        times,
        bpm=grid.bpm,
        key=analysis.key.camelot,
        reference_db=analysis.levels.short_term_p95_lufs,
        isolated=isolated,
        phrase_beats=tuple(
            float(beat)
            for beat in (grid.beat_of_bar(b) - first for b in sorted(analysis.phrase_bars))
            if 0 <= beat <= beats
        ),
        sections=tuple(
            BeatSection(s.label, start, stop, s.level_db)
            for s in analysis.sections
            if (stop := grid.beat_of_bar(s.end_bar) - first) > 0
            and (start := grid.beat_of_bar(s.start_bar) - first) < beats
        ),
        beats_per_bar=grid.beats_per_bar,
        frames_per_beat=frames_per_beat,
    )


def draw_params(model: CurveModel, request: DrawRequest, beat_times: Tensor) -> TransitionParams:
    """Let a model draw, and make its curves fit the contract.

    Parameters
    ----------
    model : CurveModel
    request : DrawRequest
    beat_times : Tensor
        ``[beats + 1]`` float64, the clock of the window in seconds.

    Returns
    -------
    TransitionParams
        In range, snapped, ends pinned.

    Raises
    ------
    ShapeError
        If the model draws another shape than the layout and frames ask for.
    """
    values = model.draw(request)
    wanted = (request.n_frames, len(request.layout))
    if tuple(values.shape) != wanted or not bool(torch.isfinite(values).all()):
        raise ShapeError(
            f"{type(model).__name__} drew shape {tuple(values.shape)}"
            f"{'' if tuple(values.shape) != wanted else ' with values that are not finite'}; "
            f"expected finite curves {wanted} [frames, parameters]."
        )
    times = frame_times(beat_times, request.n_frames, request.frames_per_beat)
    return TransitionParams(
        conform(values, request.layout), request.layout, times, beat_times, request.frames_per_beat
    )


def check_needs(needs: tuple[str, ...], layout: Layout, who: str) -> None:
    """Refuse a mixer that lacks parameters which a technique cannot do without."""
    for pattern in needs:
        if not layout.select(pattern):
            raise LayoutError(
                f"{who} needs parameters {pattern!r}, which this mixer lacks; choose another "
                "technique, or a mixer with these nodes."
            )


def generate_transition(
    model: CurveModel,
    mixer: Mixer,
    stems_a: Stems,
    stems_b: Stems,
    features_a: TrackFeatures,
    features_b: TrackFeatures,
    n_frames: int | None = None,
    device: str | torch.device = "cpu",
    *,
    seed: int = 0,
) -> tuple[Tensor, TransitionParams]:
    """Draw the curves for two windows and mix them: the innermost joint.

    The windows are those of the features. B's stems are stretched to A's beats where the tempos
    differ; the swap lies on the downbeat in the middle.

    Parameters
    ----------
    model : CurveModel
        A trained model or a technique.
    mixer : Mixer
    stems_a, stems_b : Stems
        ``[stems, channels, samples]``; they hold the windows of their features.
    features_a, features_b : TrackFeatures
        With tempo and beat positions; as many beats in both.
    n_frames : int, optional
        Resample the drawn curves to this many frames.
    device : str or torch.device
        Where the mixer computes.
    seed : int

    Returns
    -------
    audio : Tensor
        ``[channels, samples]``, the window mixed.
    params : TransitionParams

    Raises
    ------
    InputError
        If the windows differ in beats, or the stems in rate, channels or names.
    """
    if len(features_a.beat_times) != len(features_b.beat_times):
        raise InputError(
            f"The windows have {len(features_a.beat_times) - 1} and "
            f"{len(features_b.beat_times) - 1} beats; build both features with the same n_frames."
        )
    rate = stems_a.sample_rate
    if stems_b.sample_rate != rate:
        raise InputError(
            f"The stems have sample rates {rate} and {stems_b.sample_rate} Hz; load both with the "
            "same sample_rate."
        )
    beat_times = features_a.beat_times - features_a.beat_times[0]
    length = float(beat_times[-1])
    window_a = _cut(stems_a, features_a, length, 1.0)
    ratio = float(features_b.beat_times[-1] - features_b.beat_times[0]) / length
    window_b = _cut(stems_b, features_b, length, ratio)
    bars = (len(beat_times) - 1) // features_a.beats_per_bar
    swap_beat = max(1, bars // 2) * features_a.beats_per_bar
    request = DrawRequest(
        layout=mixer.layout,
        n_frames=(len(beat_times) - 1) * features_a.frames_per_beat,
        swap_beat=swap_beat,
        frames_per_beat=features_a.frames_per_beat,
        beats_per_bar=features_a.beats_per_bar,
        seed=seed,
        phrase_beats_a=features_a.phrase_beats,
        phrase_beats_b=features_b.phrase_beats,
        place_a="phrase" if swap_beat in features_a.phrase_beats else "",
        place_b="phrase" if swap_beat in features_b.phrase_beats else "",
        key_distance=key_relation(features_a.key, features_b.key).steps,
        features_a=features_a,
        features_b=features_b,
    )
    params = draw_params(model, request, beat_times)
    if n_frames is not None:
        params = params.resampled(n_frames)
    mixer.to(device)
    with torch.no_grad():
        out = mixer(window_a.to(device), window_b.to(device), params.to(device), seed=seed)
    return out.mix.cpu(), params.to("cpu")


def _cut(stems: Stems, features: TrackFeatures, length: float, ratio: float) -> Stems:
    """The window of the stems, `ratio` of their seconds to each second of the clock."""
    start = float(features.beat_times[0])
    if abs(ratio - 1.0) < SAME_TEMPO:
        first = round(start * stems.sample_rate)
        return stems.window(first, first + round(length * stems.sample_rate))
    points = ((0.0, start), (length, start + length * ratio))
    parts = [warp(stem, points, stems.sample_rate, 0.0, length) for stem in stems.audio]
    return attrs.evolve(stems, audio=torch.stack(parts))
