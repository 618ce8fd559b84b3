"""Declare which number a contact is called from, and the numbers of a campaign's pool."""

import strawberry

from schema.edges import edge
from schema.fields import column, optional
from schema.outbound_number_resolution import OutboundNumberCandidate
from schema.scalars import E164


@strawberry.type(description="Which number a contact is called from, and why that one.")
class NumberChoice:
    agent_number: E164 | None = column("The number; null where none is free.")
    reason: str = column("Why, in a sentence.")
    candidates: list[OutboundNumberCandidate] = column("The numbers weighed, best first, at most 20.")


@strawberry.type(description="A number of a campaign's pool, with its caps.")
class PoolNumber:
    e164: E164 = column("The number.")
    calls_per_day: int = column("The most calls from it in any 24 hours, whoever makes them.")
    max_concurrent_calls: int | None = column("The most live calls from it at once; null: any number.")
    phone_number = edge(
        "phone_number", by=("phone_number_id", "organization_id"), to="PhoneNumber", description="The same number."
    )


@strawberry.input(description="A number for a campaign's pool.")
class PoolNumberInput:
    e164: str = column("The number: one's own, or one that an organization above shares.")
    calls_per_day: int = column("The most calls from it in any 24 hours: 1 to 100000.", default=100)
    max_concurrent_calls: int | None = optional("The most live calls from it at once: 1 to 10000.")
