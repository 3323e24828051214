"""Load and analyze a pair of tracks, plan its transitions and align the tracks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.progress import FractionCallback
from djtrans.core.errors import PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.lazy_track import LazyTrack, open_track
from djtrans.core.track.track import Track, load_track
from djtrans.core.transition.aligned_cache import cached_align
from djtrans.core.transition.alignment import (
    AlignedTrack,
    Span,
    align,
    align_and_separate,
    window_span,
)
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan, clock_seconds
from djtrans.core.util.devices import pick_device
from djtrans.core.util.profiling import timed
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.mixer.resolve import resolve_spec
from djtrans.pipeline.analysis import analyze_loaded
from djtrans.pipeline.beat_offset_cache import cached_offset
from djtrans.pipeline.concurrency import run_pair
from djtrans.pipeline.curve_generation import check_needs
from djtrans.pipeline.option_checks import check_preparation
from djtrans.pipeline.options import (
    DEFAULT_CONTEXT_BARS,
    GenerateOptions,
    PreparationOptions,
    parse_context,
)
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.provenance import separator_declaration, separator_record
from djtrans.pipeline.separators import build_separator, fetch_separator
from djtrans.planning.nudging import nudged
from djtrans.planning.options import PlanOptions, nearest_bars
from djtrans.planning.refinement import refine, vocal_activity
from djtrans.planning.registered import plan_candidates
from djtrans.planning.tempo_octave import match_tempo_octaves
from djtrans.registry import Registry, default_registry


@attrs.frozen(eq=False, kw_only=True)
class Prepared:
    """A pair of tracks with everything that does not depend on the plan.

    Attributes
    ----------
    tracks : Pair of Track or LazyTrack
        With the same sample rate and channel count.
    analyses : Pair of Analysis
    separators : Pair of ComponentRecord
    mixer : DifferentiableDJMixer
    device : str
    registry : Registry
    """

    tracks: Pair[Track | LazyTrack]
    analyses: Pair[Analysis]
    separators: Pair[ComponentRecord]
    mixer: DifferentiableDJMixer
    device: str
    registry: Registry

    def plan(
        self, technique: str, options: PlanOptions | None = None, **fields: Any
    ) -> TransitionPlan:
        """Plan one transition of the pair; see :func:`djtrans.plan_transition`."""
        return self.plans(technique, options, count=1, **fields)[0]

    def plans(
        self, technique: str, options: PlanOptions | None = None, *, count: int, **fields: Any
    ) -> list[TransitionPlan]:
        """Plan several transitions of the pair; see :func:`djtrans.plan_candidates`."""
        plans = plan_candidates(
            self.analyses.a,
            self.analyses.b,
            options,
            count=count,
            technique=technique,
            tracks=(self.tracks.a, self.tracks.b),
            mixer=self.mixer,
            registry=self.registry,
            **fields,
        )
        for name in {plan.technique for plan in plans}:
            chosen = self.registry.techniques.find(name)
            check_needs(chosen.declaration.needs, self.mixer.layout, chosen.name, self.registry)
            if chosen.declaration.needs_isolation:
                self._check_isolation(chosen.name)
        return plans

    def plan_options(self, options: GenerateOptions) -> PlanOptions:
        """Return the options of the planner: a duration in bars, and positions in seconds."""
        # Bars are counted as the summary of a transition counts them.
        grids = Pair(*(found.grid for found in match_tempo_octaves(*self.analyses)))
        plan = options.plan(grids)
        if options.duration is None:
            return plan
        bars = nearest_bars(options.duration, grids.a.bpm, grids.a.beats_per_bar)
        return attrs.evolve(plan, bars=bars)

    @property
    def isolated(self) -> Pair[bool]:
        """Isolation of each track's stems: True if it is good."""
        return self.separators.map(
            lambda record: separator_declaration(record, self.registry).isolation == "good"
        )

    def _check_isolation(self, technique: str) -> None:
        for side, record in self.separators.items():
            if not self.isolated[side]:
                raise PlanError(
                    f"{technique} exposes single stems, and {record.name} isolates those of "
                    f"{side.upper()} too weakly; give ready stems (--stems-a, --stems-b) or a "
                    "separator with good isolation, or choose another technique."
                )

    def nudge(self, plan: TransitionPlan) -> TransitionPlan:
        """Move B where the attacks of both tracks in the window do not meet, if that helps."""
        declaration = self.registry.techniques.find(plan.technique).declaration
        if not declaration.beat_matched:
            return plan
        before = cached_offset(self.tracks, plan)
        moved = nudged(plan, before)
        if moved is plan:
            return plan
        was, now = before.p95_ms, cached_offset(self.tracks, moved).p95_ms
        return moved if was is not None and now is not None and now < was else plan

    def refine(self, plan: TransitionPlan, aligned: Pair[AlignedTrack]) -> TransitionPlan:
        """Refine the plan by the vocal stems if the separators isolate them well."""
        declaration = self.registry.techniques.find(plan.technique).declaration
        if not all(self.isolated):
            return plan
        sung_a, sung_b = (
            vocal_activity(track, plan, analysis.levels.integrated_lufs + side.gain_db)
            for track, analysis, side in zip(aligned, self.analyses, plan.sides, strict=True)
        )
        if sung_a is None or sung_b is None:
            return plan
        return refine(plan, declaration, sung_a, sung_b)

    def span(
        self, plan: TransitionPlan, context: float | str = DEFAULT_CONTEXT_BARS, full: bool = False
    ) -> Span:
        """Compute the part of the timeline to be rendered: the window and its context."""
        return _span(plan, self.tracks, context, full)

    def align(
        self, plan: TransitionPlan, span: Span, steps: Steps | None = None, *, cached: bool = False
    ) -> Pair[AlignedTrack]:
        """Align both tracks to the timeline of a plan, and separate them around its window.

        Parameters
        ----------
        plan : TransitionPlan
        span : Span
            Part of the timeline to be rendered.
        steps : Steps, optional
            Receives progress and wall time.
        cached : bool
            Keep the aligned audio and the stems in the cache, to render the plan again.
        """
        return align_pair(
            self.tracks,
            plan,
            span,
            self.separators,
            self.registry,
            steps or Steps(),
            self.device,
            cached=cached,
        )


