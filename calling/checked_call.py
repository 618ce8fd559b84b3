"""Check the input of an outbound conversation, and normalize it once (R9)."""

from dataclasses import dataclass
from functools import cached_property

from calling import validation
from calling.agent_reference import AgentReference, resolve_agent_version
from calling.destinations import require_allowed_number
from calling.e164 import invalid_phone_number, normalize_e164
from calling.idempotency import check_idempotency_key, input_digest
from calling.refusals import number_suppressed
from models import now
from models.json_members import JsonObject, canonicalize
from models.rows import AgentVersionRow
from models.suppression import find_suppressed_numbers
from storage import ReadSession


@dataclass(frozen=True)
class OutboundCallInput:
    """The unchecked input of a create or a dry run. A field that the client left out is None.

    The names of these fields are part of stored digests: renaming one breaks retries across an upgrade.
    """

    to: str | None = None
    agent_number: str | None = None
    agent_version_id: str | None = None
    agent_id: str | None = None
    agent_config: object = None
    allow_fallback: bool = False
    initial_context: str | None = None
    metadata: object = None
    idempotency_key: str | None = None


@dataclass(frozen=True)
class NormalizedCall:
    """An input with its phone numbers in E.164. A number that is missing or cannot be parsed is None."""

    call_input: OutboundCallInput
    to: str | None
    agent_number: str | None

    @cached_property
    def digest(self) -> bytes:
        """The digest of the input without its idempotency key: equal for equivalent inputs (R11).

        Phone numbers that can be parsed are digested in E.164. A missing field is digested like null.
        """
        fields = {name: value for name, value in vars(self.call_input).items() if value is not None}
        fields.pop("idempotency_key", None)
        fields["to"] = self.to or self.call_input.to
        fields["agent_number"] = self.agent_number or self.call_input.agent_number
        return input_digest(fields)


@dataclass(frozen=True)
class CheckedCall:
    """A call that passed all checks before the four steps; phone numbers are in E.164.

    `to` is None in a dry run without a destination. `agent_version` is None for an inline agent, or without a reference
    to an agent. `input_digest` is None without an idempotency key.
    """

    organization_id: str
    to: str | None
    agent_number: str | None
    agent: AgentReference
    agent_version: AgentVersionRow | None
    allow_fallback: bool
    initial_context: str | None
    metadata: JsonObject | None
    idempotency_key: str | None
    input_digest: bytes | None


def normalize_call(call_input: OutboundCallInput) -> NormalizedCall:
    """Parse the phone numbers of an input. Raises nothing."""
    typed = (call_input.to, call_input.agent_number)
    to, agent_number = (None if text is None else normalize_e164(text) for text in typed)
    return NormalizedCall(call_input, to, agent_number)


async def check_call(
    session: ReadSession, organization_id: str, call: NormalizedCall, allowed_regions: frozenset[str]
) -> CheckedCall:
    """Check a call as `organization_id`: the form of its fields, then its destination, then its agent.

    Raises Refused for the first check that fails.
    """
    fields = call.call_input
    agent_number = _require_number(fields.agent_number, call.agent_number, "agentNumber")
    config = None if fields.agent_config is None else validation.check_json_object(fields.agent_config, "agentConfig")
    metadata = None if fields.metadata is None else validation.check_metadata(fields.metadata, "metadata")
    if fields.initial_context is not None:
        validation.check_text(fields.initial_context, "initialContext")
    check_idempotency_key(fields.idempotency_key)
    to = _require_number(fields.to, call.to, "to")
    if to is not None:
        require_allowed_number(to, allowed_regions, "to")
        if await find_suppressed_numbers(session, organization_id, [to], now()):
            raise number_suppressed("to")
    agent = AgentReference(fields.agent_version_id, fields.agent_id, config)
    return CheckedCall(
        organization_id=organization_id,
        to=to,
        agent_number=agent_number,
        agent=agent,
        agent_version=await resolve_agent_version(session, organization_id, agent),
        allow_fallback=fields.allow_fallback,
        initial_context=fields.initial_context,
        metadata=canonicalize(metadata),
        idempotency_key=fields.idempotency_key,
        input_digest=call.digest if fields.idempotency_key else None,
    )


def _require_number(text: str | None, number: str | None, field: str) -> str | None:
    if text is not None and number is None:
        raise invalid_phone_number(text, field)
    return number
