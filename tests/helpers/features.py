"""Features of a track whose vocals start and stop where a test wants it."""

from __future__ import annotations

import torch

from djtrans.core.track.features import TrackFeatures

STEMS = ("drums", "bass", "vocals", "other")


def features(sung, rate=2, level_db=-20.0, rest_db=-90.0, stems=STEMS):
    """Stems at -20 dB; the voice sings where `sung`, a string of a character a frame, has an x."""
    levels = torch.full((len(sung), len(stems), 3), -20.0)
    if "vocals" in stems:
        voice = torch.tensor([level_db if frame == "x" else rest_db for frame in sung])
        levels[:, stems.index("vocals")] = voice[:, None]
    beat_times = torch.arange(len(sung) // rate + 1, dtype=torch.float64) / 2
    return TrackFeatures(
        bpm=120.0,
        beat_times=beat_times,
        level_db=levels,
        onset=torch.zeros(levels.shape[:2]),
        vocal=torch.zeros(len(sung)),
        reference_db=-20.0,
        stem_names=stems,
        frames_per_beat=rate,
    )
