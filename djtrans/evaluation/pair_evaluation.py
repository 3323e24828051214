"""Evaluate techniques on one pair: shared preparation, then rendering and metrics of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import attrs

from djtrans.core.contracts.config import check_seed
from djtrans.core.errors import DjtransError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.alignment import AlignedTrack, Span, margin_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.evaluation.comparison import Outcome
from djtrans.evaluation.pairs import TrackPair
from djtrans.evaluation.shared_swap import (
    SharedSwapPlans,
    on_timeline,
    plan_around_shared_swap,
    shifted_span,
    timeline_shift,
)
from djtrans.mixer.resolve import DEFAULT_MIXER
from djtrans.pipeline.completion import finish, generate_transition_params
from djtrans.pipeline.options import GenerateOptions, PreparationOptions
from djtrans.pipeline.preparation import Prepared, prepare
from djtrans.pipeline.progress import Steps
from djtrans.registry import Registry

#: Analyses by hash of the file, since a track is in many pairs.
_KNOWN: dict[str, Analysis] = {}


@attrs.frozen(kw_only=True)
class EvaluationOptions:
    """Options of a comparison.

    Attributes
    ----------
    separator, mixer : str
        Names of registered components.
    bars : int
        Length of the windows in bars; 0: the default of each technique.
    context : str
        Audio around the window: bars, or seconds as ``"8s"``.
    stretch_limit : float
        Maximum tempo change, as a fraction.
    own_place : bool
        Let the planner place each technique on its own, instead of on a shared swap.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    seed : int
        Random seed.

    See Also
    --------
    compare : Takes these options.

    Examples
    --------
    >>> from djtrans.evaluation import EvaluationOptions
    >>> EvaluationOptions(bars=16).separator
    'spectral'
    """

    # Not "auto": results must not depend on the weights that a machine has.
    separator: str = "spectral"
    mixer: str = DEFAULT_MIXER
    bars: int = 0
    context: str = "4"
    stretch_limit: float = 0.08
    own_place: bool = False
    device: str = "cpu"
    seed: int = 0

    def __attrs_post_init__(self) -> None:
        check_seed(self.seed)


def evaluate_pair(
    pair: TrackPair,
    techniques: Sequence[str],
    options: EvaluationOptions,
    registry: Registry,
    only: Sequence[str] | None = None,
) -> Iterator[Outcome]:
    """Render and measure transitions of several techniques on one pair.

    Parameters
    ----------
    pair : TrackPair
        Pair of tracks.
    techniques : sequence of str
        Qualified names of all compared techniques, which share one swap.
    options : EvaluationOptions
        Options of the comparison.
    registry : Registry
        Registry of the components.
    only : sequence of str, optional
        Techniques that are evaluated; by default all.

    Yields
    ------
    Outcome
        One per technique in `only`. Any exception becomes an outcome with a reason: one broken
        plugin must not end a comparison of hours.
    """
    only = techniques if only is None else only
    steps = Steps()
    _KNOWN.update(pair.analyses)
    with ExitStack() as stack:
        try:
            with steps.step("files"):
                files = stack.enter_context(pair.files())
            prepared = prepare(
                str(files.a),
                str(files.b),
                PreparationOptions(
                    separator=options.separator,
                    stems=Pair(files.stems_a, files.stems_b),
                    mixer=options.mixer,
                    device=options.device,
                ),
                known=_KNOWN,
                steps=steps,
                registry=registry,
            )
            placed = plan_around_shared_swap(
                prepared,
                techniques,
                bars=options.bars,
                cue_a=pair.cue_a,
                cue_b=pair.cue_b,
                stretch_limit=options.stretch_limit,
                own_place=options.own_place,
            )
            shared = _Shared.of(prepared, placed, options, steps)
        except Exception as error:  # noqa: BLE001 - recorded as a row, see above
            for technique in only:
                yield Outcome(pair=pair.label, technique=technique, reason=_describe(error))
            return
        for technique in only:
            try:
                yield _unit(pair, technique, prepared, placed, shared, options, registry, steps)
            except Exception as error:  # noqa: BLE001 - recorded as a row, see above
                yield Outcome(pair=pair.label, technique=technique, reason=_describe(error))
            # Shared steps are counted once, for the first technique.
            steps = Steps()


@attrs.frozen(eq=False)
class _Shared:
    """Both tracks on the anchor's timeline, with stems for every plan that shares it."""

    anchor: TransitionPlan
    aligned: Pair[AlignedTrack]
    shifts: dict[str, int]

    @classmethod
    def of(
        cls, prepared: Prepared, placed: SharedSwapPlans, options: EvaluationOptions, steps: Steps
    ) -> _Shared | None:
        """Align and separate once what several plans share; return None without plans."""
        anchor = placed.anchor
        if anchor is None:
            return None
        rate = prepared.tracks.a.sample_rate
        stems = margin_span(anchor, rate)
        shifts, spans = {}, []
        for name, plan in placed.plans.items():
            shift = timeline_shift(plan, anchor, rate)
            if shift is None or not _within(_mixer_span(plan, rate), stems, shift):
                continue
            shifts[name] = shift
            spans.append(shifted_span(prepared.span(plan, options.context), shift))
        union = Span(min(s.start for s in spans), max(s.stop for s in spans))
        return cls(anchor, prepared.align(anchor, union, steps), shifts)


def _mixer_span(plan: TransitionPlan, rate: int) -> Span:
    """Return the span of stems that the mixer needs: the window and two beats on either side."""
    beats = len(plan.beat_times) - 1
    return Span(round(plan.clock_of_beat(-2) * rate), round(plan.clock_of_beat(beats + 2) * rate))


def _within(span: Span, stems: Span, shift: int) -> bool:
    moved = shifted_span(span, shift)
    return stems.start <= moved.start and moved.stop <= stems.stop


def _unit(
    pair: TrackPair,
    technique: str,
    prepared: Prepared,
    placed: SharedSwapPlans,
    shared: _Shared | None,
    options: EvaluationOptions,
    registry: Registry,
    steps: Steps,
) -> Outcome:
    if technique not in placed.plans or shared is None:
        reason = placed.reasons.get(technique, "no plan was found")
        return Outcome(pair=pair.label, technique=technique, reason=reason)
    plan = placed.plans[technique]
    span = prepared.span(plan, options.context)
    if technique in shared.shifts:
        shift = shared.shifts[technique]
        aligned = shared.aligned.map(lambda track: on_timeline(track, shift))
    else:
        aligned = prepared.align(plan, span, steps)
    curve_options = GenerateOptions(seed=options.seed)
    content = generate_transition_params(prepared, plan, span, aligned, curve_options, steps=steps)
    transition = finish(prepared.mixer, content, aligned, prepared.device, steps)
    with steps.step("measure"):
        metrics = transition.metrics(registry=registry)
        values, gates = metrics.values(), metrics.gates
    return Outcome(
        pair=pair.label,
        technique=technique,
        bars=plan.bars,
        shared_swap=placed.shares_swap(technique),
        values=values,
        gates={gate.name: gate.verdict for gate in gates},
        why={**{gate.name: gate.why for gate in gates}, **metrics.failures},
        seconds={name: round(value, 3) for name, value in steps.seconds.items()},
    )


def _describe(error: Exception) -> str:
    text = " ".join(str(error).split())
    return (
        text
        if isinstance(error, DjtransError)
        else f"internal error: {type(error).__name__}: {text}"
    )
