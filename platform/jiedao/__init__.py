"""Jiedao (街道): the command platform of a city district's streets."""

__version__ = "0.1.0"
