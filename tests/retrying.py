"""Wait for what happens by itself: as long as a busy machine may take, and no longer."""

import time
from collections.abc import Iterator

PATIENCE_SECONDS = 120
# Left to what is waited for, which often needs the same processor.
PAUSE_SECONDS = 0.01


def attempts(seconds: float = PATIENCE_SECONDS, pause: float = PAUSE_SECONDS) -> Iterator[None]:
    """Yield at once, and again after each pause until `seconds` have passed.

    The time is limited, not the number of attempts, which would mean less time on a faster machine. Coroutines whose
    own loop does the work pass no pause.
    """
    until = time.monotonic() + seconds
    yield
    while time.monotonic() < until:
        time.sleep(pause)
        yield
