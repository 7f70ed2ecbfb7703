"""The pages for people: the live counts of all queues, and the interactive documentation (网页).

Everything a page needs comes from this process: no other host is asked for anything, and the content security policy
would refuse it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path as FilePath

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jiedao.domain.errors import NotFoundError
from jiedao.entrypoints.http.openapi import as_openapi_30

router = APIRouter(include_in_schema=False)

_READ = ["GET", "HEAD"]
"""What every page is asked by; a server sends no body to HEAD."""

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Swagger UI writes style attributes and draws its icons from data: addresses.
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_MEDIA_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_PAGE_FILES = frozenset({"queues.js", "queues.css", "docs.js", "icon.svg"})
_SWAGGER_FILES = frozenset({"swagger-ui.css", "swagger-ui-bundle.js"})


@router.api_route("/", methods=_READ)
async def show_queues_page() -> Response:
    """Show the live counts of all queues."""
    return _page("queues.html", _PAGE_POLICY)


@router.api_route("/docs", methods=_READ)
async def show_documentation() -> Response:
    """Show the interactive documentation."""
    return _page("docs.html", _DOCS_POLICY)


@router.api_route("/docs/openapi-3.0.json", methods=_READ)
async def describe_for_page(request: Request) -> Response:
    """Give the documentation page the description in the version that it reads."""
    return JSONResponse(as_openapi_30(request.app.openapi()))


@router.api_route("/pages/{name}", methods=_READ)
async def fetch_page_file(name: str) -> Response:
    """Fetch a page's script, style or picture."""
    if name not in _PAGE_FILES:
        raise NotFoundError("there is no such file")
    return _file(name, _own(name))


@router.api_route("/docs/{name}", methods=_READ)
async def fetch_documentation_file(name: str) -> Response:
    """Fetch a file of the Swagger UI that comes as a package."""
    if name not in _SWAGGER_FILES:
        raise NotFoundError("there is no such file")
    return _file(name, _swagger(name))


def _page(name: str, policy: str) -> Response:
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return Response(_own(name), headers=headers, media_type=_MEDIA_TYPES[".html"])


def _file(name: str, content: bytes) -> Response:
    return Response(content, headers={"Cache-Control": "no-cache"}, media_type=_MEDIA_TYPES[FilePath(name).suffix])


@cache
def _own(name: str) -> bytes:
    return (resources.files("jiedao.entrypoints.http") / "pages" / name).read_bytes()


@cache
def _swagger(name: str) -> bytes:
    vendor = resources.files("swagger_ui_bundle") / "vendor"
    (version,) = [folder for folder in vendor.iterdir() if folder.is_dir()]
    return (version / name).read_bytes()
