"""Exporters: transitions as files of other programs."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.exporter import ExporterDeclaration
from djtrans.core.contracts.hooks import hookimpl

#: Documents from which the formats were taken.
_RPP = "https://github.com/ReaTeam/Doc/blob/master/State%20Chunk%20Definitions"
_DAWPROJECT = "https://github.com/bitwig/dawproject"
_REKORDBOX = "https://cdn.rekordbox.com/files/20200410160904/xml_format_list.pdf"
_CUE = "https://wiki.hydrogenaud.io/index.php?title=Cue_sheet"


@attrs.frozen
class StemsConfig:
    """Sample format of the stems."""

    subtype: str = setting(
        "FLOAT",
        "Sample format of the WAV files: 32-bit floating point, or 24-bit PCM.",
        choices=("FLOAT", "PCM_24"),
    )


@attrs.frozen
class MidiConfig:
    """Time resolution of the controllers."""

    steps_per_beat: int = setting(
        24, "Controller values per beat, at most.", unit="count", minimum=1, maximum=480
    )


@attrs.frozen
class CueConfig:
    """Audio file of the cue sheet, and the start of B."""

    audio: str = setting(
        "", "Name of the audio file of the mix; by default that of the cue sheet with .wav."
    )
    at: str = setting(
        "swap", "Point of the transition at which B starts.", choices=("start", "swap", "end")
    )


@hookimpl
def djtrans_exporters() -> Iterable[ExporterDeclaration]:
    """Declare the built-in exporters."""
    yield ExporterDeclaration(
        name="stems",
        summary="Stems as heard: a WAV file for each stem of each track, after the mixer.",
        factory="djtrans.plugins.exporters.stems:StemFiles",
        config=StemsConfig,
        needs=("audio",),
    )
    yield ExporterDeclaration(
        name="reaper",
        summary="A folder with a REAPER project: stems as tracks, curves as envelopes.",
        factory="djtrans.plugins.exporters.reaper:ReaperProject",
        needs=("audio",),
        references=(_RPP,),
    )
    yield ExporterDeclaration(
        name="dawproject",
        summary="A DAWproject for Bitwig Studio, Cubase and Studio One: stems and automation.",
        factory="djtrans.plugins.exporters.dawproject:DawProject",
        suffix=".dawproject",
        needs=("audio",),
        references=(_DAWPROJECT,),
    )
    yield ExporterDeclaration(
        name="midi",
        summary="A MIDI file with a controller (CC) for each curve.",
        factory="djtrans.plugins.exporters.midi:MidiControllers",
        config=MidiConfig,
        suffix=".mid",
        references=("https://midi.org/midi-1-0-control-change-messages",),
    )
    yield ExporterDeclaration(
        name="csv",
        summary="A table of the curves, which 'djtrans edit --curves' reads back.",
        factory="djtrans.plugins.exporters.curve_table:CurveTable",
        suffix=".csv",
        references=("https://www.rfc-editor.org/rfc/rfc4180",),
    )
    yield ExporterDeclaration(
        name="rekordbox",
        summary="rekordbox XML: the grids of both tracks, and hot cues at start, swap and end.",
        factory="djtrans.plugins.exporters.rekordbox:RekordboxCollection",
        suffix=".xml",
        needs=("tracks",),
        references=(_REKORDBOX,),
    )
    yield ExporterDeclaration(
        name="cue",
        summary="A cue sheet of the mix.",
        factory="djtrans.plugins.exporters.cue_sheet:CueSheetWriter",
        config=CueConfig,
        suffix=".cue",
        references=(_CUE,),
    )
