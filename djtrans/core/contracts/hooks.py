"""Markers of the pluggy hooks."""

import pluggy

#: Entry-point group and pluggy project name.
PROJECT = "djtrans"

#: Decorator of a hook specification; used by the contracts only.
hookspec = pluggy.HookspecMarker(PROJECT)

#: Decorator of a plugin's implementation of a hook.
hookimpl = pluggy.HookimplMarker(PROJECT)
