"""The house keeps its shape: where Python may stand, how large a file gets, what nothing is called."""

from __future__ import annotations

import re

from tests.architecture.tree import ROOT, files, place

CODE = {".py", ".sql", ".js", ".ts", ".css", ".html", ".md", ".toml", ".sh"}
MOST_LINES = 400
DRAWERS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc", "core", "tools"}
# Folders of one machine, and where packages are fetched from: neither is anybody else's.
OF_ONE_MACHINE = re.compile(r"/(?:work|root|Users)/|/home/(?!jiedao\b)\w|/tmp/\w")
ADDRESS = re.compile(r"https?://|\bindex-url\b|\bfind-links\b|\bextra-index\b", re.IGNORECASE)


def test_platform_is_a_source_root_and_shadows_nothing():
    assert not (ROOT / "platform" / "__init__.py").exists(), "Python's own module platform would be shadowed"
    assert [place(path) for path in files() if path.name == "platform.py"] == []


def test_config_and_docker_hold_no_python():
    """An editable install puts the root on the path, so whatever Python stood there could be imported by accident."""
    assert [place(path) for path in files("config", "docker") if path.suffix in {".py", ".pyc", ".pyi"}] == []


def test_no_file_grows_past_what_fits_in_a_head():
    grown = [
        f"{place(path)}: {lines} lines"
        for path in files()
        if path.suffix in CODE and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    ]
    assert grown == [], "split what holds two things"


def test_there_are_no_drawers():
    parts = {part for path in files() if path.suffix in CODE for part in path.relative_to(ROOT).with_suffix("").parts}
    assert {part for part in parts if DRAWERS & set(re.split(r"[-_.]", part.lower()))} == set()


def test_lock_files_and_recipes_name_no_download_address_and_no_machine():
    recipes = [*files("requirements", ".ci"), ROOT / "Makefile"]
    assert {path.suffix for path in recipes} >= {".lock", ""}
    for path in recipes:
        text = path.read_text(encoding="utf-8")
        # The Makefile tells uv *not* to write addresses into the locks.
        found = ADDRESS.search(re.sub(r"--no-emit-(?:index-url|find-links)\b", "", text)) or OF_ONE_MACHINE.search(text)
        assert found is None, f"{place(path)} names {found}"


def test_every_locked_dependency_has_its_hash():
    for path in files("requirements"):
        if path.suffix == ".lock":
            entries = re.findall(r"^\w.*?(?=^\w|\Z)", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
            assert entries
            assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_no_file_names_the_place_of_this_checkout():
    """Whatever machine the tests run on: what was written with its own path in would not work on another."""
    here = str(ROOT).encode()
    assert [place(path) for path in files() if here in path.read_bytes()] == []
