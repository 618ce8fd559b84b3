"""The page: static files that `web/` builds, under a strict policy; where they are not built, what is missing."""

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

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


class _Assets(StaticFiles):
    """Files whose names change with what is in them: a browser keeps them for good."""

    async def check_config(self) -> None:
        """Where nothing is built, nothing is there: Starlette would call that a bug."""

    def file_response(self, *arguments: object, **options: object) -> Response:
        response = super().file_response(*arguments, **options)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
