"""离线核验街道平台的证据包。只需 Python 3.9 与 `cryptography` 包。 Verifies an evidence bundle of Jiedao offline.

    python verify.py evidence.zip --key 'jiedao.330103/log+c74f20a3+ARpc…' [--witness 'witness.example/w+…']

本脚本与平台没有共用代码。公钥须另行取得，不给 --key 则只信包内自带的公钥。退出码 0 为成立。 It shares no code with the platform:
it was written from RFC 6962 and RFC 9162 (Merkle trees), from C2SP's signed-note, tlog-checkpoint, tlog-cosignature, and
from the form of a leaf that README.md describes. Have the key from somebody else than whoever gave you the bundle.
"""

import argparse
import base64
import hashlib
import json
import struct
import sys
import uuid
import zipfile
from datetime import datetime, timedelta, timezone

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Wrong(Exception):
    """Something does not hold."""


def need(holds, sentence):
    if not holds:
        raise Wrong(sentence)


def sha256(content):
    return hashlib.sha256(content).digest()


def unbase64(text):
    return base64.b64decode(text, validate=True)


# ------------------------------------------------------------------ what the log hashes of an event (README.md)


def leaf_input(event):
    """The bytes under an event's leaf hash, put together from what the bundle says of it."""
    micros = (datetime.fromisoformat(event["recorded_at"].replace("Z", "+00:00")) - EPOCH) // timedelta(microseconds=1)
    stream = uuid.UUID(event["originator_id"]).bytes
    parts = [b"\x00jiedao.leaf.1/sha256", struct.pack("!q16siq", event["position"], stream, event["version"], micros)]
    for part in (event["topic"].encode(), unbase64(event["state"]), unbase64(event["metadata"])):
        parts += [struct.pack("!i", len(part)), part]
    return b"".join(parts)


def check_events(events, what):
    """Each event hashes to its leaf; returns leaf by position."""
    leaves = {}
    for event in events:
        content = leaf_input(event)
        at = f"{what}，日志位置 position {event['position']}"
        need(content == unbase64(event["leaf_input"]), f"{at}: 哈希原文与内容不一致 the leaf input is not made of what is said")
        need(sha256(content) == unbase64(event["leaf_hash"]), f"{at}: 与其哈希不符 it does not have its leaf hash")
        leaves[event["position"]] = sha256(content)
    return leaves


# ------------------------------------------------------------------------------- signed checkpoints (C2SP)


def read_key(written):
    """NAME+ID+BASE64 → (name, key id, algorithm, public key)."""
    name, key_id, encoded = written.strip().split("+", 2)
    content = unbase64(encoded)
    need(sha256(name.encode() + b"\n" + content)[:4].hex() == key_id, f"{name} 的公钥已损坏 the key is damaged")
    need(content[0] in (1, 4) and len(content) == 33, f"{name} 的公钥不是 Ed25519 the key is not Ed25519")
    return name, bytes.fromhex(key_id), content[0], content[1:]


def signed_by(key, text, lines):
    """When the key signed the text: a cosignature's time, or True; None where it did not."""
    name, key_id, algorithm, public = key
    for line in lines:
        mark, signer, encoded = line.split(" ")
        content = unbase64(encoded)
        if (mark, signer, content[:4]) != ("—", name, key_id):
            continue
        signature, message, when = content[4:], text.encode(), True
        if algorithm == 4:  # cosignature/v1: the time stands before the signature, and in what is signed
            when, signature = struct.unpack("!Q", content[4:12])[0], content[12:]
            message = f"cosignature/v1\ntime {when}\n{text}".encode()
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except InvalidSignature:
            raise Wrong(f"检查点上 {name} 的签名无效 this signature under the checkpoint is not right") from None
        return when
    return None


def check_checkpoint(note, key, witnesses):
    """Return (origin, size, root) of a checkpoint that is signed by the key, and who witnessed it."""
    text, gap, signatures = note.rpartition("\n\n")
    need(gap and signatures.endswith("\n"), "检查点不是签名文本 the checkpoint is no signed note")
    text, lines = text + "\n", signatures[:-1].split("\n")
    need(signed_by(key, text, lines), f"检查点没有该公钥的签名 the checkpoint is not signed by the key of {key[0]}")
    origin, size, root = text.split("\n")[:3]
    seen = [(one[0], signed_by(one, text, lines)) for one in witnesses]
    absent = ", ".join(name for name, when in seen if not when)
    need(not absent, f"见证人没有签名 a witness did not sign: {absent}")
    return origin, int(size), unbase64(root), [f"{name} {EPOCH + timedelta(seconds=when)}" for name, when in seen]


