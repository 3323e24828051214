"""Confidence of a plan: the probability that its transition passes the gates.

Each gate passes with a probability that falls with the costs of the faults that it judges. The
coefficients are those of logistic regressions on rendered transitions, see ``docs/planner.md``.
"""

from __future__ import annotations
