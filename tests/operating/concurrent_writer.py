"""A client that writes as long as a command runs beside the server."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.installation import Client

ENOUGH_WRITES = 10


@contextmanager
def write_in_background(client: Client) -> Iterator[list[str]]:
    """Conversations are created one after the other, as long as the block runs; the keys that were acknowledged.

    At the block's begin there are some, and after its end what went wrong is raised.
    """
    number, acknowledged = client.number(), list[str]()
    enough, over = threading.Event(), threading.Event()

    def write() -> None:
        for turn in itertools.count():
            client.create_queued(agentNumber=number.e164, agentConfig={}, idempotencyKey=f"call-{turn}")
            acknowledged.append(f"call-{turn}")
            if turn == ENOUGH_WRITES:
                enough.set()
            if over.is_set():
                return

    with ThreadPoolExecutor(1) as thread:
        writer = thread.submit(write)
        writer.add_done_callback(lambda _: enough.set())
        enough.wait()
        try:
            yield acknowledged
        finally:
            over.set()
        writer.result()
