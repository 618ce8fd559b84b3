"""How the outbound number is chosen: the four steps of the reference page, in its order (R8).

The first step that is given decides, and an explicit reference is authoritative: it never silently becomes another
number. What was sent is checked before, not here; the words of the verdicts are in `weighing`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from calling.agent_reference import AgentReference, may_speak
from calling.resolution import OutboundNumberRule, Resolution, Step, StepVerdict
from calling.weighing import (
    agent_required,
    chosen,
    no_number_bound,
    no_outbound_configuration,
    no_outbound_number,
    number_not_found,
    passed,
    refused,
)
from models import ReadSession, Refusal, Refused
from models.choosing import (
    MOST_CANDIDATES,
    bound_to_agent,
    fallback_assigned,
    fallback_unassigned,
    own_version,
    visible_number,
)


@dataclass(frozen=True)
class Question:
    """Who asks, and what was sent: `agent_number` in E.164, `version` what the agent reference resolved to."""

    organization_id: str
    agent_number: str | None
    agent: AgentReference
    version: Any = None
    allow_fallback: bool = False

    def gives(self, rule: OutboundNumberRule) -> bool:
        return {
            OutboundNumberRule.AGENT_NUMBER: self.agent_number is not None,
            OutboundNumberRule.AGENT_VERSION: self.agent.agent_version_id is not None,
            OutboundNumberRule.AGENT: self.agent.agent_id is not None,
            OutboundNumberRule.FALLBACK: True,
        }[rule]


async def agent_number(session: ReadSession, question: Question) -> Step:
    """That exact number, if the organization owns it or it is shared with it."""
    e164 = question.agent_number or ""
    (number,) = await visible_number(session, question.organization_id, e164) or (None,)
    if number is None:
        return refused(OutboundNumberRule.AGENT_NUMBER, number_not_found(e164, "agentNumber"))
    whose = "which this organization owns" if number.owned else "which an organization above shares"
    return chosen(OutboundNumberRule.AGENT_NUMBER, f"agentNumber names {e164}, {whose}.", [number])


async def agent_version(session: ReadSession, question: Question) -> Step:
    """The number whose outbound slot points at that version."""
    return await _bound_number(session, question, OutboundNumberRule.AGENT_VERSION, "agentVersionId")


async def agent(session: ReadSession, question: Question) -> Step:
    """The number bound to that agent's resolved version on its outbound slot."""
    return await _bound_number(session, question, OutboundNumberRule.AGENT, "agentId")


async def fallback(session: ReadSession, question: Question) -> Step:
    """Any outbound-capable number of the organization's own, preferring those with no outbound agent assigned."""
    numbers = await fallback_unassigned(session, question.organization_id)
    if len(numbers) < MOST_CANDIDATES:
        numbers += await fallback_assigned(session, question.organization_id)
    if not numbers:
        return refused(OutboundNumberRule.FALLBACK, no_outbound_number())
    kind = "with" if numbers[0].outbound_agent_version_id else "without"
    reason = f"{numbers[0].e164} is this organization's oldest outbound-capable number {kind} an outbound agent."
    return chosen(OutboundNumberRule.FALLBACK, reason, numbers)


FOUR_STEPS: dict[OutboundNumberRule, Callable[[ReadSession, Question], Awaitable[Step]]] = {
    OutboundNumberRule.AGENT_NUMBER: agent_number,
    OutboundNumberRule.AGENT_VERSION: agent_version,
    OutboundNumberRule.AGENT: agent,
    OutboundNumberRule.FALLBACK: fallback,
}


async def resolve(session: ReadSession, question: Question) -> Resolution:
    """The number to dial from and the agent to speak, or why not, with the four steps that led there."""
    steps: list[Step] = []
    for rule, decide in FOUR_STEPS.items():
        if question.gives(rule) and _reached(rule, question, steps):
            steps.append(await decide(session, question))
        else:
            steps.append(passed(rule, question.gives(rule), "An earlier step decided."))
    return await _with_agent(session, question, Resolution(question.organization_id, tuple(steps)))


def not_resolved(question: Question, refusal: Refusal) -> Resolution:
    """The answer to what was refused before the steps."""
    why = "The request was refused before the steps."
    steps = tuple(passed(rule, question.gives(rule), why) for rule in FOUR_STEPS)
    return Resolution(question.organization_id, steps, refusal=refusal)


def _reached(rule: OutboundNumberRule, question: Question, steps: list[Step]) -> bool:
    """The first given step decides; only where it may be left is the fallback asked after it."""
    decided = next((step for step in steps if step.decides), None)
    if decided is None:
        return True
    left = decided.verdict is StepVerdict.REFUSED and decided.rule is not OutboundNumberRule.AGENT_NUMBER
    return rule is OutboundNumberRule.FALLBACK and left and question.allow_fallback


async def _bound_number(session: ReadSession, question: Question, rule: OutboundNumberRule, argument: str) -> Step:
    """Outbound-capable first, then the earliest assigned, then the smallest id."""
    version = question.version
    numbers = await bound_to_agent(session, question.organization_id, version.agent_id, version.id)
    bound = [number for number in numbers if number.outbound_agent_version_id == version.id]
    drifted = [number for number in numbers if number.outbound_agent_version_id != version.id]
    if not bound:
        return refused(rule, no_number_bound(version, drifted, argument), drifted)
    holds = f"holds version {version.number} of {version.agent_name!r} in its outbound slot"
    return chosen(rule, f"{bound[0].e164} {holds}.", bound, drifted)


async def _with_agent(session: ReadSession, question: Question, resolution: Resolution) -> Resolution:
    """A number was chosen: it must be able to dial, and somebody must speak. It stays in the answer where not."""
    if resolution.decision and resolution.decision.refusal:
        return replace(resolution, refusal=resolution.decision.refusal)
    try:
        if not resolution.number.outbound_capable:
            raise no_outbound_configuration(resolution.number.e164)
        return replace(resolution, agent_version_id=await _speaker(session, question, resolution))
    except Refused as refused:
        return replace(resolution, refusal=refused.refusal)


async def _speaker(session: ReadSession, question: Question, resolution: Resolution) -> str | None:
    """The agent given; else, where agentNumber named an owned number, the version in its outbound slot."""
    if question.version or question.agent.config is not None:
        return question.version and str(question.version.id)
    number = resolution.number
    bound = resolution.decided_by is OutboundNumberRule.AGENT_NUMBER and number.owned
    if not bound or number.outbound_agent_version_id is None:
        raise agent_required(number)
    (version,) = await own_version(session, number.organization_id, number.outbound_agent_version_id)
    may_speak(version, "agentNumber")
    return str(version.id)
