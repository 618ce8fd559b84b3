"""What every object with an id has in common. Rows are answered as they are: their id says which type they are."""

from typing import Any

import strawberry

from models import prefix_of
from schema.declare import column

TYPES = {
    "org": "Organization",
    "num": "PhoneNumber",
    "trk": "Trunk",
    "agt": "Agent",
    "ver": "AgentVersion",
    "cnv": "Conversation",
    "trf": "Transfer",
    "key": "ApiKey",
    "aud": "AuditEvent",
}


@strawberry.interface(description="An object with an id, to be fetched again with node.")
class Node:
    id: strawberry.ID = column("Opaque; its prefix says what it is of.")

    @classmethod
    def resolve_type(cls, row: Any, _info: Any, _type: Any) -> str:
        return TYPES[prefix_of(row.id) or ""]
