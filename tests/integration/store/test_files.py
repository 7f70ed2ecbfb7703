"""Files by their content: one for the same content, durable before it is answered, checked when it is read."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jiedao.domain.errors import JiedaoError, NotFoundError
from jiedao.domain.ports import StoredFile
from jiedao.store.files import FolderFileStore

PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 400
SHA256 = hashlib.sha256(PHOTO).hexdigest()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "files"


@pytest.fixture
def files(folder):
    return FolderFileStore(folder)


def stored_files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_was_put_is_found_under_its_hash(files, folder):
    assert files.put(PHOTO) == StoredFile(SHA256, len(PHOTO), "image/jpeg")
    assert files.get(SHA256) == PHOTO
    assert files.describe(SHA256) == StoredFile(SHA256, len(PHOTO), "image/jpeg")
    assert FolderFileStore(folder).get(SHA256) == PHOTO
    assert stored_files(folder) == [f"sha256/{SHA256[:2]}/{SHA256[2:]}"]


def test_the_content_tells_the_media_type_whatever_the_sender_calls_it(files):
    assert files.put(PHOTO, "text/html").media_type == "image/jpeg"
    boundaries = json.dumps({"type": "FeatureCollection", "features": [{"n": "朝晖街道"}] * 500}).encode()
    stored = files.put(boundaries, "application/geo+json")
    assert stored.media_type == "application/json"
    assert files.describe(stored.sha256) == stored
    text = files.put(b"", "text/plain")
    assert (
        files.describe(text.sha256)
        == text
        == StoredFile(hashlib.sha256(b"").hexdigest(), 0, "application/octet-stream")
    )


def test_the_same_content_is_one_file(files, folder):
    first = files.put(PHOTO)
    inode = (folder / "sha256" / SHA256[:2] / SHA256[2:]).stat().st_ino
    assert files.put(PHOTO) == first
    assert (folder / "sha256" / SHA256[:2] / SHA256[2:]).stat().st_ino == inode
    assert len(stored_files(folder)) == 1


def test_many_who_put_the_same_at_once_do_each_other_no_harm(folder):
    contents = [PHOTO, b"%PDF-1.4 one", b"two"]

    def put(number):
        return FolderFileStore(folder).put(contents[number % 3]).sha256

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(put, range(120))) == {hashlib.sha256(one).hexdigest() for one in contents}
    assert len(stored_files(folder)) == 3
    assert [FolderFileStore(folder).get(hashlib.sha256(one).hexdigest()) for one in contents] == contents


def test_a_damaged_file_is_not_handed_out_and_the_same_content_mends_it(files, folder):
    files.put(PHOTO)
    path = folder / "sha256" / SHA256[:2] / SHA256[2:]
    path.write_bytes(PHOTO[:-1] + b"!")
    with pytest.raises(JiedaoError, match="damaged or altered") as refusal:
        files.get(SHA256)
    assert not isinstance(refusal.value, NotFoundError)
    files.put(PHOTO)
    assert files.get(SHA256) == PHOTO


@pytest.mark.parametrize("name", [SHA256, "", "../../etc/passwd", SHA256.upper(), SHA256[:-1], f"{SHA256}\n", "/" * 64])
def test_what_is_not_there_or_names_no_file_is_not_found(files, name):
    files.put(b"another")
    for ask in (files.get, files.describe):
        with pytest.raises(NotFoundError):
            ask(name)


def test_nobody_else_may_enter_the_folder(files, folder):
    previous = os.umask(0)
    try:
        files.put(PHOTO)
    finally:
        os.umask(previous)
    path = folder / "sha256" / SHA256[:2] / SHA256[2:]
    assert path.stat().st_mode & 0o777 == 0o600
    assert {one.stat().st_mode & 0o777 for one in (folder, *path.parents[:2])} == {0o700}


def test_a_file_and_its_name_are_durable_before_the_hash_is_answered(files, folder, monkeypatch):
    synced = []
    real = os.fsync

    def fsync(descriptor):
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.append((path, path.stat().st_size if path.is_file() else None, stored_files(folder)))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    files.put(PHOTO)
    name = f"sha256/{SHA256[:2]}/{SHA256[2:]}"
    (content, size, _names), (last, _none, names) = synced[-2:]
    assert (content.parent, size) == ((folder / name).parent, len(PHOTO))  # whole, under a name of its own
    assert content != folder / name
    assert (last, names) == ((folder / name).parent, [name])  # then the folder, with the name settled
    assert {path for path, _size, _seen in synced[:-2]} >= {folder, folder / "sha256"}  # and the folders above


def test_what_cannot_be_written_leaves_nothing_behind(files, folder, monkeypatch):
    files.put(b"another")

    def fsync(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    (folder / "sha256" / SHA256[:2]).mkdir(exist_ok=True)
    with pytest.raises(OSError, match="No space left"):
        files.put(PHOTO)
    monkeypatch.undo()
    assert len(stored_files(folder)) == 1
    with pytest.raises(NotFoundError):
        files.get(SHA256)
