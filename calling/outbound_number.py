"""Choose the outbound number by four steps: agentNumber, agentVersionId, agentId, fallback (R8).

    You provide        Number used
    agentNumber        That exact number, if the organization owns it or it is shared with it.
    agentVersionId     The number whose outbound slot points at that version.
    agentId            The number bound to that agent's resolved version on its outbound slot.
    none of the above  Fallback: any outbound-capable number of the organization's own, preferring numbers with no
                       outbound agent assigned.

The first step whose argument is in the input decides: an explicit reference never silently becomes another number.
With `allowFallback`, step 4 follows a reference to an agent that finds no number. The chosen number must have a trunk
with an outbound configuration, and the call an agent, or the call is refused.
`checked_call` checks the input beforehand; `explanations` holds the sentences of the verdicts.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from calling.agent_reference import require_can_speak
from calling.checked_call import CheckedCall, OutboundCallInput
from calling.explanations import (
    agent_required,
    explain_chosen,
    explain_refused,
    explain_skipped,
    no_number_bound,
    no_outbound_number,
)
from calling.refusals import no_outbound_configuration, number_not_found
from calling.resolution_result import OutboundNumberRule, Resolution, Step, StepVerdict
from models import Refusal, Refused
from models.number_candidates import (
    MAX_CANDIDATES,
    find_bound_to_agent,
    find_fallback_assigned,
    find_fallback_unassigned,
    find_own_version,
    find_visible_number,
)
from models.number_rows import NumberRow
from models.rows import AgentVersionRow
from storage import ReadSession


@dataclass(frozen=True)
class Choice:
    """The verdict of a step that was evaluated, and the row of the number that it chose."""

    step: Step
    number: NumberRow | None = None


async def choose_agent_number(session: ReadSession, call: CheckedCall) -> Choice:
    """Step 1: choose exactly that number, if the organization owns it or it is shared with it."""
    e164 = call.agent_number or ""
    (number,) = await find_visible_number(session, call.organization_id, e164) or (None,)
    if number is None:
        return Choice(explain_refused(OutboundNumberRule.AGENT_NUMBER, number_not_found(e164, "agentNumber")))
    relation = "which this organization owns" if number.owned else "which an organization above shares"
    reason = f"agentNumber names {e164}, {relation}."
    return Choice(explain_chosen(OutboundNumberRule.AGENT_NUMBER, reason, [number]), number)


async def choose_by_agent_version(session: ReadSession, call: CheckedCall) -> Choice:
    """Step 2: choose the number whose outbound slot points at that version."""
    return await _choose_bound(session, call, OutboundNumberRule.AGENT_VERSION, "agentVersionId")


async def choose_by_agent(session: ReadSession, call: CheckedCall) -> Choice:
    """Step 3: choose the number bound to that agent's resolved version on its outbound slot."""
    return await _choose_bound(session, call, OutboundNumberRule.AGENT, "agentId")


async def choose_fallback(session: ReadSession, call: CheckedCall) -> Choice:
    """Step 4: choose any outbound-capable number of the organization's own, the oldest first.

    Numbers with no outbound agent assigned come before those with one. Borrowed numbers are never chosen.
    """
    numbers = await find_fallback_unassigned(session, call.organization_id)
    if len(numbers) < MAX_CANDIDATES:
        numbers += await find_fallback_assigned(session, call.organization_id)
    if not numbers:
        return Choice(explain_refused(OutboundNumberRule.FALLBACK, no_outbound_number()))
    kind = "with" if numbers[0].outbound_agent_version_id else "without"
    reason = f"{numbers[0].e164} is this organization's oldest outbound-capable number {kind} an outbound agent."
    return Choice(explain_chosen(OutboundNumberRule.FALLBACK, reason, numbers), numbers[0])


FOUR_STEPS: dict[OutboundNumberRule, Callable[[ReadSession, CheckedCall], Awaitable[Choice]]] = {
    OutboundNumberRule.AGENT_NUMBER: choose_agent_number,
    OutboundNumberRule.AGENT_VERSION: choose_by_agent_version,
    OutboundNumberRule.AGENT: choose_by_agent,
    OutboundNumberRule.FALLBACK: choose_fallback,
}


