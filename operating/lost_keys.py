"""Whether the secret keys are those that the database needs, such as after a restore."""

from models import ReadSession, Trunk
from operating.on_database import read
from serving.settings import Settings


def lost_keys(settings: Settings) -> str | None:
    """What to do where passwords of trunks are sealed with keys that are not here; None where all can be opened."""
    seal = settings.seal()

    async def count(session: ReadSession) -> int:
        return sum(row.trunks for row in await session.execute(Trunk.sealing_keys()) if not seal.has(row.key_id))

    if not (lost := read(settings, count)):
        return None
    return (
        f"Trunk passwords sealed with a secret key that is not here: {lost}. Calls over these trunks fail until it is"
        f" back, as {settings.key_file} or in DIALTREE_SECRET_KEYS; then start again."
    )
