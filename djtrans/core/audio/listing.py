"""Find audio files by name."""

from __future__ import annotations

from pathlib import Path

#: Extensions of audio files. Some of the formats need an optional decoder.
AUDIO = (
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".aiff", ".aif", ".aifc", ".m4a",
    ".mp4", ".alac", ".aac", ".wma", ".mka", ".mkv", ".webm", ".mov", ".w64", ".caf",
)  # fmt: skip


def is_audio_name(file: Path) -> bool:
    """Return True if a file is named like audio.

    Names that begin with ``._`` are not: there macOS stores the attributes of a file on disks of
    other systems.

    Examples
    --------
    >>> is_audio_name(Path("a.MP3")), is_audio_name(Path("._a.mp3")), is_audio_name(Path("a.txt"))
    (True, False, False)
    """
    return file.suffix.lower() in AUDIO and not file.name.startswith("._")


def audio_files(folder: Path) -> list[Path]:
    """Return the audio files in a folder and in all folders in it, sorted."""
    return sorted(p for p in folder.rglob("*") if is_audio_name(p) and p.is_file())