async def resolve(session: ReadSession, call: CheckedCall) -> Resolution:
    """Return the number to dial from and the agent that speaks, or why not, with the verdicts of the four steps.

    Raises nothing: a refusal by a step, or by a check after the steps, is the refusal of the resolution.
    """
    with_argument = _rules_with_argument(call.agent_number, call.agent.agent_version_id, call.agent.agent_id)
    steps: list[Step] = []
    number = None
    for rule, choose in FOUR_STEPS.items():
        if rule in with_argument and _is_reached(rule, call, steps):
            choice = await choose(session, call)
            number = choice.number
            steps.append(choice.step)
        else:
            steps.append(explain_skipped(rule, rule in with_argument, "An earlier step decided."))
    return await _require_outbound_and_agent(session, call, Resolution(call.organization_id, tuple(steps)), number)


def not_resolved(organization_id: str, call_input: OutboundCallInput, refusal: Refusal) -> Resolution:
    """Return the resolution of an input that was refused before the steps."""
    with_argument = _rules_with_argument(call_input.agent_number, call_input.agent_version_id, call_input.agent_id)
    why = "The request was refused before the steps."
    steps = tuple(explain_skipped(rule, rule in with_argument, why) for rule in FOUR_STEPS)
    return Resolution(organization_id, steps, refusal=refusal)


def _rules_with_argument(
    agent_number: str | None, agent_version_id: str | None, agent_id: str | None
) -> set[OutboundNumberRule]:
    """Return the steps that have their argument in the input, and the fallback, which takes none."""
    arguments = {
        OutboundNumberRule.AGENT_NUMBER: agent_number,
        OutboundNumberRule.AGENT_VERSION: agent_version_id,
        OutboundNumberRule.AGENT: agent_id,
    }
    return {OutboundNumberRule.FALLBACK} | {rule for rule, argument in arguments.items() if argument is not None}


def _is_reached(rule: OutboundNumberRule, call: CheckedCall, steps: list[Step]) -> bool:
    """Tell whether no earlier step decided, or this is the fallback of a refused agent reference (allowFallback).

    A refused agentNumber is final.
    """
    decided = next((step for step in steps if step.decides), None)
    if decided is None:
        return True
    may_fall_back = decided.verdict is StepVerdict.REFUSED and decided.rule is not OutboundNumberRule.AGENT_NUMBER
    return rule is OutboundNumberRule.FALLBACK and may_fall_back and call.allow_fallback


async def _choose_bound(session: ReadSession, call: CheckedCall, rule: OutboundNumberRule, argument: str) -> Choice:
    """Choose a number that holds the version: outbound-capable first, then by time of assignment, then by id."""
    version = _resolved_version(call)
    numbers = await find_bound_to_agent(session, call.organization_id, version.agent_id, version.id)
    bound = [number for number in numbers if number.outbound_agent_version_id == version.id]
    drifted = [number for number in numbers if number.outbound_agent_version_id != version.id]
    if not bound:
        return Choice(explain_refused(rule, no_number_bound(version, drifted, argument), drifted))
    holding = f"holds version {version.number} of {version.agent_name!r} in its outbound slot"
    return Choice(explain_chosen(rule, f"{bound[0].e164} {holding}.", bound, drifted), bound[0])


def _resolved_version(call: CheckedCall) -> AgentVersionRow:
    assert call.agent_version is not None, "agentVersionId and agentId resolve to a version, or are refused"
    return call.agent_version


async def _require_outbound_and_agent(
    session: ReadSession, call: CheckedCall, resolution: Resolution, number: NumberRow | None
) -> Resolution:
    """Add the agent version to the resolution, or refuse a number that cannot dial out, or a call without an agent.

    A `number` of None means that the steps chose none. Where the call is refused, the resolution keeps the number.
    """
    if number is None:
        return replace(resolution, refusal=resolution.decision.refusal if resolution.decision else None)
    try:
        if not number.outbound_capable:
            raise no_outbound_configuration(number.e164)
        agent_version_id = await _choose_agent_version(session, call, resolution, number)
    except Refused as error:
        return replace(resolution, refusal=error.refusal)
    return replace(resolution, agent_version_id=agent_version_id)


async def _choose_agent_version(
    session: ReadSession, call: CheckedCall, resolution: Resolution, number: NumberRow
) -> str | None:
    """Return the version that speaks: the one referred to, else that in the outbound slot of an owned agentNumber.

    Returns None for an inline agent. Raises Refused (AGENT_REQUIRED) if neither says who speaks.
    """
    if call.agent_version:
        return call.agent_version.id
    if call.agent.config is not None:
        return None
    bound = resolution.decided_by is OutboundNumberRule.AGENT_NUMBER and number.owned
    if not bound or number.outbound_agent_version_id is None:
        raise agent_required(number)
    (version,) = await find_own_version(session, number.organization_id, number.outbound_agent_version_id)
    require_can_speak(version, "agentNumber")
    return version.id
