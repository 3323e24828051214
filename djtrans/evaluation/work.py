"""The work on one pair: what techniques share is done once, then each is rendered and measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import attrs

from djtrans.core.errors import DjtransError
from djtrans.core.track.analysis import Analysis
from djtrans.core.transition.alignment import AlignedTrack, Span, margin_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.plan import TransitionPlan
from djtrans.evaluation.comparison import Outcome
from djtrans.evaluation.pairs import TrackPair
from djtrans.evaluation.placing import Places, clock_shift, moved_span, on_clock, place_together
from djtrans.mixer.resolve import DEFAULT_MIXER
from djtrans.pipeline.completion import finish, generate_transition_params
from djtrans.pipeline.options import GenerateOptions, PreparationOptions
from djtrans.pipeline.preparation import Prepared, prepare
from djtrans.pipeline.progress import Steps
from djtrans.registry import Registry

#: Analyses by hash of the file: a track is in many pairs.
_KNOWN: dict[str, Analysis] = {}


@attrs.frozen(kw_only=True)
class EvaluationOptions:
    """What is the same for every unit of a comparison.

    Attributes
    ----------
    separator, mixer : str
        Names of registered components.
    bars : int
        Wanted length of the windows; 0: each technique its own.
    context : str
        What is heard around the window: bars, or seconds as ``"8s"``.
    stretch_limit : float
        Largest tempo change, as a fraction.
    own_place : bool
        Each technique where the planner puts it, rather than all on one swap.
    device : str
    seed : int
    """

    # Not "auto": what is compared must not depend on which weights a machine has.
    separator: str = "spectral"
    mixer: str = DEFAULT_MIXER
    bars: int = 0
    context: str = "4"
    stretch_limit: float = 0.08
    own_place: bool = False
    device: str = "cpu"
    seed: int = 0


def evaluate_pair(
    pair: TrackPair,
    techniques: Sequence[str],
    options: EvaluationOptions,
    registry: Registry,
    only: Sequence[str] | None = None,
) -> Iterator[Outcome]:
    """Make and measure the transitions of several techniques on one pair.

    Parameters
    ----------
    pair : TrackPair
    techniques : sequence of str
        Qualified names of all that are compared: they share one swap.
    options : EvaluationOptions
    registry : Registry
    only : sequence of str, optional
        Those of them that are still to be done; all by default.

    Yields
    ------
    Outcome
        One for each of `only`. What fails, fails alone, whatever the error is: a comparison of
        hours must not end with one broken plugin.
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
            places = place_together(
                prepared,
                techniques,
                bars=options.bars,
                cue_a=pair.cue_a,
                cue_b=pair.cue_b,
                stretch_limit=options.stretch_limit,
                own_place=options.own_place,
            )
            shared = _Shared.of(prepared, places, options, steps)
        except Exception as error:  # noqa: BLE001 - recorded as a row, see above
            for technique in only:
                yield Outcome(pair=pair.label, technique=technique, reason=_say(error))
            return
        for technique in only:
            try:
                yield _unit(pair, technique, prepared, places, shared, options, registry, steps)
            except Exception as error:  # noqa: BLE001 - recorded as a row, see above
                yield Outcome(pair=pair.label, technique=technique, reason=_say(error))
            # What is shared is counted once, with the first.
            steps = Steps()


@attrs.frozen(eq=False)
class _Shared:
    """Both tracks on the anchor's clock, with stems wide enough for every plan that shares it."""

    anchor: TransitionPlan
    aligned: Pair[AlignedTrack]
    shifts: dict[str, int]

    @classmethod
    def of(
        cls, prepared: Prepared, places: Places, options: EvaluationOptions, steps: Steps
    ) -> _Shared | None:
        """Lay out and separate once what several plans can use; None if there are none."""
        anchor = places.anchor
        if anchor is None:
            return None
        rate = prepared.tracks.a.sample_rate
        stems = margin_span(anchor, rate)
        shifts, spans = {}, []
        for name, plan in places.plans.items():
            shift = clock_shift(plan, anchor, rate)
            if shift is None or not _within(_worked(plan, rate), stems, shift):
                continue
            shifts[name] = shift
            spans.append(moved_span(prepared.span(plan, options.context), shift))
        union = Span(min(s.start for s in spans), max(s.stop for s in spans))
        return cls(anchor, prepared.align(anchor, union, steps), shifts)


def _worked(plan: TransitionPlan, rate: int) -> Span:
    """What the mixer needs of the stems: the window and a beat on either side, generously."""
    beats = len(plan.beat_times) - 1
    return Span(round(plan.clock_of_beat(-2) * rate), round(plan.clock_of_beat(beats + 2) * rate))


def _within(span: Span, stems: Span, shift: int) -> bool:
    moved = moved_span(span, shift)
    return stems.start <= moved.start and moved.stop <= stems.stop


def _unit(
    pair: TrackPair,
    technique: str,
    prepared: Prepared,
    places: Places,
    shared: _Shared | None,
    options: EvaluationOptions,
    registry: Registry,
    steps: Steps,
) -> Outcome:
    if technique not in places.plans or shared is None:
        reason = places.reasons.get(technique, "it has no plan")
        return Outcome(pair=pair.label, technique=technique, reason=reason)
    plan = places.plans[technique]
    span = prepared.span(plan, options.context)
    if technique in shared.shifts:
        shift = shared.shifts[technique]
        aligned = shared.aligned.map(lambda track: on_clock(track, shift))
    else:
        aligned = prepared.align(plan, span, steps)
    drawing = GenerateOptions(seed=options.seed)
    content = generate_transition_params(prepared, plan, span, aligned, drawing, steps=steps)
    transition = finish(prepared.mixer, content, aligned, prepared.device, steps)
    with steps.step("measure"):
        metrics = transition.metrics(registry=registry)
        values, gates = metrics.values(), metrics.gates
    return Outcome(
        pair=pair.label,
        technique=technique,
        bars=plan.bars,
        shared_swap=places.shares_swap(technique),
        values=values,
        gates={gate.name: gate.verdict for gate in gates},
        why={**{gate.name: gate.why for gate in gates}, **metrics.failures},
        seconds={name: round(value, 3) for name, value in steps.seconds.items()},
    )


def _say(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, DjtransError) else f"fault: {type(error).__name__}: {text}"
