"""A valid technique passes every rule; each rule catches a faulty one."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.contracts.ending import LoopRoll, SpeedChange
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.mixer import MixerDeclaration
from djtrans.core.contracts.mixer_spec import NodeSpec
from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.curves.gestures import exchange_lows
from djtrans.core.curves.parameter import Parameter
from djtrans.core.curves.sheet import CurveSheet
from djtrans.core.curves.variation import Variation
from djtrans.core.errors import LayoutError
from djtrans.core.transition.playback import PlaybackSegment
from djtrans.mixer.resolve import resolve_spec
from djtrans.testing import CheckFailed, check_technique, rules
from djtrans.testing.checks import cases
from djtrans.testing.example_layout import extended_layout


class Ramp:
    """Straight lines from A to B, with one bass; varied, they begin later."""

    def __init__(self, config=None):
        pass

    def generate(self, request):
        sheet = CurveSheet(request)
        start = Variation(request.seed).beat(0, 0, 2, step=1)
        end = request.frame_beats[-1]
        sheet.line("a/*/fader/gain", [(start, 1), (end, 0)])
        sheet.line("b/*/fader/gain", [(start, 0), (end, 1)])
        exchange_lows(sheet, request.swap_beat)
        return sheet.values


RAMP = TechniqueDeclaration(
    name="ramp",
    summary="Straight lines.",
    factory=Ramp,
    bars=(2, 4, 8),
    swap_at=0.5,
    needs=("*/*/fader/gain", "*/*/eq/low"),
)


class AtOneRateOnly(Ramp):
    def generate(self, request):
        return super().generate(attrs.evolve(request, n_frames=16, frames_per_beat=2))


class Array(Ramp):
    def generate(self, request):
        return super().generate(request).numpy()


class ZeroOverZero(Ramp):
    def generate(self, request):
        curves = super().generate(request)
        curves[0, request.layout.index("a/drums/hpf/cutoff")] = float("nan")
        return curves


class Louder(Ramp):
    def generate(self, request):
        curves = super().generate(request)
        curves[1:-1, request.layout.select("b/*/fader/gain")] *= 1.5
        return curves


class NeverLeaves(Ramp):
    def generate(self, request):
        curves = super().generate(request)
        curves[-1, request.layout.select("a/*/fader/gain")] = 0.1
        return curves


class ComesFiltered(Ramp):
    def generate(self, request):
        curves = super().generate(request)
        curves[:, request.layout.select("b/*/hpf/cutoff")] = 0.3
        return curves


class Shaky(Ramp):
    def generate(self, request):
        return (super().generate(request) - 0.01 * torch.rand(())).clamp(min=0)


class Remembers(Ramp):
    drawn = 0

    def generate(self, request):
        self.drawn += 1
        return super().generate(request) ** self.drawn


class Greedy(Ramp):
    def generate(self, request):
        neutral = torch.tensor(request.layout.neutral)
        line = torch.linspace(1, 0, request.n_frames)[:, None]
        curves = super().generate(request)
        track = request.layout.select("a/*/*/*")
        curves[:, track] = (line * neutral)[:, track]
        return curves


class NeedsTheDelay(Ramp):
    def generate(self, request):
        try:
            request.layout.index("a/track/delay/send")
        except LayoutError as error:
            raise KeyError("no delay") from error
        return super().generate(request)


class TwoBasses(Ramp):
    def generate(self, request):
        curves = super().generate(request)
        curves[:, request.layout.select("*/bass/eq/low")] = 1.0
        return curves


class LateBass(Ramp):
    def generate(self, request):
        return super().generate(attrs.evolve(request, swap_beat=request.swap_beat + 1))


class OutOfRangeOnceVaried(Ramp):
    def generate(self, request):
        curves = super().generate(request)
        curves[1:-1, request.layout.index("a/drums/eq/mid")] += 2.0 * (request.seed == 3)
        return curves


class AlwaysPlain(Ramp):
    def generate(self, request):
        return super().generate(attrs.evolve(request, seed=0))


#: Rule, class, and what the message must say.
MUTANTS = [
    ("curves_have_the_requested_shape", AtOneRateOnly, "got (16, 54), not (32, 54)"),
    ("curves_have_the_requested_shape", Array, "they are a ndarray"),
    ("curves_are_finite", ZeroOverZero, "a/drums/hpf/cutoff are not finite"),
    ("curves_stay_in_range", Louder, "b/drums/fader/gain runs from 0 to 1.4"),
    ("curves_stay_in_range", OutOfRangeOnceVaried, "a/drums/eq/mid runs from 1 to 3"),
    ("both_ends_are_reached", NeverLeaves, "a/drums/fader/gain is 0.1 in the last frame"),
    ("both_ends_are_reached", ComesFiltered, "b/drums/hpf/cutoff is 0.3 in the last frame"),
    ("generation_repeats", Shaky, "the second call differs"),
    ("generation_repeats", Remembers, "the second call differs"),
    ("unknown_parameters_stay_neutral", Greedy, "a/track/other-drive/amount moves by 0.5"),
    ("needs_are_enough", NeedsTheDelay, "no delay"),
    ("one_track_owns_the_lows", TwoBasses, "on beat 3.5 of 8"),
    ("the_lows_come_on_a_downbeat", LateBass, "they come on beat 5 of 8 (seed 0)"),
    ("seeds_vary_the_curves", AlwaysPlain, "seeds 2, 4, 6 and 8 do."),
]


def test_a_sound_technique_keeps_every_rule():
    report = check_technique(RAMP)
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("technique")}


@pytest.mark.parametrize(
    ("rule", "mutant", "reason"), MUTANTS, ids=[f"{m[0]}-{m[1].__name__}" for m in MUTANTS]
)
def test_a_mutant_is_caught(rule, mutant, reason, caught):
    caught(rule, attrs.evolve(RAMP, factory=mutant), reason)


class Gap(SpeedChange):
    def segments(self, swap_beat, beat=1.0):
        whole = PlaybackSegment(0.0, swap_beat - 2, 0.0)
        return (whole, PlaybackSegment(swap_beat - 1, swap_beat, 0.0))


class Short(SpeedChange):
    def segments(self, swap_beat, beat=1.0):
        return super().segments(swap_beat - 1, beat)


class Nothing(SpeedChange):
    def segments(self, swap_beat, beat=1.0):
        return ()


#: Endings, and what the message must say.
ENDINGS = [
    (LoopRoll((1 / 4, 1 / 8)), "its loops begin on beat 2.5 of 4 (2 bars)"),
    (Gap(1.0, 1.0, 0.0), "a segment lasts from beat 3 to 4 after 2 (2 bars)"),
    (Short(1.0, 1.0, 0.0), "it ends on beat 3, the swap is on 4"),
    (Nothing(1.0, 1.0, 0.0), "it has no segments at 2 bars"),
]


@pytest.mark.parametrize(("ending", "reason"), ENDINGS)
def test_an_ending_that_cannot_be_planned_is_caught(ending, reason, caught):
    caught("the_ending_leads_to_the_swap", attrs.evolve(RAMP, ending=ending), reason)


# -- columns of the plugin ----------------------------------------------------------------------


def flanger(placements):
    return EffectDeclaration(
        name="flanger",
        summary="A comb.",
        factory="nowhere:Flanger",
        domain="time",
        placements=placements,
        parameters=(Parameter(name="depth"),),
    )


class Deep(Ramp):
    """Writes a parameter of its plugin's effect, outside its range."""

    depth = 5.0

    def generate(self, request):
        curves = super().generate(request)
        curves[1:-1, request.layout.select("*/track/flanger/depth")] = self.depth
        return curves


