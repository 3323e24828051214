"""How exact and how clean the time axis is: stretches, ramps, joins and transposition.

Run ``python benchmarks/time_axis.py FOLDER``; the folder holds the tracks named in ``TRACKS`` and
is ``DJTRANS_TRACKS`` if left out. Without one there is no table of joins. Prints the Markdown
tables of ``docs/time-axis.md``.

A hit is found where it correlates best, between the samples by a parabola. The kick is a sweep from
200 to 50 Hz that decays in 80 ms, the click 40 samples of noise.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from djtrans.core.audio.io import load_audio
from djtrans.core.audio.pitch_shift import pitch_factor, read_transposed
from djtrans.core.audio.splicing import splice
from djtrans.core.audio.warping import SEARCH_SECONDS, warp
from djtrans.core.transition.plan import Warp, clock_seconds
from djtrans.metrics.clicks import clicks

RATE = 44100
BARS = 16
#: Tempo of each track in beats per minute; the first beat is its first sample.
TRACKS = {
    "EsoXLB-CPU": 128,
    "Impulslogik-Zen": 140,
    "Oglsdl-Dr8v2": 120,
    "StrictProduction-DearJonDoe": 87,
    "TameAnderson-MakeMe": 140,
}

Array = NDArray[np.float64]


def kick(pitch: float = 1.0) -> Array:
    """The kick, ``pitch`` times as high."""
    t = np.arange(0, 0.2, 1 / RATE)
    return np.exp(-t * 12) * np.sin(2 * np.pi * pitch * (50 * t + 2.5 * (1 - np.exp(-t * 60))))


CLICK = 0.5 * np.random.default_rng(0).standard_normal(40)


def hits(sound: Array, beats: Iterable[float], seconds: float) -> tuple[torch.Tensor, list[float]]:
    """A stereo track of hits, and when each one really is."""
    audio = np.zeros(round(seconds * RATE), dtype=np.float32)
    at = [round(beat * RATE) for beat in beats]
    for sample in at:
        audio[sample : sample + len(sound)] += sound
    return torch.from_numpy(audio).expand(2, -1).clone(), [sample / RATE for sample in at]


def error_ms(audio: torch.Tensor, sound: Array, expected: float) -> float:
    """How much later than expected a hit is found."""
    low = round(expected * RATE) - 600
    near = np.correlate(audio[0, low : low + 1200 + len(sound)].numpy(), sound, "valid")
    i = int(np.argmax(near))
    left, mid, right = near[i - 1 : i + 2]
    return 1000.0 * ((low + i + 0.5 * (left - right) / (left - 2 * mid + right)) / RATE - expected)


def print_constant() -> None:
    """Where hits land at one rate, and what sounds more than 1 ms too early."""
    print("\n| ratio | kick | early | click | early |\n|---|---|---|---|---|")
    for ratio in (0.92, 0.96, 0.98, 1.02, 1.04, 1.08):
        cells = []
        for sound in (kick(), CLICK):
            audio, at = hits(sound, 0.2 + 0.43 * np.arange(45), 21.0)
            out = warp(audio, ((0.0, 0.0), (ratio, 1.0)), RATE, 0.0, 21.0 * ratio)
            clock = [ratio * t for t in at]
            near = [
                out[0, round(t * RATE) - RATE // 20 :][: RATE // 4].double() ** 2 for t in clock
            ]
            early = np.mean([float(e[: RATE // 20 - RATE // 1000].sum() / e.sum()) for e in near])
            cells += [summary(np.array([error_ms(out, sound, t) for t in clock]))]
            cells += [f"{10.0 * math.log10(early):.0f} dB"]
        print(f"| {ratio:g} | {' | '.join(cells)} |")


def print_tones() -> None:
    """What a ramp adds to tones, more than 1 kHz above them."""
    print("\n| tone | at the joins | between them | at one rate |\n|---|---|---|---|")
    for hz in (55, 110, 440, 1000, 3000):
        t = torch.arange(50 * RATE, dtype=torch.float64) / RATE
        tone = (0.5 * torch.sin(2 * math.pi * hz * t)).float()[None]
        course = ramp(1.005, 1.065, 30 / BARS, BARS, 5.0, home=False)
        corners = np.array([clock for clock, _ in course[2:-3]])
        still = warp(tone, ((0.0, 5.0), (1.0, 6.03)), RATE, 0.0, 28.0)
        moving = warp(tone, course, RATE, 0.0, 28.0)
        steps = np.arange(0.0, SEARCH_SECONDS + 0.03, 0.01)
        cells = []
        for audio, before in ((moving, 0.0), (moving, 0.6), (still, 0.0)):
            at = (corners[:, None] - before - steps).ravel()
            cells.append(f"{max(splatter(audio[0].numpy(), hz, time) for time in at):.0f} dB")
        print(f"| {hz} Hz | {' | '.join(cells)} |")


def splatter(audio: NDArray[np.float32], hz: float, time: float, size: int = 8192) -> float:
    """Strongest line more than 1 kHz above a tone against the tone itself, in dB."""
    start = round(time * RATE) - size // 2
    spectrum = np.abs(np.fft.rfft(audio[start : start + size] * np.blackman(size)))
    far = np.fft.rfftfreq(size, 1 / RATE) > hz + 1000
    return float(20.0 * np.log10(spectrum[far].max() / spectrum.max()))


def ramp(first: float, last: float, step: float, count: int, start: float, home: bool) -> Warp:
    """A map with `count` points over 16 bars, each `step` track seconds; then home over 16 more."""

    def course(one: float, other: float) -> Array:
        return one + (other - one) * (np.arange(count) + 0.5) / count

    rates = np.concatenate([course(first, last), *([course(last, 1.0)] if home else [])])
    clock = np.concatenate([[-1.0, 0.0], np.cumsum(step / rates)])
    track = np.concatenate([[start - first], start + step * np.arange(len(rates) + 1)])
    end = 1.0 if home else last
    points = [*zip(clock, track, strict=True), (clock[-1] + 1.0, track[-1] + end)]
    return tuple((float(c), float(t)) for c, t in points)


def print_ramps() -> None:
    """Where hits land on ramps."""
    print("\n| rate | points | kick | click |\n|---|---|---|---|")
    beat = 60 / 128
    for first, last, home in (
        (1.0, 1.06, False),
        (0.97, 1.03, False),
        (0.94, 1.0, False),
        (1.0, 1.08, False),
        (1.06, 1.06, True),
    ):
        for name, count in (("bar", BARS), ("beat", 4 * BARS)):
            course = ramp(first, last, 4 * BARS * beat / count, count, 8.0, home)
            end = course[-1][0]
            cells = []
            for sound in (kick(), CLICK):
                audio, at = hits(sound, np.arange(8.0, 85.0, beat), 90.0)
                out = warp(audio, course, RATE, -1.0, end)
                clock = [clock_seconds(course, t) + 1.0 for t in at]
                errors = np.array([error_ms(out, sound, t) for t in clock if 0.5 < t < end])
                cells.append(summary(errors))
            course_text = f"{first:g} to {last:g}" if not home else f"{first:g}, then home to 1"
            print(f"| {course_text} | per {name} | {cells[0]} | {cells[1]} |")


def summary(errors: Array) -> str:
    """Mean ± standard deviation (extremes)."""
    low, high = errors.min(), errors.max()
    return f"{errors.mean():+.2f} ± {errors.std():.2f} ({low:+.2f} to {high:+.2f})"


def levels(audio: torch.Tensor, low: bool) -> Array:
    """Level in dB of each 20 ms, of the whole or below 150 Hz."""
    mono = audio.mean(dim=0).double().numpy()
    if low:
        mono = sosfiltfilt(butter(2, 150, fs=RATE, output="sos"), mono)
    frame = RATE // 50
    frames = mono[: len(mono) // frame * frame].reshape(-1, frame)
    return np.asarray(10.0 * np.log10((frames**2).mean(axis=1) + 1e-8))


def beyond(out: torch.Tensor, passes: list[torch.Tensor], low: bool) -> tuple[float, float]:
    """Deepest level below, and highest above, what both constant passes have, in dB."""
    level, (one, other) = levels(out, low), (levels(p, low) for p in passes)
    loud = np.maximum(one, other) > max(one.max(), other.max()) - 30
    dip = np.minimum(level - np.minimum(one, other), 0.0)[loud].min()
    return float(dip), float(np.maximum(level - np.maximum(one, other), 0.0)[loud].max())


def print_joins(folder: Path) -> None:
    """What is heard of the joins in real music."""
    print("\n| track | dip | bump | dip below 150 Hz | bump below 150 Hz | clicks |")
    print("|---|---|---|---|---|---|")
    for name, bpm in TRACKS.items():
        audio, _ = load_audio(folder / f"{name}.ogg")
        bar = 240 / bpm
        middle = round(0.45 * audio.shape[-1] / RATE / bar) * bar
        wide, deep, found = [], [], 0
        for first, last in ((0.96, 1.02), (1.02, 0.96)):
            course = ramp(first, last, bar, BARS, middle, home=False)
            for (c0, t0), (c1, t1), (c2, t2) in zip(course, course[1:], course[2:], strict=False):
                # The passes that are joined, and those passes joined: nothing else differs.
                sides = (((c0, t0), (c1, t1)), ((c1, t1), (c2, t2)))
                passes = [warp(audio, line, RATE, c1 - 0.6, c1 + 0.6) for line in sides]
                begin, end = round((0.6 - SEARCH_SECONDS) * RATE), round(0.6 * RATE)
                seam = splice(*(p[:, begin:end] for p in passes), RATE)
                out = torch.cat([passes[0][:, :begin], seam, passes[1][:, end:]], dim=-1)
                wide.append(beyond(out, passes, low=False))
                deep.append(beyond(out, passes, low=True))
                found += len(clicks(out.numpy(), passes[0].numpy(), passes[1].numpy(), RATE))
        cells = []
        for values in (np.array(wide), np.array(deep)):
            p95 = np.percentile(np.abs(values), 95, axis=0)
            dip, bump = values[:, 0].min(), values[:, 1].max()
            cells += [f"{-p95[0]:.1f} ({dip:.1f})", f"+{p95[1]:.1f} (+{bump:.1f})"]
        print(f"| {name} | {' | '.join(cells)} | {found} |")


def print_transposition() -> None:
    """Pitch and time of what is transposed, beside the engine's own transposition."""
    print("\n| semitones | tones | kick | the engine's own: tones | kick |\n|---|---|---|---|---|")
    for semitones in (-2.0, -1.0, 1.0, 2.0):
        sound = kick(pitch_factor(semitones))
        cells = []
        for read in (read_transposed, engine_transposed):
            cents = []
            for hz in (55, 110, 220, 441, 1000, 3000):
                t = torch.arange(6 * RATE, dtype=torch.float64) / RATE
                tone = (0.5 * torch.sin(2 * math.pi * hz * t)).float().expand(2, -1)
                out = read(tone.contiguous(), 0.0, 1.04, 4 * RATE, RATE, semitones)
                heard = frequency(out[0, RATE : 3 * RATE].double().numpy())
                cents.append(abs(1200 * math.log2(heard / hz) - 100 * semitones))
            audio, at = hits(kick(), np.arange(0.5, 20.0, 0.43), 22.0)
            out = read(audio, 0.0, 1.04, 19 * RATE, RATE, semitones)
            errors = [error_ms(out, sound, t / 1.04) for t in at if t / 1.04 < 18.0]
            cells += [f"within {max(cents):.1f} cents", summary(np.array(errors))]
        print(f"| {semitones:+g} | {' | '.join(cells)} |")


