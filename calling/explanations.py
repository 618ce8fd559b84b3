"""Build the four steps' verdicts, with a sentence for each step and candidate (R9)."""

from collections.abc import Sequence

from calling.resolution_result import Candidate, CandidateVerdict, ChosenNumber, OutboundNumberRule, Step, StepVerdict
from models import ErrorCode, Refused
from models.number_candidates import MAX_CANDIDATES
from models.number_rows import CandidateRow, NumberRow
from models.rows import AgentVersionRow

ARGUMENT_OF_RULE = {
    OutboundNumberRule.AGENT_NUMBER: "agentNumber",
    OutboundNumberRule.AGENT_VERSION: "agentVersionId",
    OutboundNumberRule.AGENT: "agentId",
}


def explain_chosen(
    rule: OutboundNumberRule, reason: str, numbers: Sequence[NumberRow], others: Sequence[CandidateRow] = ()
) -> Step:
    """Return a step that chose the first of `numbers`.

    The other `numbers` and `others`, which hold another version of the agent, are candidates that were passed over.
    """
    best, *rest = numbers
    candidates = (
        Candidate(best.e164, CandidateVerdict.CHOSEN, reason),
        *(_candidate_passed_over(each, _why_passed_over(rule, best, each)) for each in rest),
        *(_candidate_passed_over(each, _holds_another_version(each)) for each in others),
    )
    return Step(rule, StepVerdict.CHOSEN, reason, candidates[:MAX_CANDIDATES], ChosenNumber(best.id, best.e164))


def explain_refused(rule: OutboundNumberRule, cause: Refused, others: Sequence[CandidateRow] = ()) -> Step:
    """Return a step that found no number because of `cause`; `others` hold another version of the agent."""
    candidates = tuple(_candidate_passed_over(each, _holds_another_version(each)) for each in others[:MAX_CANDIDATES])
    return Step(rule, StepVerdict.REFUSED, cause.refusal.message, candidates, refusal=cause.refusal)


def explain_skipped(rule: OutboundNumberRule, has_argument: bool, reason: str) -> Step:
    """Return a step that was not evaluated: because it has no argument, or else for the given reason."""
    if has_argument:
        return Step(rule, StepVerdict.NOT_REACHED, reason)
    return Step(rule, StepVerdict.NOT_GIVEN, f"{ARGUMENT_OF_RULE[rule]} was not sent.")


def no_number_bound(version: AgentVersionRow, drifted: Sequence[CandidateRow], *field: str) -> Refused:
    """Refuse a version that no outbound slot holds; `drifted` numbers hold another version of its agent."""
    version_text = f"version {version.number} of {version.agent_name!r}"
    held = ", ".join(f"{each.e164} (version {each.held_version})" for each in drifted)
    drift = f" Another version of it is still held by {held}: publish version {version.number} to them." if held else ""
    return Refused(
        ErrorCode.NO_NUMBER_BOUND,
        f"No number of this organization holds {version_text} in its outbound slot.{drift} Use publishAgentVersion with"
        " phoneNumbers and direction OUTBOUND, name a number in agentNumber, or send allowFallback: true.",
        *field,
    )


def no_outbound_number() -> Refused:
    """Refuse a fallback without candidates; a borrowed number is never one."""
    return Refused(
        ErrorCode.NO_OUTBOUND_NUMBER,
        "This organization has no number of its own on a trunk with an outbound configuration; borrowed numbers are"
        " never a fallback. Name a shared number in agentNumber, or register one on a trunk that can dial out.",
    )


def agent_required(number: NumberRow) -> Refused:
    """Refuse a call without an agent: the input refers to none, and the number has none in its outbound slot."""
    why = "" if number.owned else " A borrowed number never lends its owner's agent."
    return Refused(
        ErrorCode.AGENT_REQUIRED,
        f"The call would go out from {number.e164}, and nothing says which agent is to speak.{why}"
        " Send agentVersionId, agentId or agentConfig.",
    )


def _candidate_passed_over(number: NumberRow, reason: str) -> Candidate:
    return Candidate(number.e164, CandidateVerdict.PASSED_OVER, reason)


def _holds_another_version(number: CandidateRow) -> str:
    return f"Its outbound slot holds version {number.held_version} of the same agent."


def _why_passed_over(rule: OutboundNumberRule, best: NumberRow, other: NumberRow) -> str:
    if best.outbound_capable and not other.outbound_capable:
        return "Its trunk has no outbound configuration."
    if rule is not OutboundNumberRule.FALLBACK:
        return "It holds the version too, and was assigned it later."
    if best.outbound_agent_version_id is None and other.outbound_agent_version_id is not None:
        return "Its outbound slot holds an agent; numbers without one come first."
    return "It is newer."
