"""The package as it is installed: a wheel that is unpacked away from the sources finds everything that it needs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
RUN = "from jiedao.entrypoints.cli import main; main()"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder / "dist"), versions=["standard"])
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder


def _jiedao(installed, *arguments):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JIEDAO_")}
    return subprocess.run(  # this interpreter, the package that was just built
        [sys.executable, "-c", RUN, *arguments],
        cwd=installed,
        env=environment | {"PYTHONPATH": str(installed / "site")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_installed_package_finds_the_profile_that_comes_with_it(installed):
    where = "import jiedao, jiedao.entrypoints.settings as s; print(jiedao.__file__); print(s.shipped_config())"
    ran = subprocess.run(  # this interpreter, the package that was just built
        [sys.executable, "-c", where],
        cwd=installed,
        env=os.environ | {"PYTHONPATH": str(installed / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    module, config = map(Path, ran.stdout.split())
    assert module.is_relative_to(installed / "site")
    assert config == installed / "site" / "jiedao_config"
    assert (config / "districts" / "330103" / "district.toml").is_file()


def test_an_installed_package_lives_through_a_day_by_itself(installed):
    ran = _jiedao(installed, "simulate", "--per-day", "3", "--json")
    assert ran.returncode == 0, ran.stderr
    assert '"consistent": true' in ran.stdout
