"""The ledger over HTTP: checkpoints, proofs that hold, tiles, cosignatures, and only for those who may."""

from __future__ import annotations

import base64

import pytest

from jiedao.audit.checkpoints import read_checkpoint_note
from jiedao.audit.merkle import consistent, included
from jiedao.audit.notes import read_key
from jiedao.audit.tiles import read_path
from jiedao.domain.access import Holder
from jiedao.domain.terms import Role
from tests.e2e.http.district import ADMINISTRATOR, AUDITOR, DISPATCHER, WEST, WITNESS, order

SUPERVISOR, LIMITED = "jd_SupervisorSupervisorSupervi1", "jd_AuditorOfTheWesternStreet001"
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
def sealed(call, services):
    """Two incidents, sealed apart; returns their ids and the two sizes."""
    services.tokens.holders |= {
        SUPERVISOR: Holder("t-sup", "user:sup", Role.SUPERVISOR),
        LIMITED: Holder("t-lim", "user:lim", Role.AUDITOR, streets=frozenset({WEST})),
    }
    sealer, ids, sizes = services.ledger.sealer(), [], []
    for number in (1, 2):
        results, _ = call.push_and_see(order(number))
        ids.append(results[0]["incident_id"])
        sizes.append(sealer.seal().size)
    return ids, sizes


def hashes(texts):
    return [base64.b64decode(one) for one in texts]


def test_before_anything_is_sealed_there_is_nothing_to_show_and_the_answer_says_so(call):
    for path in ("checkpoints/latest", "key", "tiles/checkpoint"):
        assert call.get(f"/v1/audit/{path}").status_code == 404
    assert call.get("/v1/audit/proofs/consistency", **{"from": 1, "to": 1}).status_code == 404
    assert call.get("/v1/audit/checkpoints").json() == {"items": [], "next_cursor": None}


def test_every_event_of_an_incident_is_proved_to_a_signed_root(call, sealed):
    ids, sizes = sealed
    latest = call.get("/v1/audit/checkpoints/latest", AUDITOR)
    assert latest.headers["content-type"] == "text/plain; charset=utf-8"
    checkpoint, note = read_checkpoint_note(latest.text)
    assert note.signed_by(read_key(call.get("/v1/audit/key").text))
    answer = call.get("/v1/audit/proofs/inclusion", AUDITOR, incident=ids[0]).json()
    assert (answer["size"], answer["checkpoint"], answer["not_yet_protected"]) == (sizes[1], latest.text, [])
    assert len(answer["proofs"]) == 3
    for proof in answer["proofs"]:
        (leaf,) = hashes([proof["leaf_hash"]])
        assert included(leaf, proof["position"] - 1, checkpoint.size, hashes(proof["path"]), checkpoint.root)
    (look,) = call.accesses("prove")
    assert (look["actor"], look["incident_id"], look["access_label"]) == ("user:audit", ids[0], "出具证明")
    older = call.get("/v1/audit/proofs/inclusion", incident=ids[1], size=sizes[0]).json()
    assert older["proofs"] == []
    assert len(older["not_yet_protected"]) == 3
    assert call.get(f"/v1/audit/checkpoints/{sizes[0]}").text == older["checkpoint"]


def test_one_event_is_proved_in_the_form_of_tlog_proof_too(call, sealed):
    position = sealed[1][1]
    answer = call.get("/v1/audit/proofs/inclusion", position=position).json()
    (proof,) = answer["proofs"]
    text = call.get("/v1/audit/proofs/inclusion", position=position, format="tlog").text
    head, *rest = text.split("\n")
    assert head == "c2sp.org/tlog-proof@v1"
    assert rest[: len(proof["path"]) + 2] == [f"index {position - 1}", *proof["path"], ""]
    assert text.endswith(f"\n\n{answer['checkpoint']}")


