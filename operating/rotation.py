"""Sealing what is sealed with an older secret key with the first one, so that the older key can be put away."""

import sqlalchemy as sa

from models import Trunk, WriteSession, acting
from models.audit_event import ROTATION
from models.sealed import Seal
from models.trunk import password_row


async def rotate(session: WriteSession, seal: Seal) -> int:
    """How many passwords were sealed anew. Those of the first key stay as they are, so it can be done again."""
    sealed = sa.select(Trunk).where(Trunk.columns().outbound_auth_password.is_not(None))
    trunks = [trunk for (trunk,) in await session.execute(sealed) if not seal.is_newest(trunk.outbound_auth_password)]
    async with acting(session, ROTATION):
        for trunk in trunks:
            row = password_row(trunk)
            trunk.outbound_auth_password = seal.close(seal.open(trunk.outbound_auth_password, row=row), row=row)
    return len(trunks)
