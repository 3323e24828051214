"""Models from files are restored exactly and rejected where components differ."""

from __future__ import annotations

import attrs
import pytest
import torch

import djtrans
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import ConfigError, FormatError, InputError, LayoutError, PluginError
from djtrans.diffusion.building import build_network
from djtrans.diffusion.checkpoint import save_model
from djtrans.diffusion.loading import choose_model, get_inference_config, load_model, with_scheduler
from djtrans.diffusion.model import DiffusionModel
from tests.helpers.models import STEMS, record, save_random_model


@pytest.fixture
def saved(tmp_path):
    return save_random_model(tmp_path)


def request(**facts):
    facts = {"n_frames": 32, "swap_beat": 8, "technique": "djtrans/bass-swap", "seed": 1, **facts}
    return CurveRequest(djtrans.mixer_layout("dj54"), **facts)


def test_a_loaded_model_generates_curves(saved):
    model = load_model(saved, device="cpu")
    assert isinstance(model, DiffusionModel)
    assert model.inference == get_inference_config(steps=3, guidance_scale=1.0)
    assert model.card == {"seed": 5}
    curves = model.generate(request())
    assert curves.shape == (32, 54)
    for row in model.layout.rows:
        curve = curves[:, row.index]
        assert row.parameter.minimum <= float(curve.min())
        assert float(curve.max()) <= row.parameter.maximum


def test_the_seed_and_the_technique_determine_the_curves(saved):
    model = load_model(saved, device="cpu")
    assert torch.equal(model.generate(request()), model.generate(request()))
    assert not torch.equal(model.generate(request()), model.generate(request(seed=2)))
    assert not torch.equal(
        model.generate(request()), model.generate(request(technique="djtrans/fade"))
    )
    assert not torch.equal(model.generate(request()), model.generate(request(swap_beat=4)))


def test_requests_without_a_technique_have_their_own_guidance_scale(saved):
    def drawn(technique, **scales):
        model = load_model(saved, "cpu", inference=get_inference_config(steps=3, **scales))
        return model.generate(request(technique=technique))

    for technique, one, other in (
        ("djtrans/bass-swap", "guidance_scale", "no_technique_guidance_scale"),
        ("", "no_technique_guidance_scale", "guidance_scale"),
    ):
        assert not torch.equal(drawn(technique, **{one: 3.0}), drawn(technique, **{one: 1.0}))
        assert torch.equal(drawn(technique, **{other: 3.0}), drawn(technique, **{other: 1.0}))
    assert torch.equal(drawn(""), drawn("", no_technique_guidance_scale=1.0))


def test_any_scheduler_samples_it(saved):
    drawn = [
        load_model(saved, "cpu", scheduler=name, inference=get_inference_config(steps=4))
        for name in ("flow", "ddim", "dpmpp2m", "ddpm")
    ]
    curves = [model.generate(request()) for model in drawn]
    assert all(torch.isfinite(c).all() for c in curves)
    assert not torch.equal(curves[0], curves[1])


def test_a_scheduler_is_chosen_with_settings(saved):
    steps = get_inference_config(steps=4)

    def loaded(scheduler=None):
        return load_model(saved, "cpu", scheduler=scheduler, inference=steps)

    own, named, euler = loaded(), loaded("flow"), loaded(("flow", {"order": 1}))
    assert [m.scheduler_config["order"] for m in (own, named, euler)] == [1, 2, 1]
    assert torch.equal(own.generate(request()), euler.generate(request()))
    assert not torch.equal(named.generate(request()), euler.generate(request()))
    ddim = loaded(("ddim", {"eta": 1.0}))
    assert ddim.scheduler_name == "djtrans/ddim"
    assert ddim.scheduler_config == {"eta": 1.0, "zero_terminal_snr": True}
    assert torch.equal(with_scheduler(own, "flow").generate(request()), named.generate(request()))
    with pytest.raises(ConfigError, match=r"no field 'ordr'; its fields are order, spacing"):
        loaded(("flow", {"ordr": 1}))
    with pytest.raises(
        ConfigError, match=r"order = 3 is not allowed; choose one of 1, 2|order = 3"
    ):
        loaded(("flow", {"order": 3}))
    for wrong in (("flow", 1), ("flow",), 3):
        with pytest.raises(InputError, match=r"names no component; give its name, or its name and"):
            loaded(wrong)


def test_settings_add_to_those_of_the_scheduler_that_is_chosen(saved):
    def chosen(model, **asked):
        return choose_model(model, device="cpu", **asked)

    for model in (saved, load_model(saved, "cpu")):
        own = chosen(model, scheduler_settings={"spacing": "even"})
        assert own.scheduler_config == {"order": 1, "spacing": "even"}
        named = chosen(model, scheduler="flow", scheduler_settings={"spacing": "even"})
        assert named.scheduler_config == {"order": 2, "spacing": "even"}
        both = chosen(
            model, scheduler=("flow", {"order": 1}), scheduler_settings={"spacing": "even"}
        )
        assert both.scheduler_config == {"order": 1, "spacing": "even"}
        assert chosen(model, scheduler="ddim").default_steps == 50
    with pytest.raises(ConfigError, match="has no field 'eta'"):
        chosen(saved, scheduler_settings={"eta": 1.0})


