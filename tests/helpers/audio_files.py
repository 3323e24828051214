"""Files in many formats, written by libsndfile and, through PyAV, by FFmpeg's encoders."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import soundfile

RATE = 44100


def noise() -> np.ndarray:
    """Two seconds ``[samples, 2]``: an impulse at sample 0, a quiet and a loud second of noise."""
    rng = np.random.default_rng(0)
    smooth = np.hanning(9)[1:-1] / 4  # lossy codecs cut the highest octave
    audio = np.stack(
        [np.convolve(rng.standard_normal(2 * RATE), smooth, "same") for _ in range(2)], axis=1
    )
    audio *= np.where(np.arange(len(audio)) < RATE, 0.002, 0.2)[:, None]
    audio[0] = 0.9
    return audio.astype(np.float32)


def encode(path: Path, audio: np.ndarray, codec: str, **options: str) -> Path:
    """Write ``[samples, channels]`` with an encoder of FFmpeg; options are those of the format."""
    layout = {1: "mono", 2: "stereo"}[audio.shape[1]]
    rate = 48000 if codec == "libopus" else RATE
    with av.open(path, "w", options=options) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        if codec not in ("alac", "flac"):
            stream.bit_rate = 192_000
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(audio.T), format="fltp", layout=layout
        )
        frame.sample_rate, frame.pts = RATE, 0
        stream.codec_context.open()
        to_codec = av.AudioResampler(
            stream.codec_context.format, layout, rate, stream.codec_context.frame_size
        )
        for part in [*to_codec.resample(frame), *to_codec.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return path


def decode(path: Path) -> np.ndarray:
    """Read ``[samples, channels]`` with FFmpeg's decoders."""
    with av.open(path) as container:
        to_float = av.AudioResampler("fltp")
        parts = [
            part.to_ndarray().T
            for frame in container.decode(audio=0)
            for part in to_float.resample(frame)
        ]
    return np.concatenate(parts)


def sound_bytes(audio: np.ndarray, container: str, subtype: str | None = None) -> bytes:
    """Encode ``[samples, channels]`` with libsndfile."""
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", RATE, audio.shape[1], subtype, format=container) as file:
        file.write(audio)
    return out.getvalue()


def without_tag(mp3: bytes) -> bytes:
    """Remove the first frame, which holds the Xing tag, from an MP3 of MPEG-1."""
    return mp3[mp3.index(mp3[:2], 4) :]


def offset(audio: np.ndarray, source: np.ndarray) -> int:
    """Return how many samples later than in the source the loud second begins."""
    part = source[RATE : RATE + 16384, 0].astype(np.float64)
    window = audio[RATE - 4000 : RATE + 4000 + len(part), 0].astype(np.float64)
    size = 1 << 16
    product = np.fft.rfft(window, size) * np.conj(np.fft.rfft(part, size))
    return int(np.argmax(np.fft.irfft(product, size)[:8001])) - 4000
