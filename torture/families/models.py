"""Model files and checkpoints that are damaged, hostile or of other programs."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import torch

from torture import corpus
from torture.bench import Bench, Make, Place, single
from torture.case import Argument, Case
from torture.families.pairs import SAFETENSORS, header_changed, metadata_mutated
from torture.judge import Promise
from torture.mutation import BYTES

_COUNT = 12
#: File that code in a model would write.
EVIDENCE = "executed"


class _Hostile:
    """Object whose pickle calls a function."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {EVIDENCE}",)


def _saved(change: Callable[[dict[str, Any]], Any]) -> Callable[[bytes, Random], bytes]:
    def content(data: bytes, rng: Random) -> bytes:
        checkpoint = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        stream = io.BytesIO()
        changed = change(checkpoint)
        torch.save(checkpoint if changed is None else changed, stream)
        return stream.getvalue()

    return content


def _bomb(data: bytes, rng: Random) -> bytes:
    """Make a zip archive whose members are much larger than it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({"a": 1}))
        with archive.open("archive/data/0", "w", force_zip64=True) as member:
            for _ in range(500):
                member.write(bytes(2**20))
    return stream.getvalue()


def _escaping(data: bytes, rng: Random) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../../executed", "x")
        archive.writestr("archive/data.pkl", pickle.dumps({"a": 1}))
    return stream.getvalue()


def _without(checkpoint: dict[str, Any], rng: Random) -> dict[str, Any]:
    del checkpoint[rng.choice(sorted(checkpoint))]
    return checkpoint


def _dropped(data: bytes, rng: Random) -> bytes:
    return _saved(lambda found: _without(found, rng))(data, rng)


def _spoiled(value: Any) -> Callable[[bytes, Random], bytes]:
    def content(data: bytes, rng: Random) -> bytes:
        def change(found: dict[str, Any]) -> dict[str, Any]:
            return {**found, rng.choice(sorted(found)): value}

        return _saved(change)(data, rng)

    return content


def _all(found: Any, value: float) -> Any:
    if isinstance(found, torch.Tensor):
        return torch.full_like(found, value) if found.is_floating_point() else found
    if isinstance(found, dict):
        return {key: _all(inner, value) for key, inner in found.items()}
    return [_all(inner, value) for inner in found] if isinstance(found, list) else found


_CHECKPOINTS: dict[str, Callable[[bytes, Random], bytes]] = {
    "hostile pickle": lambda data, rng: pickle.dumps(_Hostile()),
    "hostile member": _saved(lambda found: {**found, "more": _Hostile()}),
    "hostile alone": _saved(lambda found: _Hostile()),
    "bomb": _bomb,
    "escaping archive": _escaping,
    "empty": lambda data, rng: b"",
    "text": lambda data, rng: b"model",
    "a list": _saved(lambda found: [1, 2]),
    "a tensor": _saved(lambda found: torch.zeros(3)),
    "an empty dict": _saved(lambda found: {}),
    "of another program": _saved(lambda found: {"state_dict": {"w": torch.zeros(3)}}),
    "keys are numbers": _saved(lambda found: {1: 2, None: 3}),
    "NaN": _saved(lambda found: _all(found, float("nan"))),
    "huge weights": _saved(lambda found: _all(found, 1e30)),
    **{f"without a key {n}": _dropped for n in range(5)},
    **{f"null at a key {n}": _spoiled(None) for n in range(4)},
    **{f"text at a key {n}": _spoiled("x") for n in range(4)},
    **{f"empty dict at a key {n}": _spoiled({}) for n in range(4)},
    **BYTES,
}


def _export(change: Callable[[bytes, Random], bytes]) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        data = (bench.corpus / "trained" / "checkpoint_4.pt").read_bytes()
        (place.files / "x.pt").write_bytes(change(data, rng))
        return ("export", "x.pt", "-o", "out.safetensors")

    return make


def _resume(change: Callable[[bytes, Random], bytes]) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        data = (bench.corpus / "trained" / "checkpoint_4.pt").read_bytes()
        (place.files / "x.pt").write_bytes(change(data, rng))
        place.link(bench.corpus / "trained" / "synthetic.safetensors", "set.safetensors")
        return (
            *("train", "--data", "set.safetensors", "--output", "out", *corpus.TRAIN),
            *("--resume", "x.pt"),
        )

    return make


def _generate(suffix: str, change: Callable[[bytes, Random], bytes]) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        corpus.place_tracks(bench, place)
        source = "model.safetensors" if suffix == ".safetensors" else "trained/best_model.pt"
        data = (bench.corpus / source).read_bytes()
        (place.files / f"x{suffix}").write_bytes(change(data, rng))
        options = [option for option in corpus.GENERATE if option not in ("--model", "none")]
        return ("generate", "a.wav", "b.wav", "-o", "out.wav", *options, "--model", f"x{suffix}")

    return make


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    for name, change in _CHECKPOINTS.items():
        exported = Promise(outputs=("out.safetensors",))
        yield single("inputs", f"model export {name}", _export(change), exported)
        if rng.random() < 0.5:
            yield single("inputs", f"model resume {name}", _resume(change), Promise(maybe=("out",)))
    made = Promise(outputs=("out.wav",))
    for name, change in SAFETENSORS.items():
        make = _generate(".safetensors", change)
        yield single("inputs", f"model generate {name}", make, made)
    for number in range(_COUNT):
        make = _generate(
            ".safetensors", lambda data, rng: header_changed(data, metadata_mutated, rng)
        )
        yield single("inputs", f"model generate mutated {number:02d}", make, made)
    for name in ("hostile pickle", "hostile member", "bomb", "NaN", "huge weights", "a list"):
        make = _generate(".pt", _CHECKPOINTS[name])
        yield single("inputs", f"model generate checkpoint {name}", make, made)
