"""A sound encoder keeps every rule; each rule catches one that breaks it."""

from __future__ import annotations

import attrs
import pytest
import torch
from torch import nn

from djtrans.core.contracts.encoder import Conditioning, EncoderDeclaration
from djtrans.testing import check_encoder, rules
from tests.helpers.trainable_encoder import LEVELS, Levels


class Loudness:
    """RMS of each stem in the time of each frame."""

    name, version = "loudness", 1

    def __init__(self, config=None):
        pass

    def extract(self, stems, frame_times):
        pieces = stems.audio.tensor_split(len(frame_times), dim=-1)
        rms = torch.stack([p.square().mean(dim=(-2, -1)).sqrt() for p in pieces])
        return {"rms": rms}


class Beside:
    """Both tracks side by side; the whole is the mean."""

    def __init__(self, config=None):
        pass

    def widths(self, stems):
        return 2 * len(stems) + 1, 2 * len(stems)

    def encode(self, request):
        tracks = (request.features_a, request.features_b)
        both = torch.cat([track.extra["loudness/rms"] for track in tracks], dim=-1)
        swap = torch.full((len(both), 1), request.swap_beat / request.beats)
        return Conditioning(torch.cat([both, swap], dim=-1)[None], both.mean(dim=0)[None])


BESIDE = EncoderDeclaration(
    name="beside", summary="Both levels.", factory=Beside, extractor=Loudness
)


class Nameless(Loudness):
    name = ""


class Unversioned(Loudness):
    version = 0


class OneMore(Loudness):
    def extract(self, stems, frame_times):
        rms = super().extract(stems, frame_times)["rms"]
        return {"rms": torch.cat([rms, rms[-1:]])}


class Decibels(Loudness):
    def extract(self, stems, frame_times):
        rms = super().extract(stems, frame_times)["rms"]
        return {"rms": torch.log10(rms - rms.amin())}


class NoBatch(Beside):
    def encode(self, request):
        got = super().encode(request)
        return Conditioning(got.per_frame[0], got.global_)


class Wider(Beside):
    def widths(self, stems):
        return 2 * len(stems), 2 * len(stems)


class Mute(Beside):
    def encode(self, request):
        return None


class Averages(Beside):
    def __init__(self, config=None):
        self.seen = []

    def encode(self, request):
        self.seen.append(super().encode(request).global_)
        got = super().encode(request)
        return Conditioning(got.per_frame, sum(self.seen) / len(self.seen))


class Writing(Beside):
    def encode(self, request):
        got = super().encode(request)
        request.features_a.extra["loudness/rms"].zero_()
        return got


class Shapeless(Levels):
    input_widths = None

    def __getattribute__(self, name):
        if name == "input_widths":
            raise AttributeError(name)
        return super().__getattribute__(name)


class Idle(Levels):
    forward = nn.Module.forward

    def __call__(self, inputs):
        return inputs


class Narrow(Levels):
    def input_widths(self, stems):
        return 2 * len(stems), 1


class Forgetful(Levels):
    def __init__(self, config=None):
        super().__init__(config)
        self.scale = torch.rand(1)  # a plain tensor: in no state dict

    def forward(self, inputs):
        got = super().forward(inputs)
        return Conditioning(got.per_frame, got.global_ * self.scale)


class Partial(Levels):
    def forward(self, inputs):
        got = super().forward(inputs)
        return Conditioning(got.per_frame, got.global_.detach())


class Frozen(Levels):
    @torch.no_grad()
    def forward(self, inputs):
        return super().forward(inputs)


class Centred(Levels):
    def forward(self, inputs):
        got = super().forward(inputs)
        return Conditioning(got.per_frame - got.per_frame.mean(dim=0), got.global_)


#: Rule, what replaces the extractor or the encoder, and what the message must say.
MUTANTS = [
    ("the_extractor_has_a_cache_key", {"extractor": Nameless}, "the name is ''"),
    ("the_extractor_has_a_cache_key", {"extractor": Unversioned}, "the version is 0"),
    ("the_extractor_has_a_cache_key", {"extractor": Beside}, "lacks one of these"),
    (
        "features_lie_on_the_frames",
        {"extractor": OneMore},
        "'loudness/rms' is (17, 4) on 16 frames",
    ),
    (
        "features_lie_on_the_frames",
        {"extractor": Decibels},
        "'loudness/rms' has a value that is not finite",
    ),
    (
        "conditioning_has_its_widths",
        {"factory": NoBatch},
        "the shapes are ((16, 9), (1, 8)) on 16 frames",
    ),
    ("conditioning_has_its_widths", {"factory": Wider}, "instead of ((1, 16, 8), (1, 8))"),
    ("conditioning_has_its_widths", {"factory": Mute}, "encode() returned None"),
    ("transitions_are_independent", {"factory": Averages}, "global_ differs"),
    ("transitions_are_independent", {"factory": Writing}, "differs the second time"),
    ("modules_have_inputs_and_forward", {"factory": Shapeless}, "lacks input_widths()"),
    ("modules_have_inputs_and_forward", {"factory": Idle}, "lacks forward()"),
    ("modules_have_inputs_and_forward", {"factory": Narrow}, "instead of ((1, 16, 8), (1, 1))"),
    ("module_state_survives_a_round_trip", {"factory": Forgetful}, "global_ differs"),
    (
        "gradients_reach_every_parameter",
        {"factory": Partial},
        "there is none for whole.weight, whole.bias",
    ),
    ("gradients_reach_every_parameter", {"factory": Frozen}, "depends on no parameter"),
    ("encoded_rows_do_not_meet", {"factory": Centred}, "per_frame of row 0 differs by"),
]


def test_a_sound_encoder_keeps_every_rule():
    report = check_encoder(BESIDE)
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("encoder")}


def test_a_sound_module_keeps_every_rule():
    report = check_encoder(LEVELS)
    assert {rule for _, rule in report.passed} >= {rule.name for rule in rules("encoder")}


@pytest.mark.parametrize(
    ("rule", "changes", "reason"),
    MUTANTS,
    ids=[f"{m[0]}-{next(iter(m[1].values())).__name__}" for m in MUTANTS],
)
def test_a_mutant_is_caught(rule, changes, reason, caught):
    caught(rule, attrs.evolve(BESIDE, **changes), reason)


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("encoder")}
