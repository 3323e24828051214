"""Parameter layout of a mixer, computed from its spec.

All index arithmetic on parameters is in this module.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import attrs

from djtrans.core.contracts.mixer_spec import MASTER_BUS, TRACK_BUS, TRACKS, MixerSpec, NodeSpec
from djtrans.core.curves.parameter import Parameter
from djtrans.core.errors import LayoutError, did_you_mean


@attrs.frozen
class Row:
    """A row of the layout: a parameter of a node of the mixer.

    Attributes
    ----------
    index : int
        Position in the last axis of a parameter tensor.
    track : {"a", "b", "mix"}
        The track, or ``"mix"`` for the master chain.
    stem : str
        Stem name; ``"track"`` or ``"master"`` for nodes on those buses.
    node : str
        Id of the node in its chain.
    parameter : Parameter
        Declaration of the parameter by the effect.
    alias : str
        Short display name of the parameter, ``"eq_low"``.
    """

    index: int
    track: str
    stem: str
    node: str
    parameter: Parameter
    alias: str

    @property
    def key(self) -> str:
        """Key ``track/stem/node/param``, such as ``a/drums/eq/low``."""
        return f"{self.track}/{self.stem}/{self.node}/{self.parameter.name}"


@attrs.frozen
class Layout:
    """Order and meaning of the parameters of a frame.

    Attributes
    ----------
    rows : tuple of Row
        Rows in the order of the last axis of a parameter tensor.

    Examples
    --------
    >>> import djtrans
    >>> layout = djtrans.mixer_layout("dj54")
    >>> len(layout), layout.keys[1]
    (54, 'a/drums/eq/low')
    >>> layout.select("b/*/eq/low")
    [28, 34, 40, 46]

    See Also
    --------
    djtrans.mixer_layout : Compute the layout of a mixer.
    """

    rows: tuple[Row, ...]
    _by_key: dict[str, int] = attrs.field(init=False, eq=False, repr=False)
    #: Cache of :meth:`select`: techniques use the same patterns for every transition.
    _selected: dict[str, list[int]] = attrs.field(init=False, eq=False, repr=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_by_key", {row.key: row.index for row in self.rows})

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def keys(self) -> tuple[str, ...]:
        """Key of each row."""
        return tuple(row.key for row in self.rows)

    @property
    def neutral(self) -> tuple[float, ...]:
        """Neutral value of each row."""
        return tuple(row.parameter.neutral for row in self.rows)

    def index(self, key: str) -> int:
        """Return the index of the row with a key.

        Raises
        ------
        LayoutError
            If there is no such row.
        """
        if key not in self._by_key:
            raise LayoutError(
                f"The layout has no parameter {key!r}. {did_you_mean(key, self._by_key)}"
            )
        return self._by_key[key]

    def controls(self) -> list[list[int]]:
        """Group the indices of the rows by track, node and parameter: one group for all stems."""
        groups: dict[tuple[str, str, str], list[int]] = {}
        for row in self.rows:
            groups.setdefault((row.track, row.node, row.parameter.name), []).append(row.index)
        return list(groups.values())

    def select(self, pattern: str) -> list[int]:
        """Return the indices of the rows whose key matches a shell pattern; may be empty."""
        if pattern not in self._selected:
            self._selected[pattern] = [r.index for r in self.rows if fnmatchcase(r.key, pattern)]
        return list(self._selected[pattern])

    def to_json(self) -> list[dict[str, Any]]:
        """Return the key, alias and parameter fields of every row as JSON-ready dictionaries."""
        return [
            {"key": row.key, "alias": row.alias, **attrs.asdict(row.parameter)} for row in self.rows
        ]

    @classmethod
    def from_json(cls, rows: Sequence[Mapping[str, Any]]) -> Layout:
        """Invert :meth:`to_json`; raise KeyError, TypeError or ValueError for damaged rows."""
        if not isinstance(rows, list | tuple):
            raise ValueError(f"layout is {rows!r:.40}; give a list of rows")
        read: list[Row] = []
        for index, row in enumerate(rows):
            if not isinstance(row, Mapping):
                raise ValueError(f"layout[{index}] is {row!r:.40}; give an object")
            _check_types(row, f"layout[{index}]")
            fields = {k: v for k, v in row.items() if k not in ("key", "alias")}
            key = row["key"]
            if key.count("/") != 3 or key in {other.key for other in read}:
                raise ValueError(
                    f"layout[{index}].key is {key!r}; give unique track/stem/node/name"
                )
            track, stem, node, _ = key.split("/")
            read.append(Row(index, track, stem, node, Parameter(**fields), row["alias"]))
            if read[-1].key != key:
                raise ValueError(f"layout[{index}].key is {key!r}; it must end in its name")
        return cls(tuple(read))

    @property
    def digest(self) -> str:
        """Hash of all that defines the meaning of values: keys, ranges, neutrals, curves, edges."""
        return self._digest(float)

    def matches(self, digest: object) -> bool:
        """Return True if a stored digest is that of the layout.

        Earlier versions computed it from numbers as they were written, 1 or 1.0.
        """
        return digest in (self.digest, self._digest(lambda number: number))

    def _digest(self, convert: Callable[[float], float]) -> str:
        meaning = [
            [row.key, *map(convert, (p.minimum, p.maximum, p.neutral)), p.curve, p.edge]
            for row in self.rows
            for p in (row.parameter,)
        ]
        return hashlib.sha256(json.dumps(meaning).encode()).hexdigest()[:16]


def _check_types(row: Mapping[str, Any], where: str) -> None:
    for field, value in row.items():
        numeric = field in ("minimum", "maximum", "neutral")
        kind: Any = int | float if numeric else str
        if isinstance(value, bool) or not isinstance(value, kind):
            raise ValueError(
                f"{where}.{field} is {value!r}; give a {'number' if numeric else 'text'}"
            )


def compute_layout(
    spec: MixerSpec, parameters_of: Callable[[NodeSpec], tuple[Parameter, ...]]
) -> Layout:
    """Compute the layout of a mixer: A's stems and bus, B's stems and bus, then the master bus.

    Parameters
    ----------
    spec : MixerSpec
        The mixer.
    parameters_of : callable
        Function from a node to the parameters that its effect declares for the node's config.

    Returns
    -------
    Layout
        54 rows for the default mixer.
    """
    places = [
        (track, bus, chain)
        for track in TRACKS
        for bus, chain in [
            *((stem, spec.stem_chain) for stem in spec.stems),
            (TRACK_BUS, spec.track_chain),
        ]
    ]
    places.append(("mix", MASTER_BUS, spec.master_chain))
    rows: list[Row] = []
    for track, bus, chain in places:
        for node in chain:
            for parameter in parameters_of(node):
                short = f"{node.id}/{parameter.name}"
                alias = spec.aliases.get(short, f"{node.id}_{parameter.name}")
                rows.append(Row(len(rows), track, bus, node.id, parameter, alias))
    return Layout(tuple(rows))
