"""Every error of the platform has its problem document, and none shows what it must not."""

from __future__ import annotations

import json

import psycopg
import pytest

from jiedao.domain import errors
from jiedao.domain.errors import ConfigurationError, InvalidInputError, JiedaoError, UnavailableError
from jiedao.entrypoints.http.problems import KINDS, FieldError, HttpProblemError, code_of, pointer_to, problem_of
from projections.runner import ProjectionStoppedError

STATUS = {
    "JiedaoError": 500, "NotFoundError": 404, "InvalidInputError": 400, "NotAllowedError": 403,
    "ConfigurationError": 500, "UnavailableError": 503, "ConflictError": 409, "VersionConflictError": 409,
    "InboxConflictError": 409, "OffsetConflictError": 409, "TrackingConflictError": 409, "KeyReuseError": 409,
    "KeysDestroyedError": 409, "OutsideLogError": 422,
}  # fmt: skip


def test_every_error_of_the_domain_has_its_status():
    known = {
        name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, JiedaoError)
    }
    assert set(known) == set(STATUS)
    for name, kind in known.items():
        assert KINDS[code_of(kind("why"))].status == STATUS[name], name


def document_of(error):
    answer = problem_of(error, "r1")
    return json.loads(answer.body), answer


def test_our_own_sentences_are_shown_and_others_never():
    assert document_of(UnavailableError("too many wait"))[0]["detail"] == "too many wait"
    for error in (
        RuntimeError("13800000000"), psycopg.errors.DataError("13800000000"), psycopg.OperationalError("13800000000"),
        ConfigurationError("13800000000"), ProjectionStoppedError(1, 7, "13800000000"), KeyError("13800000000"),
    ):  # fmt: skip
        assert "13800000000" not in problem_of(error, "r1").body.decode()


@pytest.mark.parametrize("error", [UnavailableError("x"), psycopg.OperationalError("x"), psycopg.InterfaceError("x")])
def test_what_may_work_later_says_when(error):
    document, answer = document_of(error)
    assert (document["status"], answer.headers["retry-after"]) == (503, "1")


def test_bad_fields_are_pointed_at():
    assert document_of(InvalidInputError("bad", "/as_of"))[0]["errors"] == [
        {"pointer": "/as_of", "detail": "bad", "in": "query"}
    ]
    error = HttpProblemError("unreadable_record", "bad", errors=[FieldError("/a/b", "bad")], members={"reason": "x"})
    document, _ = document_of(error)
    assert document["errors"] == [{"pointer": "/a/b", "detail": "bad", "in": "body"}]
    assert document["reason"] == "x"
    assert pointer_to("a/b", "~c", 0) == "/a~1b/~0c/0"
    assert pointer_to() == ""
