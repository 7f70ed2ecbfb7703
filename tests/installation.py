"""An installation of district 330103 as an operator has it: the command line in processes of its own, and its server.

It stands on a test's own database; keys, files and logs are in the test's folder.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from contextlib import contextmanager
from pathlib import Path

import httpx
import structlog
from click.testing import CliRunner

from jiedao.entrypoints.cli.root import cli

ROOT = Path(__file__).parents[1]
SECONDS = 90


@contextmanager
def logging_as_before():
    """A command sets logging up for its process; afterwards nothing is to write into its closed streams."""
    before, handlers, level = structlog.get_config(), logging.root.handlers, logging.root.level
    try:
        yield
    finally:
        structlog.configure(**before)
        logging.root.handlers = handlers
        logging.root.setLevel(level)


class Commands(ABC):
    """What is asked of an installation by its commands, however :meth:`run` runs them."""

    @abstractmethod
    def run(self, *arguments, content=None, code=0):
        """Run a command to its end and return what it printed; ``code`` is how it must end, ``None`` however it does."""

    def ask(self, *arguments, **options):
        """Run a command with ``--json`` and return its document."""
        return json.loads(self.run(*arguments, "--json", **options))

    def token(self, role, *, holder=None, sources=()):
        """Make a token and return it as an Authorization header."""
        more = [word for source in sources for word in ("--source", source)]
        made = self.ask("tokens", "create", "--role", role, "--holder", holder or f"user:{role}", *more)
        return {"Authorization": f"Bearer {made['token']}"}


class WithinThisProcess(Commands):
    """Runs the commands of an installation within this process, which saves a start of seconds for each."""

    def __init__(self, env):
        self._env = {name: None for name in os.environ if name.startswith("JIEDAO_")} | env

    def run(self, *arguments, content=None, code=0):
        with logging_as_before():
            result = CliRunner().invoke(cli, list(map(str, arguments)), input=content, env=self._env)
        assert code is None or result.exit_code == code, f"{arguments} ended with {result.exit_code}: {result.output}"
        return result.stdout


class Installation(Commands):
    """Runs ``jiedao`` with the settings of one installation; ``settings`` are further ones, by their short names."""

    def __init__(self, database_url, folder, **settings):
        self.folder = folder
        self.log = folder / "jiedao.log"
        given = {
            "database_url": database_url,
            "data": folder / "data",
            "vault_key": base64.b64encode(b"k" * 32).decode(),
            "log_level": "debug",
            "log_file": self.log,
            "district": "330103",
        } | settings
        plain = {name: value for name, value in os.environ.items() if not name.startswith("JIEDAO_")}
        self.env = plain | {f"JIEDAO_{name.upper()}": str(value) for name, value in given.items()}

    @property
    def here(self):
        """The same installation, for commands where it is not the point that they are processes of their own."""
        return WithinThisProcess(self.env)

    def start(self, *arguments, **options):
        """Start a command; whoever starts it ends it."""
        command = [sys.executable, "-c", "from jiedao.entrypoints.cli import main; main()", *map(str, arguments)]
        return subprocess.Popen(command, env=self.env, cwd=self.folder, **options)

    def run(self, *arguments, content=None, code=0):
        process = self.start(*arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            output, errors = process.communicate(content, SECONDS)
        finally:
            process.kill()
        assert code is None or process.returncode == code, (
            f"{arguments} ended with {process.returncode}: {errors.decode()}"
        )
        return output.decode()

    @contextmanager
    def serving(self):
        """Serve over HTTP while the block runs; yields a client that knows the address."""
        process = self.start("serve", "--port", 0, "--json", stdout=subprocess.PIPE)
        with process, httpx.Client(timeout=30) as client:
            try:
                ready = json.loads(process.stdout.readline() or "{}")
                assert ready.get("event") == "ready", self.log.read_text(encoding="utf-8")
                client.base_url = ready["address"]
                yield client
                process.terminate()
                process.wait(30)
            finally:
                process.kill()
