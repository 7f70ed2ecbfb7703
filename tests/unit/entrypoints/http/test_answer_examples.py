"""The examples of answers in the API's documentation have the shape that the routes answer in."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from jiedao.entrypoints.http.answer_examples import ANSWER_EXAMPLES, JSON
from jiedao.entrypoints.http.app import ROUTERS
from jiedao.entrypoints.http.documentation import TAGS
from jiedao.entrypoints.http.openapi import DescribedApplication

ROUTES = {
    route.path_format: route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and "GET" in route.methods
}
OF_MODELS = [
    (path, example)
    for (path, _status, media_type), example in ANSWER_EXAMPLES.items()
    if media_type == JSON and ROUTES[path].response_model is not None
]


@pytest.fixture(scope="module")
def described():
    app = DescribedApplication(openapi_tags=TAGS)
    for router in ROUTERS:
        app.include_router(router)
    return app.openapi()


@pytest.mark.parametrize(("path", "example"), OF_MODELS, ids=[path for path, _ in OF_MODELS])
def test_an_example_is_an_answer_of_its_route_and_nothing_is_left_out_or_made_up(path, example):
    model = ROUTES[path].response_model
    read = TypeAdapter(model).validate_python(example)
    assert set(read.model_dump()) == set(example)


def test_every_example_stands_in_the_description(described):
    for (path, status, media_type), example in ANSWER_EXAMPLES.items():
        assert described["paths"][path]["get"]["responses"][status]["content"][media_type]["example"] == example


def test_every_problem_is_described_as_it_is_sent_and_nothing_else_is(described):
    problems = 0
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                if status < "400" or status == "503":
                    continue
                content = answer["content"]
                assert set(content) == {"application/problem+json"}, (method, path, status)
                (problem,) = content.values()
                assert problem["schema"] == {"$ref": "#/components/schemas/ProblemAnswer"}
                assert problem["examples"]
                problems += 1
    assert problems > 200
    assert "ProblemAnswer" in described["components"]["schemas"]
    assert "HTTPValidationError" not in described["components"]["schemas"]


def test_every_group_of_routes_is_named_once_and_told_of(described):
    names = [tag["name"] for tag in described["tags"]]
    assert len(set(names)) == len(names)
    used = {tag for of in described["paths"].values() for one in of.values() for tag in one["tags"]}
    assert used == set(names)
