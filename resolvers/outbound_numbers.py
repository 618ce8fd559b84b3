"""The dry run: which number would a call go out from, may it, and why. Writes nothing (R9)."""

from typing import Any

from calling.outbound_conversation import OutboundCall, decide
from calling.outbound_number import not_resolved
from calling.resolution import Resolution
from models import Refused
from resolvers.context import Info


async def preview_outbound_number(info: Info, input: dict[str, Any]) -> Resolution:
    sent = dict(input)
    organization_id = sent.pop("organization_id", None)
    call = OutboundCall(**sent)
    async with info.context.database.read() as session:
        try:
            asking = await info.context.caller.acting(session, organization_id)
        except Refused as refused:
            return not_resolved(call.question(""), refused.refusal)
        return await decide(session, asking, call, info.context.deployment.allowed_regions)
