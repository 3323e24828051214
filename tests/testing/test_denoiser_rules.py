"""A valid denoiser passes every rule; each rule catches a faulty one."""

from __future__ import annotations

import pytest
import torch

from djtrans.core.contracts.denoiser import DenoiserDeclaration
from djtrans.testing import check_denoiser, rules
from djtrans.testing.denoiser_rules import SHAPE


class Small(torch.nn.Module):
    """One hidden layer on each frame, with all that is known of it."""

    def __init__(self, shape):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        inputs = shape.parameters + shape.per_frame + shape.global_ + 1
        self.into = torch.nn.Parameter(0.1 * torch.randn(inputs, 16, generator=generator))
        self.out = torch.nn.Parameter(0.1 * torch.randn(16, shape.parameters, generator=generator))

    def forward(self, x, noise_fraction, conditioning):
        frames = x.shape[1]
        whole = torch.cat([conditioning.global_, noise_fraction[:, None]], dim=-1)
        whole = whole[:, None].expand(-1, frames, -1)
        return torch.tanh(torch.cat([x, conditioning.per_frame, whole], -1) @ self.into) @ self.out


class Architecture:
    """What a factory gives: it builds the network for the widths asked."""

    def __init__(self, network):
        self.build = network


def declaring(network):
    return DenoiserDeclaration(
        name="small", summary="One hidden layer.", factory=lambda config: Architecture(network)
    )


SMALL = declaring(Small)


class FixedWidth(Small):
    def __init__(self, shape):
        super().__init__(SHAPE)


class Mean(Small):
    def forward(self, x, noise_fraction, conditioning):
        return super().forward(x - x.mean(dim=1, keepdim=True), noise_fraction, conditioning)


class FixedLength(Small):
    def forward(self, x, noise_fraction, conditioning):
        return super().forward(x, noise_fraction, conditioning)[:, :32]


class Double(Small):
    def forward(self, x, noise_fraction, conditioning):
        return super().forward(x, noise_fraction, conditioning).double()


class DividesByNoise(Small):
    def forward(self, x, noise_fraction, conditioning):
        return (x - super().forward(x, noise_fraction, conditioning)) / noise_fraction[
            :, None, None
        ]


class BatchNorm(Small):
    def forward(self, x, noise_fraction, conditioning):
        out = super().forward(x, noise_fraction, conditioning)
        return out - out.mean(dim=0, keepdim=True)


class Writing(Small):
    def forward(self, x, noise_fraction, conditioning):
        return super().forward(x.mul_(0.5), noise_fraction, conditioning)


class Dropout(Small):
    def forward(self, x, noise_fraction, conditioning):
        out = super().forward(x, noise_fraction, conditioning)
        return torch.nn.functional.dropout(out, 0.1, training=True)


#: Rule, class, and what the message must say.
MUTANTS = [
    ("predictions_have_the_shape_of_the_input", FixedLength, "(2, 129, 54) gave (2, 32, 54)"),
    ("predictions_have_the_shape_of_the_input", Double, "it is torch.float64"),
    ("networks_have_the_requested_widths", FixedWidth, "parameters=58"),
    ("masked_frames_have_no_effect", Mean, "13 of 48 frames differ"),
    ("any_noise_level_is_finite", DividesByNoise, "not at a noise of 0.0"),
    ("rows_are_independent", BatchNorm, "row 0 differs"),
    ("input_stays_as_it_was", Writing, "x changed"),
    ("predictions_repeat", Dropout, "it differs by"),
]


def test_a_sound_denoiser_keeps_every_rule():
    report = check_denoiser(SMALL)
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("denoiser")}


@pytest.mark.parametrize(
    ("rule", "mutant", "reason"), MUTANTS, ids=[f"{m[0]}-{m[1].__name__}" for m in MUTANTS]
)
def test_a_mutant_is_caught(rule, mutant, reason, caught):
    caught(rule, declaring(mutant), reason)


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("denoiser")}
