"""demucs with small random networks, saved as its releases are and loaded by the real code."""

import hashlib
import json
import math
import os
import sys
import threading
import time
from fractions import Fraction
from urllib.error import URLError

import httpx
import pytest
import torch

import djtrans
from djtrans.core.errors import ConfigError, InputError, SeparationError
from djtrans.core.track.separation import separate
from djtrans.core.track.stem_names import STEMS
from djtrans.plugins.separators import DemucsConfig, demucs_hub, djtrans_separators
from djtrans.plugins.separators import demucs_weights as weights_module
from djtrans.plugins.separators.demucs import DemucsSeparator
from djtrans.plugins.separators.demucs_segments import separate_in_batches
from djtrans.synthesis import TrackSpec, synthesize

RATE = 44100
SEGMENT = Fraction(3, 2)
#: The names of the networks of htdemucs and htdemucs_ft, as demucs gives them.
SINGLE = "955717e8"
FINE_TUNED = ("f7e0c4bc", "d12395a8", "92cfc3b6", "04573f0d")
SOURCES = ["drums", "bass", "other", "vocals"]
DECLARATION = next(d for d in djtrans_separators() if d.name == "demucs")


def small_network(seed, **changes):
    from demucs.htdemucs import HTDemucs

    torch.manual_seed(seed)
    options = {"channels": 8, "t_layers": 1, "t_heads": 4, "segment": SEGMENT} | changes
    return HTDemucs(sources=options.pop("sources", SOURCES), **options).eval()


def save_safetensors(network, file, **changes):
    from safetensors.torch import save_file

    _, kwargs = network._init_args_kwargs
    fraction = {
        "_type": "fraction",
        "numerator": SEGMENT.numerator,
        "denominator": SEGMENT.denominator,
    }
    metadata = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": "[]",
        "kwargs": json.dumps(kwargs | {"segment": fraction}),
    }
    save_file(network.state_dict(), file, metadata=metadata | changes)
    return file


def save_th(network, file, **changes):
    args, kwargs = network._init_args_kwargs
    package = {
        "klass": type(network),
        "args": args,
        "kwargs": kwargs,
        "state": network.state_dict(),
        "training_args": {"lr": 3e-4},
    }
    torch.save(package | changes, file)
    return file


@pytest.fixture(scope="module")
def network():
    return small_network(0)


@pytest.fixture(scope="module")
def weights(network, tmp_path_factory):
    return save_safetensors(network, tmp_path_factory.mktemp("weights") / f"{SINGLE}.safetensors")


@pytest.fixture(autouse=True)
def nothing_loaded(monkeypatch, tmp_path):
    """Neither a network of another test nor the hub cache of whoever runs this."""
    from huggingface_hub import constants

    weights_module._loaded.clear()
    demucs_hub._unreachable.clear()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    yield
    weights_module._loaded.clear()


def noise(seconds, channels=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(channels, round(seconds * RATE), generator=generator) + 0.01


def separator(weights, **config):
    return DemucsSeparator(DemucsConfig(weights=str(weights), device="cpu", **config))


def test_it_answers_as_demucs_itself_in_our_order(weights, network):
    from demucs.api import Separator

    save_th(network, weights.parent / "reference.th")  # a folder as demucs' own loader reads it
    own = Separator("reference", repo=weights.parent, device="cpu", shifts=0)
    audio = noise(2.6)
    _, expected = own.separate_tensor(audio)
    out = separator(weights).separate(audio, RATE)
    assert out.shape == (4, 2, audio.shape[-1])
    assert list(expected) == SOURCES
    for index, name in enumerate(("drums", "bass", "vocals", "other")):
        torch.testing.assert_close(out[index], expected[name], rtol=0, atol=1e-6)
    assert (out[2] - out[3]).abs().max() > 1e-3  # so that a swap would have been seen


@pytest.mark.parametrize(("samples", "overlap"), [(1, 0.25), (50_001, 0.25), (60_000, 0.6)])
def test_batches_of_segments_are_what_apply_model_gives(samples, overlap):
    from demucs.apply import BagOfModels, apply_model

    networks = [small_network(seed, segment=Fraction(1, 2)) for seed in range(2)]
    ensemble = BagOfModels(networks, [[1.0, 0.5, 0.0, 2.0], [0.0, 1.5, 1.0, 1.0]])
    mix, calls, seen = noise(3.0)[:, :samples], [], []
    options = {"overlap": overlap, "device": "cpu"}
    expected = apply_model(ensemble, mix[None], shifts=0, segment=0.4, **options)[0]
    for network in networks:
        network.register_forward_pre_hook(lambda _, inputs: calls.append(len(inputs[0])))
    out = separate_in_batches(
        ensemble, mix, segment=int(0.4 * RATE), batch=3, progress=seen.append, **options
    )
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-6)
    segments = math.ceil(samples / int((1 - overlap) * int(0.4 * RATE)))
    assert sum(calls) == 2 * segments  # each segment once by each network
    assert max(calls) == min(3, segments)
    assert seen == sorted(set(seen))
    assert seen[-1] == 1.0


