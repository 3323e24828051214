"""Run commands in this process, and print the SHA-256 of all that they print and write.

    python -m tests.helpers.every_output INPUTS OUTPUTS NAME...

INPUTS is a folder that `make_inputs` has filled. What is printed is one JSON object: a digest for
each file below OUTPUTS, and one for the standard output of each command.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHECKPOINT = ROOT / "tests/data/files_0_1/run/checkpoint_2.pt"

_SPECTRAL = "--separator spectral --quiet"
_SHORT = f"{_SPECTRAL} --bars 4 --context 1"

#: Command lines by name, in the order in which they run; the tracks are a.wav, b.wav and c.wav.
COMMANDS = {
    "rules": f"generate a.wav b.wav -o {{out}}/rules.wav --save-params {{out}}/rules.json "
    f"--technique bass-swap --seed 3 --visualize {_SPECTRAL} --bars 8 --context 1",
    "model": f"generate a.wav b.wav -o {{out}}/model.flac --save-params {{out}}/model.json "
    f"--technique filter-sweep {_SHORT} --seed 1 --steps 4",
    "refined": f"generate a.wav b.wav -o {{out}}/refined.wav --save-params {{out}}/refined.json "
    f"--technique filter-sweep {_SHORT} --steps 4 --objective-guidance 0.05 --best-of 2 "
    "--refine powers",
    "warped": f"generate a.wav b.wav -o {{out}}/warped.ogg --save-params {{out}}/warped.json "
    f"--technique filter-sweep --tempo ramp --key-shift 2 --visualize {_SHORT}",
    "render": "render {out}/rules.json a.wav b.wav -o {out}/again.wav --quiet",
    "mp3": "render {out}/rules.json a.wav b.wav -o {out}/again.mp3 --quiet",
    "measure": "evaluate --json {out}/rules.json a.wav b.wav",
    "ogg": "render {out}/rules.json a.wav b.wav -o {out}/again.ogg --quiet",
    "analyze one": "analyze a.wav --json --quiet",
    "analyze": "analyze a.wav b.wav c.wav --json --quiet",
    "librosa": "analyze a.wav --analyzer librosa --json --quiet",
    "export": f"export {CHECKPOINT} -o {{out}}/exported.safetensors",
    "prepare": f"prepare --tracks . --output {{out}}/pairs {_SPECTRAL} --bars 4 --max 2",
    "train": "train --data {out}/pairs --output {out}/run --steps 2 --batch-size 2 --quiet",
    "plans": "evaluate --all-pairs . --plans-only --output {out}/plans --quiet",
    "compare": "evaluate --all-pairs . --techniques cut,fade --output {out}/compared "
    "--bars 4 --json --quiet",
    "fit": f"fit {{out}}/rules.wav a.wav b.wav --plan {{out}}/rules.json -o {{out}}/fit.json "
    f"--steps 2 {_SPECTRAL}",
}

#: Measurements of the run itself, and no two runs alike: a column of training's metrics, and the
#: computing times in the results of a comparison, with the digest that covers them.
MEASURED = ("steps_per_second", "data_share", "seconds", "sha256")


def make_inputs(folder: Path, sample_rate_hz: int = 22050) -> None:
    """Synthesize three tracks."""
    from djtrans import TrackSpec, synthesize, write_audio

    structure = (("intro", 8), ("drop", 8), ("outro", 8))
    for name, bpm, tonic, seed in (("a", 172, 9, 1), ("b", 170, 4, 2), ("c", 171, 9, 3)):
        track = synthesize(
            TrackSpec(
                bpm=bpm, tonic=tonic, seed=seed, structure=structure, sample_rate_hz=sample_rate_hz
            )
        )
        write_audio(folder / f"{name}.wav", track.audio, track.sample_rate)


def main(inputs: str, outputs: str, *names: str) -> None:
    """Run the commands, and print the digests."""
    from djtrans.cli import cli

    digests = {}
    os.chdir(inputs)
    for name in names:
        printed = io.StringIO()
        words = [word.format(out=outputs) for word in COMMANDS[name].split()]
        with contextlib.redirect_stdout(printed):
            cli.main(words, prog_name="djtrans", standalone_mode=False)
        digests[f"printed by {name}"] = _digest(printed.getvalue().replace(outputs, "").encode())
    for file in sorted(Path(outputs).rglob("*")):
        if file.is_file():
            content = _reproducible_part(file)
            if file.name == "config.toml":  # has the paths of its run
                content = content.replace(outputs.encode(), b"")
            digests[file.relative_to(outputs).as_posix()] = _digest(content)
    print(json.dumps(digests))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _reproducible_part(file: Path) -> bytes:
    if file.name == "metrics.csv":
        with file.open(newline="", encoding="utf-8") as stream:
            return _without_measured(list(csv.DictReader(stream)))
    if file.parent.name == "units":
        return _without_measured([json.loads(file.read_text(encoding="utf-8"))])
    return file.read_bytes()


def _without_measured(rows: list[dict[str, Any]]) -> bytes:
    kept = [{key: row[key] for key in row if key not in MEASURED} for row in rows]
    return json.dumps(kept).encode()


if __name__ == "__main__":
    main(*sys.argv[1:])
