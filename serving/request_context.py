"""Protocols of the operation's context as serving uses it; resolvers.context.Context implements them."""

from collections.abc import Awaitable
from typing import Protocol

from starlette.requests import HTTPConnection

from models.rows import KeyRow
from storage import Database
from storage.read_usage import ReadUsage
from storage.time_limit import TimeLimit


class AuthenticatedPrincipal(Protocol):
    @property
    def api_key(self) -> KeyRow: ...


class RequestContext(Protocol):
    """The context of one operation."""

    @property
    def database(self) -> Database: ...

    @property
    def principal(self) -> AuthenticatedPrincipal: ...

    @property
    def read_usage(self) -> ReadUsage: ...

    @property
    def user_error_codes(self) -> list[str]: ...

    time_limit: TimeLimit | None  # set by OperationTimeout
    rows_written: int  # reset by Admission, which charges for them


class ContextFactory(Protocol):
    def __call__(self, request: HTTPConnection, token: str, *, batched: bool) -> Awaitable[RequestContext | None]:
        """Authenticate the token; None if it is invalid.

        `batched`: look it up together with the tokens of other requests that failed from the same network.
        """
