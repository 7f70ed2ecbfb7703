"""The API's description: OpenAPI 3.1 for programs, and the same as 3.0 for the documentation page.

The Swagger UI that comes as a package (4.15) reads nothing newer than OpenAPI 3.0, so the page is given a translation;
``/v1/openapi.json`` stays the description that holds.

What the framework says of errors is put right: every problem is answered as ``application/problem+json``, also where a
parameter cannot be read, for which the framework describes a shape of its own that is never sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from jiedao.entrypoints.http.answer_examples import ANSWER_EXAMPLES
from jiedao.entrypoints.http.documentation import problem_example
from jiedao.entrypoints.http.problems import MEDIA_TYPE

_TRANSLATED = "3.0.3"
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


_PROBLEM = {"$ref": "#/components/schemas/ProblemAnswer"}
_INVALID = {"$ref": "#/components/schemas/HTTPValidationError"}
_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")


class DescribedApplication(FastAPI):
    """An application whose description says what is really answered, with examples."""

    def openapi(self) -> dict[str, Any]:
        """Return the description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = as_answered(super().openapi())
        return self.openapi_schema


def as_answered(description: dict[str, Any]) -> dict[str, Any]:
    """Say of every problem under which media type it comes, and give the examples of :data:`ANSWER_EXAMPLES`."""
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                content = answer.get("content", {})
                _say_problems(content)
                for media_type, described in content.items():
                    example = ANSWER_EXAMPLES.get((path, status, media_type)) if method == "get" else None
                    if example is not None:
                        described["example"] = example
    for name in _FRAMEWORKS_OWN:
        description["components"]["schemas"].pop(name, None)
    return description


def _say_problems(content: dict[str, Any]) -> None:
    schema = content.get("application/json", {}).get("schema")
    if schema not in (_PROBLEM, _INVALID):
        return
    del content["application/json"]
    problem = content.setdefault(MEDIA_TYPE, {})
    problem["schema"] = dict(_PROBLEM)
    problem.setdefault("examples", {"invalid_parameter": {"value": problem_example("invalid_parameter")}})


def as_openapi_30(description: Mapping[str, Any]) -> dict[str, Any]:
    """Translate a description of OpenAPI 3.1 into 3.0; what 3.0 cannot say is said more loosely."""
    translated = _translate(description)
    if not isinstance(translated, dict):
        raise TypeError("an OpenAPI description is an object")
    return {**translated, "openapi": _TRANSLATED}


def _translate(part: object) -> object:
    if isinstance(part, list):
        return [_translate(one) for one in part]
    if not isinstance(part, Mapping):
        return part
    translated = {name: _translate(value) for name, value in part.items()}
    _translate_null(translated)
    if "const" in translated:
        translated["enum"] = [translated.pop("const")]
    examples = translated.get("examples")
    if isinstance(examples, list):  # of a schema; those of a media type are an object in both versions
        del translated["examples"]
        translated.setdefault("example", examples[0] if examples else None)
    for exclusive, bound in _BOUNDS.items():
        if isinstance(translated.get(exclusive), int | float) and not isinstance(translated[exclusive], bool):
            translated[bound], translated[exclusive] = translated[exclusive], True
    if translated.pop("contentMediaType", None) is not None:
        translated["format"] = "binary"
    return translated


def _translate_null(schema: dict[str, Any]) -> None:
    """3.0 has no type ``null``: a value that may be null is ``nullable``."""
    choices = schema.get("anyOf")
    if not isinstance(choices, list) or {"type": "null"} not in choices:
        return
    others = [choice for choice in choices if choice != {"type": "null"}]
    schema["nullable"] = True
    if len(others) == 1 and "$ref" not in others[0]:
        del schema["anyOf"]
        schema.update({name: value for name, value in others[0].items() if name not in schema})
    elif len(others) == 1:
        del schema["anyOf"]
        schema["allOf"] = others
    else:
        schema["anyOf"] = others
