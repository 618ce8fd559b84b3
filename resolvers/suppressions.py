"""List, add and remove suppressions (R21)."""

from datetime import datetime
from typing import Unpack

from calling.e164 import check_e164, normalize_e164
from calling.suppression import check_source, check_until, suppress
from models import ErrorCode, Refused, Suppression, now
from models.projection import Projection
from models.suppression_statements import delete_suppressions, lock_suppressions
from resolvers.contacts import require_count
from resolvers.context import Info, Payload, Transaction
from resolvers.keyset_pagination import Page, PageArguments, newest_first
from resolvers.root_connections import NO_FILTER, AppliedFilter, RootList, load_root_connection
from storage.session import count_rows_written


async def suppressions(
    info: Info,
    projection: Projection,
    organization_id: str | None = None,
    e164: str | None = None,
    **page_arguments: Unpack[PageArguments],
) -> Page:
    order = newest_first(Suppression)
    if e164 is None:
        root_list = RootList("suppressions", Suppression.owned_by, order, applied=NO_FILTER)
    else:
        applied = AppliedFilter(("e164",), {"e164": normalize_e164(e164)})
        root_list = RootList("suppressions", Suppression.of_number, order, applied=applied)
    return await load_root_connection(info, organization_id, root_list, page_arguments, projection)


async def add_suppressions(
    transaction: Transaction,
    *,
    e164s: list[str],
    organization_id: str | None = None,
    until: datetime | None = None,
    source: str | None = None,
) -> Payload:
    """Suppress numbers, all or none; what waits to be dialed to them is ended in the same transaction."""
    owner = await transaction.authorize_organization(organization_id)
    require_count(e164s, "e164s")
    at = now()
    entries = await suppress(
        transaction.session,
        owner,
        [check_e164(each, "e164s", str(index)) for index, each in enumerate(e164s)],
        until=check_until(until, at),
        source=check_source(source),
        at=at,
        max_entries=transaction.deployment.quotas.suppressions,
    )
    return {"suppressions": entries}


async def remove_suppressions(transaction: Transaction, *, suppression_ids: list[str]) -> Payload:
    """Remove suppressions, all or none. Contacts that were refused for them are called once they are added again."""
    require_count(suppression_ids, "suppressionIds")
    locked = await transaction.session.execute(lock_suppressions(transaction.principal.reach, suppression_ids))
    found = {row.id for row in locked}
    for index, suppression_id in enumerate(suppression_ids):
        if suppression_id not in found:
            raise Refused(
                ErrorCode.SUPPRESSION_NOT_FOUND,
                "No such suppression in an organization that this API key may act for. List them with suppressions.",
                "suppressionIds",
                str(index),
            )
    await transaction.session.execute(delete_suppressions(list(found)))
    count_rows_written(transaction.session, len(found))
    return {"removed_suppression_ids": suppression_ids}
