"""The verdicts of a step in words: what was chosen or refused, which numbers were weighed, and what to do next."""

from collections.abc import Sequence
from typing import Any

from calling.resolution import Candidate, CandidateVerdict, OutboundNumberRule, Step, StepVerdict
from models import ErrorCode, Refused
from models.choosing import MOST_CANDIDATES

ARGUMENTS = {
    OutboundNumberRule.AGENT_NUMBER: "agentNumber",
    OutboundNumberRule.AGENT_VERSION: "agentVersionId",
    OutboundNumberRule.AGENT: "agentId",
}


def chosen(rule: OutboundNumberRule, reason: str, numbers: Sequence[Any], others: Sequence[Any] = ()) -> Step:
    """The first of `numbers`; the rest of them and `others`, which hold another version, were passed over."""
    best, *rest = numbers
    candidates = (
        Candidate(best.e164, CandidateVerdict.CHOSEN, reason),
        *(_passed_over(each, _why_not(rule, best, each)) for each in rest),
        *(_passed_over(each, _holds(each)) for each in others),
    )
    return Step(rule, StepVerdict.CHOSEN, reason, candidates[:MOST_CANDIDATES], number=best)


def refused(rule: OutboundNumberRule, why: Refused, others: Sequence[Any] = ()) -> Step:
    candidates = tuple(_passed_over(each, _holds(each)) for each in others[:MOST_CANDIDATES])
    return Step(rule, StepVerdict.REFUSED, why.refusal.message, candidates, refusal=why.refusal)


def passed(rule: OutboundNumberRule, given: bool, why: str) -> Step:
    """A step that did not get to decide: its argument was not sent, or something else came first."""
    if given:
        return Step(rule, StepVerdict.NOT_REACHED, why)
    return Step(rule, StepVerdict.NOT_GIVEN, f"{ARGUMENTS[rule]} was not sent.")


def number_not_found(e164: str, *field: str) -> Refused:
    """One answer for a number that is unknown, an ancestor's and not shared, or a stranger's (R6)."""
    return Refused(
        ErrorCode.PHONE_NUMBER_NOT_FOUND,
        f"{e164} is not a number that this organization owns or may dial from."
        " List those it may with phoneNumbers, or ask the owner above it to switch sharing on.",
        *field,
    )


def no_number_bound(version: Any, drifted: Sequence[Any], *field: str) -> Refused:
    wanted = f"version {version.number} of {version.agent_name!r}"
    held = ", ".join(f"{each.e164} (version {each.held_version})" for each in drifted)
    drift = f" Another version of it is still held by {held}: publish version {version.number} to them." if held else ""
    return Refused(
        ErrorCode.NO_NUMBER_BOUND,
        f"No number of this organization holds {wanted} in its outbound slot.{drift} Use publishAgentVersion with"
        " phoneNumbers and direction OUTBOUND, name a number in agentNumber, or send allowFallback: true.",
        *field,
    )


def no_outbound_number() -> Refused:
    return Refused(
        ErrorCode.NO_OUTBOUND_NUMBER,
        "This organization has no number of its own on a trunk with an outbound configuration; borrowed numbers are"
        " never a fallback. Name a shared number in agentNumber, or register one on a trunk that can dial out.",
    )


def no_outbound_configuration(e164: str) -> Refused:
    return Refused(
        ErrorCode.NO_OUTBOUND_CONFIGURATION,
        f"{e164} cannot dial out: its trunk has no outbound configuration."
        " Whoever owns the trunk gives it one with updateTrunk(outbound: …); or choose another number.",
    )


def agent_required(number: Any) -> Refused:
    why = "" if number.owned else " A borrowed number never lends its owner's agent."
    return Refused(
        ErrorCode.AGENT_REQUIRED,
        f"The call would go out from {number.e164}, and nothing says which agent is to speak.{why}"
        " Send agentVersionId, agentId or agentConfig.",
    )


def _passed_over(number: Any, reason: str) -> Candidate:
    return Candidate(number.e164, CandidateVerdict.PASSED_OVER, reason)


def _holds(number: Any) -> str:
    return f"Its outbound slot holds version {number.held_version} of the same agent."


def _why_not(rule: OutboundNumberRule, best: Any, other: Any) -> str:
    if best.outbound_capable and not other.outbound_capable:
        return "Its trunk has no outbound configuration."
    if rule is not OutboundNumberRule.FALLBACK:
        return "It holds the version too, and was assigned it later."
    if best.outbound_agent_version_id is None and other.outbound_agent_version_id is not None:
        return "Its outbound slot holds an agent; numbers without one come first."
    return "It is newer."
