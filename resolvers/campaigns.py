"""List, look up and create campaigns (R22)."""

from collections.abc import Mapping
from datetime import date, time
from types import SimpleNamespace
from typing import Any, Unpack

import sqlalchemy as sa

from calling import campaign as rules
from calling.campaign_pool import replace_pool
from calling.local_hours import Weekday
from models import AttemptOutcome, Campaign
from models.campaign_rows import CampaignRow
from models.index_merge import PerDialect
from models.projection import Projection
from resolvers.context import Info, Payload, Transaction
from resolvers.keyset_pagination import Page, PageArguments, newest_first
from resolvers.root_connections import AppliedFilter, RootList, load_root_connection
from storage.statement import Query, list_parameter, query

columns = Campaign.columns()
_NAME, _PART = sa.func.lower(columns.name), sa.func.lower(sa.bindparam("name_contains", type_=sa.String))

CONDITIONS = {
    "status": columns.status.in_(list_parameter("status", columns.status.type)),
    "name_contains": PerDialect(sa.func.instr(_NAME, _PART) > 0, sa.func.strpos(_NAME, _PART) > 0),
}


async def campaigns(
    info: Info,
    projection: Projection,
    organization_id: str | None = None,
    filter: Mapping[str, Any] | None = None,
    **page_arguments: Unpack[PageArguments],
) -> Page:
    """List campaigns. An organization has few, so that a filter is checked row by row, in the order of the page."""
    values = {name: value for name, value in (filter or {}).items() if value is not None}

    def select_rows(acting_id: sa.BindParameter[str]) -> sa.Select[Any]:
        return Campaign.owned_by(acting_id).where(*(CONDITIONS[name] for name in values))

    applied = AppliedFilter(tuple(sorted(values)), values)
    root_list = RootList("campaigns", select_rows, newest_first(Campaign), applied=applied)
    return await load_root_connection(info, organization_id, root_list, page_arguments, projection)


async def campaign(info: Info, id: str) -> CampaignRow | None:
    """Look up a campaign within the key's reach; None if there is none."""
    in_reach = info.context.principal.reach.contains_rows(Campaign, [id])
    async with info.context.read() as session:
        statement: Query[CampaignRow] = query(sa.select(Campaign.__table__)).where(in_reach)
        return (await session.execute(statement)).first()


async def create_campaign(
    transaction: Transaction,
    *,
    organization_id: str | None = None,
    **sent: Any,  # noqa: ANN401 - the fields of an input
) -> Payload:
    owner = await transaction.authorize_organization(organization_id)
    campaign = await rules.build_campaign(transaction.session, owner, sent)
    if sa.inspect(campaign).transient:  # not one that the idempotency key has created before
        transaction.session.add(campaign)
        await transaction.session.flush()
        await replace_pool(transaction.session, campaign, sent.get("pool"))
    return {"campaign": campaign}


def windows(root: CampaignRow) -> list[SimpleNamespace]:
    """Return the windows as the API shows them."""
    return [
        SimpleNamespace(
            days=[Weekday[day] for day in each["days"]],
            opens=time.fromisoformat(each["opens"]),
            closes=time.fromisoformat(each["closes"]),
        )
        for each in root.windows
    ]


def closed_dates(root: CampaignRow) -> list[date]:
    return [date.fromisoformat(each) for each in root.closed_dates]


def retries(root: CampaignRow) -> SimpleNamespace:
    """Return the retries as the API shows them."""
    delays = [
        SimpleNamespace(outcome=AttemptOutcome[outcome], minutes=minutes)
        for outcome, minutes in root.retry_delays.items()
    ]
    return SimpleNamespace(max_attempts=root.max_attempts, delays=delays)
