"""Fault injection: run the ``djtrans`` command on hostile inputs and in hostile surroundings.

``make torture`` runs all of it; ``python -m torture --help`` lists the options. Linux only.
"""
