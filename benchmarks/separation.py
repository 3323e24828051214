"""How well a separator parts the stems of synthesized tracks, and what it costs.

    python benchmarks/separation.py                       # spectral on 8 tracks
    python benchmarks/separation.py --separator demucs --seeds 1 2

Prints one Markdown table: SI-SDR [1]_ of each stem in dB, in brackets that of the plain mix as
that stem, then level errors at the bottom, where a bass swap works: of drums plus bass and of each,
below 150 Hz, the median over the bars. Seconds are CPU time of all threads.

The seeds by default are for reporting: nothing was chosen by them.

.. [1] J. Le Roux et al., "SDR - half-baked or well done?", ICASSP 2019.
"""

from __future__ import annotations

import argparse
import math
import random
import time

import torch
from torch import Tensor

import djtrans
from djtrans.benchmarking.separation_scores import si_sdr_db
from djtrans.core.track.separation import separate
from djtrans.synthesis import TrackSpec, synthesize

SEEDS = tuple(range(1, 9))
STRUCTURES = (
    (("intro", 4), ("drop", 8), ("break", 4)),
    (("build", 4), ("drop", 8), ("outro", 4)),
    (("break", 8), ("drop", 8)),
)
#: Drums and bass meet below it.
BOTTOM_HZ = 150.0


def sample_spec(seed: int) -> TrackSpec:
    """A track of 16 bars: tempo, key, drums and structure follow from the seed."""
    draw = random.Random(seed)
    return TrackSpec(
        bpm=round(draw.uniform(115.0, 178.0), 1),
        tonic=draw.randrange(12),
        mode=draw.choice(["minor", "major"]),
        seed=seed,
        drums=draw.choice(["four-on-the-floor", "four-on-the-floor", "broken"]),
        structure=draw.choice(STRUCTURES),
    )


def bar_levels(audio: Tensor, sample_rate: int, bars: int) -> Tensor:
    """Level below :data:`BOTTOM_HZ` of each bar in dB, ``[bars]``."""
    spectrum = torch.fft.rfft(audio.double())
    hz = torch.fft.rfftfreq(audio.shape[-1], 1 / sample_rate)
    low = torch.fft.irfft(spectrum * (hz < BOTTOM_HZ), n=audio.shape[-1])
    chunks = torch.tensor_split(low, bars, dim=-1)
    return 10 * torch.stack([chunk.square().mean() for chunk in chunks]).clamp(min=1e-12).log10()


def level_error(estimate: Tensor, truth: Tensor, sample_rate: int, bars: int) -> float:
    """Median distance in dB over the bars in which the truth is above -50 dB."""
    found, true = (bar_levels(audio, sample_rate, bars) for audio in (estimate, truth))
    heard = true > -50
    return float((found - true).abs()[heard].median()) if bool(heard.any()) else math.nan


def main() -> None:
    """Measure the separator of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--separator", default="spectral")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    registry = djtrans.default_registry()
    declaration = registry.separators.find(arguments.separator).declaration
    separator = registry.separators.build(arguments.separator)
    rows: list[tuple[str, list[float]]] = []
    for seed in arguments.seeds:
        spec = sample_spec(seed)
        truth = synthesize(spec).stems
        rate, bars = truth.sample_rate, sum(length for _, length in spec.structure)
        begin = time.process_time()
        found = separate(separator, declaration, truth.mix, rate)
        seconds = (time.process_time() - begin) * rate / truth.samples
        values = []
        for name in truth.names:
            values += [si_sdr_db(found[name], truth[name]), si_sdr_db(truth.mix, truth[name])]
        bottoms = [(found[name], truth[name]) for name in ("drums", "bass")]
        bottoms.insert(0, (bottoms[0][0] + bottoms[1][0], bottoms[0][1] + bottoms[1][1]))
        values += [level_error(*pair, rate, bars) for pair in bottoms]
        label = "-".join(section[0] for section in spec.structure)
        rows.append((f"{seed}: {spec.bpm:g} bpm, {spec.drums}, {label}", [*values, seconds]))
    rows.append(("mean", torch.tensor([values for _, values in rows]).nanmean(dim=0).tolist()))
    print("| seed | drums | bass | vocals | other | bottom | drums | bass | s per s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for label, values in rows:
        stems = [f"{values[i]:.1f} ({values[i + 1]:.1f})" for i in range(0, 8, 2)]
        levels = [f"{value:.1f} dB" for value in values[8:11]]
        print(f"| {label} | {' | '.join([*stems, *levels, f'{values[11]:.3f}'])} |")


if __name__ == "__main__":
    main()
