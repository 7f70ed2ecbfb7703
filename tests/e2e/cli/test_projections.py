"""`jiedao projections`: how the views stand, and filling them anew."""

from __future__ import annotations


def test_the_status_says_how_far_the_views_are(filled):
    filled.ask("queue", "show")
    found = filled.ask("projections", "status")
    assert found["position"] == found["head"] > 0
    assert (found["lag"], found["fault"], found["rebuild_needed"]) == (0, None, False)
    (generation,) = found["generations"]
    assert (generation["state"], generation["number"]) == ("active", found["active_generation"])
    assert f"{found['head']} of {found['head']}" in filled.run("projections", "status").stdout


def test_the_status_answers_before_there_are_any_views(terminal):
    found = terminal.ask("projections", "status")
    assert found["active_generation"] is None
    assert found["lag"] == found["head"]
    assert "no views" in terminal.run("projections", "status").stdout


def test_a_rebuild_takes_the_place_of_the_views_and_shows_the_same(filled):
    before = filled.ask("queue", "show")
    rebuilt = filled.ask("projections", "rebuild")
    status = filled.ask("projections", "status")
    assert status["active_generation"] == rebuilt["generation"]
    assert rebuilt["position"] == status["head"]
    assert filled.ask("queue", "show") == before
    assert str(rebuilt["generation"] + 1) in filled.run("projections", "rebuild").stdout
