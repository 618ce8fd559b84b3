"""Declare audit events and their filter."""

from datetime import datetime

import strawberry

from models import AuditAction
from schema.edges import edge
from schema.fields import column, optional
from schema.node import Node
from schema.scalars import JSON


@strawberry.type(
    description="A change of an organization's sharing, slots, keys, trunks, agents or tree. It is never altered."
)
class AuditEvent(Node):
    action: AuditAction = column("What was done.")
    subject_id: strawberry.ID = column("The id of what was changed; it may be gone since.")
    before: JSON | None = column("How it was; null: it was not there. Never a secret.")
    after: JSON | None = column("How it is since; null: it is gone. Never a secret.")
    created_at: datetime = column("When it was done.")
    organization = edge(
        "organization", by="organization_id", to="Organization", required=True, description="Whose it is, or was."
    )
    api_key = edge(
        "api_key",
        by="api_key_id",
        to="ApiKey",
        description="The key that did it; null: the operator, or a key of an organization that one may not act for.",
    )


@strawberry.input(description="Which audit events: all conditions that are given must hold.")
class AuditEventFilter:
    action: list[AuditAction] | None = optional("Any of these.")
    subject_id: strawberry.ID | None = optional("What was changed.")
    created_after: datetime | None = optional("Done after this time.")
    created_before: datetime | None = optional("Done before this time.")
