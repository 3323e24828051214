"""The whole jobs: two files in, a transition out; and the same again from a params file."""

from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import attrs
import torch

import djtrans
from djtrans.api import (
    DifferentiableDJMixer,
    analyze_track,
    check_needs,
    draw_params,
    plan_transition,
)
from djtrans.assembly import DEFAULT_MIXER
from djtrans.core.alignment import AlignedTrack, Span, align_and_separate, window_span
from djtrans.core.analysis import Analysis
from djtrans.core.config import config_from_dict, config_to_dict
from djtrans.core.contracts import Progress
from djtrans.core.declarations import SeparatorDeclaration, TechniqueDeclaration
from djtrans.core.drawing import DrawRequest
from djtrans.core.errors import FormatError, InputError
from djtrans.core.extraction import extract_features
from djtrans.core.features import TrackFeatures
from djtrans.core.formats import (
    ComponentRecord,
    MixerRecord,
    Provenance,
    RenderRecord,
    TrackRecord,
    load_params,
)
from djtrans.core.params import TransitionParams
from djtrans.core.plan import TransitionPlan, clock_seconds
from djtrans.core.planner import nearest_bars
from djtrans.core.rendering import render as render_window
from djtrans.core.spec import MixerSpec
from djtrans.core.stretch import ENGINE
from djtrans.core.track import Track, load_track
from djtrans.registry import Registry, default_registry
from djtrans.transition import Transition

#: Told the name of a step and the fraction of it that is done.
Report: TypeAlias = "Callable[[str, float], None]"
DEFAULT_SEPARATOR = "spectral"
#: Context on either side of the window, in bars.
DEFAULT_CONTEXT_BARS = 8


