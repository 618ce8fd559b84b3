"""A client that writes as long as a command runs beside the server."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.installation import Client


@contextmanager
def writing(client: Client) -> Iterator[list[str]]:
    """Conversations are created one after the other, as long as the block runs; the keys that were acknowledged."""
    number, acknowledged, over = client.number(), list[str](), threading.Event()

    def write() -> None:
        for turn in itertools.count():
            client.queued(agentNumber=number.e164, agentConfig={}, idempotencyKey=f"call-{turn}")
            acknowledged.append(f"call-{turn}")
            if over.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    yield acknowledged
    over.set()
    writer.join()
