"""Types of what is recorded about a request while it is served, in the `state` of its ASGI scope."""

from contextlib import ExitStack
from typing import Protocol, TypedDict

from serving.connections import TrackedConnection

# Characters of a name that a client chose, such as an operation's or an alias, in the log.
MAX_LOGGED_NAME_LENGTH = 64
# A value of a log line.
LogValue = str | int | float | list[str] | None


class RequestSpan(Protocol):
    """A span of the tracer that has started."""

    def end(self, fields: dict[str, LogValue], operation_type: str | None) -> str:
        """Send the span with the fields of the log line; return the trace id."""


class RequestState(TypedDict, total=False):
    """The state of a request; Starlette wraps the same mapping as `request.state`."""

    request_id: str
    started_at: float  # time.perf_counter()
    span: RequestSpan
    protocol: TrackedConnection
    exit_stack: ExitStack  # closed with the WebSocket
    api_key: str
    organization_id: str
    operation: str | None
    kind: str  # query, mutation or subscription
    cost: int
    codes: list[str]  # of errors and userErrors
    points_remaining: int
    refused_status: int  # of a response that the protocol sent instead of the application


class LogFields(TypedDict, total=False):
    """Fields that only the log line of a request, or only that of a WebSocket operation, has."""

    method: str | None
    path: str | None
    status: int
    operation_id: str | None