def prepare(
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    options: PreparationOptions | None = None,
    *,
    known: dict[str, Analysis] | None = None,
    steps: Steps | None = None,
    registry: Registry | None = None,
) -> Prepared:
    """Load and analyze a pair.

    Parameters
    ----------
    a, b : path or Track
        The outgoing and the incoming track.
    options : PreparationOptions, optional
        Components and device.
    known : dict of str to Analysis, optional
        Analyses by the hash of their file; read, and extended.
    steps : Steps, optional
        Receives progress and wall time.
    registry : Registry, optional

    Returns
    -------
    Prepared

    Examples
    --------
    >>> import djtrans.pipeline
    >>> pair = djtrans.pipeline.prepare("a.mp3", "b.mp3")  # doctest: +SKIP
    >>> [pair.plan(name).bars for name in ("bass-swap", "cut")]  # doctest: +SKIP
    [16, 2]
    """
    options = options or PreparationOptions()
    registry = registry or default_registry()
    steps = steps or Steps()
    settings = options.settings
    check_preparation(options, registry)
    # First, so that a wrong name is refused before weights are fetched.
    analyzer = registry.analyzers.find(options.analyzer)
    device = pick_device(options.device)
    with timed("separators"):
        separators = separator_pair(
            options.separator, options.stems, settings.separator, device, steps, registry
        )
    with timed("mixer"):
        spec = resolve_spec(options.mixer, registry)
        if options.master is not None:
            spec = spec.with_master(options.master)
        spec = spec.configured(settings.mixer)
        mixer = DifferentiableDJMixer(spec, registry=registry)
    with steps.step("load") as fraction:
        # Beside another thread it is not known if a frame of MPEG audio is damaged.
        one_by_one = any(
            not isinstance(x, Track) and Path(x).suffix.lower() == ".mp3" for x in (a, b)
        )
        tracks = run_pair(
            lambda source, _: _opened(source), Pair(a, b), fraction, concurrent=not one_by_one
        )
    with steps.step("analyze") as fraction:

        def analyze(track: Track | LazyTrack, progress: FractionCallback) -> Analysis:
            found = (known or {}).get(track.sha256)
            if found is None:
                found = analyze_loaded(
                    track, analyzer=options.analyzer, progress=progress, registry=registry
                )
            if known is not None and track.sha256:
                known[track.sha256] = found
            return found

        # The same track twice is analyzed once.
        distinct = tracks.a.sha256 != tracks.b.sha256
        analyses = run_pair(
            analyze, tracks, fraction, concurrent=analyzer.declaration.thread_safe and distinct
        )
    rate = max(track.sample_rate for track in tracks)
    channels = max(track.channels for track in tracks)
    with timed("resample"):
        tracks = tracks.map(lambda track: track.at_rate(rate, channels))
    return Prepared(
        tracks=tracks,
        analyses=analyses,
        separators=separators,
        mixer=mixer,
        device=device,
        registry=registry,
    )


