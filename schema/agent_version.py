"""Declare agent versions, and creating, changing and publishing them."""

from datetime import datetime

import strawberry

from models import SlotDirection
from schema.edges import edge
from schema.fields import column, lazy_type, optional
from schema.node import Node
from schema.scalars import JSON
from schema.user_error import UserError, user_errors


@strawberry.type(description="A version of an agent: a draft until it is published, unchangeable afterwards.")
class AgentVersion(Node):
    number: int = column("Counts up from 1 within the agent.")
    published: bool = column("Whether it is published.")
    published_at: datetime | None = column("When it was published; null: a draft.")
    config: JSON = column("What the agent is told, as it was sent.")
    created_at: datetime = column("When it was created.")
    agent = edge("agent", by="agent_id", to="Agent", required=True, description="Whose version it is.")


@strawberry.input(description="A draft to create: exactly one of config and baseVersionId.")
class CreateAgentVersionInput:
    agent_id: strawberry.ID = column("The agent.")
    config: JSON | None = optional("What the version says: a JSON object.")
    base_version_id: strawberry.ID | None = optional("The agent's version to copy.")


@strawberry.type(description="What createAgentVersion answers.")
class CreateAgentVersionPayload:
    agent_version: AgentVersion | None = column("The new draft; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A draft to change.")
class UpdateAgentVersionInput:
    agent_version_id: strawberry.ID = column("The draft.")
    config: JSON = column("What the version says now: a JSON object.")


@strawberry.type(description="What updateAgentVersion answers.")
class UpdateAgentVersionPayload:
    agent_version: AgentVersion | None = column("The draft; null where refused.", default=None)
    user_errors: list[UserError] = user_errors()


@strawberry.input(description="A version to publish, and the slots to write with it: all or nothing.")
class PublishAgentVersionInput:
    agent_version_id: strawberry.ID = column("The version. One that is published already only writes slots.")
    phone_numbers: list[str] = column("Put this version on these numbers.", default_factory=list)
    unassign_phone_numbers: list[str] = column("Clear this agent from these numbers.", default_factory=list)
    direction: SlotDirection = column("In which slots.", default=SlotDirection.INBOUND)


@strawberry.type(description="What publishAgentVersion answers.")
class PublishAgentVersionPayload:
    agent_version: AgentVersion | None = column("The version; null where refused.", default=None)
    phone_numbers: list[lazy_type("PhoneNumber")] = column(  # type: ignore[valid-type]
        "Every number named, with its slots as they are now.", default_factory=list
    )
    user_errors: list[UserError] = user_errors()