@attrs.define
class Steps:
    """Names the steps of a job, reports their progress and keeps their wall time."""

    report: Report | None = None
    seconds: dict[str, float] = attrs.field(factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[Progress]:
        """One step; yields what to call with the fraction done."""

        def tell(fraction: float) -> None:
            if self.report is not None:
                self.report(name, fraction)

        tell(0.0)
        begin = time.perf_counter()
        yield tell
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin
        tell(1.0)


def pick_device(device: str) -> str:
    """The device that a name means; ``"auto"`` is CUDA, else MPS, else the CPU.

    Raises
    ------
    InputError
        If the device is not there.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if device == "auto":
        return next(name for name, available in there.items() if available)
    if not there.get(device.partition(":")[0], False):
        usable = ", ".join(name for name, available in there.items() if available)
        raise InputError(f"The device {device!r} is not available; choose auto or one of {usable}.")
    return device


def generate(
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    *,
    technique: str = "auto",
    separator: str = DEFAULT_SEPARATOR,
    bars: int | None = None,
    duration: float | None = None,
    cue_a: float | None = None,
    cue_b: float | None = None,
    stems_a: str | os.PathLike[str] | None = None,
    stems_b: str | os.PathLike[str] | None = None,
    stretch_limit: float = 0.08,
    context: float | str = DEFAULT_CONTEXT_BARS,
    full: bool = False,
    mixer: MixerSpec | str = DEFAULT_MIXER,
    device: str = "auto",
    seed: int = 0,
    progress: Report | None = None,
    registry: Registry | None = None,
) -> Transition:
    """Make a transition from track A into track B.

    Parameters
    ----------
    a, b : path or Track
        The outgoing and the incoming track: wav, flac, ogg or mp3.
    technique : str
        Name of a registered technique, or ``"auto"``.
    separator : str
        Name of a registered separator.
    bars : int, optional
        Length of the window: 1, 2, 4, 8, 16, 24, 32, 48 or 64.
    duration : float, optional
        Length in seconds instead; the nearest of these lengths is taken.
    cue_a, cue_b : float, optional
        Where the window starts in each track, in seconds; moved to the nearest downbeat.
    stems_a, stems_b : path, optional
        Folder with ready stems of a track (drums, bass, vocals, other).
    stretch_limit : float
        Largest tempo change, as a fraction.
    context : float or str
        What is heard before and after the window: bars, or seconds as ``"8s"``.
    full : bool
        From A's start to B's end instead.
    mixer : MixerSpec or str
        A spec, or the name of a registered mixer.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    seed : int
        The same inputs, seed, separator and device give the same audio.
    progress : callable, optional
        Told the name of a step and the fraction of it that is done.
    registry : Registry, optional

    Returns
    -------
    Transition

    Raises
    ------
    DjtransError
        If a file cannot be used, an option is not allowed, or nothing can be planned.

    Examples
    --------
    >>> import djtrans
    >>> transition = djtrans.generate("a.mp3", "b.mp3")  # doctest: +SKIP
    >>> transition.save("out.wav")  # doctest: +SKIP
    """
    if bars is not None and duration is not None:
        raise InputError("Both bars and duration are given; give one of them.")
    if bars is not None and bars < 1:
        raise InputError(f"bars = {bars} is not allowed; give 1, 2, 4, 8, 16, 24, 32, 48 or 64.")
    _check_context(context)
    steps = Steps(progress)
    prepared = prepare(
        a,
        b,
        separator=separator,
        stems_a=stems_a,
        stems_b=stems_b,
        mixer=mixer,
        device=device,
        steps=steps,
        registry=registry,
    )
    with steps.step("plan"):
        if duration is not None:
            bars = nearest_bars(duration, prepared.analyses["a"].grid.bpm)
        plan = prepared.plan(
            technique,
            bars=bars or 0,
            cue_a_seconds=cue_a,
            cue_b_seconds=cue_b,
            stretch_limit=float(stretch_limit),
        )
        span = prepared.span(plan, context, full)
    aligned = prepared.align(plan, span, steps)
    return complete(prepared, plan, span, aligned, seed=seed, steps=steps)


@attrs.frozen(eq=False, kw_only=True)
class Prepared:
    """A pair as far as it does not depend on the plan: what several transitions of it share.

    Attributes
    ----------
    tracks : mapping of str to Track
        ``a`` and ``b``, in one sample rate and channel count.
    analyses : mapping of str to Analysis
    separators : mapping of str to ComponentRecord
    mixer : DifferentiableDJMixer
    device : str
    registry : Registry
    """

    tracks: Mapping[str, Track]
    analyses: Mapping[str, Analysis]
    separators: Mapping[str, ComponentRecord]
    mixer: DifferentiableDJMixer
    device: str
    registry: Registry

    def plan(self, technique: str, **options: Any) -> TransitionPlan:
        """Plan one transition of the pair; see :func:`djtrans.plan_transition`."""
        plan = plan_transition(
            self.analyses["a"],
            self.analyses["b"],
            technique=technique,
            registry=self.registry,
            **options,
        )
        chosen = self.registry.find("technique", plan.technique)
        if isinstance(chosen.declaration, TechniqueDeclaration):
            check_needs(chosen.declaration.needs, self.mixer.layout, chosen.name)
        return plan

    def span(
        self, plan: TransitionPlan, context: float | str = DEFAULT_CONTEXT_BARS, full: bool = False
    ) -> Span:
        """What is heard of the clock: the window and its context."""
        return _span(plan, self.tracks, context, full)

    def align(
        self, plan: TransitionPlan, span: Span, steps: Steps | None = None
    ) -> dict[str, AlignedTrack]:
        """Both tracks on the clock of a plan, and their stems around its window."""
        return _align(self.tracks, plan, span, self.separators, self.registry, steps or Steps())


def prepare(
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    *,
    separator: str = DEFAULT_SEPARATOR,
    stems_a: str | os.PathLike[str] | None = None,
    stems_b: str | os.PathLike[str] | None = None,
    mixer: MixerSpec | str = DEFAULT_MIXER,
    device: str = "auto",
    known: dict[str, Analysis] | None = None,
    steps: Steps | None = None,
    registry: Registry | None = None,
) -> Prepared:
    """Load and analyze a pair; parameters as in :func:`generate`.

    Parameters
    ----------
    known : dict of str to Analysis, optional
        Analyses by the hash of their file: used, and added to.

    Returns
    -------
    Prepared
    """
    registry = registry or default_registry()
    steps = steps or Steps()
    device = pick_device(device)
    separators = {
        "a": _separator_record(registry, separator, stems_a),
        "b": _separator_record(registry, separator, stems_b),
    }
    built = DifferentiableDJMixer(mixer, registry=registry)
    with steps.step("load"):
        tracks = {"a": _as_track(a), "b": _as_track(b)}
    with steps.step("analyze") as tell:
        analyses = {}
        for done, (side, track) in enumerate(tracks.items()):
            found = (known or {}).get(track.sha256)
            if found is None:
                found = analyze_track(track, progress=_half(tell, done), registry=registry)
            if known is not None and track.sha256:
                known[track.sha256] = found
            analyses[side] = found
    return Prepared(
        tracks=_same_format(tracks),
        analyses=analyses,
        separators=separators,
        mixer=built,
        device=device,
        registry=registry,
    )


def complete(
    prepared: Prepared,
    plan: TransitionPlan,
    span: Span,
    aligned: Mapping[str, AlignedTrack],
    *,
    seed: int = 0,
    steps: Steps | None = None,
) -> Transition:
    """Draw the curves of a planned transition and render it.

    Parameters
    ----------
    prepared : Prepared
    plan : TransitionPlan
    span : Span
        What is to be heard of the clock.
    aligned : mapping of str to AlignedTrack
        Both tracks on the clock of the plan.
    seed : int
    steps : Steps, optional

    Returns
    -------
    Transition
    """
    registry, built, tracks = prepared.registry, prepared.mixer, prepared.tracks
    steps = steps or Steps()
    with steps.step("draw"):
        beat_times = torch.tensor(plan.beat_times, dtype=torch.float64)
        request = DrawRequest(
            layout=built.layout,
            n_frames=plan.n_frames,
            swap_beat=plan.swap_beat,
            frames_per_beat=plan.frames_per_beat,
            beats_per_bar=plan.beats_per_bar,
            seed=seed,
            features_a=_features(aligned["a"], plan, beat_times, plan.a.key),
            features_b=_features(aligned["b"], plan, beat_times, plan.b.key),
        )
        params = draw_params(registry.build("technique", plan.technique), request, beat_times)
    provenance = Provenance(
        tracks={
            side: TrackRecord(
                name=track.name, sha256=track.sha256, separator=prepared.separators[side]
            )
            for side, track in tracks.items()
        },
        mixer=_mixer_record(built, registry),
        render=RenderRecord(
            sample_rate=tracks["a"].sample_rate,
            channels=len(tracks["a"].audio),
            start=span.start,
            stop=span.stop,
            seed=seed,
            stretch=ENGINE,
            djtrans=djtrans.__version__,
        ),
        technique=_component_record(registry, "technique", plan.technique, {}),
    )
    return _finish(built, params, plan, provenance, aligned, prepared.device, steps)


def render(
    params_path: str | os.PathLike[str],
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    *,
    device: str = "auto",
    progress: Report | None = None,
    registry: Registry | None = None,
) -> Transition:
    """Render a transition again from its params file.

    Parameters
    ----------
    params_path : path
        What :meth:`Transition.save_params` wrote; its values may have been edited.
    a, b : path or Track
        The same tracks.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    progress : callable, optional
    registry : Registry, optional

    Returns
    -------
    Transition
        On the same device and with the same versions, the same audio.

    Raises
    ------
    FormatError
        If the file is damaged, or the tracks are not the ones it was made from.
    PluginError
        If a component that it names is not installed.
    LayoutError
        If an installed effect declares other parameters than it did then.
    """
    registry = registry or default_registry()
    device = pick_device(device)
    steps = Steps(progress)
    with steps.step("load"):
        content = load_params(params_path)
        recorded = content.provenance
        built = _rebuild_mixer(recorded.mixer, content.params, registry)
        tracks = {"a": _as_track(a), "b": _as_track(b)}
        for side, track in tracks.items():
            expected = recorded.tracks[side]
            if track.sha256 != expected.sha256:
                raise FormatError(
                    f"Track {side.upper()}, {track.name}, is not the file that these parameters "
                    f"were made for ({expected.name}); give the same two files, in the same order."
                )
        shape = recorded.render
        tracks = {k: t.at_rate(shape.sample_rate, shape.channels) for k, t in tracks.items()}
    if shape.stretch != ENGINE:
        _warn_changed(f"the time stretch was {shape.stretch}, here it is {ENGINE}")
    separators = {side: record.separator for side, record in recorded.tracks.items()}
    for record in separators.values():
        here = registry.find("separator", record.name).declaration.version
        if here != record.version:
            _warn_changed(f"{record.name} had version {record.version}, here it is {here}")
    span = Span(shape.start, shape.stop)
    aligned = _align(tracks, content.plan, span, separators, registry, steps)
    return _finish(built, content.params, content.plan, recorded, aligned, device, steps)


def _half(tell: Progress, done: int) -> Progress:
    """Progress of the first (0) or second (1) of two equal parts of a step."""

    def told(fraction: float) -> None:
        tell((done + fraction) / 2)

    return told


def _finish(
    mixer: DifferentiableDJMixer,
    params: TransitionParams,
    plan: TransitionPlan,
    provenance: Provenance,
    aligned: Mapping[str, AlignedTrack],
    device: str,
    steps: Steps,
) -> Transition:
    shape = provenance.render
    with steps.step("render"):
        rendered = render_window(
            mixer.to(device),
            params,
            plan,
            aligned["a"],
            aligned["b"],
            Span(shape.start, shape.stop),
            device=device,
            seed=shape.seed,
        )
    return Transition(
        rendered=rendered,
        params=params,
        plan=plan,
        provenance=provenance,
        a=aligned["a"],
        b=aligned["b"],
        mixer=mixer,
        seconds=steps.seconds,
    )


def _align(
    tracks: Mapping[str, Track],
    plan: TransitionPlan,
    span: Span,
    separators: Mapping[str, ComponentRecord],
    registry: Registry,
    steps: Steps,
) -> dict[str, AlignedTrack]:
    aligned = {}
    with steps.step("separate") as tell:
        for done, (side, track) in enumerate(tracks.items()):
            record = separators[side]
            declaration = registry.find("separator", record.name).declaration
            if not isinstance(declaration, SeparatorDeclaration):
                raise InputError(f"{record.name} is not a separator.")
            aligned[side] = align_and_separate(
                track,
                plan.a if side == "a" else plan.b,
                plan,
                span,
                registry.build("separator", record.name, record.config),
                declaration,
                progress=_half(tell, done),
            )
    return aligned


def _features(
    aligned: AlignedTrack, plan: TransitionPlan, beat_times: torch.Tensor, key: str
) -> TrackFeatures:
    rate = aligned.stems.sample_rate
    bpm = 60.0 * (len(beat_times) - 1) / float(beat_times[-1])
    return extract_features(
        aligned.window(window_span(plan, rate)),
        beat_times,
        bpm=bpm,
        key=key,
        beats_per_bar=plan.beats_per_bar,
        frames_per_beat=plan.frames_per_beat,
    )


def _as_track(source: str | os.PathLike[str] | Track) -> Track:
    return source if isinstance(source, Track) else load_track(source)


def _same_format(tracks: Mapping[str, Track]) -> dict[str, Track]:
    rate = max(track.sample_rate for track in tracks.values())
    channels = max(len(track.audio) for track in tracks.values())
    return {side: track.at_rate(rate, channels) for side, track in tracks.items()}


_SECONDS = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(s?)\s*")


def _check_context(context: float | str) -> tuple[float, bool]:
    """Amount of context, and whether it is in seconds rather than bars."""
    match = _SECONDS.fullmatch(str(context))
    if not match:
        raise InputError(
            f"context = {context!r} is not allowed; give bars, such as 8, or seconds, such as 8s."
        )
    return float(match[1]), bool(match[2])


def _span(
    plan: TransitionPlan, tracks: Mapping[str, Track], context: float | str, full: bool
) -> Span:
    """What is wanted of the clock: never beyond A's start and B's end."""
    rate = tracks["a"].sample_rate
    window = window_span(plan, rate)
    first = min(0.0, clock_seconds(plan.a.warp, 0.0))
    last = max(plan.window_seconds, clock_seconds(plan.b.warp, tracks["b"].duration_seconds))
    if full:
        return Span(round(first * rate), round(last * rate))
    amount, in_seconds = _check_context(context)
    if amount == 0:
        return window
    if in_seconds:
        before, after = -amount, plan.window_seconds + amount
    else:
        beats = amount * plan.beats_per_bar
        before = plan.clock_of_beat(-beats)
        after = plan.clock_of_beat(len(plan.beat_times) - 1 + beats)
    return Span(round(max(before, first) * rate), round(min(after, last) * rate))


def _component_record(
    registry: Registry, kind: str, name: str, config: Mapping[str, Any]
) -> ComponentRecord:
    component = registry.find(kind, name)
    full = config_to_dict(config_from_dict(component.declaration.config, config))
    return ComponentRecord(name=component.name, version=component.declaration.version, config=full)


def _separator_record(
    registry: Registry, name: str, ready: str | os.PathLike[str] | None
) -> ComponentRecord:
    if ready is not None:
        return _component_record(registry, "separator", "folder", {"path": os.fspath(ready)})
    declaration = registry.find("separator", name).declaration
    if isinstance(declaration, SeparatorDeclaration) and declaration.reads_source:
        raise InputError(
            f"The separator {name!r} reads ready stems; say where they are with stems_a and "
            "stems_b (--stems-a, --stems-b)."
        )
    return _component_record(registry, "separator", name, {})


def _mixer_record(mixer: DifferentiableDJMixer, registry: Registry) -> MixerRecord:
    nodes = [node for _, chain in mixer.spec.chains() for node in chain]
    versions = {
        node.effect: registry.find("effect", node.effect).declaration.version for node in nodes
    }
    return MixerRecord(spec=mixer.spec, config=mixer.config, versions=versions)


def _rebuild_mixer(
    record: MixerRecord, params: TransitionParams, registry: Registry
) -> DifferentiableDJMixer:
    mixer = DifferentiableDJMixer(record.spec, record.config, registry=registry)
    if mixer.layout.digest != params.layout.digest:
        raise FormatError(
            "The effects that are installed declare other parameters than those these curves were "
            "drawn for; install the versions of the plugins that wrote the file."
        )
    for name, version in record.versions.items():
        here = registry.find("effect", name).declaration.version
        if here != version:
            _warn_changed(f"the effect {name} had version {version}, here it is {here}")
    return mixer


def _warn_changed(what: str) -> None:
    warnings.warn(f"The audio may differ from the first render: {what}.", stacklevel=3)
