"""Spoils native records at random, for tests that nothing gets past an adapter: neither an exception nor a number."""

import copy
import json

from hypothesis import strategies as st

PHONE = "13912345678"
WRITTEN = (PHONE, f"电话{PHONE}。", "139-1234-5678", " 139 1234 5678 ", f"+86 {PHONE}")
"""One mobile number as people write it."""

HOSTILE = (
    None, True, False, 0, -1, 1.5, 10**30, -(10**18), 1e300, float("nan"), float("inf"),
    "", " ", "0", "-1", "null", "NaN", "\x00", "a\x00b", "\ud800", "\u202e中\ufffe", "x" * 30_000, "9" * 5_000,
    "0000-00-00 00:00:00", "9999-12-31 23:59:59", "2026-02-30", "2026-11-24T25:61:00", "20261301000000",
    "data:image/png;base64,!!!!", "data:image/png;base64," + "A" * 81, "A" * 100, "/9j/" + "x" * 3_000,
    [], {}, [[]], [None], [{}], {"a": {"b": []}}, [[[[[[["x"]]]]]]], ["x"] * 300, [1, "2", None],
)  # fmt: skip
"""Values that no field should hold."""


def leaves(content, path=()):
    """The paths to everything in a JSON value."""
    yield path
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for name, value in items:
        yield from leaves(value, (*path, name))


def replaced(content, path, value):
    content = copy.deepcopy(content)
    if not path:
        return value
    inner = content
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return content


def removed(content, path):
    content = copy.deepcopy(content)
    inner = content
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return content


@st.composite
def spoiled_json(draw, samples):
    """A sample with one to three of its values removed or replaced by something hostile."""
    content = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 3))):
        paths = list(leaves(content))
        path = draw(st.sampled_from(paths))
        if path and draw(st.booleans()):
            content = removed(content, path)
        else:
            content = replaced(content, path, draw(st.sampled_from(HOSTILE)))
    return json.dumps(content, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@st.composite
def spoiled_bytes(draw, samples):
    """A sample with bytes cut out, put in or changed."""
    raw = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(raw)))
        size = draw(st.integers(0, 12))
        raw[at : at + size] = draw(st.binary(max_size=12))
    return bytes(raw)


@st.composite
def with_phone(draw, samples, *, spared):
    """A sample in which one text was replaced by, or ends with, a mobile number; fields named in ``spared`` are not."""
    content = draw(st.sampled_from(samples))
    paths = [path for path in leaves(content) if path and not spared & set(path) and _is_leaf(content, path)]
    path = draw(st.sampled_from(paths))
    written = draw(st.sampled_from(WRITTEN))
    before = _at(content, path)
    value = f"{before} {written}" if isinstance(before, str) and draw(st.booleans()) else written
    return json.dumps(replaced(content, path, value), ensure_ascii=False).encode()


def _at(content, path):
    for name in path:
        content = content[name]
    return content


def _is_leaf(content, path):
    return not isinstance(_at(content, path), dict | list)
