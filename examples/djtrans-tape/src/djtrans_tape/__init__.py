"""A plugin package for djtrans; what it declares stands in :mod:`djtrans_tape.plugin`."""