def engine_transposed(
    audio: torch.Tensor, position: float, rate: float, samples: int, sample_rate: int, by: float
) -> torch.Tensor:
    """What was not chosen: the engine's own transposition."""
    from python_stretch.Signalsmith import Stretch

    engine = Stretch(0)
    engine.preset(audio.shape[0], sample_rate)
    engine.setTimeFactor(rate)
    engine.setTransposeSemitones(by)
    lead = sample_rate // 2
    fed = torch.nn.functional.pad(audio, (lead - round(position), lead))
    out = torch.from_numpy(np.asarray(engine.process(np.ascontiguousarray(fed.numpy()))))
    return out[:, round(lead / rate) :][:, :samples]


def frequency(signal: Array) -> float:
    """Frequency of the strongest partial, by a parabola through the logarithmic spectrum."""
    spectrum = np.log(np.abs(np.fft.rfft(signal * np.hanning(len(signal)))))
    i = int(np.argmax(spectrum))
    left, mid, right = spectrum[i - 1 : i + 2]
    return float((i + 0.5 * (left - right) / (left - 2 * mid + right)) * RATE / len(signal))


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(os.environ.get("DJTRANS_TRACKS") or "../shared/tracks")
    parser.add_argument("folder", nargs="?", type=Path, default=default, help="with the tracks")
    folder = parser.parse_args().folder
    torch.set_num_threads(1)
    print_constant()
    print_ramps()
    if folder.is_dir():
        print_joins(folder)
    print_tones()
    print_transposition()


if __name__ == "__main__":
    main()
