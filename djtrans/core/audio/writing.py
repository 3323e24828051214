"""Write audio files piece by piece, atomically."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import numpy as np
import soundfile
from torch import Tensor

from djtrans.core.audio.containers import WRITABLE, check_sample_rate
from djtrans.core.audio.reproducible_files import make_reproducible
from djtrans.core.errors import AudioFileError
from djtrans.core.util.atomic_files import reason, replacing

#: libsndfile's Vorbis encoder overflows its stack on one huge write.
_WRITE_FRAMES = 65536

#: Appends samples ``[channels, samples]`` to a file.
Write: TypeAlias = "Callable[[Tensor], None]"


@contextmanager
def open_writer(
    path: str | os.PathLike[str],
    sample_rate: int,
    channels: int,
    subtype: str | None = None,
    *,
    texts: Mapping[str, str] | None = None,
) -> Iterator[Write]:
    """Write an audio file piece by piece; it appears when the block ends without an error.

    Parameters
    ----------
    path : path-like
        The file. Its extension determines the format.
    sample_rate, channels : int
        Sample rate in Hz, and number of channels.
    subtype : str, optional
        See :func:`djtrans.write_audio`.
    texts : mapping of str to str, optional
        Tags by libsndfile's names.

    Yields
    ------
    callable
        Appends finite samples, ``[channels, samples]``; the same samples give the same file,
        however they are divided.

    Raises
    ------
    AudioFileError
        If the extension or subtype is unknown, or the file cannot be written.
    """
    file = Path(os.path.expanduser(path))
    container, chosen = audio_format(file, subtype)
    check_sample_rate(file, sample_rate)
    with replacing(file, AudioFileError) as part:
        try:
            with soundfile.SoundFile(
                os.fsencode(part),
                "w",
                samplerate=sample_rate,
                channels=channels,
                format=container,
                subtype=chosen,
            ) as out:
                for name, text in (texts or {}).items():
                    setattr(out, name, text)

                def write(audio: Tensor) -> None:
                    frames = audio.detach().cpu().float().numpy().T
                    for begin in range(0, len(frames), _WRITE_FRAMES):
                        out.write(np.ascontiguousarray(frames[begin : begin + _WRITE_FRAMES]))

                yield write
            make_reproducible(part)
        except (soundfile.SoundFileError, OSError, ValueError) as error:
            if isinstance(error, AudioFileError):
                raise
            raise AudioFileError(
                f"Cannot write {file} ({channels} channels at {sample_rate} Hz, {chosen}): "
                f"{reason(error)} Try a .wav file."
            ) from None


def audio_format(file: Path, subtype: str | None) -> tuple[str, str]:
    """Return libsndfile's names of the format and subtype of a file.

    Raises
    ------
    AudioFileError
        If the extension is unknown, or the format has no such subtype.
    """
    if file.suffix.lower() not in WRITABLE:
        raise AudioFileError(
            f"Cannot write {file}: extension {file.suffix!r} is unknown; use one of "
            f"{', '.join(WRITABLE)}."
        )
    container, default = WRITABLE[file.suffix.lower()]
    chosen = subtype or default
    if not soundfile.check_format(container, chosen):
        known = ", ".join(soundfile.available_subtypes(container))
        raise AudioFileError(
            f"Cannot write {file}: a {container} file has no subtype {chosen!r}; choose {known}."
        )
    return container, chosen