def separator_pair(
    name: str,
    stems: Pair[str | os.PathLike[str] | None],
    config: Mapping[str, Any],
    device: str,
    steps: Steps,
    registry: Registry,
) -> Pair[ComponentRecord]:
    """Record the separator of each track, and fetch its weights.

    Parameters
    ----------
    name : str
        Name of a registered separator, or ``"auto"``.
    stems : Pair of path or None
        Folders with ready stems, which replace the separator.
    config : mapping
        Fields of the separator's config.
    device : str
    steps : Steps
    registry : Registry
    """
    if None in tuple(stems):
        name = fetch_separator(registry, name, config, device, steps.progress("weights"))
    return stems.map(lambda ready: separator_record(registry, name, ready, config))


def align_pair(
    tracks: Pair[Track | LazyTrack],
    plan: TransitionPlan,
    span: Span,
    separators: Pair[ComponentRecord],
    registry: Registry,
    steps: Steps,
    device: str,
    *,
    cached: bool = False,
) -> Pair[AlignedTrack]:
    """Align both tracks to the timeline of a plan, and separate them around its window.

    See :meth:`Prepared.align`.
    """
    declarations = separators.map(lambda record: separator_declaration(record, registry))

    def separate(name: str, progress: FractionCallback) -> AlignedTrack:
        record = separators[name]
        return align_and_separate(
            tracks[name],
            plan.a if name == "a" else plan.b,
            plan,
            span,
            build_separator(registry, record.name, record.config, device, cached=cached),
            declarations[name],
            progress=progress,
            align_mix=cached_align if cached else align,
        )

    with steps.step("separate") as fraction:
        return run_pair(
            separate,
            Pair("a", "b"),
            fraction,
            concurrent=all(declaration.thread_safe for declaration in declarations),
        )


def as_track(source: str | os.PathLike[str] | Track) -> Track:
    """Return a track without DC offset, loaded if it is a path."""
    return (source if isinstance(source, Track) else load_track(source)).without_dc()


def _opened(source: str | os.PathLike[str] | Track) -> Track | LazyTrack:
    """Return a track without DC offset; a file that was decoded before is decoded when needed."""
    return source.without_dc() if isinstance(source, Track) else open_track(source)


def _span(
    plan: TransitionPlan, tracks: Pair[Track | LazyTrack], context: float | str, full: bool
) -> Span:
    """Compute the window and its context, limited to A's start and B's end."""
    rate = tracks.a.sample_rate
    window = window_span(plan, rate)
    first = min(0.0, clock_seconds(plan.a.warp, 0.0))
    end = tracks.b.duration_seconds + (plan.b.loop.added_seconds if plan.b.loop else 0.0)
    last = max(plan.window_seconds, clock_seconds(plan.b.warp, end))
    if full:
        return Span(round(first * rate), round(last * rate))
    amount, in_seconds = parse_context(context)
    if amount == 0:
        return window
    if in_seconds:
        before, after = -amount, plan.window_seconds + amount
    else:
        beats = amount * plan.beats_per_bar
        before = plan.clock_of_beat(-beats)
        after = plan.clock_of_beat(len(plan.beat_times) - 1 + beats)
    return Span(round(max(before, first) * rate), round(min(after, last) * rate))
