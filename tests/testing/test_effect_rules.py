"""Valid effects pass every rule; each rule catches a faulty one."""

from __future__ import annotations

import sys

import attrs
import pytest
import torch

from djtrans.core.contracts.effect import EffectDeclaration
from djtrans.core.curves.parameter import Parameter
from djtrans.testing import CheckFailed, check_effect, effect_rules, rules


class Shelf:
    """A spectral effect: the highs get `amount`."""

    def __init__(self, config=None):
        pass

    def amount(self, curves):
        return curves["amount"]

    def mask(self, curves, freqs_hz, ctx):
        share = freqs_hz / (freqs_hz + 1000)
        return 1 + (self.amount(curves).unsqueeze(-1) - 1) * share


class Smear:
    """A time effect: each sample gets `depth` of the one before."""

    latency = 0

    def __init__(self, config=None):
        pass

    def latency_samples(self, ctx):
        return self.latency

    def tail_seconds(self, ctx):
        return 1 / ctx.sample_rate

    def init_state(self, batch, channels, ctx):
        return torch.zeros(batch, channels, 1)

    def process(self, audio, curves, ctx, state):
        before = torch.cat([state.to(audio), audio], dim=-1)
        return audio + curves["depth"].unsqueeze(1) * before[..., :-1], before[..., -1:].clone()


class Slap(Smear):
    """A send: what comes back is the sample before."""

    def process(self, audio, curves, ctx, state):
        fed = audio * curves["depth"].unsqueeze(1)
        before = torch.cat([state.to(audio), fed], dim=-1)
        return before[..., :-1], before[..., -1:].clone()


AMOUNT = Parameter(name="amount", maximum=2.0, neutral=1.0, unit="linear gain", summary="Highs.")
DEPTH = Parameter(name="depth", unit="fraction", summary="How much of the sample before.")
SHELF = EffectDeclaration(
    name="shelf",
    summary="High shelf.",
    factory=Shelf,
    domain="spectral",
    placements=("stem",),
    parameters=(AMOUNT,),
)
SMEAR = EffectDeclaration(
    name="smear",
    summary="One-tap echo.",
    factory=Smear,
    domain="time",
    placements=("track",),
    parameters=(DEPTH,),
)
SLAP = attrs.evolve(SMEAR, name="slap", factory=Slap, routing="send")


class Nothing:
    def __init__(self, config):
        pass


class Transposed(Shelf):
    def mask(self, curves, freqs_hz, ctx):
        return super().mask(curves, freqs_hz, ctx).transpose(1, 2)


class Single(Shelf):
    def mask(self, curves, freqs_hz, ctx):
        return super().mask(curves, freqs_hz, ctx).float()


class Writing(Shelf):
    def amount(self, curves):
        return curves["amount"].mul_(0.9)


class WritingAudio(Smear):
    def process(self, audio, curves, ctx, state):
        return super().process(audio.mul_(0.9), curves, ctx, state)


class BatchMean(Shelf):
    def amount(self, curves):
        return curves["amount"].mean(dim=0, keepdim=True).expand_as(curves["amount"])


class NearlyOne(Shelf):
    def amount(self, curves):
        return curves["amount"] * (1 - 1e-5)


class Warm(Smear):
    def process(self, audio, curves, ctx, state):
        out, state = super().process(audio, curves, ctx, state)
        return torch.tanh(out), state


class LateWithoutSaying(Smear):
    def process(self, audio, curves, ctx, state):
        out, state = Slap.process(self, audio, {"depth": 1 + 0 * curves["depth"]}, ctx, state)
        return out, state


class Leaking(Slap):
    def process(self, audio, curves, ctx, state):
        out, state = super().process(audio, curves, ctx, state)
        return out + 1e-5 * audio, state


class LogKill(Shelf):
    def mask(self, curves, freqs_hz, ctx):
        return torch.exp(torch.log(curves["amount"])).unsqueeze(-1)


class BlowsUp(Smear):
    def process(self, audio, curves, ctx, state):
        wild = {"depth": curves["depth"] / (1 - curves["depth"])}
        return super().process(audio, wild, ctx, state)


class Detached(Shelf):
    def amount(self, curves):
        return curves["amount"].detach()


