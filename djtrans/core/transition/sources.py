"""Protect the files that a transition was made from: no result replaces them."""

from __future__ import annotations

import os

from djtrans.core.audio.file_facts import content_hash
from djtrans.core.errors import AudioFileError
from djtrans.core.transition.params_file import Provenance
from djtrans.core.util.writable import target_of


def check_not_source(path: str | os.PathLike[str], provenance: Provenance) -> None:
    """Raise if a file to be written has the content of a track, mix or model of a transition.

    Parameters
    ----------
    path : path-like
        File to write.
    provenance : Provenance
        Hashes of the files that the transition was made from.

    Raises
    ------
    AudioFileError
        If it is one of them.
    """
    file = target_of(path)
    if not file.is_file():
        return
    names = {track.sha256: f"track {side.upper()}" for side, track in provenance.tracks.items()}
    if provenance.fit is not None:
        names[provenance.fit.sha256] = "the mix"
    if provenance.model is not None:
        names[provenance.model.sha256] = "the model"
    if what := names.get(content_hash(file)):
        raise AudioFileError(
            f"Cannot write {path}: it is {what} of this transition; choose another name."
        )
