"""Serve the built web console and GraphiQL under a strict Content-Security-Policy."""

import os
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import Scope

from serving.request_parsing import accepts_html

ExceptionHandler = Callable[[Request, Exception], Awaitable[Response]]

# The console routes these paths itself.
CONSOLE_PATHS = (
    "/",
    "/numbers",
    "/which-number",
    "/conversations",
    "/conversations/{id}",
    "/campaigns",
    "/campaigns/{id}",
    "/campaigns/{id}/imports",
    "/campaigns/{id}/setup",
    "/campaigns/{id}/contacts",
    "/campaigns/{id}/contacts/{contact_id}",
)
# No resources from elsewhere, no inline scripts or styles, no framing.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# GraphiQL's editor creates inline styles and workers.
GRAPHIQL_CONTENT_SECURITY_POLICY = CONTENT_SECURITY_POLICY.replace(
    "style-src 'self'", "worker-src 'self'; style-src 'self' 'unsafe-inline'"
)
NOT_BUILT_MESSAGE = (
    "The page is not built: `make page` builds it, with Node 20.19 or newer from this machine or from PyPI."
    " The API works without it, at /graphql.\n"
)


def console_routes(dist: Path) -> list[BaseRoute]:
    return [
        *(Route(path, html_page(dist / "index.html", CONTENT_SECURITY_POLICY)) for path in CONSOLE_PATHS),
        Route("/graphiql", html_page(dist / "graphiql.html", GRAPHIQL_CONTENT_SECURITY_POLICY)),
        Mount("/assets", _CompressedStaticFiles(directory=dist / "assets", check_dir=False)),
    ]


def console_not_found(dist: Path, api_handler: ExceptionHandler) -> ExceptionHandler:
    """Answer a browser's 404 with the console, which says that the page does not exist; else with `api_handler`."""
    console = html_page(dist / "index.html", CONTENT_SECURITY_POLICY, HTTPStatus.NOT_FOUND)

    async def handle(request: Request, error: Exception) -> Response:
        response = await api_handler(request, error)
        is_visit = request.method in {"GET", "HEAD"} and accepts_html(request.headers)
        return console(request) if is_visit and response.status_code == HTTPStatus.NOT_FOUND else response

    return handle


def html_page(file: Path, policy: str, status: int = HTTPStatus.OK) -> Callable[[Request], Response]:
    """Return an endpoint that serves the file, revalidated on each visit; 503 while the console is not built."""
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }

    def serve_file(_request: Request) -> Response:
        return FileResponse(file, status, headers) if file.is_file() else PlainTextResponse(NOT_BUILT_MESSAGE, 503)

    return serve_file


# The build writes both encodings next to each file. The smaller one comes first.
ENCODINGS = {"br": ".br", "gzip": ".gz"}


class _CompressedStaticFiles(StaticFiles):
    """Serves files whose names contain their hash: compressed, and cached by browsers forever."""

    async def check_config(self) -> None:
        """Accept a missing directory: the console is not built then."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        accepted = accepted_encodings(Headers(scope=scope).get("accept-encoding", ""))
        for encoding, suffix in ENCODINGS.items():
            compressed = Path(f"{full_path!s}{suffix}")
            if encoding in accepted and compressed.is_file():
                response = super().file_response(compressed, compressed.stat(), scope, status_code)
                response.headers["Content-Encoding"] = encoding
                response.headers["Content-Type"] = guess_type(str(full_path))[0] or "application/octet-stream"
                break
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def accepted_encodings(header: str) -> set[str]:
    """Return the encodings that Accept-Encoding names with a weight above 0."""
    named = [each.replace(" ", "").lower().partition(";q=") for each in header.split(",")]
    return {name for name, _, weight in named if weight.strip("0.") or not weight}