def test_the_size_of_batches_is_a_setting(weights):
    audio = noise(4.0)
    one = separator(weights).separate(audio, RATE)
    three = separator(weights, batch_segments=3).separate(audio, RATE)
    torch.testing.assert_close(three, one, rtol=0, atol=1e-6)


def test_stems_sum_to_the_input_at_any_rate(weights):
    audio = noise(2.0)
    stems = separate(separator(weights), DECLARATION, audio, 48000)
    assert stems.names == STEMS
    assert stems.sample_rate == 48000
    assert stems.audio.shape == (4, *audio.shape)
    assert (stems.mix - audio).abs().max() < 1e-6


@pytest.mark.parametrize("shifts", [0, 1])
def test_the_same_every_time(weights, shifts):
    audio = noise(1.0)
    kept = audio.clone()
    first = separator(weights, shifts=shifts).separate(audio, RATE)
    weights_module._loaded.clear()
    torch.manual_seed(99)
    assert torch.equal(separator(weights, shifts=shifts).separate(audio, RATE), first)
    assert torch.equal(audio, kept)


@pytest.mark.slow
def test_a_further_pass_hears_the_audio_later(weights):
    audio = noise(1.0)
    single = separator(weights)
    later = single.separate(torch.nn.functional.pad(audio, (11025, 0)), RATE)[..., 11025:]
    both = separator(weights, shifts=1).separate(audio, RATE)
    # Level and offset are taken of what is heard: with the pad they differ a little.
    expected = (single.separate(audio, RATE) + later) / 2
    assert (both - expected).abs().max() < 0.1 * (both - single.separate(audio, RATE)).abs().max()


def test_mono_is_heard_on_both_sides(weights):
    audio = noise(1.2, channels=1)
    out = separator(weights).separate(audio, RATE)
    both = separator(weights).separate(audio.expand(2, -1), RATE)
    assert out.shape == (4, 1, audio.shape[-1])
    torch.testing.assert_close(out[:, 0], both.mean(dim=1))


@pytest.mark.parametrize("samples", [0, 1, 1000])
def test_short_and_silent(weights, samples):
    out = separator(weights).separate(torch.zeros(2, samples), RATE)
    assert out.shape == (4, 2, samples)
    assert bool((out.abs() < 1e-6).all())


@pytest.mark.parametrize(("shifts", "overlap"), [(0, 0.25), (1, 0.1)])
def test_progress_grows_to_one(weights, shifts, overlap):
    seen = []
    separator(weights, shifts=shifts, overlap=overlap, segment_seconds=1.0).separate(
        noise(2.0), RATE, progress=seen.append
    )
    assert len(seen) >= 3 * (1 + shifts)
    assert seen == sorted(set(seen))
    assert seen[-1] == 1.0


@pytest.mark.slow
def test_a_model_of_several_networks_weighs_them(tmp_path):
    networks = [small_network(seed) for seed in range(4)]
    for name, network in zip(FINE_TUNED, networks, strict=True):
        save_safetensors(network, tmp_path / f"{name}.safetensors")
    audio, seen = noise(1.2), []
    out = separator(tmp_path, model="htdemucs_ft").separate(audio, RATE, progress=seen.append)
    for source, name in enumerate(FINE_TUNED):  # each is there for one stem
        alone = separator(tmp_path / f"{name}.safetensors").separate(audio, RATE)
        stem = STEMS.index(SOURCES[source])
        torch.testing.assert_close(out[stem], alone[stem], rtol=0, atol=1e-6)
    assert seen == sorted(set(seen))
    assert seen[-1] == 1.0


def test_further_stems_go_into_other(tmp_path):
    network = small_network(0, sources=[*SOURCES, "guitar", "piano"])
    file = save_safetensors(network, tmp_path / "six.safetensors")
    audio = noise(1.0)
    raw = separator(file).separate(audio, RATE)
    stems = separate(separator(file), DECLARATION, audio, RATE)
    assert torch.equal(stems["vocals"], raw[2])
    torch.testing.assert_close(stems["other"], audio - raw[:3].sum(dim=0), rtol=0, atol=1e-6)


