"""Prepared pairs, manifests, datasets, stems folders and lists of pairs that are damaged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from torture import corpus
from torture.bench import Bench, Make, Place, single
from torture.case import Argument, Case
from torture.judge import Promise
from torture.mutation import BYTES, mutated_json

_COUNT = 12
_TRAIN = (*corpus.TRAIN, "--steps", "2", "--output", "out")

Change = Callable[[Path, Random], None]


def _replace(file: Path, data: bytes) -> None:
    """Replace a file that is linked to the corpus by one of its own."""
    file.unlink()
    file.write_bytes(data)


def _mutated(pattern: str) -> Change:
    def change(folder: Path, rng: Random) -> None:
        file = rng.choice(sorted(folder.glob(pattern)))
        _replace(file, mutated_json(json.loads(file.read_bytes()), rng)[1].encode())

    return change


def _damaged(pattern: str) -> Change:
    def change(folder: Path, rng: Random) -> None:
        file = rng.choice(sorted(folder.glob(pattern)))
        _replace(file, rng.choice(list(BYTES.values()))(file.read_bytes(), rng))

    return change


def _removed(pattern: str) -> Change:
    return lambda folder, rng: rng.choice(sorted(folder.glob(pattern))).unlink()


def _swapped(folder: Path, rng: Random) -> None:
    first, second = sorted(folder.glob("pair_00*/track_a_stems/bass.wav"))
    one, other = first.read_bytes(), second.with_name("drums.wav").read_bytes()
    _replace(first, other)
    _replace(second, one)


def _escaping(folder: Path, rng: Random) -> None:
    file = folder / "manifest.json"
    document = json.loads(file.read_bytes())
    document["pairs"][0]["folder"] = "../../../../tmp"
    document["pairs"][0]["files"] = {"../../../../etc/passwd": "0" * 64}
    _replace(file, json.dumps(document).encode())


def _link_out(folder: Path, rng: Random) -> None:
    stems = folder / "pair_001" / "track_a_stems" / "bass.wav"
    stems.unlink()
    stems.symlink_to("/etc/passwd")


def _circle(folder: Path, rng: Random) -> None:
    (folder / "pair_001" / "again").symlink_to("..")


#: Changes of a folder of prepared pairs.
_CHANGES: dict[str, Change] = {
    **{f"mutated analysis {n}": _mutated("*/analysis.json") for n in range(_COUNT)},
    **{f"mutated params {n}": _mutated("*/params.json") for n in range(_COUNT // 2)},
    **{f"mutated manifest {n}": _mutated("manifest.json") for n in range(_COUNT // 2)},
    **{f"damaged stem {n}": _damaged("*/*_stems/*.wav") for n in range(_COUNT // 2)},
    **{f"damaged analysis {n}": _damaged("*/*.json") for n in range(_COUNT // 4)},
    **{f"damaged features {n}": _damaged("analyses/*.json") for n in range(_COUNT // 4)},
    "no stem": _removed("*/*_stems/*.wav"),
    "no params": _removed("*/params.json"),
    "no transition": _removed("*/transition.wav"),
    "no manifest": _removed("manifest.json"),
    "swapped stems": _swapped,
    "traversal": _escaping,
    "link out": _link_out,
    "circle": _circle,
}


def _trained(change: Change) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        change(place.link(bench.corpus / "prepared", "prepared"), rng)
        return ("train", "--data", "prepared", *_TRAIN)

    return make


def _resumed(change: Change) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        change(place.link(bench.corpus / "prepared", "prepared"), rng)
        place.link(bench.corpus / "library", "library")
        return (
            *("prepare", "--tracks", "library", "--output", "prepared", "--max", "2"),
            *corpus.PREPARE,
        )

    return make


def _dataset(change: Callable[[bytes, Random], bytes]) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        data = (bench.corpus / "trained" / "synthetic.safetensors").read_bytes()
        (place.files / "x.safetensors").write_bytes(change(data, rng))
        return ("train", "--data", "x.safetensors", *_TRAIN)

    return make


def header_changed(data: bytes, change: Callable[[str, Random], str], rng: Random) -> bytes:
    """Change the JSON header of a safetensors file."""
    size = int.from_bytes(data[:8], "little")
    text = change(data[8 : 8 + size].decode(), rng).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def metadata_mutated(text: str, rng: Random) -> str:
    """Mutate the document in the metadata of a safetensors header."""
    header = json.loads(text)
    name = rng.choice(sorted(header["__metadata__"]))
    inner = header["__metadata__"][name]
    try:
        header["__metadata__"][name] = mutated_json(json.loads(inner), rng)[1]
    except (ValueError, IndexError):
        header["__metadata__"][name] = inner[:-1]
    return json.dumps(header)


#: Changes of a safetensors file that are not of its bytes alone.
SAFETENSORS: dict[str, Callable[[bytes, Random], bytes]] = {
    "empty": lambda data, rng: b"",
    "header of 2 EB": lambda data, rng: (2**61).to_bytes(8, "little") + data[8:],
    "header of 100 MB": lambda data, rng: (10**8).to_bytes(8, "little") + data[8:] + bytes(10**8),
    "header is null": lambda data, rng: header_changed(data, lambda t, r: "null", rng),
    "deep header": lambda data, rng: header_changed(data, lambda t, r: "[" * 10**5, rng),
    "no metadata": lambda data, rng: header_changed(
        data, lambda t, r: json.dumps({k: v for k, v in json.loads(t).items() if k[0] != "_"}), rng
    ),
    "no tensors": lambda data, rng: header_changed(
        data, lambda t, r: json.dumps({"__metadata__": json.loads(t)["__metadata__"]}), rng
    )[: 10**5],
    "NaN": lambda data, rng: data[: -len(data) // 2] + b"\xff" * (len(data) // 2),
    **BYTES,
}

_LISTS = {
    "empty": "",
    "heading alone": "a,b\n",
    "other columns": "x,y\n1,2\n",
    "short line": "a,b\na.wav\n",
    "long line": "a,b\na.wav,b.wav,c,d,e\n",
    "NUL": "a,b\na.wav,\0\n",
    "traversal": "a,b\n../../../../etc/passwd,b.wav\n",
    "address": "a,b\nhttp://127.0.0.1:9/a.wav,b.wav\n",
    "quote": 'a,b\n"a.wav,b.wav\n',
    "NaN cue": "a,b,cue_a\na.wav,b.wav,nan\n",
    "infinite cue": "a,b,cue_a\na.wav,b.wav,inf\n",
    "text cue": "a,b,cue_a\na.wav,b.wav,soon\n",
    "unknown technique": "a,b,technique\na.wav,b.wav,magic\n",
    "same track": "a,b\na.wav,a.wav\n",
    "UTF-16": "a,b\na.wav,b.wav\n",
    "semicolons": "a;b\na.wav;b.wav\n",
    "wide": "a,b\n" + "x" * 200_000 + ",b.wav\n",
}


def _list(name: str) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        corpus.place_tracks(bench, place)
        code = "utf-16" if name == "UTF-16" else "utf-8"
        (place.files / "x.csv").write_bytes(_LISTS[name].encode(code))
        return ("evaluate", "--pairs", "x.csv", "--techniques", "cut", "--output", "out")

    return make


def _stems(change: Change) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        corpus.place_tracks(bench, place)
        folder = place.link(bench.corpus / "prepared" / "pair_001" / "track_a_stems", "stems")
        change(folder, rng)
        return (
            *("generate", "a.wav", "b.wav", "-o", "out.wav", "--stems-a", "stems"),
            *corpus.GENERATE,
        )

    return make


def _emptied(folder: Path, rng: Random) -> None:
    for file in folder.glob("*"):
        file.unlink()


def _folder(folder: Path, rng: Random) -> None:
    (folder / "bass.wav").unlink()
    (folder / "bass.wav").mkdir()


_STEM_CHANGES: dict[str, Change] = {
    "of another track": lambda folder, rng: None,
    "one damaged": _damaged("*.wav"),
    "one missing": _removed("*.wav"),
    "none": _emptied,
    "two of a name": lambda folder, rng: os.link(folder / "bass.wav", folder / "bass.flac"),
    "a folder of the name": _folder,
}


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    trained = Promise(maybe=("out", "prepared/features.safetensors"))
    prepared = Promise(maybe=("prepared",))
    for name, change in _CHANGES.items():
        if rng.random() < 0.6 or "mutated" not in name:
            yield single("inputs", f"pairs train {name}", _trained(change), trained)
        if rng.random() < 0.6 or "mutated" not in name:
            yield single("inputs", f"pairs prepare {name}", _resumed(change), prepared)
    for name, alter in SAFETENSORS.items():
        yield single("inputs", f"dataset {name}", _dataset(alter), Promise(maybe=("out",)))
    for number in range(_COUNT):
        make = _dataset(lambda data, rng: header_changed(data, metadata_mutated, rng))
        yield single("inputs", f"dataset mutated {number:02d}", make, Promise(maybe=("out",)))
    for name in _LISTS:
        yield single("inputs", f"list {name}", _list(name), Promise(maybe=("out",)))
    for name, change in _STEM_CHANGES.items():
        yield single("inputs", f"stems {name}", _stems(change), Promise(outputs=("out.wav",)))