class Shallow(Deep):
    depth = 1.0


class FlangerMixer:
    """Hooks with a mixer whose node has another id than its effect's name."""

    def __init__(self, technique):
        self.technique = attrs.evolve(RAMP, factory=technique)

    @hookimpl
    def djtrans_effects(self):
        yield attrs.evolve(flanger(("track",)), name="wobble")

    @hookimpl
    def djtrans_mixers(self):
        def spec(config):
            dj54 = resolve_spec("djtrans/dj54")
            node = NodeSpec("flanger", "acme/wobble")
            return attrs.evolve(dj54, track_chain=(*dj54.track_chain, node))

        yield MixerDeclaration(name="dj56", summary="With a flanger.", factory=spec)

    @hookimpl
    def djtrans_techniques(self):
        yield self.technique


def range_failure(plugin, **given):
    (found,) = (
        case
        for case in cases(plugin, **given)
        if case.rule.name == "curves_stay_in_range" and case.build.declaration.kind == "technique"
    )
    try:
        found.run()
    except CheckFailed as failed:
        return str(failed)
    return ""


def test_a_technique_is_checked_on_the_columns_of_its_plugins_effects():
    deep = [flanger(("stem", "track")), attrs.evolve(RAMP, factory=Deep)]
    assert "a/track/flanger/depth runs from 0 to 5, allowed 0 to 1" in range_failure(deep)
    assert not range_failure([deep[0], attrs.evolve(RAMP, factory=Shallow)])


def test_a_technique_is_checked_on_its_plugins_mixers():
    assert "a/track/flanger/depth runs from 0 to 5" in range_failure(FlangerMixer(Deep))
    assert not range_failure(FlangerMixer(Shallow))


def test_a_technique_is_checked_on_layouts_that_are_given():
    alone = attrs.evolve(RAMP, factory=Deep)
    layout = extended_layout([flanger(("track",))])
    assert not range_failure(alone)
    assert "a/track/flanger/depth runs from 0 to 5" in range_failure(alone, layouts=[layout])
    with pytest.raises(CheckFailed, match="flanger/depth runs from 0 to 5"):
        check_technique(alone, layouts=[layout])


class NeedsItsFlanger(Shallow):
    def generate(self, request):
        request.layout.index("a/track/flanger/depth")
        return super().generate(request)


def test_a_technique_that_needs_its_plugins_effect_passes_with_it():
    needy = attrs.evolve(
        RAMP, factory=NeedsItsFlanger, needs=(*RAMP.needs, "*/track/flanger/depth")
    )
    assert "which neither the default mixer has nor one of the plugin" in range_failure(needy)
    for case in cases([flanger(("track",)), needy]):
        if case.build.declaration.kind == "technique":
            case.run()


def test_every_rule_has_a_mutant():
    found = {mutant[0] for mutant in MUTANTS} | {"the_ending_leads_to_the_swap"}
    assert found == {rule.name for rule in rules("technique")}


def test_the_example_layout_is_that_of_the_default_mixer():
    from djtrans.mixer.resolve import mixer_layout
    from djtrans.testing.example_layout import example_layout

    assert example_layout().digest == mixer_layout("dj54").digest
