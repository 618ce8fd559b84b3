"""Define the measured operations, and the lists whose cost must not grow with the table."""

from dataclasses import dataclass, field

import orjson
from pydantic import JsonValue

from benchmarks.dataset import e164, make_id

VERSION = "agentVersion { id number agent { id name } }"
NUMBER = f"""id e164 access shareable outboundCapable organization {{ id name }} trunk {{ id name }}
  inboundSlot {{ {VERSION} }} outboundSlot {{ {VERSION} }}"""
PREVIEW_INPUT: dict[str, JsonValue] = {"agentNumber": e164(14), "agentVersionId": make_id("ver", 14)}


@dataclass(frozen=True)
class Operation:
    name: str
    document: str
    variables: dict[str, JsonValue] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return orjson.dumps({"query": self.document, "operationName": self.name, "variables": self.variables})


PAGE = Operation(
    "Page",
    f"query Page($first: Int!) {{ phoneNumbers(first: $first) {{ nodes {{ {NUMBER} }} pageInfo {{ hasNextPage }} }} }}",
    {"first": 50},
)
LOOKUP = Operation(
    "Number", f"query Number($e164: String!) {{ phoneNumber(e164: $e164) {{ {NUMBER} }} }}", {"e164": e164(4_002)}
)
# Each value is a separate variable, as the peers' input types have other names.
PREVIEW = Operation(
    "Preview",
    """query Preview($number: String!, $version: ID!) {
      previewOutboundNumber(input: {agentNumber: $number, agentVersionId: $version}) { agentNumber decidedBy } }""",
    {"number": PREVIEW_INPUT["agentNumber"], "version": PREVIEW_INPUT["agentVersionId"]},
)
CREATE = Operation(
    "Create",
    """mutation Create($to: String!, $number: String!, $version: ID!) {
      createOutboundConversation(input: {to: $to, agentNumber: $number, agentVersionId: $version}) {
        conversation { status agentNumber userNumber } resolution { agentNumber decidedBy } } }""",
    PREVIEW.variables | {"to": "+12065550199"},
)
READS = (PAGE, LOOKUP, PREVIEW)
OPERATIONS = (*READS, CREATE)


def numbers(filter: str = "", order: str = "E164, direction: ASC") -> Operation:
    arguments = f"first: 50, filter: {{{filter}}}, orderBy: {{field: {order}}}"
    return Operation("Numbers", f"query Numbers {{ phoneNumbers({arguments}) {{ nodes {{ id e164 }} }} }}")


def conversations(filter: str = "") -> Operation:
    return Operation(
        "Calls", f"query Calls {{ conversations(first: 50, filter: {{{filter}}}) {{ nodes {{ id status }} }} }}"
    )


def list_operations(count: int) -> dict[str, Operation]:
    """Return each list and filter, for a dataset of `count` numbers and conversations."""
    last = e164(count - 6)
    return {
        "all numbers": numbers(),
        "numbers, newest first": numbers(order="CREATED_AT, direction: DESC"),
        "numbers, changed last": numbers(order="UPDATED_AT, direction: DESC"),
        "numbers of one's own": numbers("access: OWNED"),
        "borrowed numbers": numbers("access: SHARED"),
        "shared numbers": numbers("shareable: true"),
        "numbers that dial": numbers("outboundCapable: true"),
        "numbers with an outbound agent": numbers("outboundAssigned: true"),
        "numbers without an inbound agent": numbers("inboundAssigned: false"),
        "numbers of a trunk": numbers(f'trunkId: "{make_id("trk", 4)}"'),
        "numbers of an agent": numbers(f'agentId: "{make_id("agt", 7)}"'),
        "numbers that contain 206": numbers('e164Contains: "206"'),
        "numbers that contain 777": numbers('e164Contains: "777"'),
        "numbers that begin with +1206": numbers('e164Contains: "+1206"'),
        "the one by its plus and digits": numbers(f'e164Contains: "{last}"'),
        "the one that contains all its digits": numbers(f'e164Contains: "{last[1:]}"'),
        "all conversations": conversations(),
        "conversations of a status": conversations("status: [UNANSWERED]"),
        "conversations inbound": conversations("direction: INBOUND"),
        "conversations of an agent": conversations(f'agentId: "{make_id("agt", 7)}"'),
        "conversations from a number": conversations(f'agentNumber: "{e164(7919 % count)}"'),
        "conversations with a caller": conversations('userNumber: "+12080000005"'),
        "conversations with metadata": conversations('metadata: {customer: "c7"}'),
        "the conversation of a key": conversations('idempotencyKey: "key 77"'),
    }
