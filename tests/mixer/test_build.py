"""A mixer is built from the registry that is given."""

from __future__ import annotations

import attrs
import pytest

import djtrans
from djtrans.core.contracts.mixer_spec import MixerSpec, NodeSpec
from djtrans.core.errors import UnknownComponentError
from djtrans.mixer.resolve import resolve_spec
from djtrans.registry import Registry


class Mine:
    """A plugin with an effect under another name."""

    @djtrans.hookimpl
    def djtrans_effects(self):
        built_in = Registry(discover=False).effects.find("gain").declaration
        yield attrs.evolve(built_in, name="mine")


def test_effects_are_those_of_the_registry_that_is_given():
    registry = Registry(discover=False)
    registry.register(Mine(), "lab")
    spec = MixerSpec(stems=("mix",), stem_chain=(NodeSpec("fader", "lab/mine"),))
    assert [node.effect for node in resolve_spec(spec, registry).stem_chain] == ["lab/mine"]
    mixer = djtrans.DifferentiableDJMixer(spec, registry=registry)
    assert mixer.layout.keys == ("a/mix/fader/gain", "b/mix/fader/gain")
    with pytest.raises(UnknownComponentError, match="lab/mine"):
        djtrans.DifferentiableDJMixer(spec)
