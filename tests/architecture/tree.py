"""The checkout as the architecture tests see it: its tracked files, its packages, its code as syntax trees."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (ROOT / "platform" / "jiedao", ROOT / "ingest", ROOT / "projections")
# What tools and people leave in a checkout; everything else is the project's.
_LEFT_BEHIND = {"__pycache__", "node_modules", "build", "dist", "jiedao-data"}


def files(*under: str) -> Iterator[Path]:
    """The files of the project below these folders; of the whole checkout where none is named."""
    for top in (ROOT / name for name in under) if under else (ROOT,):
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if _is_ours(name)]
            yield from (Path(folder, name) for name in names)


def modules() -> list[str]:
    """The names of all modules of jiedao, ingest and projections."""
    found = []
    for package in PACKAGES:
        for path in package.rglob("*.py"):
            parts = path.relative_to(package.parent).with_suffix("").parts
            found.append(".".join(part for part in parts if part != "__init__"))
    return sorted(found)


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """The syntax tree of each module of jiedao, ingest and projections."""
    for package in PACKAGES:
        for path in sorted(package.rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path, node: ast.AST | None = None) -> str:
    """Where something stands, for a person to go to."""
    line = f":{node.lineno}" if node is not None else ""
    return f"{path.relative_to(ROOT)}{line}"


def _is_ours(folder: str) -> bool:
    return folder not in _LEFT_BEHIND and not folder.endswith(".egg-info") and (folder == ".ci" or folder[0] != ".")
