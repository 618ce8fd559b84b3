"""Preview which number an outbound call would use, and why, without writing anything (R9)."""

from collections.abc import Mapping
from typing import Any

from calling.checked_call import OutboundCallInput
from calling.outbound_conversation import check_and_resolve
from calling.outbound_number import not_resolved
from calling.resolution_result import Resolution
from models import Refused
from resolvers.context import Info


async def preview_outbound_number(info: Info, input: Mapping[str, Any]) -> Resolution:
    """Resolve the number of a call; `input` holds the fields of OutboundCallInput, and organization_id."""
    fields = dict(input)
    organization_id = fields.pop("organization_id", None)
    call = OutboundCallInput(**fields)
    async with info.context.read() as session:
        try:
            acting_id = await info.context.principal.authorize_organization(session, organization_id)
        except Refused as error:
            return not_resolved("", call, error.refusal)
        return await check_and_resolve(session, acting_id, call, info.context.deployment.allowed_regions)
