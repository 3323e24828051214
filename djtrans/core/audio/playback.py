"""Play segments of aligned audio: repeated, at a changing speed, or in reverse."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from djtrans.core.audio.looping import SEARCH_SECONDS
from djtrans.core.audio.slicing import padded_slice
from djtrans.core.audio.splicing import FADE_SECONDS, splice
from djtrans.core.audio.validation import check_audio
from djtrans.core.errors import InputError
from djtrans.core.transition.playback import MOST_SPEED, PlaybackSegment

#: Zero crossings of the interpolation filter on either side, at speeds up to 1.
_CROSSINGS = 16
#: Output samples that are interpolated at once.
_BLOCK = 4096


def play(
    audio: Tensor, segments: Sequence[PlaybackSegment], sample_rate: int, start: int = 0
) -> Tensor:
    """Play a track as its playback segments describe; silent after the last one.

    At speed 1 a segment is a copy, equal sample by sample. Where the position jumps, the 30 ms
    before the segment are crossfaded to what precedes the new position, so that there is no click
    and the downbeat is complete. Other speeds are interpolated by a windowed sinc, with a low-pass
    filter above speed 1. All channels are cut at the same samples and every operation is linear
    in them, so that stems that are played together still sum to their mix.

    Parameters
    ----------
    audio : Tensor
        ``[channels, samples]`` on the timeline.
    segments : sequence of PlaybackSegment
        In clock seconds, without gaps; not empty.
    sample_rate : int
        In Hz.
    start : int
        Sample of the timeline of the first sample of the audio.

    Returns
    -------
    Tensor
        Same shape; equal up to 30 ms before the first segment.

    Raises
    ------
    InputError
        If the segments have gaps, or a speed is out of range.
    """
    check_audio(audio)
    _check(segments)
    samples, fade = audio.shape[-1], round(FADE_SECONDS * sample_rate)
    origin = round(segments[0].start * sample_rate) - start
    if not 0 <= origin < samples:
        raise InputError(
            f"The first playback segment starts at {segments[0].start:g} s, outside of the audio; "
            f"give {start / sample_rate:g} to {(start + samples) / sample_rate:g} s."
        )
    out, expected = audio[:, :origin], segments[0].start
    for segment in segments:
        lead = min(round(SEARCH_SECONDS * sample_rate), out.shape[-1])
        part = _read(audio, segment, sample_rate, start, lead)
        if lead and abs(segment.position - expected) * sample_rate > 0.5:
            seam = splice(out[:, -lead:], part[:, :lead], sample_rate)
            out = torch.cat([out[:, :-lead], seam], dim=-1)
        out = torch.cat([out, part[:, lead:]], dim=-1)
        expected = segment.position_at(segment.stop)
    fall = torch.cos(0.5 * torch.pi * (torch.arange(fade, dtype=torch.float64) + 0.5) / fade) ** 2
    out = torch.cat([out[:, :-fade], out[:, -fade:] * fall.to(out)], dim=-1)
    return padded_slice(out, 0, samples)


def _read(
    audio: Tensor, segment: PlaybackSegment, sample_rate: int, start: int, lead: int
) -> Tensor:
    """Read a segment and the `lead` samples before it, ``[channels, lead + samples]``."""
    begin, end = (round(t * sample_rate) for t in (segment.start, segment.stop))
    count = end - begin
    if segment.speed == segment.end_speed == 1.0:
        first = round(segment.position * sample_rate) - start
        return padded_slice(audio, first - lead, first + count)
    elapsed = torch.arange(-lead, count, dtype=torch.float64)
    change = (segment.end_speed - segment.speed) / (2.0 * count)
    position = segment.position * sample_rate - start
    at = position + segment.speed * elapsed + change * elapsed.square()
    speed = segment.speed + 2.0 * change * elapsed
    return _interpolated(audio, at, speed.abs())


def _interpolated(audio: Tensor, at: Tensor, speed: Tensor) -> Tensor:
    """Interpolate the audio at fractional samples, band-limited to ``1 / speed``."""
    cutoff = 1.0 / speed.clamp(min=1.0)
    half = math.ceil(_CROSSINGS * float(speed.max().clamp(min=1.0)))
    offsets = torch.arange(-half + 1, half + 1)
    parts = []
    for block, limit in zip(at.split(_BLOCK), cutoff.split(_BLOCK), strict=True):
        whole = block.floor().long()
        first = int(whole.min()) - half
        fed = padded_slice(audio, first, int(whole.max()) + half + 1)
        index = whole[:, None] + offsets - first
        distance = (block - whole)[:, None] - offsets
        span = _CROSSINGS / limit[:, None]
        window = torch.cos(0.5 * torch.pi * (distance / span).clamp(-1.0, 1.0)) ** 2
        weights = limit[:, None] * torch.sinc(limit[:, None] * distance) * window
        parts.append(torch.einsum("cnk,nk->cn", fed[:, index].double(), weights).to(audio.dtype))
    return torch.cat(parts, dim=-1)


def _check(segments: Sequence[PlaybackSegment]) -> None:
    if not segments:
        raise InputError("There are no playback segments; give at least one.")
    expected = segments[0].start
    for segment in segments:
        if not segment.start == expected < segment.stop:
            raise InputError(
                f"The playback segment from {segment.start:g} to {segment.stop:g} s does not "
                f"continue at {expected:g} s; give segments in order, without gaps."
            )
        if max(abs(segment.speed), abs(segment.end_speed)) > MOST_SPEED:
            raise InputError(
                f"The playback speeds {segment.speed:g} to {segment.end_speed:g} are out of range; "
                f"give {-MOST_SPEED:g} to {MOST_SPEED:g}."
            )
        expected = segment.stop
