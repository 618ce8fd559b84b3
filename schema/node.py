"""Declare the `Node` interface; a row's GraphQL type follows from the prefix of its id."""

import strawberry

from models import prefix_of
from models.rows import IdRow
from resolvers.node_types import NODE_TYPE_BY_PREFIX
from schema.fields import column


@strawberry.interface(description="An object with an id, to be fetched again with node.")
class Node:
    id: strawberry.ID = column("Opaque; its prefix says what it is of.")

    @classmethod
    def resolve_type(cls, row: IdRow, _info: object, _type: object) -> str:
        return NODE_TYPE_BY_PREFIX[prefix_of(row.id) or ""].name
