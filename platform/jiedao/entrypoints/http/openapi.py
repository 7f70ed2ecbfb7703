"""The API's description: OpenAPI 3.1 for programs, and the same as 3.0 for the documentation page.

The Swagger UI that comes as a package (4.15) reads nothing newer than OpenAPI 3.0, so the page is given a translation;
``/v1/openapi.json`` stays the description that holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TRANSLATED = "3.0.3"
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


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
