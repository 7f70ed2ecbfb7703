"""Where the root key comes from, which files are refused, and that what follows from it never changes."""

import base64
import hashlib
import hmac
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from jiedao.domain.errors import ConfigurationError
from jiedao.store.root_key import RootKey, load_root_key

SECRET = bytes(range(32))
WRITTEN = base64.b64encode(SECRET).decode()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "keys" / "root.key"
    path.parent.mkdir()
    path.write_text(f"{WRITTEN}\n")
    path.chmod(0o600)
    return path


def test_a_key_in_the_environment_outweighs_one_in_a_file(file):
    other = bytes(32)
    assert load_root_key(base64.b64encode(other).decode(), file).secret == other
    assert load_root_key(f" {WRITTEN}\n", None).secret == SECRET


def test_a_key_is_read_from_its_file(file):
    assert load_root_key(None, file).secret == SECRET
    assert load_root_key("", file, create=True).secret == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o610])
def test_a_file_that_others_have_any_right_to_is_refused(file, mode):
    file.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_root_key(None, file)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(file):
    os.chown(file, 65534, 65534)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        load_root_key(None, file)


@pytest.mark.parametrize(
    ("content", "says"),
    [("not base64 at all", "is not base64"), (WRITTEN[:-4], "must be 32 bytes"), ("", "must be 32 bytes"),
     ("密钥", "is not base64"), (f"{WRITTEN}{WRITTEN}", "is not base64")],
)  # fmt: skip
def test_what_is_no_key_is_refused_and_not_repeated(file, content, says):
    file.write_text(content)
    with pytest.raises(ConfigurationError, match=says) as refusal:
        load_root_key(None, file)
    assert not content or content not in str(refusal.value)


def test_a_missing_key_is_not_made_unless_asked_for(tmp_path):
    with pytest.raises(ConfigurationError, match="bring the file back from its backup"):
        load_root_key(None, tmp_path / "root.key")
    with pytest.raises(ConfigurationError, match="JIEDAO_VAULT_KEY"):
        load_root_key(None, None, create=True)
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_once_whoever_asks_and_nobody_else_may_read_it(tmp_path):
    path = tmp_path / "keys" / "root.key"
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: load_root_key(None, path, create=True).secret, range(40)))
    assert len(keys) == 1
    assert load_root_key(None, path).secret in keys
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [entry.name for entry in path.parent.iterdir()] == ["root.key"]


def test_a_derived_key_is_hkdf_sha256_of_its_label():
    extracted = hmac.digest(bytes(32), SECRET, hashlib.sha256)  # RFC 5869, 2.2 and 2.3, written out
    expected = hmac.digest(extracted, b"some purpose\x01", hashlib.sha256)
    assert RootKey(SECRET).derive("some purpose") == expected
    assert RootKey(SECRET).derive("another purpose") != expected


def test_the_fingerprint_never_changes_and_shows_nothing_of_the_key():
    key = RootKey(SECRET)
    assert key.fingerprint == "6e06b125e5de2800dadbfff29616e369"
    assert key.fingerprint != RootKey(bytes(32)).fingerprint
    assert WRITTEN not in repr(key)
    assert "\\x01" not in repr(key)


def test_a_key_of_another_length_is_refused():
    with pytest.raises(ConfigurationError, match="must be 32 bytes"):
        RootKey(bytes(16))
