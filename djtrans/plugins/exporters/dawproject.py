"""DAWproject: stems as tracks, curves as automation, for Bitwig Studio, Cubase and Studio One.

A zip archive of ``project.xml``, ``metadata.xml`` and audio files [1]_. Two groups of tracks hold
the same transition: the stems as heard, and, muted, those before the mixer with their automation.
A fader is the volume of its channel. The other parameters belong to a device that DAWs list, but
do not have, since the format knows no such effects.

References
----------
.. [1] https://github.com/bitwig/dawproject, Project.xsd and MetaData.xsd
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Sequence
from pathlib import Path

import attrs

from djtrans.core.contracts.config import NoConfig
from djtrans.core.curves.breakpoints import Breakpoints
from djtrans.core.curves.layout import Row
from djtrans.core.transition.export_inputs import ExportInputs
from djtrans.core.util.names import visible
from djtrans.core.util.temporary_files import owned_part
from djtrans.plugins.exporters.audio_files import FOLDER, file_name, write_project_audio
from djtrans.plugins.exporters.channels import ProjectChannel, project_channels, short_key, title

#: Time of all members, so that the same transition gives the same file.
_MEMBER_TIME = (1980, 1, 1, 0, 0, 0)


class DawProject:
    """Writes the archive.

    Parameters
    ----------
    config : NoConfig
    """

    def __init__(self, config: NoConfig) -> None:
        self.config = config

    def export(self, inputs: ExportInputs, path: Path) -> Sequence[str]:
        """Write the file; see :class:`Exporter`."""
        with owned_part(path, folder=True) as folder:
            write_project_audio(folder, inputs)
            _write_xml(_Writer(inputs).project(), folder / "project.xml")
            _write_xml(_metadata(inputs), folder / "metadata.xml")
            files = sorted(file for file in folder.rglob("*") if file.is_file())
            with zipfile.ZipFile(path, "w") as archive:
                for file in files:
                    member = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _MEMBER_TIME)
                    with file.open("rb") as source, archive.open(member, "w") as target:
                        while chunk := source.read(1 << 20):
                            target.write(chunk)
        return [
            "A muted group has the stems before the mixer, with the faders as volume automation.",
            "The other curves automate a device 'djtrans' without a sound; a DAW may drop it.",
        ]


def _metadata(inputs: ExportInputs) -> ET.Element:
    records = inputs.content.provenance.tracks
    root = ET.Element("MetaData")
    ET.SubElement(root, "Title").text = f"{records['a'].label} into {records['b'].label}"
    artists = dict.fromkeys(r.tags.artist for r in records.values() if r.tags.artist)
    if artists:
        ET.SubElement(root, "Artist").text = ", ".join(artists)
    return root


def _write_xml(root: ET.Element, path: Path) -> None:
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


@attrs.define
class _Writer:
    """Builds the elements of a project; ids are numbered in the order of creation."""

    inputs: ExportInputs
    _ids: int = 0
    #: Lanes of the arrangement.
    _lanes: ET.Element = attrs.field(factory=lambda: ET.Element("Lanes", timeUnit="seconds"))

    def project(self) -> ET.Element:
        """Return the root of project.xml."""
        inputs, bars = self.inputs, self.inputs.bars
        root = ET.Element("Project", version="1.0")
        version = inputs.content.provenance.render.djtrans or "0"
        ET.SubElement(root, "Application", name="djtrans", version=version)
        transport = ET.SubElement(root, "Transport")
        tempo = self._parameter("Tempo", "Tempo", bars.tempos[0][1], 20.0, 666.0, "bpm")
        transport.append(tempo)
        meter = {"numerator": str(inputs.plan.beats_per_bar), "denominator": "4"}
        ET.SubElement(transport, "TimeSignature", meter, id=self._id())
        self._lanes.set("id", self._id())
        structure = ET.SubElement(root, "Structure")
        self._add_tracks(structure)
        arrangement = ET.SubElement(root, "Arrangement", id=self._id())
        arrangement.append(self._lanes)
        markers = ET.SubElement(arrangement, "Markers", id=self._id(), timeUnit="seconds")
        for name, seconds in inputs.marks:
            ET.SubElement(markers, "Marker", time=_number(self._project(seconds)), name=name)
        if len(bars.tempos) > 1:
            points = [(float(beat), bpm) for beat, bpm in bars.tempos]
            arrangement.append(
                self._points(tempo, points, "bpm", "beats", "hold", tag="TempoAutomation")
            )
        return root

    def _add_tracks(self, structure: ET.Element) -> None:
        master = self._track("Master", "audio", "master", None)
        structure.append(master)
        bus = _channel_id(master)
        audio, channels = self.inputs.audio, project_channels(self.inputs.params.layout)
        heard = self._track("As heard", "tracks", "submix", bus)
        structure.append(heard)
        for key in audio.heard:
            heard.append(self._stem("heard", key, _channel_id(heard), None))
        source = self._track(
            "Before the mixer", "tracks", "submix", bus, channels.get("mix/master"), muted=True
        )
        structure.append(source)
        for side in ("a", "b"):
            group = self._track(
                side.upper(), "tracks", "submix", _channel_id(source), channels.get(f"{side}/track")
            )
            source.append(group)
            for key in audio.sources:
                if key.startswith(f"{side}/"):
                    group.append(self._stem("source", key, _channel_id(group), channels.get(key)))

    def _stem(
        self, folder: str, key: str, destination: str, channel: ProjectChannel | None
    ) -> ET.Element:
        """Return a track with one clip, the whole file of a stem."""
        inputs = self.inputs
        track = self._track(title(key), "audio", "regular", destination, channel)
        lanes = self._lanes_of(track)
        clips = ET.Element("Clips", id=self._id(), timeUnit="seconds")
        lanes.insert(0, clips)
        duration = _number(inputs.duration_seconds)
        clip = ET.SubElement(
            clips,
            "Clip",
            time=_number(self._project(0.0)),
            duration=duration,
            contentTimeUnit="seconds",
            playStart="0.0",
            name=title(key),
        )
        audio = ET.SubElement(
            clip,
            "Audio",
            id=self._id(),
            timeUnit="seconds",
            duration=duration,
            channels=str(len(inputs.audio.mix)),
            sampleRate=str(inputs.sample_rate),
        )
        ET.SubElement(audio, "File", path=f"{FOLDER}/{folder}/{file_name(key)}")
        return track

    def _track(
        self,
        name: str,
        content: str,
        role: str,
        destination: str | None,
        curves: ProjectChannel | None = None,
        *,
        muted: bool = False,
    ) -> ET.Element:
        """Return a track with its channel, and add the automation of its curves."""
        track = ET.Element(
            "Track", contentType=content, loaded="true", id=self._id(), name=visible(name)
        )
        channels = str(len(self.inputs.audio.mix))
        attributes = {"audioChannels": channels, "role": role, "solo": "false", "id": self._id()}
        if destination is not None:
            attributes["destination"] = destination
        channel = ET.SubElement(track, "Channel", attributes)
        if curves is not None and curves.parameters:
            self._add_device(channel, track, curves.parameters)
        mute = {"value": str(muted).lower(), "id": self._id(), "name": "Mute"}
        ET.SubElement(channel, "Mute", mute)
        channel.append(self._parameter("Pan", "Pan", 0.5, 0.0, 1.0, "normalized"))
        volume = self._parameter("Volume", "Volume", 1.0, 0.0, 2.0, "linear")
        channel.append(volume)
        if curves is not None and curves.volume is not None:
            self._add_automation(track, volume, curves.volume)
        return track

    def _add_device(self, channel: ET.Element, track: ET.Element, rows: Sequence[Row]) -> None:
        devices = ET.SubElement(channel, "Devices")
        device = ET.SubElement(
            devices,
            "Device",
            deviceName="djtrans",
            deviceRole="audioFX",
            loaded="true",
            id=self._id(),
            name="djtrans",
        )
        parameters = ET.SubElement(device, "Parameters")
        for index, row in enumerate(rows):
            p = row.parameter
            element = self._parameter(
                "RealParameter", short_key(row), p.neutral, p.minimum, p.maximum, "linear"
            )
            element.set("parameterID", str(index))
            parameters.append(element)
            self._add_automation(track, element, row)

    def _add_automation(self, track: ET.Element, target: ET.Element, row: Row) -> None:
        points = [(self._project(t), value) for t, value in self.inputs.breakpoints(row.key)]
        self._lanes_of(track).append(self._points(target, points, "linear", "seconds", "linear"))

    def _lanes_of(self, track: ET.Element) -> ET.Element:
        """Return the lanes of a track in the arrangement, created on first use."""
        name = track.get("id", "")
        for lanes in self._lanes:
            if lanes.get("track") == name:
                return lanes
        return ET.SubElement(self._lanes, "Lanes", track=name, id=self._id())

    def _points(
        self,
        target: ET.Element,
        points: Breakpoints,
        unit: str,
        time_unit: str,
        interpolation: str,
        tag: str = "Points",
    ) -> ET.Element:
        attributes = {"id": self._id(), "timeUnit": time_unit, "unit": unit}
        element = ET.Element(tag, attributes)
        ET.SubElement(element, "Target", parameter=target.get("id", ""))
        for at, value in points:
            point = {"time": _number(at), "value": _number(value)}
            ET.SubElement(element, "RealPoint", point, interpolation=interpolation)
        return element

    def _parameter(
        self, tag: str, name: str, value: float, low: float, high: float, unit: str
    ) -> ET.Element:
        numbers = {"min": _number(low), "max": _number(high), "value": _number(value)}
        return ET.Element(tag, numbers, unit=unit, id=self._id(), name=name)

    def _project(self, seconds: float) -> float:
        """Convert a time of the audio to one of the project."""
        return self.inputs.bars.audio_seconds + seconds

    def _id(self) -> str:
        self._ids += 1
        return f"id{self._ids - 1}"


def _channel_id(track: ET.Element) -> str:
    channel = track.find("Channel")
    return "" if channel is None else channel.get("id", "")


def _number(value: float) -> str:
    return f"{value:.9f}"
