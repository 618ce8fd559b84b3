"""Follow a campaign: as it is now, and again after changes, at most once a second (R24).

It is read each second instead of from the change feed: of a campaign that calls, each second has many changes.
"""

from collections.abc import AsyncGenerator

from models.change import ChangeKind
from resolvers.campaign_statistics import load_statistics
from resolvers.campaigns import campaign
from resolvers.context import Info
from resolvers.top_level_error import TopLevelError

INTERVAL_SECONDS = 1.0


async def campaign_updated(info: Info, id: str) -> AsyncGenerator[object, None]:
    context, seen = info.context, None
    found = await campaign(info, id)
    if found is None:
        raise TopLevelError("NOT_FOUND", "No such campaign in an organization that this API key may act for.")
    # No conversation has the id of a campaign: the feed only ends this when the key is revoked.
    async with context.feed.subscribe(
        ChangeKind.CONVERSATION, found.organization_id, context.principal, id
    ) as subscriber:
        while found := await campaign(info, id):
            state = found.updated_at, found.status, await load_statistics(context, [found])
            if state != seen:
                context.clear_loaded()
                yield found
                seen = state
            await subscriber.wait(INTERVAL_SECONDS)
