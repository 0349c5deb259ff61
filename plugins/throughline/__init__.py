"""Throughline: the whole customer lifecycle, from the first ad impression to renewal."""

__version__ = "0.1.0"
