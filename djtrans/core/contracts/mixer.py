"""Mixers: named mixer specs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import attrs

from djtrans.core.contracts.declaration import Declaration
from djtrans.core.contracts.hooks import hookspec


@attrs.frozen(kw_only=True)
class MixerDeclaration(Declaration):
    """Declaration of a named mixer.

    Its factory builds a :class:`~djtrans.core.contracts.mixer_spec.MixerSpec` from the config.

    Examples
    --------
    >>> import djtrans
    >>> declaration = djtrans.MixerDeclaration(
    ...     name="faders", summary="One fader per stem.", factory="mylab.faders:build_spec"
    ... )
    >>> declaration.kind
    'mixer'

    See Also
    --------
    djtrans.MixerSpec : Specification that the factory returns.
    """

    kind: ClassVar[str] = "mixer"


@hookspec
def djtrans_mixers() -> Iterable[MixerDeclaration]:  # type: ignore[empty-body]
    """Register named mixer specs.

    Returns
    -------
    iterable of MixerDeclaration
        Yield them one by one, or return a list.

    Examples
    --------
    >>> import djtrans
    >>> def faders_only(config):
    ...     return djtrans.MixerSpec(
    ...         stems=("drums", "bass", "vocals", "other"),
    ...         stem_chain=(djtrans.NodeSpec("fader", "djtrans/gain"),),
    ...     )
    >>> class MixerPlugin:
    ...     @djtrans.hookimpl
    ...     def djtrans_mixers(self):
    ...         yield djtrans.MixerDeclaration(
    ...             name="faders", summary="One fader for each stem.", factory=faders_only
    ...         )
    >>> registry = djtrans.Registry(discover=False)
    >>> registry.register(MixerPlugin(), "example")
    >>> len(djtrans.mixer_layout("faders", registry=registry))
    8
    """