def test_loaded_once_until_the_file_changes(weights, tmp_path):
    config = DemucsConfig(weights=str(weights))
    threads, found = [], []
    for _ in range(4):
        load = threading.Thread(
            target=lambda: found.append(weights_module.load_network(config, "cpu"))
        )
        load.start()
        threads.append(load)
    for thread in threads:
        thread.join()
    assert len({id(network) for network in found}) == 1
    os.utime(weights, ns=(1, 1))
    assert weights_module.load_network(config, "cpu") is not found[0]
    other = save_safetensors(small_network(1), tmp_path / "other.safetensors")
    weights_module.load_network(DemucsConfig(weights=str(other)), "cpu")
    assert len(weights_module._loaded) == 1  # the former is let go


def test_a_pickle_of_weights_is_the_same_network(weights, network, tmp_path):
    file = save_th(network, tmp_path / "plain.th")
    named = file.with_name(f"{SINGLE}-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}.th")
    named.write_bytes(file.read_bytes())  # as released: found in its folder, checksum tested
    before = set(torch.serialization.get_safe_globals())
    audio = noise(0.5)
    expected = separator(weights).separate(audio, RATE)
    assert torch.equal(separator(file).separate(audio, RATE), expected)
    assert torch.equal(separator(tmp_path).separate(audio, RATE), expected)
    assert set(torch.serialization.get_safe_globals()) == before


class Evil:
    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_a_pickle_that_runs_something_is_refused(network, tmp_path):
    evil = Evil()
    evil.folder = str(tmp_path / "made-by-the-pickle")
    file = save_th(network, tmp_path / "evil.th", extra=evil)
    with pytest.raises(SeparationError, match=r"code that would run.*\.safetensors"):
        separator(file).separate(noise(0.1), RATE)
    assert not os.path.exists(evil.folder)


def test_a_safetensors_file_that_names_something_to_run_is_refused(network, tmp_path):
    target = str(tmp_path / "made-by-the-metadata")
    call = {"klass": "os.mkdir", "args": json.dumps([target]), "kwargs": "{}"}
    structure = {"structure": json.dumps({"_class": "os.mkdir"})}
    for number, changes in enumerate((call, structure)):
        file = save_safetensors(network, tmp_path / f"{number}.safetensors", **changes)
        with pytest.raises(SeparationError, match="was not loaded"):
            separator(file).separate(noise(0.1), RATE)
    assert not os.path.exists(target)


def test_what_is_missing_or_damaged_is_said_in_one_line(weights, network, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "noise.th").write_bytes(b"not a pickle")
    (tmp_path / "noise.safetensors").write_bytes(b"not safetensors")
    (tmp_path / "weights.ckpt").write_bytes(b"")
    save_th(network, tmp_path / f"{SINGLE}-00000000.th")
    torch.save([1, 2], tmp_path / "list.th")
    save_th(network, tmp_path / "class.th", klass=Fraction)
    save_th(network, tmp_path / "state.th", state={})
    save_th(network, tmp_path / "quantized.th", state={"__quantized": True})
    save_safetensors(small_network(0, samplerate=48000), tmp_path / "rate.safetensors")
    save_safetensors(small_network(0, sources=["a", "other"]), tmp_path / "stems.safetensors")
    for name, words in {
        "nowhere": "do not exist",
        "empty": f"has no {SINGLE}.safetensors.*hf download adefossez/HTDemucs --local-dir",
        "noise.th": "is damaged",
        "noise.safetensors": "cannot be loaded",
        "weights.ckpt": "no demucs weights file",
        f"{SINGLE}-00000000.th": "Invalid checksum",
        "list.th": "cannot be loaded",
        "class.th": "holds no HTDemucs",
        "state.th": "cannot be loaded",
        "quantized.th": "cannot be loaded",
        "rate.safetensors": "at 48000 Hz; use a model",
        "stems.safetensors": "makes a, other",
    }.items():
        with pytest.raises(SeparationError, match=words) as raised:
            separator(tmp_path / name).separate(noise(0.1), RATE)
        assert "\n" not in str(raised.value), name


def hang(*_, **__):
    time.sleep(8)


def refuse(*_, **__):
    raise URLError("no route to host")


def answer(*_, **__):
    return httpx.Response(200)


def leave(*_, **__):
    sys.exit(1)


class Session:
    def __init__(self, head):
        self.head = head


