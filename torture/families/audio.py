"""Audio files that are damaged, or unusual."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import soundfile

from torture import corpus
from torture.bench import Bench, Make, Place, single
from torture.case import Argument, Case
from torture.judge import Promise
from torture.mutation import BYTES

FORMATS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_16"),
    "w64": ("W64", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
}
Samples = np.ndarray[Any, np.dtype[np.float64]]


def encoded(samples: Samples, rate: int, container: str, subtype: str) -> bytes:
    """Encode samples as the bytes of a file."""
    stream = io.BytesIO()
    soundfile.write(stream, samples, rate, format=container, subtype=subtype)
    return stream.getvalue()


def music(bench: Bench) -> tuple[Samples, int]:
    """Return some seconds of a track."""
    return soundfile.read(bench.corpus / "a.wav", stop=corpus.RATE * 12, always_2d=True)


def _damaged(suffix: str, change: str) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        data = encoded(*music(bench), *FORMATS[suffix])
        (place.files / f"x.{suffix}").write_bytes(BYTES[change](data, rng))
        return ("analyze", f"x.{suffix}", "--json")

    return make


def _generated(suffix: str, change: str) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        corpus.place_tracks(bench, place)
        samples, rate = soundfile.read(place.files / "b.wav", always_2d=True)
        data = encoded(samples, rate, *FORMATS[suffix])
        (place.files / f"x.{suffix}").write_bytes(BYTES[change](data, rng))
        return ("generate", "a.wav", f"x.{suffix}", "-o", "out.wav", *corpus.GENERATE)

    return make


def _signals() -> dict[str, Callable[[Samples, Random], Samples]]:
    """Return changes of music that decoders accept and analyses may not expect."""

    def noise(x: Samples, rng: Random) -> Samples:
        return np.random.default_rng(rng.randrange(2**32)).normal(0, 0.1, x.shape)

    def spoiled(value: float) -> Callable[[Samples, Random], Samples]:
        def change(x: Samples, rng: Random) -> Samples:
            x[rng.randrange(len(x))] = value
            return x

        return change

    ramp = np.linspace(0, 1, 44100)[:, None]
    return {
        "silence": lambda x, rng: 0 * x,
        "one sample": lambda x, rng: x[:1],
        "two samples": lambda x, rng: x[:2],
        "a tenth of a second": lambda x, rng: x[:2205],
        "one second": lambda x, rng: x[:22050],
        "four seconds": lambda x, rng: x[: 4 * 22050],
        "constant": lambda x, rng: 0 * x + 0.5,
        "offset": lambda x, rng: 0.5 * x + 0.4,
        "quiet": lambda x, rng: 1e-4 * x,
        "least bit": lambda x, rng: np.sign(x) * 2**-15,
        "denormal": lambda x, rng: 1e-310 * x,
        "clipped": lambda x, rng: np.clip(100 * x, -1, 1),
        "beyond full scale": lambda x, rng: 1e6 * x,
        "beyond float": lambda x, rng: 1e37 * x,
        "noise": noise,
        "NaN": spoiled(np.nan),
        "infinity": spoiled(np.inf),
        "minus infinity": spoiled(-np.inf),
        "one impulse": lambda x, rng: np.eye(len(x), 1),
        "impulses": lambda x, rng: np.tile(np.eye(22050, 1), (12, 1)),
        "sine": lambda x, rng: 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(x)) / 22050)[:, None],
        "ramp": lambda x, rng: np.tile(ramp, (8, 1)),
        "opposite channels": lambda x, rng: np.hstack([x[:, :1], -x[:, :1]]),
        "one silent channel": lambda x, rng: np.hstack([x[:, :1], 0 * x[:, :1]]),
        "eight channels": lambda x, rng: np.tile(x[:, :1], (1, 8)),
        "seven channels": lambda x, rng: np.tile(x[:, :1], (1, 7)),
        "sixty-four channels": lambda x, rng: np.tile(x[:44100, :1], (1, 64)),
        "silent start": lambda x, rng: np.vstack([0 * x, x]),
        "silent end": lambda x, rng: np.vstack([x, 0 * x]),
        "silent middle": lambda x, rng: np.vstack([x, 0 * x, x]),
        "reversed": lambda x, rng: x[::-1],
        "fast": lambda x, rng: x[::4],
        "slow": lambda x, rng: np.repeat(x[:110250], 4, axis=0),
    }


def _signal(name: str, command: str) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        samples, rate = music(bench)
        samples = _signals()[name](samples, rng)
        (place.files / "x.wav").write_bytes(encoded(samples, rate, "WAV", "DOUBLE"))
        if command == "analyze":
            return ("analyze", "x.wav", "--json")
        place.link(bench.corpus / "a.wav", "a.wav")
        return ("generate", "x.wav", "a.wav", "-o", "out.wav", *corpus.GENERATE)

    return make


def _rate(rate: int) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        samples, _ = music(bench)
        samples = samples[: max(100, min(len(samples), 4 * rate))]
        (place.files / "x.wav").write_bytes(encoded(samples, rate, "WAV", "PCM_16"))
        return ("analyze", "x.wav", "--json")

    return make


def _bytes(name: str, content: Callable[[Bench, Random], bytes]) -> Make:
    def make(bench: Bench, place: Place, rng: Random) -> tuple[Argument, ...]:
        (place.files / name).write_bytes(content(bench, rng))
        return ("analyze", name, "--json")

    return make


def _headers() -> dict[str, tuple[str, Callable[[Bench, Random], bytes], str]]:
    """Return files by name: their name, content and the expected result."""

    def wav(bench: Bench, _: Random) -> bytes:
        return encoded(*music(bench), "WAV", "PCM_16")

    def claim(size: bytes) -> Callable[[Bench, Random], bytes]:
        def content(bench: Bench, rng: Random) -> bytes:
            data = wav(bench, rng)
            at = data.index(b"data") + 4
            return data[:at] + size + data[at + 4 :]

        return content

    return {
        "empty": ("x.wav", lambda b, r: b"", "refused"),
        "header alone": ("x.wav", lambda b, r: wav(b, r)[:44], "refused"),
        "RIFF alone": ("x.wav", lambda b, r: b"RIFF", "refused"),
        "noise as wav": ("x.wav", lambda b, r: r.randbytes(5000), "refused"),
        "noise as flac": ("x.flac", lambda b, r: b"fLaC" + r.randbytes(5000), "refused"),
        "noise as ogg": ("x.ogg", lambda b, r: b"OggS" + r.randbytes(5000), "refused"),
        "noise as mp3": ("x.mp3", lambda b, r: r.randbytes(5000), "refused"),
        "zeros as mp3": ("x.mp3", lambda b, r: bytes(5000), "refused"),
        "tag alone": ("x.mp3", lambda b, r: b"ID3\x04\0\0\x7f\x7f\x7f\x7f", "refused"),
        "text as wav": ("x.wav", lambda b, r: b"hello\n" * 100, "refused"),
        "sidecar": ("._x.wav", lambda b, r: b"\0\5\x16\7" + bytes(4000), "refused"),
        "claims 4 GB": ("x.wav", claim(b"\xff\xff\xff\xff"), "either"),
        "claims 2 GB": ("x.wav", claim(b"\xff\xff\xff\x7f"), "either"),
        "claims nothing": ("x.wav", claim(b"\0\0\0\0"), "either"),
        "wav named mp3": ("x.mp3", wav, "either"),
        "wav named flac": ("x.flac", wav, "either"),
        "wav named txt": ("x.txt", wav, "either"),
        "wav without suffix": ("x", wav, "either"),
        "wav in capitals": ("X.WAV", wav, "success"),
        "two wavs": ("x.wav", lambda b, r: 2 * wav(b, r), "either"),
        "noise after wav": ("x.wav", lambda b, r: wav(b, r) + r.randbytes(9999), "either"),
        "page for video": ("x.mp4", lambda b, r: b"\0\0\0\x20ftypisom" + bytes(99), "refused"),
        "playlist": ("x.m3u", lambda b, r: b"#EXTM3U\n../../etc/passwd\n", "refused"),
    }


def cases(rng: Random) -> Iterator[Case]:
    """Yield the cases."""
    for suffix in FORMATS:
        for change in BYTES:
            yield single("inputs", f"audio {suffix} {change}", _damaged(suffix, change))
    for suffix in ("wav", "flac", "ogg", "mp3"):
        for change in ("flipped", "truncated", "header flipped"):
            promise = Promise(outputs=("out.wav",))
            name = f"audio generate {suffix} {change}"
            yield single("inputs", name, _generated(suffix, change), promise)
    for name in _signals():
        yield single("inputs", f"audio signal {name}", _signal(name, "analyze"))
        if rng.random() < 0.5:
            promise = Promise(outputs=("out.wav",))
            yield single("inputs", f"audio mixed {name}", _signal(name, "generate"), promise)
    for rate in (1, 2, 10, 100, 1000, 4000, 7919, 192000, 384000, 655350, 2**31 - 1):
        yield single("inputs", f"audio rate {rate}", _rate(rate))
    for name, (file, content, expected) in _headers().items():
        promise = Promise(expected=expected)
        yield single("inputs", f"audio file {name}", _bytes(file, content), promise)
