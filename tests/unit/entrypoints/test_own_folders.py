"""Districts that share a data folder each have their own archives, ledger and key; what was there before is found."""

from __future__ import annotations

import json

import pytest

from jiedao.entrypoints.settings import load_settings


@pytest.fixture
def of(tmp_path):
    return lambda district, **more: load_settings(district=district, data=tmp_path, **more)


def places(settings):
    return settings.archives, settings.published_folder, settings.signing_key_file


def test_each_district_has_its_own(of, tmp_path):
    assert places(of("330103")) == (
        tmp_path / "archives" / "330103",
        tmp_path / "ledger" / "330103",
        tmp_path / "keys" / "ledger-330103.key",
    )
    assert not set(places(of("330103"))) & set(places(of("330105")))


def test_what_an_earlier_version_put_there_is_used_by_whose_it_is(of, tmp_path):
    for name in ("archives", "ledger", "keys"):
        (tmp_path / name).mkdir()
    manifest = {"form": "jiedao.archive.1", "district": "330103", "first": 1, "last": 9}
    (tmp_path / "archives" / "events-000000000001-000000000009.manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "archives" / "events-000000000010-000000000019.manifest.json").write_text("damaged")
    (tmp_path / "ledger" / "checkpoint").write_text("jiedao.330103/log\n9\nAAAA\n")
    (tmp_path / "keys" / "ledger.key").write_text("")
    assert places(of("330103")) == (tmp_path / "archives", tmp_path / "ledger", tmp_path / "keys" / "ledger.key")
    assert places(of("330105"))[:2] == (tmp_path / "archives" / "330105", tmp_path / "ledger" / "330105")
    (tmp_path / "keys" / "ledger-330105.key").write_text("")
    assert of("330105").signing_key_file.name == "ledger-330105.key"


def test_a_ledger_is_known_by_the_key_that_signed_before_its_first_checkpoint(of, tmp_path):
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "keys.txt").write_text("jiedao.330103/log+c74f20a3+ARpc\n")
    assert of("330103").published_folder == tmp_path / "ledger"
    assert of("330103", ledger_origin="jiedao.330103/log-2").published_folder == tmp_path / "ledger" / "330103"
    assert of("33010").published_folder == tmp_path / "ledger" / "33010"


def test_what_is_named_is_used(of, tmp_path):
    named = {"archive_folder": tmp_path / "a", "ledger_folder": tmp_path / "l", "ledger_key_file": tmp_path / "k"}
    assert places(of("330103", **named)) == tuple(named.values())
