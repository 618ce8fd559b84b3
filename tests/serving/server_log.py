"""Read the log of a server that is a process of its own, and make it meet a bug."""

import json
from dataclasses import dataclass

import httpx

from tests.installation import Installation, Json
from tests.retrying import attempts
from tests.server_process import ServerProcess

# In whatever is spoiled or sent; it must be nowhere in an error or in the log.
MARK = "sentinel4711"


@dataclass(frozen=True)
class ServerLog:
    """What a server has logged since `start`, an offset; each line is a JSON object."""

    served: ServerProcess
    start: int

    @property
    def text(self) -> str:
        """A request is logged just after its response is sent, and before the next response."""
        assert self.served.http.get("/healthz").status_code == 200
        return self.served.log.read_text()[self.start :]

    def lines_of(self, response: httpx.Response) -> list[Json]:
        """The lines with the id of the response's request."""
        return self.lines_with_id(response.headers["X-Request-Id"])

    def lines_with_id(self, request_id: str) -> list[Json]:
        lines: list[Json] = [json.loads(line) for line in self.text.splitlines() if line]
        return [line for line in lines if line.get("request_id") == request_id]


def wait_for_lines(log: ServerLog, request_id: str) -> list[Json]:
    """Wait for a request whose line is logged some time after its response, or that has no response."""
    lines: list[Json] = []
    for _ in attempts():
        lines = log.lines_with_id(request_id)
        if any(line["event"] == "request" for line in lines):
            break
    return lines


def find_bugs(log: ServerLog) -> list[str]:
    """Lines that are not JSON, such as a traceback, and lines of bugs."""
    lines = log.text.splitlines()
    return [line for line in lines if not line.startswith("{") or json.loads(line)["event"] == "unhandled_exception"]


def spoil(served: Installation, statement: str, names: dict[str, str]) -> None:
    """Write what the database refuses: without its triggers, checks and foreign keys."""
    for name, value in names.items():
        statement = statement.replace(f":{name}", f"'{value}'")
    served.store.write_unchecked(statement)
