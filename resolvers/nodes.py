"""Look up objects by id; malformed, foreign and missing ids are all null, so that they are indistinguishable (R2)."""

from collections import defaultdict
from collections.abc import Mapping

from models import is_well_formed, prefix_of
from models.rows import IdRow
from resolvers.context import Info
from resolvers.node_types import NODE_TYPE_BY_PREFIX
from resolvers.top_level_error import TopLevelError, bad_user_input
from storage import ReadSession

MAX_NODES = 100


async def node(info: Info, id: str) -> IdRow | None:
    found = (await nodes(info, [id]))[0]
    if isinstance(found, Exception):
        raise found
    return found


async def nodes(info: Info, ids: list[str]) -> list[IdRow | TopLevelError | None]:
    """Look up objects in the order of the ids, by one statement for each type.

    An object of a type that the key may not read is a TopLevelError (FORBIDDEN) in its place.
    """
    if len(ids) > MAX_NODES:
        raise bad_user_input(f"{len(ids)} ids were sent; at most {MAX_NODES} are answered at once.")
    found: dict[str, IdRow | TopLevelError] = {}
    ids_by_prefix: dict[str, list[str]] = defaultdict(list)
    for identifier in ids:
        ids_by_prefix[prefix_of(identifier) or ""].append(identifier)
    async with info.context.read() as session:
        for prefix, identifiers in ids_by_prefix.items():
            found.update(await _load_nodes_of_type(info, session, prefix, identifiers))
    return [found.get(identifier) for identifier in ids]


async def _load_nodes_of_type(
    info: Info, session: ReadSession, prefix: str, identifiers: list[str]
) -> Mapping[str, IdRow | TopLevelError]:
    if prefix not in NODE_TYPE_BY_PREFIX:
        return {}
    try:
        info.context.principal.require_scope(NODE_TYPE_BY_PREFIX[prefix].scopes)
    except TopLevelError as error:
        return dict.fromkeys(identifiers, error)
    valid_ids = [each for each in identifiers if is_well_formed(each)]
    if not valid_ids:
        return {}
    return {
        row.id: row
        for row in await session.execute(NODE_TYPE_BY_PREFIX[prefix].select(info.context.principal.reach, valid_ids))
    }
