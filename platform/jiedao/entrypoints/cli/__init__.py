"""The command line ``jiedao``: a map of the product, and one module for each group of its commands.

Nothing that takes time is imported before a command needs it: see :mod:`jiedao.entrypoints.cli.root`.
"""

from __future__ import annotations

from jiedao.entrypoints.cli.root import main

__all__ = ["main"]
