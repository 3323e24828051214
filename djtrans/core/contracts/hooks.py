"""Define the markers of djtrans's pluggy hooks."""

import pluggy

#: Entry-point group and pluggy project name.
PROJECT = "djtrans"

#: Marks a hook specification; used by the contract files only.
hookspec = pluggy.HookspecMarker(PROJECT)

#: Marks a plugin's implementation of a hook.
hookimpl = pluggy.HookimplMarker(PROJECT)
