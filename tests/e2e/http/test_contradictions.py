"""The same number and revision with other content: set aside, told the same each time, and never called resolved."""

from __future__ import annotations

import pytest

from tests.e2e.http.district import order


@pytest.fixture
def contradiction(call):
    """A report, and what contradicts it: the dead letter's id."""
    call.push(order(1))
    answer = call.push(order(1, title="另一件事"))
    assert (answer.status_code, answer.json()["reason"]) == (422, "same_revision_other_content")
    return answer.json()["dead_letter_id"]


def test_sent_again_it_is_still_no_incident(call, contradiction):
    again = call.push(order(1, title="另一件事"))
    assert again.status_code == 422
    assert (again.json()["outcome"], again.json()["dead_letter_id"]) == ("duplicate", contradiction)
    (result,), _position = call.push_and_see([order(1, title="另一件事")])
    assert (result["outcome"], result["incident_id"], result["dead_letter_id"]) == ("duplicate", None, contradiction)
    assert result["reason"] == "same_revision_other_content"


def test_the_books_name_the_dead_letter_and_no_incident(call, contradiction):
    call.push([order(1, title="另一件事")])
    deliveries = call.get("/v1/sources/city_brain/reports/N1").json()["deliveries"]
    told = [(one["outcome"], one["dead_letter_id"]) for one in deliveries if one["incident_id"] is None]
    assert told == [("dead", contradiction), ("duplicate", contradiction)]


def test_validating_says_dead_also_of_what_was_set_aside_before(call, contradiction):
    assert contradiction
    unreadable = {"title": "没有编号"}
    call.push([unreadable])
    answer = call.push([order(1, title="另一件事"), unreadable], validate="only").json()
    assert answer["counts"] == {"dead": 2}
