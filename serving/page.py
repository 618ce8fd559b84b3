"""The page: static files that `web/` builds, under a strict policy; where they are not built, what is missing."""

import os
from collections.abc import Callable
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

# Addresses of the console: it reads them itself.
CONSOLE = ("/", "/numbers", "/which-number", "/conversations", "/conversations/{id}")
# Nothing is loaded from anywhere else, nothing is inlined, no other page may frame this one.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# GraphiQL's editor makes styles and workers of its own.
GRAPHIQL_POLICY = POLICY.replace("style-src 'self'", "worker-src 'self'; style-src 'self' 'unsafe-inline'")
NOT_BUILT = (
    "The page is not built: `make page` builds it, with Node 20.19 or newer from this machine or from PyPI."
    " The API works without it, at /graphql.\n"
)


def page_routes(built: Path) -> list[BaseRoute]:
    return [
        *(Route(path, document(built / "index.html", POLICY)) for path in CONSOLE),
        Route("/graphiql", document(built / "graphiql.html", GRAPHIQL_POLICY)),
        Mount("/assets", _Assets(directory=built / "assets", check_dir=False)),
    ]


def document(file: Path, policy: str) -> Callable[[Request], Response]:
    """A page's document; its name never changes, so a browser asks each time whether the file has."""
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }

    def answer(_request: Request) -> Response:
        return FileResponse(file, headers=headers) if file.is_file() else PlainTextResponse(NOT_BUILT, 503)

    return answer


# What `web/` compresses its files to, the smaller first.
ENCODINGS = {"br": ".br", "gzip": ".gz"}


class _Assets(StaticFiles):
    """Files whose names change with what is in them: a browser keeps them for good, and gets them compressed."""

    async def check_config(self) -> None:
        """Where nothing is built, nothing is there: Starlette would call that a bug."""

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        accepted = accepted_encodings(Headers(scope=scope).get("accept-encoding", ""))
        for encoding, suffix in ENCODINGS.items():
            smaller = Path(f"{full_path}{suffix}")
            if encoding in accepted and smaller.is_file():
                response = super().file_response(smaller, smaller.stat(), scope, status_code)
                response.headers["Content-Encoding"] = encoding
                response.headers["Content-Type"] = guess_type(full_path)[0] or "application/octet-stream"
                break
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def accepted_encodings(header: str) -> set[str]:
    """Those that Accept-Encoding names, but for what it gives no weight."""
    named = [each.replace(" ", "").lower().partition(";q=") for each in header.split(",")]
    return {name for name, _, weight in named if weight.strip("0.") or not weight}
