"""Signed notes and checkpoints, down to the specifications' own examples."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jiedao.audit.checkpoints import Checkpoint, read_checkpoint_note
from jiedao.audit.notes import COSIGNATURE_V1, Note, Signer, VerifierKey, read_key, read_keys, read_note
from jiedao.domain.errors import InvalidInputError

# The example of C2SP's tlog-cosignature: its keys are not told, its form is.
EXAMPLE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
# Go's golang.org/x/mod/sumdb/note documents this key and this note, signed with it.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
LOOKED = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
LOG = Signer("jiedao.330103/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
WITNESS = Signer("witness.example/w", Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32), COSIGNATURE_V1)
CHECKPOINT = Checkpoint("jiedao.330103/log", 1042, hashlib.sha256(b"root").digest())


def test_a_note_that_another_implementation_signed_is_verified():
    assert read_note(PETERS_NOTE).signed_by(read_key(PETER))
    assert str(read_key(PETER)) == PETER
    spoilt = PETERS_NOTE.replace("your problem is", "your problem was")
    assert not read_note(spoilt).signed_by(read_key(PETER))


def test_the_specifications_example_is_read_and_written_to_the_byte():
    checkpoint, note = read_checkpoint_note(EXAMPLE)
    assert str(note) == EXAMPLE
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == note.text
    own, witness = note.signatures
    assert own.cosigned_at() is None
    assert witness.key_id.hex() == "8d66cf3f"
    assert witness.cosigned_at() == datetime(2023, 3, 20, 12, 25, 47, tzinfo=UTC)


def test_what_a_log_signs_anybody_verifies_with_its_printed_key():
    note = read_note(str(CHECKPOINT.signed(LOG)))
    key = read_key(str(LOG.key))
    assert note.signed_by(key)
    assert key.key_id == hashlib.sha256(b"jiedao.330103/log\n\x01" + key.public).digest()[:4]
    assert not note.signed_by(replace(key, name="jiedao.330104/log"))
    assert not note.signed_by(WITNESS.key)
    assert not Note(replace(CHECKPOINT, size=1041).text(), note.signatures).signed_by(key)


def test_a_witness_signs_the_time_of_its_look_too():
    note = CHECKPOINT.signed(LOG)
    signature = WITNESS.sign(note.text, LOOKED)
    cosigned = read_note(str(note.with_signatures([signature, signature])))
    assert len(cosigned.signatures) == 2
    assert cosigned.signed_by(read_key(str(WITNESS.key)))
    assert cosigned.signed_by(LOG.key)
    later = replace(signature, content=b"\x00" * 7 + b"\x01" + signature.content[8:])
    assert not note.with_signatures([later]).signed_by(WITNESS.key)
    short = replace(signature, content=signature.content[:-1])
    assert not note.with_signatures([short]).signed_by(WITNESS.key)


@pytest.mark.parametrize("spoilt", [
    "", "text\n", "text\n\n", EXAMPLE[:-1], EXAMPLE.replace("— ", "- "), EXAMPLE.replace("jWbPPwAAAABk", "!"),
    "text\n\n— name AAAAAA==\n\n",
])  # fmt: skip
def test_what_is_no_note_is_refused(spoilt):
    with pytest.raises(InvalidInputError):
        read_note(spoilt)


@pytest.mark.parametrize(("old", "new"), [
    ("20852163", "020852163"), ("20852163", "-1"), ("20852163", "many"), ("CsUY", "Cs"),
    ("example.com/behind-the-sofa\n2085", "2085"),
])  # fmt: skip
def test_what_is_no_checkpoint_is_refused(old, new):
    with pytest.raises(InvalidInputError, match="no checkpoint"):
        read_checkpoint_note(EXAMPLE.replace(old, new, 1))


@pytest.mark.parametrize("spoilt", [
    "", "name", "PeterNeumann+c74f20a3+", PETER.replace("c74f20a3", "c74f20a4"), PETER.replace("+AR", "+AQ"),
    "+".join(["n", "00000000", base64.b64encode(b"\x02" + bytes(32)).decode()]), "two words+00000000+AQ==",
])  # fmt: skip
def test_what_is_no_key_is_refused(spoilt):
    with pytest.raises(InvalidInputError):
        read_key(spoilt)


def test_several_keys_stand_apart_by_spaces_commas_or_lines():
    assert read_keys(f" {PETER},\n{LOG.key} {WITNESS.key}") == [read_key(PETER), LOG.key, WITNESS.key]
    assert read_keys(" ") == []
    assert isinstance(read_keys(PETER)[0], VerifierKey)