def test_a_model_takes_the_place_of_a_technique(saved):
    model = load_model(saved, device="cpu")
    mixer = djtrans.DifferentiableDJMixer()
    bars, rate = 4, 22050
    torch.manual_seed(1)
    stems = djtrans.Stems(torch.randn(4, 2, 8 * rate + 1) * 0.05, STEMS, rate)
    from djtrans.testing.example_track import example_analysis

    features = djtrans.build_track_features(stems, example_analysis(bars), n_frames=32)
    audio, params = djtrans.generate_transition(
        model, mixer, stems, stems, features, features, n_frames=64
    )
    assert audio.shape == (2, 8 * rate)
    assert params.values.shape == (64, 54)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"n_frames": 16}, "not trained on windows of 2 bars"),
        ({"n_frames": 1024}, "not trained on windows of 128 bars"),
        (
            {"n_frames": 64, "frames_per_beat": 4},
            "generates 2 frames per beat, but the request has 4",
        ),
    ],
)
def test_what_it_was_not_trained_on_is_refused(saved, facts, why):
    with pytest.raises(InputError, match=why):
        load_model(saved, device="cpu").generate(request(**facts))


def test_another_mixer_is_refused_by_what_differs(saved):
    model = load_model(saved, device="cpu")
    spec = djtrans.resolve_spec("dj54")
    fewer = attrs.evolve(
        spec,
        stem_chain=tuple(node for node in spec.stem_chain if node.id != "lpf"),
        aliases={k: v for k, v in spec.aliases.items() if not k.startswith("lpf")},
    )
    asked = attrs.evolve(request(), layout=djtrans.mixer_layout(fewer))
    with pytest.raises(
        LayoutError, match=r"generates a/drums/lpf/\w+, a/bass/lpf/\w+ and 6 more, which"
    ):
        model.generate(asked)


def test_versions_and_missing_plugins_are_named(tmp_path):
    def loading(**changes):
        content = attrs.evolve(record(), **changes)
        network, _ = build_network(record())
        save_model(tmp_path / "model.safetensors", content, network.state_dict())
        return load_model(tmp_path, device="cpu")

    older = attrs.evolve(record().denoiser, version=7)
    with pytest.raises(FormatError, match=r"made with version 7 of the denoiser djtrans/dit"):
        loading(denoiser=older)
    gone = attrs.evolve(record().denoiser, name="acme/mamba")
    with pytest.raises(PluginError, match=r"needs the denoiser acme/mamba.*provides the plugin"):
        loading(denoiser=gone)
    wider = (attrs.evolve(record().encoders[0], per_frame=99), record().encoders[1])
    with pytest.raises(FormatError, match=r"trained with 99 and 9 channels of djtrans/audio"):
        loading(encoders=wider)
    with pytest.raises(FormatError, match=r"its weights do not fit"):
        loading(
            denoiser=attrs.evolve(record().denoiser, config={"width": 32, "depth": 1, "heads": 1})
        )
    with pytest.warns(UserWarning, match=r"version 7 of the scheduler djtrans/flow"):
        loading(scheduler=attrs.evolve(record().scheduler, version=7))


def test_the_sampling_is_validated():
    with pytest.raises(ConfigError, match="steps"):
        get_inference_config(steps=-1)
    with pytest.raises(ConfigError, match="lower and the higher"):
        get_inference_config(guidance_interval=(0.9, 0.2))
    with pytest.raises(ConfigError, match="guidance"):
        get_inference_config(guidance=3)


def test_a_name_that_is_no_file_and_no_hub_id_is_refused():
    with pytest.raises(FormatError, match=r"There is no model 'missing.pt'"):
        load_model("missing.pt")
    with pytest.raises(FormatError, match=r"as a hub id it cannot be downloaded"):
        load_model("someone/their-model")


def test_a_file_with_the_former_name_of_a_setting_loads(tmp_path):
    network, _ = build_network(record())
    former = attrs.evolve(record(), inference={"wishless_guidance_scale": 3.0, "steps": 4})
    save_model(tmp_path / "model.safetensors", former, network.state_dict())
    assert load_model(tmp_path, "cpu").inference == get_inference_config(
        no_technique_guidance_scale=3.0, steps=4
    )


def test_former_names_work_and_warn(saved):
    model = load_model(saved, device="cpu")
    with pytest.warns(DeprecationWarning, match="generate"):
        curves = model.draw(request())
    assert torch.equal(curves, model.generate(request()))
    with pytest.warns(DeprecationWarning, match="CurveRequest"):
        assert djtrans.DrawRequest is djtrans.CurveRequest
    with pytest.warns(DeprecationWarning, match="no_technique_guidance_scale"):
        former = get_inference_config(wishless_guidance_scale=3.0)
    assert former == get_inference_config(no_technique_guidance_scale=3.0)
