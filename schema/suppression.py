"""Declare suppressions: numbers that are never called, with the inputs and payloads of their mutations."""

from datetime import datetime

import strawberry

from schema.edges import edge
from schema.fields import column, optional
from schema.node import Node
from schema.scalars import E164
from schema.user_error import UserError, user_errors


@strawberry.type(description="A number that an organization and all below it never call, or not until a date.")
class Suppression(Node):
    e164: E164 = column("The number.")
    organization = edge(
        "organization", by="organization_id", to="Organization", required=True, description="The owner."
    )
    until: datetime | None = column("When it ends; null: never.")
    source: str | None = column("Where it comes from, as its creator wrote.")
    created_at: datetime = column("When it was added.")


@strawberry.input(description="Numbers to suppress.")
class AddSuppressionsInput:
    organization_id: strawberry.ID | None = optional("The owner; the key's own organization where absent.")
    e164s: list[str] = column("1 to 500 numbers, in international format.")
    until: datetime | None = optional(
        "When it ends; absent: never. Of a number that is suppressed already the later end holds."
    )
    source: str | None = optional("Where it comes from, such as a list: at most 200 characters.")


@strawberry.type(description="What addSuppressions answers.")
class AddSuppressionsPayload:
    suppressions: list[Suppression] = column("The entries, in the order sent.", default_factory=list)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="Suppressions to remove.")
class RemoveSuppressionsInput:
    suppression_ids: list[strawberry.ID] = column("1 to 500 suppressions.")


@strawberry.type(description="What removeSuppressions answers.")
class RemoveSuppressionsPayload:
    removed_suppression_ids: list[strawberry.ID] = column("Their ids; none where refused.", default_factory=list)
    user_errors: list[UserError] = user_errors()
