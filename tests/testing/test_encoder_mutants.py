"""A sound encoder keeps every rule; each rule catches one that breaks it."""

from __future__ import annotations

import attrs
import pytest
import torch

from djtrans.core.contracts import Conditioning
from djtrans.core.declarations import EncoderDeclaration
from djtrans.testing import check_encoder, rules


class Loudness:
    """RMS of each stem in the time of each frame."""

    name, version = "loudness", 1

    def __init__(self, config=None):
        pass

    def extract(self, audio, stems, analysis, frame_times):
        pieces = stems.audio.tensor_split(len(frame_times), dim=-1)
        rms = torch.stack([p.square().mean(dim=(-2, -1)).sqrt() for p in pieces])
        return {"rms": rms}


class Beside:
    """Both tracks side by side; the whole is the mean."""

    def __init__(self, config=None):
        pass

    def encode(self, features_a, features_b, request):
        both = torch.cat([features_a["rms"], features_b["rms"]], dim=-1)
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
    def extract(self, audio, stems, analysis, frame_times):
        rms = super().extract(audio, stems, analysis, frame_times)["rms"]
        return {"rms": torch.cat([rms, rms[-1:]])}


class Decibels(Loudness):
    def extract(self, audio, stems, analysis, frame_times):
        rms = super().extract(audio, stems, analysis, frame_times)["rms"]
        return {"rms": torch.log10(rms - rms.amin())}


class NoBatch(Beside):
    def encode(self, features_a, features_b, request):
        got = super().encode(features_a, features_b, request)
        return Conditioning(got.per_frame[0], got.global_)


class AsWideAsLong(Beside):
    def encode(self, features_a, features_b, request):
        got = super().encode(features_a, features_b, request)
        return Conditioning(got.per_frame, got.per_frame.mean(dim=-1))


class Averages(Beside):
    def __init__(self, config=None):
        self.seen = []

    def encode(self, features_a, features_b, request):
        self.seen.append(super().encode(features_a, features_b, request).global_)
        got = super().encode(features_a, features_b, request)
        return Conditioning(got.per_frame, sum(self.seen) / len(self.seen))


class Writing(Beside):
    def encode(self, features_a, features_b, request):
        got = super().encode(features_a, features_b, request)
        features_a["rms"].zero_()
        return got


#: Rule, what replaces the extractor or the encoder, and what the message must say.
MUTANTS = [
    ("the_extractor_has_a_cache_key", {"extractor": Nameless}, "its name is ''"),
    ("the_extractor_has_a_cache_key", {"extractor": Unversioned}, "its version is 0"),
    ("the_extractor_has_a_cache_key", {"extractor": Beside}, "lacks one of them"),
    ("features_lie_on_the_frames", {"extractor": OneMore}, "'rms' is (17, 4) on 16 frames"),
    ("features_lie_on_the_frames", {"extractor": Decibels}, "'rms' has a value that is not"),
    ("conditioning_has_its_shape", {"factory": NoBatch}, "per_frame is (16, 9)"),
    ("conditioning_has_its_shape", {"factory": AsWideAsLong}, "the widths are [(9, 16)"),
    ("transitions_are_independent", {"factory": Averages}, "global_ differs"),
    ("transitions_are_independent", {"factory": Writing}, "differs the second time"),
]


def test_a_sound_encoder_keeps_every_rule():
    report = check_encoder(BESIDE)
    assert {rule for _, rule in report.kept} >= {rule.name for rule in rules("encoder")}


@pytest.mark.parametrize(
    ("rule", "changes", "reason"),
    MUTANTS,
    ids=[f"{m[0]}-{next(iter(m[1].values())).__name__}" for m in MUTANTS],
)
def test_a_mutant_is_caught(rule, changes, reason, caught):
    caught(rule, attrs.evolve(BESIDE, **changes), reason)


def test_every_rule_has_a_mutant():
    assert {mutant[0] for mutant in MUTANTS} == {rule.name for rule in rules("encoder")}
