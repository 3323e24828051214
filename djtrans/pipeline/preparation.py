"""A pair of tracks up to where the technique begins to matter."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import attrs

from djtrans.core.contracts.component import ComponentRecord
from djtrans.core.contracts.mixer_spec import MixerSpec
from djtrans.core.contracts.overrides import Settings
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import InputError, PlanError
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.track import Track, load_track
from djtrans.core.transition.alignment import AlignedTrack, Span, align_and_separate, window_span
from djtrans.core.transition.plan import TransitionPlan, clock_seconds
from djtrans.core.util.devices import pick_device
from djtrans.mixer.build import DifferentiableDJMixer
from djtrans.mixer.resolve import DEFAULT_MIXER, resolve_spec
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.curve_generation import check_needs
from djtrans.pipeline.progress import Steps, half
from djtrans.pipeline.provenance import separator_declaration, separator_record
from djtrans.pipeline.separators import AUTO, build_separator, fetch_separator
from djtrans.planning.refinement import refine, singing
from djtrans.planning.registered import plan_transition
from djtrans.registry import Registry, default_registry

DEFAULT_SEPARATOR = AUTO
#: Context on either side of the window, in bars.
DEFAULT_CONTEXT_BARS = 8


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
            tracks=(self.tracks["a"], self.tracks["b"]),
            registry=self.registry,
            **options,
        )
        chosen = self.registry.techniques.find(plan.technique)
        if isinstance(chosen.declaration, TechniqueDeclaration):
            check_needs(chosen.declaration.needs, self.mixer.layout, chosen.name)
            if chosen.declaration.needs_isolation:
                self._check_isolation(chosen.name)
        return plan

    def isolates(self, side: str) -> bool:
        """Whether the stems of track ``"a"`` or ``"b"`` can be moved, and judged, one by one."""
        return separator_declaration(self.separators[side], self.registry).isolation == "good"

    def _check_isolation(self, who: str) -> None:
        for side, record in self.separators.items():
            if not self.isolates(side):
                raise PlanError(
                    f"{who} lets single stems be heard, and {record.name} isolates those of "
                    f"{side.upper()} too weakly; give ready stems (--stems-a, --stems-b) or a "
                    "separator with good isolation, or choose another technique."
                )

    def refine(self, plan: TransitionPlan, aligned: Mapping[str, AlignedTrack]) -> TransitionPlan:
        """The plan refined by the vocal stems, where the separators isolate them well."""
        declaration = self.registry.techniques.find(plan.technique).declaration
        good = self.isolates("a") and self.isolates("b")
        if not good or not isinstance(declaration, TechniqueDeclaration):
            return plan
        sung_a, sung_b = (
            singing(aligned[name], plan, self.analyses[name].levels.integrated_lufs + side.gain_db)
            for name, side in (("a", plan.a), ("b", plan.b))
        )
        if sung_a is None or sung_b is None:
            return plan
        return refine(plan, declaration, sung_a, sung_b)

    def span(
        self, plan: TransitionPlan, context: float | str = DEFAULT_CONTEXT_BARS, full: bool = False
    ) -> Span:
        """What is heard of the clock: the window and its context."""
        return _span(plan, self.tracks, context, full)

    def align(
        self, plan: TransitionPlan, span: Span, steps: Steps | None = None
    ) -> dict[str, AlignedTrack]:
        """Both tracks on the clock of a plan, and their stems around its window."""
        return align_pair(
            self.tracks,
            plan,
            span,
            self.separators,
            self.registry,
            steps or Steps(),
            self.device,
        )


def prepare(
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    *,
    separator: str = DEFAULT_SEPARATOR,
    stems_a: str | os.PathLike[str] | None = None,
    stems_b: str | os.PathLike[str] | None = None,
    mixer: MixerSpec | str = DEFAULT_MIXER,
    settings: Settings | None = None,
    device: str = "auto",
    known: dict[str, Analysis] | None = None,
    steps: Steps | None = None,
    registry: Registry | None = None,
) -> Prepared:
    """Load and analyze a pair; parameters as in :func:`generate`.

    Parameters
    ----------
    settings : Settings, optional
        Of separator and mixer.
    known : dict of str to Analysis, optional
        Analyses by the hash of their file: used, and added to.

    Returns
    -------
    Prepared
    """
    registry = registry or default_registry()
    steps = steps or Steps()
    settings = settings or Settings()
    if settings.separator and stems_a is not None and stems_b is not None:
        raise InputError(
            f"separator.{next(iter(settings.separator))} is set, but both tracks have ready stems; "
            "leave it out."
        )
    device = pick_device(device)
    if stems_a is None or stems_b is None:
        separator = fetch_separator(
            registry, separator, settings.separator, device, steps.progress("weights")
        )
    separators = {
        "a": separator_record(registry, separator, stems_a, settings.separator),
        "b": separator_record(registry, separator, stems_b, settings.separator),
    }
    spec = resolve_spec(mixer, registry).configured(settings.mixer)
    built = DifferentiableDJMixer(spec, registry=registry)
    with steps.step("load"):
        tracks = {"a": as_track(a), "b": as_track(b)}
    with steps.step("analyze") as tell:
        analyses = {}
        for done, (side, track) in enumerate(tracks.items()):
            found = (known or {}).get(track.sha256)
            if found is None:
                found = analyze_track(track, progress=half(tell, done), registry=registry)
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


def align_pair(
    tracks: Mapping[str, Track],
    plan: TransitionPlan,
    span: Span,
    separators: Mapping[str, ComponentRecord],
    registry: Registry,
    steps: Steps,
    device: str,
) -> dict[str, AlignedTrack]:
    """Both tracks on the clock of a plan, with their stems."""
    aligned = {}
    with steps.step("separate") as tell:
        for done, (side, track) in enumerate(tracks.items()):
            record = separators[side]
            aligned[side] = align_and_separate(
                track,
                plan.a if side == "a" else plan.b,
                plan,
                span,
                build_separator(registry, record.name, record.config, device),
                separator_declaration(record, registry),
                progress=half(tell, done),
            )
    return aligned


def as_track(source: str | os.PathLike[str] | Track) -> Track:
    """A track, loaded if it is a path."""
    return source if isinstance(source, Track) else load_track(source)


def _same_format(tracks: Mapping[str, Track]) -> dict[str, Track]:
    rate = max(track.sample_rate for track in tracks.values())
    channels = max(len(track.audio) for track in tracks.values())
    return {side: track.at_rate(rate, channels) for side, track in tracks.items()}


_SECONDS = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(s?)\s*")


def check_context(context: float | str) -> tuple[float, bool]:
    """Amount of context, and whether it is in seconds rather than bars.

    Raises
    ------
    InputError
        If it is neither.
    """
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
    end = tracks["b"].duration_seconds + (plan.b.loop.added_seconds if plan.b.loop else 0.0)
    last = max(plan.window_seconds, clock_seconds(plan.b.warp, end))
    if full:
        return Span(round(first * rate), round(last * rate))
    amount, in_seconds = check_context(context)
    if amount == 0:
        return window
    if in_seconds:
        before, after = -amount, plan.window_seconds + amount
    else:
        beats = amount * plan.beats_per_bar
        before = plan.clock_of_beat(-beats)
        after = plan.clock_of_beat(len(plan.beat_times) - 1 + beats)
    return Span(round(max(before, first) * rate), round(min(after, last) * rate))
