"""Check that every stored password can be decrypted with the configured keys."""

from models import Trunk
from operating.run_on_database import run_read
from serving.settings import Settings
from storage import ReadSession


def explain_missing_keys(settings: Settings) -> str | None:
    """Return a warning that says what to do if keys are missing; None if all stored passwords can be decrypted."""
    secret_box = settings.secret_box()

    async def count(session: ReadSession) -> int:
        return sum(
            row.trunks
            for row in await session.execute(Trunk.count_by_encryption_key())
            if not secret_box.has_key(row.key_id)
        )

    if not (missing := run_read(settings, count)):
        return None
    return (
        f"Trunk passwords encrypted with a missing secret key: {missing}. Calls over these trunks fail until it is"
        f" restored, as {settings.key_file} or in DIALTREE_SECRET_KEYS; then start again."
    )
