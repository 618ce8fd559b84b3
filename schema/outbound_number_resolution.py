"""Declare the explanation of a chosen outbound number: four steps, candidates, refusal."""

import strawberry

from calling.resolution_result import CandidateVerdict, OutboundNumberRule, StepVerdict
from schema.edges import edge
from schema.fields import column, optional
from schema.scalars import E164, JSON
from schema.user_error import UserError


@strawberry.type(description="A number that a step weighed.")
class OutboundNumberCandidate:
    e164: E164 = column("The number.")
    verdict: CandidateVerdict = column("Whether it was chosen.")
    reason: str = column("Why.")


@strawberry.type(description="One of the four steps.")
class OutboundNumberStep:
    rule: OutboundNumberRule = column("Which step it is.")
    verdict: StepVerdict = column("What it came to.")
    reason: str = column("Why, in a sentence.")
    candidates: list[OutboundNumberCandidate] = column("The numbers weighed, best first, at most 20.")


@strawberry.type(description="Which number a call goes out from, may it, and why.")
class OutboundNumberResolution:
    agent_number: E164 | None = column(
        "The number that the steps chose, also where a later check refuses it; null where they chose none."
    )
    phone_number = edge(
        "phone_number", by=("phone_number_id", "organization_id"), to="PhoneNumber", description="The same number."
    )
    agent_version = edge(
        "agent_version",
        by="agent_version_id",
        to="AgentVersion",
        description="Who will speak; null with an inline agentConfig, or where refused.",
    )
    decided_by: OutboundNumberRule | None = column("The step that chose or refused; null: refused before the steps.")
    steps: list[OutboundNumberStep] = column("Always the four, in order.")
    refusal: UserError | None = column("Why no conversation could be created; null exactly where one could.")


@strawberry.input(description="What would be sent to createOutboundConversation.")
class PreviewOutboundNumberInput:
    organization_id: strawberry.ID | None = optional("The acting organization; the key's own where absent.")
    agent_number: str | None = optional("Exactly this number.")
    agent_version_id: strawberry.ID | None = optional("The agent version that is to speak.")
    agent_id: strawberry.ID | None = optional("The agent that is to speak, in its newest published version.")
    agent_config: JSON | None = optional("An inline agent that is to speak: a JSON object.")
    allow_fallback: bool = column("Whether any own number will do where none is bound to the agent.", default=False)
    to: str | None = optional("Whom to call; where given, it is checked too.")
