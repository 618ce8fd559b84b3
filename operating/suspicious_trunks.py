"""Find stored credentials that look like an injection of SIP engine parameters."""

import re
from collections.abc import Iterator

import sqlalchemy as sa

from models import Trunk
from models.encryption import SecretBox
from models.number_rows import TrunkRow
from models.trunk import password_binding
from storage import ReadSession

SIP_PARAMETER = re.compile(r";\s*([A-Za-z][\w-]*)\s*=")


async def find_suspicious_trunks(session: ReadSession, secret_box: SecretBox) -> list[str]:
    """Describe each suspicious trunk, without its credentials. Raises ValueError if a password cannot be decrypted."""
    rows = (await session.execute(sa.select(Trunk.__table__).order_by(Trunk.columns().id))).all()
    return [
        f"{trunk.id} ({trunk.name!r} of {trunk.organization_id}): its {field} sets {', '.join(parameters)}"
        for trunk in rows
        for field, value in _credentials(trunk, secret_box)
        if (parameters := SIP_PARAMETER.findall(value))
    ]


def _credentials(trunk: TrunkRow, secret_box: SecretBox) -> Iterator[tuple[str, str]]:
    if trunk.outbound_auth_username is not None:
        yield "authUsername", trunk.outbound_auth_username
    if trunk.outbound_auth_password is not None:
        yield "authPassword", secret_box.decrypt(trunk.outbound_auth_password, row=password_binding(trunk))
