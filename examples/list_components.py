"""List what is installed: every component, who provides it, what can be set, what failed.

    python examples/list_components.py
    python examples/list_components.py effect

Nothing is built and torch is not imported. `djtrans plugins` prints the same as a table.
"""

from __future__ import annotations

import sys

import djtrans
from djtrans.core import KINDS, config_fields


def main(kinds: list[str]) -> None:
    """Print the components of some kinds, or of all."""
    registry = djtrans.default_registry()
    for kind in kinds or KINDS:
        for component in registry.components(kind):
            declaration = component.declaration
            print(f"{kind} {component.name} ({component.provider}): {declaration.summary}")
            for field in config_fields(declaration.config):
                print(f"    {field['name']} = {field['default']} {field['unit']}".rstrip())
    for failure in registry.failures:
        print(failure)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except djtrans.DjtransError as error:
        sys.exit(f"list_components.py: error: {error}")
