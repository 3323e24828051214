"""Analyzers that run other programs: aubio and essentia, which djtrans never imports.

    djtrans --plugin examples/external_analyzers.py bench annotated=tracks \
        --analyzers default,aubio,essentia --output results

`aubio` runs the command `aubio beat FILE` (GPL; package aubio-tools of Debian), or the command that
the variable DJTRANS_AUBIO names. `essentia` runs a script in the interpreter that the variable
DJTRANS_ESSENTIA_PYTHON names, one with `pip install essentia` (AGPL). Both find beats, essentia
also the key; downbeats, sections and phrases are only assumed: the first beat starts a bar.
"""

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import djtrans
from djtrans.core import DependencyError, InputError, programme_lufs, require_sound, write_audio

SHORTEST_SECONDS, TIMEOUT_SECONDS = 8.0, 600
BEATS_PER_BAR, BARS_PER_PHRASE = 4, 8
#: Largest confidence of essentia's BeatTrackerMultiFeature.
MOST_CONFIDENT = 5.32
#: Pitch classes of essentia's names of keys, which have both sharps and flats.
NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
TONICS = {
    letter + sign: (tonic + shift) % 12
    for letter, tonic in NATURAL.items()
    for sign, shift in (("", 0), ("#", 1), ("b", -1))
}
ESSENTIA = """
import json, sys
from essentia.standard import KeyExtractor, MonoLoader, RhythmExtractor2013
audio = MonoLoader(filename=sys.argv[1], sampleRate=44100)()
bpm, beats, confidence, _, _ = RhythmExtractor2013(method="multifeature")(audio)
key, mode, strength = KeyExtractor()(audio)
found = {"bpm": float(bpm), "beats": [float(beat) for beat in beats], "key": key, "mode": mode}
print(json.dumps({**found, "confidence": float(confidence), "strength": float(strength)}))
"""


class AubioAnalyzer:
    """Beats of the command line tool of aubio."""

    def __init__(self, config):
        self.config = config

    def analyze(self, audio, sample_rate, progress=None):
        """Analyze a whole track ``[channels, samples]``."""
        command = [*shlex.split(os.environ.get("DJTRANS_AUBIO") or "aubio"), "beat"]
        printed = run(
            command, audio, sample_rate, "install aubio-tools, or name it by DJTRANS_AUBIO"
        )
        try:
            beats = np.array([float(line) for line in printed.split()])
        except ValueError:
            raise InputError(f"aubio printed {printed[:80]!r}, not times of beats.") from None
        return analysis(audio, sample_rate, beats)


class EssentiaAnalyzer:
    """Beats, tempo and key of essentia, in an interpreter of its own."""

    def __init__(self, config):
        self.config = config

    def analyze(self, audio, sample_rate, progress=None):
        """Analyze a whole track ``[channels, samples]``."""
        hint = "set DJTRANS_ESSENTIA_PYTHON to an interpreter that has essentia"
        python = os.environ.get("DJTRANS_ESSENTIA_PYTHON")
        if not python:
            raise DependencyError(f"The analyzer essentia needs essentia; {hint}.")
        printed = run([python, "-c", ESSENTIA], audio, sample_rate, hint)
        try:
            found = json.loads(printed.splitlines()[-1])
            beats, confidence = np.array(found["beats"]), found["confidence"] / MOST_CONFIDENT
            key = djtrans.Key(TONICS[found["key"]], found["mode"], min(found["strength"], 1.0))
        except (IndexError, KeyError, ValueError):
            raise InputError(f"essentia printed {printed[-80:]!r}, no result.") from None
        return analysis(audio, sample_rate, beats, found["bpm"], confidence, key)


def run(command, audio, sample_rate, hint):
    """Run a command on the audio as a WAV file; returns what it prints."""
    require_sound(audio, sample_rate, minimum_seconds=SHORTEST_SECONDS)
    with tempfile.TemporaryDirectory(prefix="djtrans-") as folder:
        file = Path(folder) / "track.wav"
        write_audio(file, audio, sample_rate)
        try:
            done = subprocess.run(
                [*command, str(file)],
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=True,
            )
        except OSError as error:
            raise DependencyError(f"Cannot run {command[0]}: {error.strerror}; {hint}.") from None
        except subprocess.TimeoutExpired:
            raise InputError(
                f"{command[0]} took more than {TIMEOUT_SECONDS} s; give a shorter track."
            ) from None
        except subprocess.CalledProcessError as error:
            why = (error.stderr.strip().splitlines() or ["no message"])[-1]
            raise InputError(f"{command[0]} failed: {why}; {hint}.") from None
    return done.stdout


def analysis(audio, sample_rate, beats, bpm=None, confidence=0.5, key=None):
    """Make an analysis from beats, which are extended to both ends of the track."""
    duration = audio.shape[-1] / sample_rate
    if len(beats) < 4 * BEATS_PER_BAR:
        raise InputError(f"Only {len(beats)} beats were found; give music with a beat.")
    # A line through the beats, as single intervals are whole frames; gaps are several beats.
    steps = np.diff(beats)
    counts = np.maximum(np.round(steps / np.median(steps)), 1)
    period = float(np.polyfit(np.append(0, np.cumsum(counts)), beats, 1)[0])
    before = period * np.arange(int(beats[0] / period), 0, -1)
    after = period * np.arange(1, int((duration - beats[-1]) / period) + 1)
    times = np.concatenate([beats[0] - before, beats, beats[-1] + after])
    grid = djtrans.BeatGrid(
        times,
        len(before) % BEATS_PER_BAR,
        bpm or 60 / period,
        confidence=float(np.clip(confidence, 0, 1)),
        downbeat_confidence=0.0,
    )
    bars = range(grid.bars)
    edges = np.round(grid.downbeat_times * sample_rate).astype(int).clip(0)
    parts = [audio[:, edges[bar] : edges[bar + 1]] for bar in bars]
    level = [10 * float(part.square().mean().clamp(min=1e-12).log10()) for part in parts]
    integrated, short_term = programme_lufs(audio, sample_rate)
    return djtrans.Analysis(
        duration_seconds=duration,
        grid=grid,
        sections=[djtrans.Section("groove", 0, grid.bars, confidence=0.0)],
        phrases=[
            djtrans.Phrase(bar, min(BARS_PER_PHRASE, grid.bars - bar))
            for bar in bars[::BARS_PER_PHRASE]
        ],
        key=key or djtrans.Key(0, "major", confidence=0.0),
        levels=djtrans.Levels(integrated, float(np.percentile(short_term, 95))),
        bar_level_db=level,
        bar_low_db=level,
    )


@djtrans.hookimpl
def djtrans_analyzers():
    """Register both analyzers."""
    return [
        djtrans.AnalyzerDeclaration(
            name="aubio",
            factory=AubioAnalyzer,
            summary="Beats of the command aubio, run as a program of its own.",
        ),
        djtrans.AnalyzerDeclaration(
            name="essentia",
            factory=EssentiaAnalyzer,
            summary="Beats and key of essentia, run in an interpreter of its own.",
        ),
    ]
