"""The technique classifier on rule-based curves of unseen tracks and seeds, and on mixtures."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from djtrans.core.contracts.technique import TechniqueDeclaration
from djtrans.core.errors import FormatError, InputError, ShapeError
from djtrans.datasets.synthetic.composition import Composition, CompositionTrack
from djtrans.datasets.synthetic.framed_track import FramedTrack
from djtrans.diffusion.model import SHORTEST_BARS
from djtrans.evaluation.technique_classifier import (
    TechniqueClassifier,
    around_swap,
    rule_based_examples,
)
from djtrans.mixer.resolve import DEFAULT_MIXER, mixer_layout
from djtrans.registry import default_registry

REGISTRY = default_registry()
LAYOUT = mixer_layout(DEFAULT_MIXER, REGISTRY)
DECLARED = {
    c.name: c.declaration
    for c in REGISTRY.components("technique")
    if isinstance(c.declaration, TechniqueDeclaration)
    and c.declaration.bars[2] >= SHORTEST_BARS
    and not c.declaration.baseline
    # Techniques that a plan tells apart, not their curves: by how A ends, or by its tempo.
    and c.declaration.ending is None
    and c.declaration.name != "tempo-ride"
}
TECHNIQUES = {name: REGISTRY.techniques.build(name) for name in DECLARED}
BARS = 64


def track(seed):
    """Sings now and then, so that voices are handed over where they rest."""
    vocal = np.repeat(np.random.default_rng(seed).random(BARS) < 0.6, 8).astype(np.float32)
    level = torch.full((8 * BARS, 4, 3), -15.0)
    return FramedTrack(level, torch.zeros(8 * BARS, 4), torch.from_numpy(vocal), -10.0)


def composition(name, rng, tracks):
    declared = DECLARED[name]
    lengths = [b for b in (4, 8, 16, 32, 64) if declared.bars[0] <= b <= declared.bars[2]]
    bars = int(rng.choice(lengths))
    swap = 4 * max(1, round(float(rng.choice([declared.swap_at, 0.4, 0.6])) * bars))
    sides = [
        CompositionTrack(
            track=int(i),
            bar=int(rng.integers(BARS - bars + 1)),
            gain_db=0.0,
            stretch=0.0,
            key="8A",
            place="",
            phrase_beats=range(0, 4 * bars + 1, 32),
            sections=(),
        )
        for i in rng.choice(tracks, size=2)
    ]
    return Composition(
        technique=name,
        bars=bars,
        swap_beat=swap,
        beats_per_bar=4,
        frames_per_beat=2,
        bpm=120.0,
        key_distance=0,
        a=sides[0],
        b=sides[1],
    )


def drawn(seed, each, tracks):
    rng = np.random.default_rng(seed)
    framed = [track(i) for i in range(20)]
    made = [composition(name, rng, tracks) for _ in range(each) for name in sorted(DECLARED)]
    return rule_based_examples(_sung(made, framed), framed, TECHNIQUES, LAYOUT, seed)


def _sung(made, framed):
    """Without those that have nothing to sing after the swap: an acapella refuses them."""
    for c in made:
        start = 8 * c.a.bar
        if framed[c.a.track].vocal[start + 2 * c.swap_beat : start + c.frames].any():
            yield c


@pytest.fixture(scope="module")
def classifier():
    return TechniqueClassifier.fit(drawn(0, 60, range(10)))


def test_unseen_rule_based_curves_are_classified_right_at_least_95_times_in_100(classifier):
    confusion = Counter()
    for name, curves, swap in drawn(1, 30, range(10, 20)):
        confusion[name, classifier(curves, swap).technique] += 1
    assert set(classifier.techniques) == set(DECLARED)
    for technique in DECLARED:
        row = {seen: n for (name, seen), n in confusion.items() if name == technique}
        assert row.get(technique, 0) >= 0.95 * sum(row.values()), (technique, row)


def test_experts_belong_and_what_lies_between_two_of_them_does_not(classifier):
    seen = list(drawn(2, 20, range(10, 20)))
    own = [classifier(curves, swap) for _, curves, swap in seen]
    rng = np.random.default_rng(0)
    between = []
    while len(between) < 60:
        (one, c1, swap), (other, c2, _) = (seen[i] for i in rng.choice(len(seen), 2, replace=False))
        if one != other and len(c1) == len(c2):
            between.append(classifier((c1 + c2) / 2, swap))
    assert np.mean([verdict.belongs for verdict in own]) >= 0.9
    assert np.mean([verdict.clear for verdict in own]) >= 0.95
    assert np.mean([verdict.belongs for verdict in between]) <= 0.1
    assert np.mean([verdict.clear for verdict in between]) <= 0.1


def test_noise_and_neutral_curves_belong_to_no_technique(classifier):
    noise = torch.rand(128, len(LAYOUT), generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert not classifier(noise, 64).belongs
    assert not classifier(torch.ones(128, len(LAYOUT)), 64).belongs


def test_curves_twice_as_long_look_the_same():
    curves = torch.rand(64, 3)
    longer = curves.repeat_interleave(2, dim=0)
    assert torch.equal(around_swap(curves, 32), around_swap(longer, 64))


def test_a_step_on_the_swap_stays_a_step_on_it():
    curves = torch.zeros(100, 1)
    curves[37:] = 1.0
    assert around_swap(curves, 37).tolist() == [0.0] * 16 + [1.0] * 16


@pytest.mark.parametrize("swap", [0, 8])
def test_a_swap_outside_is_refused(swap):
    with pytest.raises(InputError, match="give a frame from 1 to"):
        around_swap(torch.zeros(8, 2), swap)


def test_too_little_to_learn_from_is_refused():
    with pytest.raises(InputError, match="at least two techniques"):
        TechniqueClassifier.fit([("fade", torch.zeros(8, 2), 4)] * 3)


def test_curves_of_another_mixer_are_refused(classifier):
    with pytest.raises(ShapeError, match="same mixer"):
        classifier(torch.zeros(16, 3), 8)


RAMP = torch.linspace(-1, 1, 32)[:, None]
EXAMPLES = [("fade", scale * RAMP, 16) for scale in (0.9, 1.0)]
EXAMPLES += [("cut", scale * RAMP.sign(), 16) for scale in (0.9, 1.0)]


def test_a_classifier_that_was_saved_and_loaded_classifies_the_same(tmp_path):
    fitted = TechniqueClassifier.fit(EXAMPLES)
    fitted.save(tmp_path / "classifier.safetensors")
    loaded = TechniqueClassifier.load(tmp_path / "classifier.safetensors")
    assert loaded.techniques == ("cut", "fade")
    for name in ("axes", "centres", "reach"):
        assert torch.equal(getattr(loaded, name), getattr(fitted, name))
    for curves in (0.95 * RAMP, 0.95 * RAMP.sign(), RAMP.sign() + RAMP):
        assert loaded(curves, 16) == fitted(curves, 16)


def test_the_same_classifier_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        TechniqueClassifier.fit(EXAMPLES).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_loading_something_else_is_one_clear_error(tmp_path):
    with pytest.raises(FormatError, match="There is no technique classifier"):
        TechniqueClassifier.load(tmp_path / "missing")
    (tmp_path / "text").write_text("not tensors")
    with pytest.raises(FormatError, match="is not a technique classifier"):
        TechniqueClassifier.load(tmp_path / "text")
    save_file({"axes": torch.zeros(2, 1)}, tmp_path / "other")
    with pytest.raises(FormatError, match="is not a technique classifier"):
        TechniqueClassifier.load(tmp_path / "other")


def test_a_classifier_of_another_version_is_refused(tmp_path):
    header = {"format_version": 2, "techniques": ["cut", "fade"]}
    tensors = {name: torch.zeros(2, 1) for name in ("axes", "centres", "reach")}
    metadata = {"djtrans-technique-classifier": json.dumps(header)}
    save_file(tensors, tmp_path / "newer", metadata=metadata)
    with pytest.raises(FormatError, match=r"version 2 .* this is version 1"):
        TechniqueClassifier.load(tmp_path / "newer")
