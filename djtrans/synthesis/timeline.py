"""Timeline of a synthesized track: positions of bars, beats and sixteenths."""

from __future__ import annotations

import attrs
import numpy as np

from djtrans.core.track.analysis import Phrase
from djtrans.core.track.beat_grid import BeatGrid
from djtrans.synthesis.track_spec import TrackSpec

BEATS_PER_BAR = 4
STEPS_PER_BAR = 16
_PHRASE_BARS = 8


@attrs.frozen
class Bar:
    """One bar and its position in the structure.

    Attributes
    ----------
    index : int
        From the start of the track.
    label : str
        Label of its section.
    position, section_bars : int
        Place within the section, and the section's length.
    phrase_position, phrase_bars : int
        Place within the phrase, and the phrase's length.
    next_label : str
        Label of the next section, empty in the last.
    """

    index: int
    label: str
    position: int
    section_bars: int
    phrase_position: int
    phrase_bars: int
    next_label: str

    @property
    def progress(self) -> float:
        """Elapsed fraction of the section at the bar's start, 0 to below 1."""
        return self.position / self.section_bars

    @property
    def ends_phrase(self) -> bool:
        """True for the last bar of a phrase."""
        return self.phrase_position == self.phrase_bars - 1

    @property
    def ends_section(self) -> bool:
        """True for the last bar of a section."""
        return self.position == self.section_bars - 1


@attrs.frozen
class Timeline:
    """The bars of a track and their place in time."""

    spec: TrackSpec
    bars: tuple[Bar, ...]

    @classmethod
    def of(cls, spec: TrackSpec) -> Timeline:
        """Lay the structure of a spec out in bars; a phrase is eight bars, or what is left."""
        bars: list[Bar] = []
        following = [label for label, _ in spec.structure[1:]] + [""]
        for (label, length), next_label in zip(spec.structure, following, strict=True):
            for position in range(length):
                phrase_start = position - position % _PHRASE_BARS
                bars.append(
                    Bar(
                        index=len(bars),
                        label=label,
                        position=position,
                        section_bars=length,
                        phrase_position=position - phrase_start,
                        phrase_bars=min(_PHRASE_BARS, length - phrase_start),
                        next_label=next_label,
                    )
                )
        return cls(spec, tuple(bars))

    @property
    def sample_rate(self) -> int:
        """Sample rate in Hz."""
        return self.spec.sample_rate_hz

    @property
    def samples(self) -> int:
        """Length of the track: it ends where the bar after the last would begin."""
        return self.sample_of(len(self.bars) * BEATS_PER_BAR)

    def sample_of(self, beat: float) -> int:
        """Return the sample nearest to a beat; at most half a sample off."""
        return round((self.spec.start_seconds + beat * 60.0 / self.spec.bpm) * self.sample_rate)

    def samples_in(self, beats: float) -> int:
        """Convert a duration in beats to samples."""
        return round(beats * 60.0 / self.spec.bpm * self.sample_rate)

    def sample_of_step(self, bar: int, step: float) -> int:
        """Return the sample of a sixteenth of a bar; odd ones are delayed by the swing."""
        late = self.spec.swing / 3.0 if step % 2 == 1 else 0.0
        return self.sample_of(bar * BEATS_PER_BAR + (step + late) / 4.0)

    def grid(self) -> BeatGrid:
        """Beat grid, including the beat that ends the last bar."""
        beats = np.arange(len(self.bars) * BEATS_PER_BAR + 1, dtype=np.float64)
        return BeatGrid(
            beat_times=self.spec.start_seconds + beats * 60.0 / self.spec.bpm,
            first_downbeat=0,
            bpm=self.spec.bpm,
            beats_per_bar=BEATS_PER_BAR,
        )

    def phrases(self) -> tuple[Phrase, ...]:
        """Phrases in order; each section starts a new one."""
        starts = [bar for bar in self.bars if bar.phrase_position == 0]
        return tuple(Phrase(bar.index, bar.phrase_bars) for bar in starts)
