"""Components in several versions."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.contracts.encoder import EncoderDeclaration
from djtrans.core.errors import PluginError, UnknownComponentError
from djtrans.core.registration.catalog import Component, Kind
from djtrans.core.registration.discovery import Provider


def declared(version):
    return EncoderDeclaration(
        name="lyrics", version=version, summary="Words.", factory=lambda config: version
    )


@pytest.fixture
def kind():
    found = Kind(EncoderDeclaration, [])
    for version in (2, 3, 1):
        found.add(Component(declared(version), Provider("lab", "lab", "1.0")))
    return found


def test_the_newest_version_is_the_component(kind):
    assert [component.versioned_name for component in kind] == ["lab/lyrics@3"]
    assert kind.build("lyrics") == kind.build("lab/lyrics") == 3


def test_another_version_is_part_of_the_name(kind):
    assert [kind.build(f"lyrics@{version}") for version in (1, 2, 3)] == [1, 2, 3]
    assert kind.find("lab/lyrics@2").name == "lab/lyrics"
    for name in ("lyrics@4", "lyrics@", "lyrics@2.0"):
        with pytest.raises(UnknownComponentError, match=r"lab/lyrics; installed is 1 and 2 and 3"):
            kind.find(name)


def test_a_version_is_declared_once(kind):
    with pytest.raises(PluginError, match="declares the encoder 'lyrics' twice"):
        kind.add(Component(declared(2), Provider("lab", "lab", "1.0")))


def test_all_versions_of_a_plugin_are_removed(kind):
    kind.remove("lab")
    with pytest.raises(UnknownComponentError):
        kind.find("lyrics@2")
    kind.add(Component(declared(2), Provider("lab", "lab", "1.0")))


def test_an_override_takes_the_place_of_one_version(kind):
    other = attrs.evolve(declared(7), factory=lambda config: "other")
    with kind.override("lyrics", other):
        assert kind.build("lyrics") == kind.build("lyrics@7") == "other"
        assert kind.build("lyrics@2") == 2
        with pytest.raises(UnknownComponentError):
            kind.find("lyrics@3")
    with kind.override("lyrics@2", attrs.evolve(other, version=2)):
        assert kind.build("lyrics@2") == "other"
        assert kind.build("lyrics") == 3
    assert [kind.build(name) for name in ("lyrics", "lyrics@2")] == [3, 2]
