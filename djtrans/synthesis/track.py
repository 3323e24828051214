"""Synthesize a track from its spec."""

from __future__ import annotations

from itertools import pairwise

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db, db_to_amplitude
from djtrans.core.track.analysis import Phrase, Section
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.core.track.key import Key
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.stems import Stems
from djtrans.synthesis.automation import automate, stop_sample
from djtrans.synthesis.bass import render_bass
from djtrans.synthesis.drums import render_drums
from djtrans.synthesis.dsp import duck
from djtrans.synthesis.pads import render_pads
from djtrans.synthesis.plucks import render_arp, render_stabs
from djtrans.synthesis.riser import render_riser
from djtrans.synthesis.theory import Harmony
from djtrans.synthesis.timeline import BEATS_PER_BAR, Timeline
from djtrans.synthesis.track_spec import TrackSpec
from djtrans.synthesis.vocals import render_vocals

_CHUNK = 1 << 16


@attrs.frozen(eq=False)
class SynthTrack:
    """A synthetic track and the truth about it.

    Attributes
    ----------
    spec : TrackSpec
    stems : Stems
        ``[4, 2, samples]`` float32: drums, bass, vocals, other. The track ends with its last bar.
    grid : BeatGrid
        Beat 0 is the first downbeat; the last beat is the end of the track.
    sections : tuple of Section
        With measured levels.
    phrases : tuple of Phrase
        Eight bars each, or what is left of the section.
    key : Key
    kick_seconds : ndarray
        When each kick begins; half a sample exact.
    sung : tuple of Phrase
        The bars in which the voice sings. Outside them the vocal stem is exactly silent, but for
        the pickups of dense singing, which begin up to a beat before.
    """

    spec: TrackSpec
    stems: Stems
    grid: BeatGrid
    sections: tuple[Section, ...]
    phrases: tuple[Phrase, ...]
    key: Key
    kick_seconds: NDArray[np.float64]
    sung: tuple[Phrase, ...]

    @property
    def audio(self) -> Tensor:
        """The mix ``[2, samples]``: the sum of the stems."""
        return self.stems.mix

    @property
    def sample_rate(self) -> int:
        """Sample rate in Hz."""
        return self.stems.sample_rate


def synthesize(spec: TrackSpec) -> SynthTrack:
    """Play a track.

    Parameters
    ----------
    spec : TrackSpec

    Returns
    -------
    SynthTrack
        The same for the same spec, bit for bit on one machine.

    Examples
    --------
    >>> track = synthesize(TrackSpec(bpm=120, structure=[("drop", 2)]))
    >>> track.key.name, track.grid.bars, tuple(track.audio.shape)
    ('A minor', 2, (2, 176400))
    """
    timeline = Timeline.of(spec)
    # One stream for each player: taking the voice out leaves the drums as they were.
    streams = [np.random.default_rng([spec.seed, player]) for player in range(9)]
    harmony = Harmony.draw(spec, streams[0])
    audio = np.zeros((len(STEMS), 2, timeline.samples), dtype=np.float32)
    drums, bass, vocals, other = audio
    kicks = render_drums(drums, timeline, streams[1], streams[2])
    render_bass(bass, timeline, harmony, streams[3])
    sung = render_vocals(vocals, timeline, harmony, streams[4])
    render_pads(other, timeline, harmony, streams[5])
    render_stabs(other, timeline, harmony, streams[6])
    render_arp(other, timeline, harmony, streams[7])
    recovery = timeline.samples_in(0.75)
    duck(bass, kicks, recovery, 0.6, spec.sample_rate_hz)
    duck(other, kicks, recovery, 0.5, spec.sample_rate_hz)
    render_riser(other, timeline, streams[8])
    automate(audio, timeline)
    stop = stop_sample(timeline)
    levels = _finish(audio, timeline)
    return SynthTrack(
        spec=spec,
        stems=Stems(torch.from_numpy(audio), STEMS, spec.sample_rate_hz),
        grid=timeline.grid(),
        sections=_sections(spec, levels),
        phrases=timeline.phrases(),
        key=Key(spec.tonic, spec.mode),
        kick_seconds=np.array([k for k in kicks if k < stop], dtype=np.float64)
        / spec.sample_rate_hz,
        sung=sung,
    )


def _finish(audio: NDArray[np.float32], timeline: Timeline) -> NDArray[np.float64]:
    """Fade the very end out, set the peak of the mix, and measure the RMS of each section."""
    fade = min(audio.shape[-1], round(0.01 * timeline.sample_rate))
    audio[..., -fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    first_bars = np.cumsum([0] + [bars for _, bars in timeline.spec.structure])
    edges = [timeline.sample_of(int(bar) * BEATS_PER_BAR) for bar in first_bars]
    peak, powers = 0.0, np.zeros(len(edges) - 1)
    for section, (begin, end) in enumerate(pairwise(edges)):
        # In pieces that stay in the cache: a whole mix is a large fresh buffer.
        for start in range(begin, end, _CHUNK):
            mix = audio[..., start : min(end, start + _CHUNK)].sum(axis=0)
            peak = max(peak, float(np.abs(mix).max()))
            powers[section] += float(np.sum(mix * mix, dtype=np.float64)) / (2 * (end - begin))
    gain = np.float32(db_to_amplitude(timeline.spec.level_db) / peak)
    audio *= gain
    return np.sqrt(powers) * float(gain)


def _sections(spec: TrackSpec, levels: NDArray[np.float64]) -> tuple[Section, ...]:
    decibels = amplitude_to_db(levels / levels.max(), amin=1e-10)
    starts = np.cumsum([0] + [bars for _, bars in spec.structure])
    return tuple(
        Section(label, int(start), int(start) + bars, level_db=float(level))
        for (label, bars), start, level in zip(spec.structure, starts[:-1], decibels, strict=True)
    )
