"""The table that chooses FFT size, overlap and window of the mixer.

    python benchmarks/stft_table.py

Each setting renders short test signals through the default stem chain at 44.1 kHz; every column is
measured on the output. Lower magnitudes are better everywhere but in the column ``at one``.

========== ========================================================================================
hpf 100    largest error in dB of a 24 dB/oct high-pass at 100 Hz where it is at -36 to -44 dB
early ms   how long before the frame a fader that opens late is above -40 dB
at one     level in dB at the frame itself of what opens late (0: the first kick is whole)
off ms     how long after the frame a fader that closes late is still above -40 dB
low one    as ``at one``, for a 60 Hz tone when the killed low band comes back
sweep      largest error in dB of a low-pass swept from 20 kHz to 100 Hz in half a second, on a
           1 kHz tone, against the filter at that instant, down to -40 dB
null       neutral render against the input, dB
splatter   energy above 3 kHz when a 1 kHz tone is switched on at full level, dB against the tone
cpu ms     one pass over 5 s of 8 stereo stems on one thread: CPU time, least of five
========== ========================================================================================
"""

from __future__ import annotations

import math
import time

import torch
from _mixer_cases import build_mixer, moving_curves
from torch import Tensor

from djtrans.core.contracts.mixer_spec import MixerConfig
from djtrans.mixer.mixer import Mixer

RATE = 44100
SETTINGS = [
    (size, overlap, window)
    for size in (1024, 2048, 4096)
    for overlap, window in ((2, "sqrt-hann"), (4, "sqrt-hann"), (4, "hann"), (8, "hann"))
]


def render(
    mixer: Mixer, audio: Tensor, key: str, values: list[float], seconds: list[float]
) -> Tensor:
    """One stem of track A ``[samples]`` under one curve, all else neutral."""
    stems = torch.zeros(4, 1, len(audio))
    stems[0, 0] = audio
    curves = torch.tensor(mixer.layout.neutral).repeat(len(values), 1)
    curves[:, mixer.layout.index(key)] = torch.tensor(values)
    beats = [0.0, 0.5]
    out = mixer(stems, 0 * stems, curves, frame_times=seconds, beat_times=beats)
    return out.a[0]


def tone(hz: float, seconds: float) -> Tensor:
    """A sine of amplitude 1."""
    time_axis = torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE
    return torch.sin(2 * math.pi * hz * time_axis).float()


def decibels(x: Tensor | float) -> Tensor:
    """Of an amplitude."""
    return 20 * torch.log10(torch.as_tensor(x).abs().clamp(min=1e-12))


