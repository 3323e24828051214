"""A model as the source of some of a mixer's parameters."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.curves.layout import Layout
from djtrans.core.errors import LayoutError, ShapeError
from djtrans.diffusion.layout_part import other_keys, uncovered
from djtrans.diffusion.loading import load_model
from djtrans.diffusion.normalization import Scaling
from tests.helpers.models import save_random_model

LARGER = attrs.evolve(
    djtrans.resolve_spec("dj54"),
    stem_chain=(djtrans.NodeSpec("trim", "gain"), *djtrans.resolve_spec("dj54").stem_chain),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(save_random_model(tmp_path_factory.mktemp("model")), "cpu")


def requests(layout, **fields):
    plain = djtrans.CurveRequest(djtrans.mixer_layout(), n_frames=64, swap_beat=16)
    return plain, attrs.evolve(plain, layout=layout, **fields)


def test_the_models_rows_are_what_it_generates_alone_and_the_others_are_given(model):
    layout = djtrans.mixer_layout(LARGER)
    assert len(layout) == 62
    assert uncovered(model.layout, layout) == ""
    others = [layout.index(key) for key in other_keys(model.layout, layout)]
    assert {layout.rows[i].node for i in others} == {"trim"}
    assert len(others) == 8
    own = [layout.index(key) for key in model.layout.keys]
    given = torch.rand(64, 62)
    plain, larger = requests(layout, rest=given)
    alone, whole = model.generate(plain), model.generate(larger)
    assert torch.equal(whole[:, own], alone)
    assert torch.equal(whole[:, others], given[:, others])
    neutral = model.generate(attrs.evolve(larger, rest=None))
    assert torch.equal(neutral[:, others], torch.ones(64, 8))


def test_the_order_of_the_rows_does_not_matter(model):
    rows = reversed(model.layout.rows)
    turned = Layout(tuple(attrs.evolve(row, index=i) for i, row in enumerate(rows)))
    plain, larger = requests(turned)
    assert torch.equal(model.generate(larger), model.generate(plain).flip(-1))


def test_guides_see_the_whole_layout_and_move_the_models_rows_alone(model):
    layout = djtrans.mixer_layout(LARGER)
    seen = []

    def guide(clean, level, request):
        seen.append((clean.clone(), request.layout))
        return torch.zeros_like(clean)

    given = torch.rand(64, 62)
    _, larger = requests(layout, rest=given)
    (curves,) = model.generate_many(larger, [1], guides=[guide])
    others = [layout.index(key) for key in other_keys(model.layout, layout)]
    clean, shown = seen[0]
    assert shown is layout
    assert clean.shape == (1, 64, 62)
    torch.testing.assert_close(clean[0, :, others], Scaling(layout).to_model(given)[:, others])
    assert torch.equal(curves[:, others], given[:, others])
    gains = layout.select("a/*/fader/gain")
    torch.testing.assert_close(curves[:, gains], torch.full((64, 4), 0.5))


def test_curves_to_vary_are_those_of_the_whole_layout(model):
    layout = djtrans.mixer_layout(LARGER)
    plain, larger = requests(layout)
    start = torch.rand(64, 62)
    own = [layout.index(key) for key in model.layout.keys]
    whole = model.generate_many(larger, [3], start=start, strength=0.3)
    alone = model.generate_many(plain, [3], start=start[:, own], strength=0.3)
    assert torch.equal(whole[..., own], alone)


def test_mixers_without_the_models_parameters_or_with_other_stems_are_refused(model):
    spec = djtrans.resolve_spec("dj54")
    fewer = attrs.evolve(spec, track_chain=spec.track_chain[1:], aliases={})
    more_stems = attrs.evolve(spec, stems=(*spec.stems, "guitar"))
    louder = Layout(
        tuple(
            attrs.evolve(row, parameter=attrs.evolve(row.parameter, maximum=4.0))
            for row in model.layout.rows
        )
    )
    for layout, why in (
        (djtrans.mixer_layout(fewer), r"generates a/track/reverb/send, b/track/reverb/send, which"),
        (djtrans.mixer_layout(more_stems), r"the mixer has the stems bass, drums, guitar, other"),
        (louder, r"a/drums/fader/gain, a/drums/eq/low and 52 more have another range"),
    ):
        _, request = requests(layout)
        with pytest.raises(LayoutError, match=why):
            model.generate(request)


def test_given_curves_of_another_length_are_refused(model):
    _, larger = requests(djtrans.mixer_layout(LARGER), rest=torch.zeros(32, 62))
    with pytest.raises(ShapeError, match=r"rest has the shape \(32, 62\); give curves \(64, 62\)"):
        model.generate(larger)
