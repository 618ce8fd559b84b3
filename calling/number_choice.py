"""Hold which number a contact is called from and why, before its call and as its conversation keeps it (R20).

The choice enters the four steps as step 1; its reason and candidates are kept there.
"""

from dataclasses import dataclass, replace

from calling.resolution_result import Candidate, OutboundNumberRule, Resolution, Step, StepVerdict, from_json
from models.call_rows import ConversationRow


@dataclass(frozen=True)
class NumberChoice:
    """The number to call from, in a sentence why, and the numbers weighed, best first. None: none is free."""

    agent_number: str | None
    reason: str
    candidates: tuple[Candidate, ...] = ()


def choice_of_resolution(resolution: Resolution) -> NumberChoice | None:
    """Return the choice of the step that decided; None if the call was refused before the steps."""
    decision = resolution.decision
    if decision is None:
        return None
    return NumberChoice(resolution.agent_number, decision.reason, decision.candidates)


def choice_of_conversation(conversation: ConversationRow) -> NumberChoice | None:
    """Return the choice as it stood when the conversation was created."""
    if conversation.resolution is None:
        return None
    return choice_of_resolution(from_json(conversation.resolution, conversation))


def explain_choice(resolution: Resolution, choice: NumberChoice | None) -> Resolution:
    """Give step 1 the reason and the candidates of the choice that sent its agentNumber, if the step chose it."""

    def explain(step: Step) -> Step:
        if choice is None or step.rule is not OutboundNumberRule.AGENT_NUMBER or step.verdict is not StepVerdict.CHOSEN:
            return step
        return replace(step, reason=choice.reason, candidates=choice.candidates)

    return replace(resolution, steps=tuple(explain(step) for step in resolution.steps))
