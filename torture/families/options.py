"""Options out of range, of another type, or that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from torture import corpus
from torture.bench import Bench, Make, Place, single
from torture.case import Argument, Case
from torture.judge import Promise

_ODD = ("nan", "inf", "-inf", "-1", "0", "1e308", str(2**70), "٣", "x", "", "0x10", "1_000", " 1")
#: Options of generate that take a number or a name.
_GENERATE = (
    "--bars",
    "--duration",
    "--cue-a",
    "--cue-b",
    "--swap-a",
    "--tempo",
    "--stretch-limit",
    "--shift-beats",
    "--nudge-ms",
    "--key-shift",
    "--context",
    "--seed",
    "--steps",
    "--n-frames",
    "--guidance-scale",
    "--technique",
    "--separator",
    "--mixer",
    "--device",
    "--scheduler",
    "--analyzer",
    "--model",
    "--set",
)
_TRAIN = (
    *("--batch-size", "--lr", "--steps", "--save-every", "--validate-every", "--seed"),
    *("--audio-weight", "--data-share", "--denoiser", "--encoders", "--mixer", "--device", "--set"),
)
_SETS = ("lpf=nothing", "master.gain=1", "separator.x=1", "technique.=1", "=", "a.b", "..=1")
_OTHERS: dict[str, tuple[Argument, ...]] = {
    "nothing": (),
    "unknown command": ("generat",),
    "unknown option": ("generate", "--nope"),
    "generate without tracks": ("generate",),
    "generate with one track": ("generate", "a.wav"),
    "same track": ("generate", "a.wav", "a.wav", "-o", "out.wav", *corpus.GENERATE),
    "folder as track": ("generate", ".", "b.wav", "-o", "out.wav", *corpus.GENERATE),
    "device as track": ("analyze", "/dev/null"),
    "endless device": ("analyze", "/dev/zero"),
    "missing track": ("generate", "no.wav", "b.wav", "-o", "out.wav", *corpus.GENERATE),
    "output is a folder": ("generate", "a.wav", "b.wav", "-o", ".", *corpus.GENERATE),
    "output in no folder": ("generate", "a.wav", "b.wav", "-o", "no/x.wav", *corpus.GENERATE),
    "output is an input": ("generate", "a.wav", "b.wav", "-o", "a.wav", *corpus.GENERATE),
    "output is an input in disguise": (
        *("generate", "a.wav", "b.wav", "-o", "./nothing/../a.wav", *corpus.GENERATE),
    ),
    "output is the params file": (
        *("generate", "a.wav", "b.wav", "-o", "out.wav", "--save-params", "out.wav"),
        *corpus.GENERATE,
    ),
    "params file is an input": (
        *("generate", "a.wav", "b.wav", "-o", "out.wav", "--save-params", "b.wav"),
        *corpus.GENERATE,
    ),
    "output is a device": ("generate", "a.wav", "b.wav", "-o", "/dev/null", *corpus.GENERATE),
    "output of no format": ("generate", "a.wav", "b.wav", "-o", "out.xyz", *corpus.GENERATE),
    "output is mp3": ("generate", "a.wav", "b.wav", "-o", "out.mp3", *corpus.GENERATE),
    "render without tracks": ("render", "params.json"),
    "visualize nothing": ("visualize", "no.json"),
    "visualize to text": ("visualize", "params.json", "-o", "out.txt"),
    "visualize one track": ("visualize", "params.json", "a.wav", "-o", "out.png"),
    "visualize theme": ("visualize", "params.json", "-o", "out.png", "--theme", "x"),
    "visualize over an input": ("visualize", "params.json", "-o", "params.json"),
    "summary over an input": (
        *("visualize", "params.json", "-o", "out.png", "--summary", "params.json"),
    ),
    "evaluate nothing": ("evaluate",),
    "evaluate two sources": ("evaluate", "--synthesized", "1", "--all-pairs", "."),
    "evaluate none": ("evaluate", "--synthesized", "0"),
    "evaluate negative": ("evaluate", "--synthesized", "-5"),
    "evaluate too many workers": ("evaluate", "--synthesized", "1", "--workers", "-1"),
    "evaluate unknown technique": (
        *("evaluate", "--synthesized", "1", "--techniques", "magic", "--output", "out"),
    ),
    "evaluate no technique": (
        *("evaluate", "--synthesized", "1", "--techniques", ",", "--output", "out"),
    ),
    "fit a track to itself": (
        *("fit", "a.wav", "a.wav", "a.wav", "-o", "out.json", "--bpm", "126", "--steps", "1"),
        *("--separator", "spectral", "--bars", "4"),
    ),
    "fit NaN tempo": ("fit", "a.wav", "a.wav", "b.wav", "-o", "out.json", "--bpm", "nan"),
    "fit tempo 0": ("fit", "a.wav", "a.wav", "b.wav", "-o", "out.json", "--bpm", "0"),
    "fit huge tempo": ("fit", "a.wav", "a.wav", "b.wav", "-o", "out.json", "--bpm", "1e9"),
    "fit least tempo": ("fit", "a.wav", "a.wav", "b.wav", "-o", "out.json", "--bpm", "1e-9"),
    "fit many bars": (
        *("fit", "a.wav", "a.wav", "b.wav", "-o", "out.json", "--bpm", "126"),
        *("--bars", "1000000", "--separator", "spectral", "--steps", "1"),
    ),
    "fit over the mix": ("fit", "a.wav", "a.wav", "b.wav", "-o", "a.wav", "--bpm", "126"),
    "prepare nothing": ("prepare",),
    "prepare no folder": ("prepare", "--tracks", "no", "--output", "out"),
    "prepare into a file": ("prepare", "--tracks", ".", "--output", "a.wav"),
    "prepare huge seed": ("prepare", "--tracks", ".", "--output", "out", "--seed", str(2**80)),
    "train nothing": ("train", "--output", "out"),
    "train no data": ("train", "--data", "no.safetensors", "--output", "out"),
    "train on audio": ("train", "--data", "a.wav", "--output", "out"),
    "train on an empty folder": ("train", "--data", "empty", "--output", "out"),
    "train into a file": ("train", "--data", "set.safetensors", "--output", "a.wav", *corpus.TRAIN),
    "train to W&B": (
        *("train", "--data", "set.safetensors", "--output", "out", *corpus.TRAIN, "--wandb"),
    ),
    "export nothing": ("export", "no.pt"),
    "export over the checkpoint": ("export", "x.pt", "-o", "x.pt"),
    "export over a track": ("export", "x.pt", "-o", "a.wav"),
    "collect nothing": ("collect",),
    "collect genre without limit": ("collect", "--genre", "house"),
    "collect a folder": ("collect", ".", "--output", "out"),
    "collect an unknown kind": ("collect", "a.wav", "--output", "out"),
    "collect no address": ("collect", "http://", "--output", "out"),
    "collect odd address": ("collect", "http://[::1", "--output", "out"),
    "collect file address": ("collect", "file:///etc/passwd", "--output", "out"),
    "collect into a file": ("collect", "set.txt", "--output", "a.wav"),
    "extract no mixes": ("extract", "--mixes", "no", "--tracklists", "no"),
    "extract nothing": ("extract", "--mixes", ".", "--tracklists", "empty", "--output", "out"),
    "cache of no kind": ("cache", "clear", "../.."),
    "show nothing": ("plugins", "show", "nothing"),
    "layout of nothing": ("layout", "--mixer", "nothing"),
    "demo huge seed": ("demo", "--seed", str(2**70), "--out", "out"),
    "demo negative seed": ("demo", "--seed", "-1", "--out", "out"),
    "demo into a file": ("demo", "--out", "a.wav"),
}


def _files(bench: Bench, place: Place) -> None:
    corpus.place_tracks(bench, place)
    (place.files / "empty").mkdir()
    for source, name in (
        ("params.json", "params.json"),
        ("trained/synthetic.safetensors", "set.safetensors"),
        ("trained/checkpoint_4.pt", "x.pt"),
        ("set.txt", "set.txt"),
    ):
        place.link(bench.corpus / source, name)


def _with(command: tuple[Argument, ...], option: str, value: str) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        _files(bench, place)
        return (*command, option, value)

    return make


def _other(arguments: tuple[Argument, ...]) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        _files(bench, place)
        return arguments

    return make


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    generate = ("generate", "a.wav", "b.wav", "-o", "out.wav", *corpus.GENERATE)
    for option in _GENERATE:
        values = _SETS if option == "--set" else rng.sample(_ODD, 4)
        for value in values:
            name = f"option generate {option} {value!r}"
            promise = Promise(outputs=("out.wav",))
            yield single("inputs", name, _with(generate, option, value), promise)
    train = ("train", "--data", "set.safetensors", "--output", "out", *corpus.TRAIN)
    for option in _TRAIN:
        for value in _SETS[:3] if option == "--set" else rng.sample(_ODD, 2):
            if option == "--steps" and value in ("1_000", str(2**70)):
                continue  # a run of hours is what was asked for
            name = f"option train {option} {value!r}"
            yield single("inputs", name, _with(train, option, value), Promise(maybe=("out",)))
    for name, arguments in _OTHERS.items():
        promise = Promise(
            maybe=("out", "out.wav", "out.mp3", "out.png", "out.md", "out.json", "out.txt", "wandb")
        )
        yield single("inputs", f"option {name}", _other(arguments), promise)
