"""What a newcomer does on an empty machine: `make run`, a look at the page, a call, and a part of `make test`.

`make check-fresh` runs it in a Debian that holds nothing else, with the Python of that Debian: it imports nothing of ours.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

SERVE_TIMEOUT_SECONDS = 900
CALL_TIMEOUT_SECONDS = 120
TESTS_TIMEOUT_SECONDS = 1200
# Each needs another program: sipp, strace, PostgreSQL and chromium, whose loop stays until the end.
TESTS = (
    "tests/telephony/test_engines.py::test_an_answered_call_shows_the_agent_number",
    "tests/crashes/test_synced.py::test_the_answers_came_one_after_the_other",
    "tests/storage/test_postgres.py::test_r3_one_of_those_who_register_a_number_at_once_gets_it",
    "tests/web/test_sign_in.py::test_the_right_key_shows_the_table_by_keyboard_alone",
)
MISSING_PROGRAMS = ("node", "npm", "git", "chromium", "sipp", "strace", "uv")
CALL = """mutation { createOutboundConversation(input: { to: "+12065550101", agentNumber: "+15551234567",
  agentConfig: {} }) { conversation { id } userErrors { message } } }"""
ENDED = "query($id: ID!) { conversation(id: $id) { status endReason } }"


def main() -> None:
    """Exit with what went wrong, or say that nothing did."""
    if found := [program for program in MISSING_PROGRAMS if shutil.which(program)]:
        sys.exit(f"This machine is not fresh: it has {', '.join(found)}.")
    with run_make() as (url, said):
        key = wait("the admin key of Harbor Clinics", SERVE_TIMEOUT_SECONDS, lambda: find_key(said))
        wait("/readyz", SERVE_TIMEOUT_SECONDS, lambda: fetch(f"{url}/readyz"))
        for path in ("/", "/graphiql"):
            require_page(url, path)
        call(url, key)
    tests = subprocess.run(["make", "test", f"ONLY={' '.join(TESTS)}"], timeout=TESTS_TIMEOUT_SECONDS, check=False)  # noqa: S607
    sys.exit(tests.returncode)


@contextmanager
def run_make() -> Iterator[tuple[str, list[str]]]:
    """`make run` on free ports, as long as the block lasts: where it serves, and the lines that it prints."""
    port, carrier = free_port(), free_port()
    settings = {"DIALTREE_PORT": str(port), "DIALTREE_SANDBOX_CARRIER": f"127.0.0.1:{carrier}"}
    process = subprocess.Popen(
        ["make", "run"],  # noqa: S607
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said: list[str] = []
    Thread(target=repeat, args=(process, said), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{port}", said
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def repeat(process: "subprocess.Popen[str]", said: list[str]) -> None:
    """Print what it says as it says it, and keep it."""
    assert process.stdout is not None
    for line in process.stdout:
        if not line.startswith("{"):  # the log of requests
            print(line, end="", flush=True)  # noqa: T201 - this is what a person who waits looks at
        said.append(line)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


def wait(what: str, seconds: float, look: Callable[[], Any]) -> Any:
    """What `look` answers as soon as that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := look():
            return answer
        time.sleep(0.2)
    sys.exit(f"The fresh machine waited {seconds} s for {what}, in vain.")


def find_key(said: list[str]) -> str | None:
    if any("*** [" in line for line in said):
        sys.exit("make run failed on the fresh machine, for the reason above.")
    keys = re.findall(r"Harbor Clinics +(ak_\S+)", "".join(said))
    return keys[0] if keys else None


def fetch(url: str, key: str = "", query: dict[str, Any] | None = None) -> str | None:
    """The body of an answer of 200; None where there is none (yet)."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"} if key else {}
    request = Request(url, data=json.dumps(query).encode() if query else None, headers=headers)  # noqa: S310 - of ours
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            body: str = answer.read().decode()
            return body
    except (URLError, OSError):
        return None


def require_page(url: str, path: str) -> None:
    """The page is served, and so is each of the scripts that it names."""
    page = fetch(url + path) or sys.exit(f"{path} is not served on the fresh machine.")
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', page)
    if not scripts or not all(fetch(url + script) for script in scripts):
        sys.exit(f"{path} is not built on the fresh machine: {page[:300]}")


def call(url: str, key: str) -> None:
    """Call a busy line at the sandbox carrier, and see the conversation end."""
    answer = json.loads(fetch(f"{url}/graphql", key, {"query": CALL}) or "{}")
    conversation = (answer.get("data") or sys.exit(f"No call can be made: {answer}"))["createOutboundConversation"]
    if conversation["userErrors"]:
        sys.exit(f"The sandbox call is refused: {conversation['userErrors']}")
    query = {"query": ENDED, "variables": {"id": conversation["conversation"]["id"]}}
    wait("the sandbox call to end", CALL_TIMEOUT_SECONDS, lambda: has_ended(fetch(f"{url}/graphql", key, query)))


def has_ended(answer: str | None) -> bool:
    found = json.loads(answer)["data"]["conversation"] if answer else {}
    return found == {"status": "UNANSWERED", "endReason": "BUSY"}


if __name__ == "__main__":
    main()
