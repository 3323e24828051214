"""The mixers that these tests render with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from djtrans.core.contracts.mixer_spec import MixerConfig, MixerSpec, NodeSpec
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.nodes import BuiltNode
from djtrans.plugins.mixers import DJ54
from djtrans.registry import Registry


@pytest.fixture(scope="session")
def make_mixer() -> Callable[..., Mixer]:
    registry = Registry(discover=False)

    def built(node: NodeSpec) -> BuiltNode:
        declaration = registry.effects.find(node.effect).declaration
        parameters = declaration.parameters_of(declaration.config(**node.config))
        effect = registry.effects.build(node.effect, node.config)
        return BuiltNode(node.id, effect, declaration, parameters)

    def make(spec: MixerSpec = DJ54, config: MixerConfig | None = None) -> Mixer:
        chains = [[built(node) for node in chain] for _, chain in spec.chains()]
        return Mixer(spec, *chains, config=config)

    return make


@pytest.fixture(scope="session")
def mixer(make_mixer: Callable[..., Mixer]) -> Mixer:
    return make_mixer()


@pytest.fixture(scope="session")
def noise() -> Callable[..., torch.Tensor]:
    def make(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return 0.1 * torch.randn(*shape, generator=generator, dtype=dtype)

    return make


@pytest.fixture(scope="session")
def random_curves(mixer: Mixer) -> Callable[..., torch.Tensor]:
    """Curves anywhere in range, ``[..., frames, 54]``."""

    def make(
        *shape: int, seed: int = 1, of: Mixer = mixer, dtype: torch.dtype = torch.float32
    ) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        rows = of.layout.rows
        low = torch.tensor([row.parameter.minimum for row in rows], dtype=dtype)
        span = torch.tensor([row.parameter.span for row in rows], dtype=dtype)
        return low + span * torch.rand(*shape, len(rows), generator=generator, dtype=dtype)

    return make
