"""Re-encrypt trunk passwords with the first secret key."""

import sqlalchemy as sa

from models import Trunk, record_as_actor
from models.audit_event import ROTATION_ACTOR
from models.encryption import SecretBox
from models.trunk import password_binding
from storage import WriteSession


async def reencrypt_passwords(session: WriteSession, secret_box: SecretBox) -> int:
    """Return how many passwords were re-encrypted. Those that have the first key already are skipped."""
    encrypted_trunks = sa.select(Trunk).where(Trunk.columns().outbound_auth_password.is_not(None))
    trunks = [
        trunk
        for (trunk,) in await session.execute(encrypted_trunks)
        if not secret_box.is_encrypted_with_first_key(trunk.outbound_auth_password)
    ]
    async with record_as_actor(session, ROTATION_ACTOR):
        for trunk in trunks:
            row = password_binding(trunk)
            trunk.outbound_auth_password = secret_box.encrypt(
                secret_box.decrypt(trunk.outbound_auth_password, row=row), row=row
            )
    return len(trunks)
