"""Readers of the libraries of DJ software: grids, cues and keys."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.library import LibraryDeclaration


@attrs.frozen
class MixxxConfig:
    """Decoder with which Mixxx counts the samples of MP3 files."""

    decoder: str = setting(
        "auto",
        "Decoder of MP3 files in Mixxx: that of macOS, libmad (Windows, Linux) or FFmpeg; auto "
        "takes coreaudio for tracks below /Users and /Volumes, else mad.",
        choices=("auto", "mad", "coreaudio", "ffmpeg"),
    )


@hookimpl
def djtrans_libraries() -> Iterable[LibraryDeclaration]:
    """Declare the built-in readers of libraries."""
    yield LibraryDeclaration(
        name="rekordbox",
        summary="Collections that rekordbox exports as XML.",
        factory="djtrans.plugins.libraries.rekordbox:RekordboxXml",
        suffixes=(".xml",),
        references=(
            "https://cdn.rekordbox.com/files/20200410160904/xml_format_list.pdf",
            "https://github.com/digital-dj-tools/dj-data-converter/issues/3",
            "https://github.com/mixxxdj/mixxx/pull/2119",
        ),
    )
    yield LibraryDeclaration(
        name="traktor",
        summary="Traktor's collection.nml.",
        factory="djtrans.plugins.libraries.traktor:TraktorNml",
        suffixes=(".nml",),
        references=("https://github.com/digital-dj-tools/dj-data-converter/issues/3",),
    )
    yield LibraryDeclaration(
        name="mixxx",
        summary="Mixxx's database, mixxxdb.sqlite.",
        factory="djtrans.plugins.libraries.mixxx:MixxxDatabase",
        config=MixxxConfig,
        suffixes=(".sqlite", ".sqlite3"),
        references=(
            "https://github.com/mixxxdj/mixxx/blob/main/res/schema.xml",
            "https://github.com/mixxxdj/mixxx/blob/main/src/proto/beats.proto",
        ),
    )
    yield LibraryDeclaration(
        name="serato",
        summary="Tags that Serato writes into MP3, AIFF, WAV, FLAC and MP4 files.",
        factory="djtrans.plugins.libraries.serato:SeratoTags",
        in_tracks=True,
        references=(
            "https://github.com/Holzhaus/serato-tags",
            "https://github.com/mixxxdj/mixxx/pull/2526",
        ),
    )
    yield LibraryDeclaration(
        name="engine",
        summary="Engine DJ's database, m.db.",
        factory="djtrans.plugins.libraries.engine:EngineDatabase",
        suffixes=(".db",),
        references=(
            "https://github.com/mixxxdj/mixxx/wiki/Engine-Library-Format",
            "https://github.com/xsco/libdjinterop",
        ),
    )
