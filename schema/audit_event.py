"""The audit: who changed what, and how it was before and after."""

from datetime import datetime

import strawberry

from models import AuditAction, Scope
from schema.declare import column, edge, given
from schema.node import Node
from schema.scalars import JSON


@strawberry.type(description="A change of an organization's sharing, slots, keys, trunks or tree. It is never altered.")
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
        scope=(Scope.API_KEYS_MANAGE,),
        description="The key that did it; null: the operator, or a key of an organization that one may not act for.",
    )


@strawberry.input(description="Which audit events: all conditions that are given must hold.")
class AuditEventFilter:
    action: list[AuditAction] | None = given("Any of these.")
    subject_id: strawberry.ID | None = given("What was changed.")
    created_after: datetime | None = given("Done after this time.")
    created_before: datetime | None = given("Done before this time.")
