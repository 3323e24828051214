"""No result replaces a file that a transition was made from, under whatever name."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from djtrans.core.audio.file_facts import content_hash
from djtrans.core.errors import AudioFileError
from djtrans.core.transition.sources import check_not_source


@pytest.fixture
def made(tmp_path):
    """Two tracks and a mix, and the part of a provenance that has their hashes."""
    for name in ("a", "b", "mix"):
        (tmp_path / f"{name}.wav").write_bytes(name.encode())
    hashes = {name: content_hash(tmp_path / f"{name}.wav") for name in ("a", "b", "mix")}
    return SimpleNamespace(
        tracks={side: SimpleNamespace(sha256=hashes[side]) for side in ("a", "b")},
        fit=SimpleNamespace(sha256=hashes["mix"]),
        model=None,
    )


def test_a_source_is_refused_through_links_and_copies(made, tmp_path):
    os.link(tmp_path / "a.wav", tmp_path / "hard.wav")
    (tmp_path / "soft.wav").symlink_to("b.wav")
    (tmp_path / "copy.wav").write_bytes(b"mix")
    for name, what in (("hard", "track A"), ("soft", "track B"), ("copy", "the mix")):
        with pytest.raises(AudioFileError, match=f"it is {what} of this transition"):
            check_not_source(tmp_path / f"{name}.wav", made)


def test_any_other_file_may_be_replaced(made, tmp_path):
    (tmp_path / "other.wav").write_bytes(b"other")
    for name in ("other.wav", "new.wav", ""):
        check_not_source(tmp_path / name, made)
