"""Published results, for comparison."""

from __future__ import annotations

import attrs


@attrs.frozen
class Published:
    """Published result of a system.

    Attributes
    ----------
    dataset : str
        Name of the dataset.
    score : str
        Key of the score.
    value : float
        Score, in its unit.
    source : str
        System and publication.
    """

    dataset: str
    score: str
    value: float
    source: str


_BEAT_THIS = "Beat This!, Foscarin, Schlüter and Widmer, ISMIR 2024"
_SONGFORMER = "SongFormer, Hao et al., arXiv:2510.02797"
_HTDEMUCS = (
    "HT Demucs, fine-tuned, with additional data, Rouard, Massa and Défossez, ICASSP 2023; by "
    "BSSEval, medians over seconds and tracks, so that it is not comparable digit by digit"
)
PUBLISHED = (
    Published("gtzan", "beats F", 0.891, _BEAT_THIS),
    Published("gtzan", "downbeats F", 0.783, _BEAT_THIS),
    Published("harmonix", "structure HR.5F", 0.703, _SONGFORMER),
    Published("musdb18hq", "separation SDR", 9.0, _HTDEMUCS),
)


def published(dataset: str, score: str) -> Published | None:
    """Return the best published result; None if none is listed."""
    return next((p for p in PUBLISHED if (p.dataset, p.score) == (dataset, score)), None)
