"""The translation of the API's description for a page that reads only OpenAPI 3.0."""

from __future__ import annotations

from jiedao.entrypoints.http.openapi import as_openapi_30


def translated(schema):
    return as_openapi_30({"openapi": "3.1.0", "schema": schema})["schema"]


def test_the_version_is_that_of_the_translation_and_the_original_stays():
    original = {"openapi": "3.1.0", "paths": {}}
    assert as_openapi_30(original) == {"openapi": "3.0.3", "paths": {}}
    assert original["openapi"] == "3.1.0"


def test_what_may_be_null_is_nullable():
    assert translated({"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}], "title": "T"}) == {
        "type": "string", "maxLength": 5, "title": "T", "nullable": True,
    }  # fmt: skip
    assert translated({"anyOf": [{"$ref": "#/x"}, {"type": "null"}]}) == {"allOf": [{"$ref": "#/x"}], "nullable": True}
    assert translated({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}) == {
        "anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True,
    }  # fmt: skip


def test_constants_examples_bounds_and_files_are_said_as_before():
    assert translated({"const": "only"}) == {"enum": ["only"]}
    assert translated({"examples": [1, 2]}) == {"example": 1}
    assert translated({"examples": {"one": {"value": 1}}}) == {"examples": {"one": {"value": 1}}}
    assert translated({"exclusiveMinimum": 0}) == {"minimum": 0, "exclusiveMinimum": True}
    assert translated({"type": "string", "contentMediaType": "image/png"}) == {"type": "string", "format": "binary"}