def test_the_log_is_proved_to_have_only_grown(call, sealed):
    _, (first, second) = sealed
    answer = call.get("/v1/audit/proofs/consistency", **{"from": first, "to": second}).json()
    roots = hashes([answer["first_root"], answer["second_root"]])
    assert consistent(first, second, hashes(answer["path"]), *roots)
    assert read_checkpoint_note(answer["first_checkpoint"])[0].root == roots[0]
    assert call.get("/v1/audit/proofs/consistency", **{"from": second, "to": first}).status_code == 400
    assert call.get("/v1/audit/proofs/consistency", **{"from": 1, "to": second + 1}).status_code == 404


def test_checkpoints_are_listed_a_page_at_a_time_and_tiles_are_served(call, sealed, services):
    _, sizes = sealed
    first = call.get("/v1/audit/checkpoints", limit=1).json()
    second = call.get("/v1/audit/checkpoints", limit=1, cursor=first["next_cursor"]).json()
    assert [one["size"] for one in (*first["items"], *second["items"])] == sizes[::-1]
    assert second["next_cursor"] is None
    tile = call.get(f"/v1/audit/tiles/tile/0/000.p/{sizes[1]}")
    assert tile.content == services.ledger.published.tile(read_path(f"0/000.p/{sizes[1]}"))
    assert call.get("/v1/audit/tiles/checkpoint").text == call.get("/v1/audit/checkpoints/latest").text
    for wrong in ("0/001", "0/0", "x", "0/..%2f..%2fcheckpoint"):
        assert call.get(f"/v1/audit/tiles/tile/{wrong}").status_code == 404
    assert call.get("/v1/audit/checkpoints", cursor="nonsense").status_code == 400


@pytest.mark.usefixtures("sealed")
def test_a_witness_is_believed_once_its_signature_is_right(call, services):
    written = call.get("/v1/audit/checkpoints/latest").text
    checkpoint, note = read_checkpoint_note(written)
    good = str(note.with_signatures([WITNESS.sign(note.text, services.clock.now())]))
    for token in (AUDITOR, ADMINISTRATOR):  # twice is once
        answer = call.post("/v1/audit/checkpoints/cosignatures", token, content=good, headers=TEXT)
        assert [one["witness"] for one in answer.json()["items"]] == ["witness.example/w"]
    assert call.get("/v1/audit/checkpoints").json()["items"][0]["cosigned_by"] == ["witness.example/w"]
    assert call.get(f"/v1/audit/checkpoints/{checkpoint.size}").text == good
    services.ledger.sealer().seal()
    assert call.get("/v1/audit/checkpoints/latest").text == good
    post = "/v1/audit/checkpoints/cosignatures"
    spoilt = good[:-13] + "AAAAAAAAAA==\n"
    other = good.replace("witness.example/w", "witness.example/v")
    for content, status in ((written, 400), (other, 400), (spoilt, 400), ("x", 400),
                            (good.replace("330103", "330105"), 404), (b"\xff", 400)):  # fmt: skip
        assert call.post(post, content=content, headers=TEXT).status_code == status, content
    assert call.post(post, json={}).status_code == 415


def test_only_those_who_may_read_the_ledger(call, sealed):
    for path in (
        "checkpoints",
        "checkpoints/latest",
        "key",
        "tiles/checkpoint",
        "tiles/tile/0/000",
        "proofs/inclusion?position=1",
    ):
        assert call.get(f"/v1/audit/{path}", DISPATCHER).status_code == 403
        assert call.get(f"/v1/audit/{path}", LIMITED).status_code == 403
        assert call.get(f"/v1/audit/{path}", None).status_code == 401
    assert call.get("/v1/audit/checkpoints/latest", SUPERVISOR).status_code == 200
    assert call.post("/v1/audit/checkpoints/cosignatures", SUPERVISOR, content="x", headers=TEXT).status_code == 403
    for wrong in ({}, {"position": 1, "incident": sealed[0][0]}, {"incident": sealed[0][0], "format": "tlog"}):
        assert call.get("/v1/audit/proofs/inclusion", **wrong).status_code == 422
    assert call.get("/v1/audit/proofs/inclusion", position=10_000).status_code == 404
