"""The ledger at the terminal: sealed, verified, proved, witnessed, and handed to a stranger who verifies it alone."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jiedao.audit.checkpoints import read_checkpoint_note
from jiedao.audit.merkle import consistent
from jiedao.audit.notes import COSIGNATURE_V1, Signer
from jiedao.domain.terms import Role
from jiedao.entrypoints.clock import SystemClock
from tests.e2e.cli.terminal import PHONE, ROOT, form
from tests.tampering import unguard

WITNESS = Signer("witness.example/w", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32), COSIGNATURE_V1)
WITNESSES = {"JIEDAO_LEDGER_WITNESSES": str(WITNESS.key)}
VERIFIER = ROOT / "docs" / "verify" / "verify.py"


def stranger(script, bundle, *options):
    """A stranger's machine: Python, cryptography, the script and the zip; nothing of the platform can be imported."""
    command = [sys.executable, "-I", "-S", "-c", STRANGER, str(script), str(bundle), *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return ended.returncode, ended.stdout, ended.stderr


# -S leaves site-packages out, and with it the editable install; cryptography alone is let in.
STRANGER = f"""
import importlib.util, runpy, sys
sys.path.append({str(next(path for path in sys.path if path.endswith("site-packages")))!r})
assert importlib.util.find_spec("jiedao") is None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_log_is_sealed_verified_proved_and_witnessed(filled):  # noqa: PLR0915  # one way, told in its order
    assert filled.run("audit", "key", code=3).stderr.startswith("error: this log has no key yet")
    before = filled.ask("audit", "verify")
    assert (before["whole"], before["protected"]) == (True, 0)
    assert "nothing is published outside the database" in before["notes"][0]
    sealed = filled.ask("audit", "seal")
    assert (sealed["origin"], sealed["unprotected"]) == ("jiedao.330103/log", 0)
    first = sealed["size"]
    filled.feed(form("M9"))
    second = filled.ask("audit", "seal")["size"]
    assert second > first

    found = filled.ask("audit", "verify")
    assert (found["whole"], found["head"], found["protected"], found["checkpoints"]) == (True, second, second, 2)
    assert found["key_from"] == "folder"
    shown = filled.run("audit", "verify", "--processes", "2").stdout
    assert "✓ 日志完整" in shown
    assert "签名只按自带的公钥核验" in shown
    listed = filled.ask("audit", "checkpoints")
    assert [one["size"] for one in listed["items"]] == [second, first]
    key = filled.ask("audit", "key")
    assert filled.run("audit", "key").stdout.strip() == key["verifier_key"]
    pinned = ("audit", "verify", "--key", key["verifier_key"])
    assert (filled.ask(*pinned)["key_from"], "签名只按自带的公钥核验" in filled.run(*pinned).stdout) == ("given", False)

    proofs = filled.ask("audit", "prove", "manual:M1", "--out", filled.folder / "m1.json")
    assert len(proofs["proofs"]) == 4 - (proofs["proofs"][-1]["topic"] == "jiedao.incident.class_decided")
    assert json.loads((filled.folder / "m1.json").read_text())["root"] == proofs["root"]
    assert filled.run("audit", "prove", "manual:nobody", code=3).stderr.startswith("error: there is no incident")
    grown = filled.ask("audit", "consistency", first, second)
    path = [base64.b64decode(one) for one in grown["path"]]
    roots = [base64.b64decode(grown[name]) for name in ("first_root", "second_root")]
    assert consistent(first, second, path, *roots)
    filled.run("audit", "consistency", second, first, code=1)

    looks = filled.ask("audit", "access")["items"]
    assert {one["access_label"] for one in looks} == {"核验日志", "出具证明"}, "who used the ledger is an event, too"
    filled.ask("audit", "seal")
    written = filled.ask("audit", "checkpoints")["items"][0]["note"]
    _, note = read_checkpoint_note(written)
    kept = filled.write("kept.txt", written)
    cosigned = filled.write("cosigned.txt", str(note.with_signatures([WITNESS.sign(note.text, SystemClock().now())])))
    assert "no witness that is configured" in filled.run("audit", "cosign", cosigned, code=1).stderr
    taken = filled.ask("audit", "cosign", cosigned, **WITNESSES)
    assert [one["witness"] for one in taken["items"]] == ["witness.example/w"]
    filled.ask("audit", "seal")
    assert filled.ask("audit", "verify", "--checkpoint", kept, **WITNESSES)["witnesses"] == ["witness.example/w"]

    with psycopg.connect(filled.env["JIEDAO_DATABASE_URL"], autocommit=True) as superuser:
        unguard(superuser)
        superuser.execute("UPDATE event SET state = state || ' '::bytea WHERE position = 3")
    spoilt = filled.ask("audit", "verify", code=1)
    assert (spoilt["whole"], spoilt["first_fault"]) == (False, 3)
    assert spoilt["faults"][0]["label"] == "内容与其哈希不符"
    told = filled.run("audit", "verify", code=1).stdout
    assert "does not hold from position 3" in told
    filled.run("audit", "verify", "--key", "nonsense", code=2)


def test_nobodys_key_is_replaced_in_silence(filled):
    folder = Path(filled.ask("audit", "seal")["folder"])
    assert "move it away" in filled.run("audit", "seal", "--new-key", code=1).stderr
    key_file = folder.parents[1] / "keys" / "ledger-330103.key"
    moved = key_file.rename(key_file.with_suffix(".away"))
    assert "--new-key" in filled.run("audit", "seal", code=1).stderr
    assert not key_file.exists()
    filled.feed(form("M9"))
    filled.ask("audit", "seal", "--new-key")
    assert any("several keys" in note for note in filled.ask("audit", "verify")["notes"])
    moved.unlink()


@pytest.fixture
def bundle(filled):
    path = filled.folder / "evidence.zip"
    filled.run("incident", "correct", "manual:M1", "--corrects", "1", "--text", "门牌为 203 号")
    exported = filled.ask("audit", "export", "manual:M1", "--out", path)
    assert exported["file"] == str(path)
    assert exported["missing"] == []
    (look,) = filled.ask("audit", "access")["items"]
    assert (look["access"], look["subject"]) == ("export", f"incident:{exported['incident_id']}")
    return path


def rewritten(bundle, folder, name, change, *, listed=True):
    """A copy of the bundle with one file changed; with ``listed`` the manifest says so too."""
    path = folder / "forged.zip"
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(path, "w") as new:
        files = {one: old.read(one) for one in old.namelist()}
        files[name] = change(files[name])
        manifest = json.loads(files["manifest.json"])
        if listed:
            manifest["files"][name] = {"sha256": hashlib.sha256(files[name]).hexdigest(), "size": len(files[name])}
        files["manifest.json"] = json.dumps(manifest).encode()
        for one, content in files.items():
            new.writestr(one, content)
    return path


def edited(change):
    """Change a JSON document in place."""

    def edit(content):
        document = json.loads(content)
        change(document)
        return json.dumps(document).encode()

    return edit


def forge_a_state(document):
    """Edit an event and everything that follows from it in the same file."""
    event = document["events"][1]
    old = base64.b64decode(event["leaf_input"])
    state = base64.b64decode(event["state"])
    new = old.replace(state, state[:-1] + b" ")
    event["state"] = base64.b64encode(state[:-1] + b" ").decode()
    event["leaf_input"] = base64.b64encode(new).decode()
    event["leaf_hash"] = base64.b64encode(hashlib.sha256(new).digest()).decode()


FORGERIES = [
    ("timeline.html", lambda content: content + b" ", False, "is not the file that was put in"),
    ("events.json", edited(lambda document: document["events"].pop()), True, "timeline tells"),
    ("events.json", edited(lambda document: document["events"].pop(0)), True, "versions of the incident"),
    ("events.json", edited(forge_a_state), True, "is not in the signed log"),
    ("events.json", edited(lambda document: document["events"][0].update(topic="x")), True, "not made of what is said"),
    ("checkpoint.txt", lambda content: content.replace(b"\n\n", b"0\n\n", 1), True, "is not right"),
    ("checkpoint.txt", lambda content: content.replace(b"jiedao.330103/log", b"jiedao.330105/log"), True, "not signed by"),
    ("proofs.json", edited(lambda document: document["proofs"].pop()), True, "has no proof"),
    ("timeline.json", edited(lambda document: document["events"][0].update(position=99999)), True, "timeline tells"),
    ("verifier-key.txt", lambda content: content.replace(b"+", b"+0", 1), True, "damaged"),
]  # fmt: skip


def test_a_stranger_verifies_a_bundle_alone_sees_every_forgery_and_reads_nobodys_name(filled, bundle):
    key = filled.ask("audit", "key")["verifier_key"]
    code, said, errors = stranger(VERIFIER, bundle, "--key", key)
    assert (code, errors) == (0, ""), errors
    assert said.splitlines()[-1] == "✓ 成立 everything holds"
    assert len(VERIFIER.read_text(encoding="utf-8").splitlines()) < 200
    for one in (*said.splitlines(), *VERIFIER.read_text(encoding="utf-8").splitlines()[:1]):
        assert re.match(r"\W*[\u4e00-\u9fff]", one), f"Chinese comes first: {one}"
    code, said, _ = stranger(VERIFIER, bundle)
    assert (code, "the key came with the bundle" in said) == (0, True)
    other = Signer("jiedao.330103/log", Ed25519PrivateKey.generate())
    assert stranger(VERIFIER, bundle, "--key", str(other.key))[0] == 1
    code, _, errors = stranger(VERIFIER, bundle, "--witness", str(WITNESS.key))
    assert (code, "a witness did not sign" in errors) == (1, True)
    for name, change, listed, sentence in FORGERIES:
        forged = rewritten(bundle, filled.folder, name, change, listed=listed)
        options = () if name == "verifier-key.txt" else ("--key", key)
        code, said, errors = stranger(VERIFIER, forged, *options)
        assert code == 1, (name, said)
        assert re.fullmatch(f"✗ 不成立 does not hold: .*[\u4e00-\u9fff].*({sentence}).*\n", errors), (name, errors)
    holds_what_its_page_says_and_nobody_in_clear(bundle)


def holds_what_its_page_says_and_nobody_in_clear(bundle):
    with zipfile.ZipFile(bundle) as held:
        names = set(held.namelist())
        files = {name: held.read(name) for name in names}
    assert {"events.json", "references.json", "proofs.json", "checkpoint.txt", "verifier-key.txt", "timeline.html",
            "timeline.json", "files.json", "manifest.json", "verify.py", "README.md"} <= names  # fmt: skip
    assert files["verify.py"] == VERIFIER.read_bytes()
    references = json.loads(files["references.json"])["events"]
    assert {one["topic"] for one in references} >= {"jiedao.boundary_set.adopted", "jiedao.class_table.adopted"}
    adopted = {name.partition("/")[2] for name in names if name.startswith("references/")}
    states = [json.loads(base64.b64decode(one["state"])) for one in references]
    assert adopted == {state["content_sha256"] for state in states if "content_sha256" in state}
    page = files["timeline.html"].decode()
    assert "事件全过程" in page
    assert "占道经营 M1" in page
    assert "更正第 1 条记录：门牌为 203 号" in page
    assert "已由第" in page
    states = b"".join(base64.b64decode(one["state"]) for one in json.loads(files["events.json"])["events"])
    for content in (*files.values(), states):
        assert PHONE.encode() not in content
        assert "王小二".encode() not in content
    assert Role.ADMINISTRATOR.label in page
