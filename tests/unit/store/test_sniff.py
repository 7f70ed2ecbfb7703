"""The media type that content shows, whatever it is called."""

import json

import pytest

from jiedao.store.files import sniff

FRAME = b"\x00\x00\x00\x20ftyp"
BOUNDARIES = json.dumps({"type": "FeatureCollection", "features": [], "name": "辖区"}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "image/png"),
        (b"GIF87a\x01\x00", "image/gif"),
        (b"GIF89a\x01\x00", "image/gif"),
        (b"RIFF\x0a\x00\x00\x00WEBPVP8 ", "image/webp"),
        (FRAME + b"isom\x00\x00\x02\x00isomiso2mp41", "video/mp4"),
        (FRAME + b"mp42\x00\x00\x00\x00", "video/mp4"),
        (FRAME + b"avc1", "video/mp4"),
        (FRAME + b"M4V ", "video/mp4"),
        (b"%PDF-1.7\n", "application/pdf"),
        (BOUNDARIES.encode(), "application/json"),
        (b"\xef\xbb\xbf \n" + BOUNDARIES.encode(), "application/json"),
        (b"[]", "application/json"),
        (b' [1, {"a": null}] \n', "application/json"),
    ],
)
def test_known_content_is_recognised(content, media_type):
    assert sniff(content) == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xd8", b"\x89PNG", b"GIF88a", b"RIFF\x0a\x00\x00\x00WAVEfmt ", FRAME + b"heic", FRAME + b"avif",
        FRAME + b"qt  ", FRAME + b"M4A ", b"ftypisom", b"PDF-1.7", b"<html><script>", b"MZ\x90\x00", b"PK\x03\x04",
        b"{not json}", b'{"a": 1} and more', b'{"a": ', b"[" * 100_000, b'["\xff\xfe"]', b"12", b'"text"',
    ],
)  # fmt: skip
def test_anything_else_is_unknown(content):
    assert sniff(content) == "application/octet-stream"
