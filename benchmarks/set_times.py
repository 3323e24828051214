"""Measure a finished set: cue times against the files, peak, and dead air.

Run ``djtrans set FOLDER -o mix.wav --json > set.json``, then ``python benchmarks/set_times.py
set.json``; without a set there is nothing to measure.

The onset strength of eight seconds of the mix, from where the track before has left, is correlated
with that of the file, which is read along the time map of the transition's params file from the cue
time on.
"""

from __future__ import annotations

import json
import math
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from djtrans.core.audio.io import load_window
from djtrans.core.audio.resampling import resample
from djtrans.core.transition.plan import track_seconds

#: Rate of the compared audio, and samples of a step of its onset strength: 2 ms.
RATE, HOP = 11025, 22
#: Compared time, and the largest offset that is looked for, in seconds.
SECONDS, REACH = 8.0, 1.2
#: Level of a quarter of a second that counts as dead air.
SILENT_DBFS = -50.0


def main() -> None:
    """Print the offset of each track, and the levels of the mix."""
    if len(sys.argv) < 2:
        print("no set to measure; give the output of 'djtrans set --json'")
        return
    result = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    tracks = result["tracks"]
    alone = [tracks[0]["starts"], *(track["leaves"] for track in tracks[:-1])]
    offsets = [
        abs(measure(result, track, start - track["starts"]))
        for track, start in zip(tracks, alone, strict=True)
    ]
    print(f"largest offset: {max(offsets):.1f} ms")
    peak, silent = levels(result["audio"])
    print(f"sample peak {20 * math.log10(peak):.2f} dBFS; quarter seconds of dead air: {silent}")


def measure(result: dict[str, Any], track: dict[str, Any], later: float) -> float:
    """Return by how much a track sounds earlier than its cue time, in milliseconds.

    It is measured so many seconds `later`, where no other track sounds.
    """
    mix = onsets(read(result["audio"], track["starts"] + later, SECONDS))
    clock = np.arange(round((SECONDS + 2 * REACH) * RATE)) / RATE - REACH
    places = np.array([place(result, track, later + seconds) for seconds in clock[::HOP]])
    first = places[0] - 0.5
    file = read(track["path"], first, places[-1] - first + 1.0)
    at = (np.interp(clock, clock[::HOP], places) - first) * RATE
    own = onsets(np.interp(at, np.arange(len(file)), file))
    found = np.correlate(own, mix, "valid")
    found /= np.sqrt(np.convolve(own**2, np.ones(len(mix)), "valid")) * np.linalg.norm(mix)
    best = int(np.argmax(found))
    offset = 1000.0 * (best * HOP / RATE - REACH)
    print(
        f"{track['number']:3d}  {track['starts']:8.2f} s  {offset:+6.1f} ms  "
        f"correlation {found[best]:.2f}  {track['label']}",
        flush=True,
    )
    return offset


def place(result: dict[str, Any], track: dict[str, Any], seconds: float) -> float:
    """Return the time in the file that should sound so long after the track's cue time."""
    if plan := plan_before(result["folder"], track["number"] - 1):
        return track_seconds(plan["b"]["warp"], plan["beat_times"][plan["swap_beat"]] + seconds)
    return float(track["starts_at"]) + seconds


@cache
def plan_before(folder: str, number: int) -> dict[str, Any]:
    """Read the plan of a boundary; empty for a gap, and at the start."""
    params = Path(folder) / f"{number:02d}.json"
    document: dict[str, Any] = json.loads(params.read_text()) if params.exists() else {}
    return document.get("plan", {})


def read(path: str, start: float, seconds: float) -> NDArray[np.float64]:
    """Read part of a file as mono at the rate of the comparison."""
    rate = soundfile.info(path).samplerate
    audio = load_window(path, rate, round(start * rate), round(seconds * rate))
    return np.asarray(resample(audio.mean(dim=0, keepdim=True), rate, RATE)[0].double().numpy())


def onsets(audio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the rises of the level in the treble, around their mean."""
    treble = np.diff(audio, 2)
    whole = len(treble) // HOP * HOP
    level = np.log(np.sqrt((treble[:whole].reshape(-1, HOP) ** 2).mean(axis=1)) + 1e-5)
    rises = np.maximum(np.diff(level, prepend=level[0]), 0.0)
    return np.asarray(rises - rises.mean())


def levels(path: str) -> tuple[float, list[float]]:
    """Return the sample peak, and the times of all quarters of a second of dead air."""
    peak, silent = 0.0, []
    with soundfile.SoundFile(path) as mix:
        size = mix.samplerate // 4
        for index, block in enumerate(mix.blocks(size)):
            peak = max(peak, float(np.abs(block).max()))
            if math.sqrt(float((block**2).mean())) < 10 ** (SILENT_DBFS / 20):
                silent.append(index / 4)
    return peak, silent


if __name__ == "__main__":
    main()