class Deaf(Shelf):
    def amount(self, curves):
        return 1 + 0 * curves["amount"]


class TwiceTheSlope(Shelf):
    def amount(self, curves):
        return 2 * curves["amount"] - curves["amount"].detach()


class BlockwiseSlope(Smear):
    def process(self, audio, curves, ctx, state):
        return super().process(audio.detach(), curves, ctx, state)


class NotAtHighRates(Shelf):
    def mask(self, curves, freqs_hz, ctx):
        return super().mask(curves, freqs_hz, ctx) / int(ctx.sample_rate <= 48000)


class FractionalLatency(Smear):
    def latency_samples(self, ctx):
        return ctx.sample_rate / 44100


class Dice(Shelf):
    def amount(self, curves):
        return curves["amount"] * (1 + 1e-3 * torch.rand(()))


class Overdone(Shelf):
    def amount(self, curves):
        return 3 * curves["amount"] - 2


class Neighbourly(Shelf):
    def amount(self, curves):
        return curves["amount"].mean(dim=1, keepdim=True).expand_as(curves["amount"])


class Humming(Smear):
    def process(self, audio, curves, ctx, state):
        out, state = super().process(audio, curves, ctx, state)
        return out + 1e-4 * curves["depth"].unsqueeze(1), state


class SkipsTails(Slap):
    def skip_silence(self, samples, ctx, state):
        return torch.zeros_like(state)


class SkipsToNoise(Slap):
    def skip_silence(self, samples, ctx, state):
        return torch.ones_like(state)


class Pausable(Slap):
    def skip_silence(self, samples, ctx, state):
        return None if state.any() else state


class Forgetful(Smear):
    def process(self, audio, curves, ctx, state):
        return super().process(audio, curves, ctx, torch.zeros_like(state))


class KeepsItself(Smear):
    def init_state(self, batch, channels, ctx):
        self.state = super().init_state(batch, channels, ctx)
        return 0

    def process(self, audio, curves, ctx, state):
        out, self.state = super().process(audio, curves, ctx, self.state)
        return out, 0


class WritesState(Smear):
    def process(self, audio, curves, ctx, state):
        out, after = super().process(audio, curves, ctx, state)
        state.copy_(after.detach())
        return out, state


def closed_by_another(declaration):
    return attrs.evolve(
        declaration, parameters=(DEPTH, attrs.evolve(DEPTH, name="idle")), bypassed_by=("idle",)
    )


def unexplained(declaration):
    return attrs.evolve(declaration, parameters=(attrs.evolve(AMOUNT, unit=""),))


class Ducked(Smear):
    """The smear, lowered under the other track."""

    def process(self, audio, curves, ctx, state, *, inputs):
        out, state = super().process(audio, curves, ctx, state)
        key = inputs["other"].square()
        return out * (1 - 0.5 * curves["depth"].unsqueeze(1) * key / (key + 0.01)), state


class DeafToTheKey(Smear):
    def process(self, audio, curves, ctx, state, *, inputs):
        return super().process(audio, curves, ctx, state)


class WritesTheKey(Ducked):
    def process(self, audio, curves, ctx, state, *, inputs):
        out = super().process(audio, curves, ctx, state, inputs=inputs)
        with torch.no_grad():
            inputs["other"].mul_(0.5)
        return out


class RootOfTheKey(Smear):
    def process(self, audio, curves, ctx, state, *, inputs):
        out, state = super().process(audio, curves, ctx, state)
        level = (0.0 * inputs["other"]).sqrt()
        return out * (1 - curves["depth"].unsqueeze(1) * level), state


KEYED = attrs.evolve(
    SMEAR, name="ducked", factory=Ducked, inputs=("other",), placements=("stem", "track")
)