def envelope(x: Tensor, hz: float) -> Tensor:
    """Amplitude of a tone at `hz` under a slow gain, by the analytic signal."""
    spectrum = torch.fft.fft(x)
    spectrum[len(x) // 2 :] = 0
    return 2 * torch.fft.ifft(spectrum).abs()


def highpass_error(mixer: Mixer) -> float:
    """See the column ``hpf 100``."""
    impulse = torch.zeros(2 * RATE)
    # Averaged over places between two frames, as music lies anywhere.
    freqs = torch.fft.rfftfreq(2 * RATE, 1 / RATE)
    ideal = 1 / torch.sqrt(1 + (100 / freqs.clamp(min=1e-3)) ** 8)
    near = (decibels(ideal) > -44) & (decibels(ideal) < -36)
    x = math.log(100 / 20) / math.log(1000)
    power = torch.zeros(len(freqs))
    for place in range(0, 2048, 128):
        impulse.zero_()
        impulse[RATE + place] = 1.0
        out = render(mixer, impulse, "a/drums/hpf/cutoff", [x, x], [0.0, 1.0])
        power += torch.fft.rfft(out).abs().square() / 16
    return float((decibels(power.sqrt()) - decibels(ideal))[near].abs().max())


def late_edge(mixer: Mixer, key: str, audio: Tensor, opens: bool, hz: float) -> tuple[float, ...]:
    """How long before the one it is open, level at the one, how long after the one it is open.

    The worst of four places of the one between the frames of the STFT.
    """
    found = []
    for place in range(0, 2048, 512):
        one = round(0.75 * RATE) + place
        values, seconds = [0.0, 0.0, 1.0, 1.0], [0.0, 0.5, one / RATE, 1.5]
        if not opens:
            values = [1 - v for v in values]
        out = render(mixer, audio, key, values, seconds)
        level = decibels(envelope(out, hz)) if hz else decibels(out)
        heard = (level[one - RATE // 10 : one + RATE // 10] > -40).nonzero() - RATE // 10
        found.append((-1000 * heard[0] / RATE, level[one], 1000 * heard[-1] / RATE))
    early, at_one, off = zip(*found, strict=True)
    return float(max(early)), float(min(at_one)), float(max(off))


def sweep_error(mixer: Mixer) -> float:
    """See the column ``sweep``."""
    start, stop = 1.0, math.log(100 / 20) / math.log(1000)
    out = render(mixer, tone(1000, 1.5), "a/drums/lpf/cutoff", [start, stop], [0.5, 1.0])
    times = torch.arange(len(out)) / RATE
    x = start + ((times - 0.5) / 0.5).clamp(0, 1) * (stop - start)
    cutoff = torch.tan(math.pi * 20 * 1000**x / RATE)
    ideal = 1 / torch.sqrt(1 + (math.tan(math.pi * 1000 / RATE) / cutoff) ** 8)
    seen = (decibels(ideal) > -40) & (times > 0.5) & (times < 1.0) & (x < 0.96)
    return float((decibels(envelope(out, 1000)) - decibels(ideal))[seen].abs().max())


def null(mixer: Mixer) -> float:
    """See the column ``null``."""
    audio = 0.1 * torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    out = render(mixer, audio, "a/drums/fader/gain", [1.0, 1.0], [0.0, 1.0])
    return float(decibels((out - audio).norm() / audio.norm()))


def splatter(mixer: Mixer) -> float:
    """See the column ``splatter``."""
    values, seconds = [0.0, 0.0, 1.0, 1.0], [0.0, 0.5, 0.75, 1.5]
    audio = tone(1000, 1.5)
    out = render(mixer, audio, "a/drums/fader/gain", values, seconds)
    # A Hann window, so that the ends of the piece make no splatter of their own.
    piece = out[round(0.6 * RATE) : round(0.9 * RATE)] * torch.hann_window(round(0.3 * RATE))
    spectrum = torch.fft.rfft(piece).abs()
    freqs = torch.fft.rfftfreq(len(piece), 1 / RATE)
    return float(decibels(spectrum[freqs > 3000].norm() / spectrum.norm()))


def milliseconds(mixer: Mixer) -> float:
    """See the column ``cpu ms``."""
    stems = 0.1 * torch.randn(4, 2, 5 * RATE, generator=torch.Generator().manual_seed(0))
    curves, least = moving_curves(mixer), math.inf
    for _ in range(5):
        start = time.process_time()
        mixer(stems, stems, curves)
        least = min(least, time.process_time() - start)
    return 1000 * least


def main() -> None:
    """Measure every setting and print the table."""
    torch.set_num_threads(1)
    head = (
        "hpf 100",
        "early ms",
        "at one",
        "off ms",
        "low one",
        "sweep",
        "null",
        "splatter",
        "cpu ms",
    )
    print("| size | overlap | window | " + " | ".join(head) + " |")
    print("|---" * (3 + len(head)) + "|")
    constant = torch.ones(round(1.5 * RATE))
    for size, overlap, window in SETTINGS:
        config = MixerConfig(fft_size=size, overlap=overlap, window=window)
        mixer = build_mixer(config)
        early, at_one, _ = late_edge(mixer, "a/drums/fader/gain", constant, True, 0)
        _, _, off = late_edge(mixer, "a/drums/fader/gain", constant, False, 0)
        _, low_one, _ = late_edge(mixer, "a/drums/eq/low", tone(60, 1.5), True, 60)
        row = (highpass_error(mixer), early, at_one, off, low_one, sweep_error(mixer))
        row += (null(mixer), splatter(mixer), milliseconds(mixer))
        cells = " | ".join(f"{value:.1f}" for value in row)
        print(f"| {size} | {overlap} | {window} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
