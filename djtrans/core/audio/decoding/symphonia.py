"""Decode AAC-LC and ALAC with Symphonia (sphn, which demucs depends on).

Symphonia does not find the number of channels in an MP4 file, so its packets are handed over in
plainer containers: AAC as ADTS, ALAC as CAF. HE-AAC is left to other decoders: Symphonia would
decode only the lower half of its spectrum.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, BinaryIO

from djtrans.core.audio.decoding.adts import AdtsAudio
from djtrans.core.audio.decoding.mp4 import AAC_RATES, Mp4Audio
from djtrans.core.audio.decoding.stream import BLOCK, FloatArray
from djtrans.core.errors import AudioFileError


def is_available() -> bool:
    """Return True if sphn is installed."""
    return find_spec("sphn") is not None


class SymphoniaStream:
    """Audio that Symphonia decodes, whole, when it is first read.

    Parameters
    ----------
    sample_rate, channels : int
        As the file declares them.
    decode : callable
        Returns ``[samples, channels]``.
    """

    damaged = False

    def __init__(self, sample_rate: int, channels: int, decode: Callable[[], FloatArray]) -> None:
        self.decoder = f"Symphonia (sphn {version('sphn')})"
        self.sample_rate, self.channels = sample_rate, channels
        self.frames: int | None = None
        self._decode = decode

    def blocks(self, start: int = 0) -> Iterator[FloatArray]:
        """Yield ``[samples, channels]`` from a sample to the end of the audio."""
        samples = self._decode()
        for first in range(start, len(samples), BLOCK):
            yield samples[first : first + BLOCK]


def open_adts(file: Path, audio: AdtsAudio) -> SymphoniaStream:
    """Open an AAC file without container."""
    return SymphoniaStream(audio.sample_rate, audio.channels, lambda: _decode(file, file, audio))


def open_mp4(file: Path, stream: BinaryIO, audio: Mp4Audio) -> SymphoniaStream:
    """Open the audio track of an MP4 file."""

    def decode() -> FloatArray:
        suffix = ".caf" if audio.codec == "alac" else ".aac"
        with tempfile.NamedTemporaryFile(suffix=suffix) as plain:
            if audio.codec == "alac":
                _write_caf(plain, stream, audio)
            else:
                _write_adts(plain, stream, audio)
            plain.flush()
            return _decode(file, Path(plain.name), audio)[audio.skip :]

    return SymphoniaStream(audio.sample_rate, audio.channels, decode)


def _decode(file: Path, plain: Path, audio: AdtsAudio | Mp4Audio) -> FloatArray:
    import sphn  # type: ignore[import-untyped]  # it has no type information

    try:
        samples, rate = sphn.read(plain)
    except BaseException as error:
        # Damaged AAC may make it panic; the class of that is no Exception and cannot be imported.
        if not isinstance(error, ValueError | OSError) and type(error).__name__ != "PanicException":
            raise
        why = str(error).replace(f'"{plain}": ', "")
        raise AudioFileError(
            f"{file} cannot be decoded to its end by Symphonia ({why}). Copy or export it again."
        ) from None
    if (int(rate), len(samples)) != (audio.sample_rate, audio.channels):
        raise AudioFileError(
            f"{file} declares {audio.channels} channels at {audio.sample_rate} Hz, and holds "
            f"{len(samples)} at {int(rate)} Hz. Export it again."
        )
    decoded: FloatArray = samples.T
    return decoded


def _write_adts(out: IO[bytes], stream: BinaryIO, audio: Mp4Audio) -> None:
    index = AAC_RATES.index(audio.sample_rate)
    for offset, size in audio.packets:
        stream.seek(offset)
        # Sync word, MPEG-4 without checksum, AAC-LC, one block a frame, unknown buffer fullness.
        word = 0xFFF1 << 40 | 1 << 38 | index << 34 | audio.channels << 30
        word |= size + 7 << 13 | 0x7FF << 2
        out.write(word.to_bytes(7, "big"))
        out.write(stream.read(size))


def _write_caf(out: IO[bytes], stream: BinaryIO, audio: Mp4Audio) -> None:
    per_packet = int.from_bytes(audio.config[:4], "big")
    table = b"".join(_variable_length(size) for _, size in audio.packets)
    frames = per_packet * len(audio.packets)
    description = struct.pack(
        ">d4sIIIII", audio.sample_rate, b"alac", 0, 0, per_packet, audio.channels, 0
    )
    packets = struct.pack(">qqii", len(audio.packets), frames, 0, 0) + table
    out.write(b"caff\0\1\0\0")
    for name, body in ((b"desc", description), (b"kuki", audio.config), (b"pakt", packets)):
        out.write(name + struct.pack(">q", len(body)) + body)
    out.write(b"data" + struct.pack(">qI", 4 + sum(size for _, size in audio.packets), 0))
    for offset, size in audio.packets:
        stream.seek(offset)
        out.write(stream.read(size))


def _variable_length(number: int) -> bytes:
    """Encode a number in groups of seven bits, the highest first."""
    groups = [number & 127]
    while number := number >> 7:
        groups.append(number & 127 | 128)
    return bytes(reversed(groups))
