"""Asks the API in sentences: who asks, what for, and what the answer must be like."""

from __future__ import annotations

from tests.e2e.http.district import ADMINISTRATOR
from tests.waiting import until


class Caller:
    """A client that shows a token with every request and checks what all answers have in common."""

    def __init__(self, client):
        self.client = client

    def get(self, path, token=ADMINISTRATOR, **query):
        return self.request("GET", path, token, params=query)

    def post(self, path, token=ADMINISTRATOR, **content):
        return self.request("POST", path, token, **content)

    def push(self, record, source="city_brain", token=ADMINISTRATOR, **query):
        """Push one record, or a list of them, as JSON."""
        return self.post(f"/v1/sources/{source}/reports", token, json=record, params=query)

    def push_and_see(self, record, **where):
        """Push, and return the results and the position at which the views show them."""
        answer = self.push(record, **where)
        assert answer.status_code == 200, answer.text
        return answer.json()["results"], answer.json()["position"]

    def accesses(self, access, least=1):
        """Return who looked in this way, once the views show at least so many looks."""

        def shown():
            items = self.get("/v1/audit/access", access=access).json()["items"]
            return items if len(items) >= least else None

        return until(shown, f"{least} looks of kind {access}")

    def request(self, method, path, token, headers=None, **content):
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self.client.request(method, path, headers={**shown, **(headers or {})}, **content)
        assert answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        if answer.status_code >= 400 and not path.startswith("/health"):
            check_problem(answer)
        return answer


def check_problem(answer):
    """Every error is a problem document in both languages that shows nothing of the inside."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("urn:jiedao:problem:")
    assert problem["instance"] == f"urn:jiedao:request:{answer.headers['x-request-id']}"
    assert all(isinstance(problem[member], str) and problem[member] for member in ("title", "title_zh", "detail"))
    assert "Traceback" not in answer.text
    assert 'File "' not in answer.text