@pytest.mark.parametrize(
    ("offline", "head", "download", "words"),
    [
        (True, refuse, refuse, "HF_HUB_OFFLINE is set"),
        (False, refuse, hang, "no route to host"),
        (False, hang, hang, "did not answer"),
        (False, answer, refuse, "no route to host"),
        (False, answer, leave, "SystemExit"),
    ],
)
def test_without_a_network_it_says_so_at_once(monkeypatch, offline, head, download, words):
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", offline)
    monkeypatch.setattr(huggingface_hub, "get_session", lambda: Session(head))
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert demucs_hub.REACH_SECONDS < 3  # the only wait, shortened here
    monkeypatch.setattr(demucs_hub, "REACH_SECONDS", 0.5)
    start = time.monotonic()
    with pytest.raises(SeparationError, match=words) as raised:
        DemucsSeparator(DemucsConfig()).separate(noise(0.1), RATE)
    assert time.monotonic() - start < 3
    assert "hf download adefossez/HTDemucs" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_weights_in_the_hub_cache_need_no_network(weights, monkeypatch, tmp_path):
    import huggingface_hub

    repository = tmp_path / "hub" / "models--adefossez--HTDemucs"
    snapshot = repository / "snapshots" / "0123456789abcdef"
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(snapshot.name)
    (snapshot / weights.name).write_bytes(weights.read_bytes())
    monkeypatch.setattr(huggingface_hub, "get_session", refuse)
    audio = noise(0.3)
    out = DemucsSeparator(DemucsConfig(device="cpu")).separate(audio, RATE)
    assert torch.equal(out, separator(weights).separate(audio, RATE))


def test_settings_out_of_range_are_refused(monkeypatch):
    for bad in (
        {"segment_seconds": 7.9},
        {"segment_seconds": 0.0},
        {"overlap": 1.0},
        {"shifts": -1},
        {"batch_segments": -1},
        {"model": "mdx_q"},
    ):
        with pytest.raises(ConfigError):
            DemucsConfig(**bad)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device in ("cuda", "cuda:1", "tpu"):
        with pytest.raises(InputError, match=f"{device!r} is not available"):
            DemucsSeparator(DemucsConfig(device=device)).separate(noise(0.1), RATE)


def test_without_demucs_it_says_how_to_get_it(weights, monkeypatch):
    monkeypatch.setitem(sys.modules, "demucs.apply", None)
    with pytest.raises(SeparationError, match=r"pip install 'demucs>=4.1'"):
        separator(weights).separate(noise(0.1), RATE)


def test_only_what_it_was_trained_on(weights):
    for audio, rate in ((noise(0.1, channels=3), RATE), (noise(0.1), 48000)):
        with pytest.raises(InputError, match="feed it one or two at 44100 Hz"):
            separator(weights).separate(audio, rate)


def test_run_demucs_takes_a_file_or_a_tensor(weights, tmp_path):
    audio = noise(1.0)
    file = djtrans.write_audio(tmp_path / "track.wav", audio, RATE, "FLOAT")
    stems = djtrans.run_demucs(file, weights=str(weights), device="cpu")
    again = djtrans.run_demucs(audio, RATE, weights=str(weights), device="cpu")
    assert stems.names == STEMS
    assert torch.equal(stems.audio, again.audio)
    assert (stems.mix - audio).abs().max() < 1e-6
    with pytest.raises(InputError, match="sample_rate"):
        djtrans.run_demucs(audio)
    with pytest.raises(ConfigError, match="shifts"):
        djtrans.run_demucs(audio, RATE, shift=1)


@pytest.mark.slow
def test_a_second_job_does_not_separate_again(monkeypatch, tmp_path):
    runs = []
    real = DemucsSeparator.separate

    def counted(self, *args, **kwargs):
        runs.append(self._config.device)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(DemucsSeparator, "separate", counted)
    files = tmp_path / "a.wav", tmp_path / "b.wav"
    for seed, file in enumerate(files):
        spec = TrackSpec(bpm=170.0, seed=seed, structure=(("drop", 8), ("outro", 8)))
        djtrans.write_audio(file, synthesize(spec).audio, RATE)
    save_safetensors(small_network(0), tmp_path / f"{SINGLE}.safetensors")
    options = {"technique": "cut", "context": 0, "device": "cpu"}
    settings = {"separator.weights": str(tmp_path)}
    first = djtrans.generate(*files, **options, settings=settings)
    assert runs == ["cpu", "cpu"]
    used = first.provenance.tracks["a"]
    assert used.separator.name == "djtrans/demucs"  # what auto came to
    assert used.separator.config["weights"] == str(tmp_path)
    assert used.isolation == "good"
    first.save_params(tmp_path / "params.json")
    again = djtrans.generate(*files, **options, settings=settings)
    rendered = djtrans.render(tmp_path / "params.json", *files, device="cpu")
    assert len(runs) == 2
    assert torch.equal(again.audio, first.audio)
    assert torch.equal(rendered.audio, first.audio)


def test_other_weights_are_told_apart(tmp_path):
    file = save_safetensors(small_network(0), tmp_path / f"{SINGLE}.safetensors")
    first = separator(tmp_path).fetch()
    assert separator(file).fetch() == first  # the same file, however it is named
    save_safetensors(small_network(1), file)
    assert separator(tmp_path).fetch() != first