# --------------------------------------------------------------------- inclusion proofs (RFC 9162, 2.1.3.2)


def included(leaf, index, size, path, root):
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            return False
        if place % 2 or place == last:
            found = sha256(b"\x01" + one + found)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            found = sha256(b"\x01" + found + one)
        place, last = place // 2, last // 2
    return last == 0 and found == root


def check_bundle(bundle, key_text, witnesses, say):
    names = bundle.namelist()
    need(len(names) == len(set(names)), "同名文件出现两次 the bundle holds a file twice")
    files = {name: bundle.read(name) for name in names}
    manifest = json.loads(files["manifest.json"])
    need(set(manifest["files"]) == set(files) - {"manifest.json"}, "文件缺失或多于清单 files are missing, or there are more than listed")
    for name, said in manifest["files"].items():
        need(sha256(files[name]).hex() == said["sha256"], f"{name} 已被改动 is not the file that was put in")
    say(f"清单 manifest: {len(manifest['files'])} 个文件与导出时一致 files are as they were put in")

    events = json.loads(files["events.json"])["events"]
    references = json.loads(files["references.json"])["events"]
    versions = [event["version"] for event in events]
    need(versions == list(range(1, len(events) + 1)), "事件版本缺失 versions of the incident's events are missing")
    need({event["originator_id"] for event in events} == {manifest["incident_id"]}, "混入另一事件的记录 an event is of another incident")
    positions = [event["position"] for event in events]
    need(positions == sorted(set(positions)), "记录次序与日志不符 the events are not in the order of the log")
    leaves = {**check_events(events, "记录 event"), **check_events(references, "规则 reference")}
    say(f"记录 events: 事件 {len(events)} 条，采用规则 {len(references)} 条，均与其哈希相符 each has its leaf hash")

    own = files["verifier-key.txt"].decode()
    key = read_key(key_text or own)
    origin, size, root, seen = check_checkpoint(files["checkpoint.txt"].decode(), key, witnesses)
    say(f"检查点 checkpoint: {origin} 共 {size} 条，由 {key[0]} 签名 signed (key {key[1].hex()})")
    if not key_text:
        say("  ! 公钥为包内自带，须与区里公布的核对（--key） the key came with the bundle: compare it")
    for one in seen:
        say(f"  见证 witnessed by {one}")

    proofs = {proof["position"]: proof for proof in json.loads(files["proofs.json"])["proofs"]}
    for position, leaf in leaves.items():
        need(position in proofs, f"位置 {position} 没有证明，导出时尚未受保护 it has no proof")
        path = [unbase64(one) for one in proofs[position]["path"]]
        need(included(leaf, position - 1, size, path, root), f"位置 {position} 不在已签名的日志中 it is not in the signed log")
    say(f"证明 proofs: {len(leaves)} 条全部在已签名的日志中 all are in the signed log")

    states = b"\n".join(unbase64(event["state"]) for event in events + references)
    for name in files:
        folder, _, digest = name.rpartition("/")
        if folder in ("files", "references"):
            need(sha256(files[name]).hex() == digest, f"{name} 与文件名所示哈希不符 is not what its name says")
            need(f'"{digest}"'.encode() in states, f"没有记录提及 no event names {name}")
    said = {(entry["position"], entry["version"]) for entry in json.loads(files["timeline.json"])["events"]}
    told = set(zip(positions, versions))
    need(said <= told, "时间线含日志之外的内容 the timeline tells of events that are not in the log")
    say(f"附件 files: 均有记录提及 each is named by an event；时间线述及 {len(said)}/{len(told)} 条，文字未核对 its wording is unchecked")


def main():
    parser = argparse.ArgumentParser(description="核验证据包 Verify an evidence bundle of Jiedao offline.")
    parser.add_argument("bundle", help="证据包 the zip file")
    parser.add_argument("--key", help="日志公钥，须来自可信渠道 the log's verifier key, from a source that you trust")
    parser.add_argument("--witness", action="append", default=[], help="须有其签名的见证人公钥 key of a witness who must have signed")
    given = parser.parse_args()
    try:
        with zipfile.ZipFile(given.bundle) as bundle:
            check_bundle(bundle, given.key, [read_key(one) for one in given.witness], print)
    except (Wrong, KeyError, ValueError, TypeError, struct.error, OSError, zipfile.BadZipFile) as error:
        print(f"✗ 不成立 does not hold: {error if isinstance(error, Wrong) else repr(error)}", file=sys.stderr)
        return 1
    print("✓ 成立 everything holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
