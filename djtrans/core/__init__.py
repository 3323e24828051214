"""Contracts, records and helpers that plugins are written against."""
