"""Assemble a set: tracks and rendered transitions one after the other, in bounded memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from djtrans.core.audio.decibels import db_to_amplitude
from djtrans.core.audio.io import load_audio
from djtrans.core.audio.splicing import splice
from djtrans.core.audio.warping import warp
from djtrans.core.errors import AudioFileError
from djtrans.sets.folder import BoundaryFiles
from djtrans.sets.loading import load_again
from djtrans.sets.scanning import SetTrack
from djtrans.sets.schedule import Part, Schedule

#: Length of the pieces in which a track is handed on, in seconds.
_PIECE_SECONDS = 20.0


def set_audio(
    schedule: Schedule,
    tracks: Sequence[SetTrack],
    folder: Path,
    channels: int,
) -> Iterator[Tensor]:
    """Yield the audio of a set, ``[channels, samples]`` each, without its final gain.

    One track is in memory at a time. A track and a rendered transition overlap by a quarter of a
    second, in which both contain the same sound, and are spliced where they are most similar.

    Parameters
    ----------
    schedule : Schedule
    tracks : sequence of SetTrack
        In the order of the set.
    folder : Path
        Folder of the rendered transitions.
    channels : int
        Of the mix.
    """
    rate = schedule.sample_rate
    held = torch.zeros(channels, 0)
    for index, part in enumerate(schedule.parts):
        audio = _part_audio(part, tracks[index], schedule.times[index].gain_db, rate, channels)
        held = yield from _spliced(held, audio, part.overlaps[1], rate)
        if index == len(schedule.spans):
            return
        span = schedule.spans[index]
        if span is None:
            pause = schedule.parts[index + 1].begin - part.end
            yield torch.zeros(channels, pause)
            continue
        path = BoundaryFiles(folder, index + 1).audio
        rendered, _ = load_audio(path)
        if tuple(rendered.shape) != (channels, span.samples):
            raise AudioFileError(f"{path} was changed by another program; delete it and run again.")
        overlap = schedule.parts[index + 1].overlaps[0]
        held = yield from _spliced(held, iter([rendered]), overlap, rate)


def _spliced(
    held: Tensor, pieces: Iterator[Tensor], keep: int, sample_rate: int
) -> Generator[Tensor, None, Tensor]:
    """Yield pieces that begin with the sound that was held back, and hold back their end."""
    before, rest = held, held[:, :0]
    for piece in pieces:
        joined = torch.cat([rest, piece], dim=-1)
        overlap = before.shape[-1]
        if joined.shape[-1] < overlap + keep:
            rest = joined
            continue
        if overlap:
            seam = splice(before, joined[:, :overlap], sample_rate)
            yield seam
            joined, before = joined[:, overlap:], before[:, :0]
        yield joined[:, : joined.shape[-1] - keep]
        rest = joined[:, joined.shape[-1] - keep :].clone()
    return rest


def _part_audio(
    part: Part, track: SetTrack, gain_db: float, sample_rate: int, channels: int
) -> Iterator[Tensor]:
    """Yield a part of a track at the tempo and the gain of the set."""
    source = load_again(track, sample_rate, channels).audio
    samples, gain = part.tempo.samples, db_to_amplitude(gain_db)
    # As a whole: pieces of one stretch would not continue each other.
    audio = warp(source, part.tempo.points, sample_rate, 0.0, samples / sample_rate)
    size = round(_PIECE_SECONDS * sample_rate)
    for start in range(0, samples, size):
        yield _faded(audio[:, start : start + size] * gain, part, start)


def _faded(piece: Tensor, part: Part, start: int) -> Tensor:
    """Fade the ends of a part that are not spliced, with a sine."""
    fade_in, fade_out = part.fades
    at = torch.arange(start, start + piece.shape[-1], dtype=torch.float64) + 0.5
    for length, distance in ((fade_in, at), (fade_out, part.tempo.samples - at)):
        if length and float(distance.min()) < length:
            ramp = torch.sin(0.5 * torch.pi * (distance / length).clamp(0.0, 1.0))
            piece = piece * ramp.to(piece)
    return piece
