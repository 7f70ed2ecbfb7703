"""Runs ``jiedao`` as a person at a terminal does, within this process, and reads what it says.

The reports are made-up orders of the form (手工登记), of people who do not exist.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from click.testing import CliRunner

from jiedao.entrypoints.cli.root import cli
from jiedao.entrypoints.settings import Settings

ROOT = Path(__file__).parents[3]
ZHAOHUI, CHANGQING = "330103006", "330103001"
IN_ZHAOHUI = {"lon": 120.165, "lat": 30.285}
PHONE = "13900001234"


def form(number, **changes):
    """A form that an operator filled in: something at a place in 朝晖, of a class for the platform enforcement."""
    fields = {
        "id": number,
        "title": f"占道经营 {number}",
        "description": "沿街商铺占道",
        "class_code": "E0101",
        "address": "朝晖街道",
        "reporter": {"name": "王小二", "phone": PHONE},
    }
    return {**fields, **IN_ZHAOHUI, **changes}


REPORTS = (
    form("M1"),
    form("M2"),
    form("M3", class_code="E0102"),
    form("M4", class_code="no-such-class"),
    form("M5", address="某处", lon=None, lat=None),
)
"""Three in 朝晖's enforcement queue; one of unknown class and one of unknown place, both for a person to decide."""

BROKEN = ({"title": "无编号", "reporter": {"phone": PHONE}}, form("M7", title=None))
"""Two that cannot be read."""


class Terminal:
    """A terminal with the settings of one installation in its environment."""

    def __init__(self, database_url, folder):
        self.folder = folder
        self.data = folder / "data"
        self.env = {f"JIEDAO_{name.upper()}": None for name in Settings.model_fields} | {
            "JIEDAO_DATABASE_URL": database_url,
            "JIEDAO_DATA": str(self.data),
            "JIEDAO_VAULT_KEY": base64.b64encode(b"k" * 32).decode(),
        }

    def run(self, *arguments, code=0, content=None, **env):
        """Run a command, which must end with ``code``; the result has ``stdout``, ``stderr`` and ``stdout_bytes``."""
        result = CliRunner().invoke(cli, list(map(str, arguments)), input=content, env=self.env | env)
        assert result.exit_code == code, f"{arguments} ended with {result.exit_code}: {result.output}"
        return result

    def ask(self, *arguments, **options):
        """Run a command with ``--json`` and return its document."""
        return json.loads(self.run(*arguments, "--json", **options).stdout)

    def write(self, name, content):
        """Write a file into the folder and return its path; what is not bytes or text is written as JSON."""
        if not isinstance(content, bytes | str):
            content = json.dumps(content, ensure_ascii=False)
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def feed(self, *reports, code=0):
        """Feed reports of the form from a file."""
        lines = "\n".join(json.dumps(report, ensure_ascii=False) for report in reports)
        return self.ask("ingest", "file", "manual", self.write("reports.jsonl", lines), code=code)

    def fill(self):
        """Feed the reports, and those that cannot be read."""
        self.feed(*REPORTS, *BROKEN, code=1)

    def incident_id(self, number):
        """The id of the incident of a report."""
        return self.ask("incident", "show", f"manual:{number}")["incident_id"]