#: Rule, base, what replaces its class (or its declaration), and what the message must say.
MUTANTS = [
    ("effect_fulfils_its_contract", SHELF, Nothing, "lacks some of SpectralEffect"),
    ("effect_fulfils_its_contract", SMEAR, Nothing, "lacks some of TimeEffect"),
    ("parameters_are_explained", SHELF, unexplained, "amount lack one"),
    ("shapes_are_kept", SHELF, Transposed, "got (1, 65, 1)"),
    ("dtype_and_device_are_kept", SHELF, Single, "float64 on cpu became torch.float32"),
    ("input_is_untouched", SHELF, Writing, "the curve of amount changed"),
    ("input_is_untouched", SMEAR, WritingAudio, "the audio changed"),
    ("batch_rows_are_independent", SHELF, BatchMean, "row 0 differs"),
    ("neutral_is_transparent", SHELF, NearlyOne, "the mask is off"),
    ("neutral_is_transparent", SMEAR, Warm, "the output is off"),
    ("neutral_is_transparent", SMEAR, LateWithoutSaying, "the output is off"),
    ("neutral_is_transparent", SLAP, Leaking, "it adds"),
    ("neutral_is_transparent", SLAP, closed_by_another, "it adds"),
    ("ends_of_ranges_are_finite", SHELF, LogKill, "gradient of amount is not"),
    ("ends_of_ranges_are_finite", SMEAR, BlowsUp, "the output is not, with depth = 1"),
    ("every_parameter_has_a_gradient", SHELF, Detached, "cut off"),
    ("every_parameter_has_a_gradient", SHELF, Deaf, "that of amount is 0"),
    ("gradients_are_right", SHELF, TwiceTheSlope, "Jacobian mismatch"),
    ("gradients_are_right", SMEAR, BlockwiseSlope, "Jacobian mismatch"),
    ("any_sample_rate_works", SHELF, NotAtHighRates, "at 96000 Hz"),
    ("any_sample_rate_works", SMEAR, FractionalLatency, "latency_samples is 0.18"),
    ("a_seed_decides_everything", SHELF, Dice, "differ by"),
    ("mask_is_never_negative", SHELF, Overdone, "it falls to -"),
    ("mask_is_made_frame_by_frame", SHELF, Neighbourly, "frames 0 to 1 differ"),
    ("silence_stays_silence", SMEAR, Humming, "it peaks at"),
    ("silence_stays_silence", SLAP, SkipsTails, "it skips a tail that sounds"),
    ("silence_stays_silence", SLAP, SkipsToNoise, "after skipped silence the output is off"),
    ("any_chunking_gives_the_same", SMEAR, Forgetful, "chunks of [1, 2, 3"),
    ("state_is_a_value", SMEAR, KeepsItself, "gave a different output"),
    ("state_is_a_value", SMEAR, WritesState, "gave a different output"),
    ("every_input_is_used", KEYED, DeafToTheKey, "other has no gradient"),
    ("every_input_is_used", KEYED, WritesTheKey, "other was modified"),
    ("every_input_is_used", KEYED, RootOfTheKey, "the gradient of other is not finite"),
]


@pytest.mark.parametrize(
    "declaration",
    [SHELF, SMEAR, SLAP, KEYED, attrs.evolve(SLAP, name="pausable", factory=Pausable)],
    ids=lambda d: d.name,
)
def test_a_sound_effect_keeps_every_rule(declaration, capsys):
    report = check_effect(declaration)
    assert not report.expected
    assert f"(passed {len(report.passed)}, failed as expected 0" in capsys.readouterr().out
    assert len(report.passed) > 15


@pytest.mark.parametrize(
    ("rule", "base", "mutant", "reason"), MUTANTS, ids=[f"{m[0]}-{m[2].__name__}" for m in MUTANTS]
)
def test_a_mutant_is_caught(rule, base, mutant, reason, caught):
    changed = attrs.evolve(base, factory=mutant) if isinstance(mutant, type) else mutant(base)
    caught(rule, changed, reason)


def test_a_rule_is_a_function_that_takes_any_way_to_build():
    rule = effect_rules.neutral_is_transparent
    rule(SHELF, Shelf)
    with pytest.raises(CheckFailed, match="the mask is off by 8e-06 at 8000 Hz"):
        rule(SHELF, NearlyOne)


def test_an_effect_that_ends_the_program_breaks_the_rule():
    with pytest.raises(CheckFailed, match="SystemExit: 3"):
        effect_rules.shapes_are_kept(SHELF, lambda: sys.exit(3))


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("effect")}
