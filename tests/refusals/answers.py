"""Read the refusal of a request, and judge its message."""

import re
from typing import Any

import httpx

from tests.installation import Client, Json


def request_refusal(client: Client, field: str, sent: dict[str, Any]) -> Json:
    """Send the request and return its only refusal, wherever the field answers it; the rest of the payload must be empty."""
    if field == "transferCallerId":
        declared = ", ".join(f"${name}: {TRANSFER_VARIABLE_TYPES[name]}" for name in sent)
        passed = ", ".join(f"{name}: ${name}" for name in sent if name != "id")
        plan = f"transferCallerId({passed}) {{ callerId mechanism warnings refusal {{ code message field }} }}"
        answer = client(f"query({declared}) {{ conversation(id: $id) {{ {plan} }} }}", **sent)
        planned: Json = answer["conversation"]["transferCallerId"]
        assert (planned["callerId"], planned["mechanism"], planned["warnings"]) == (None, None, [])
        return planned["refusal"]
    if field == "previewOutboundNumber":
        return client.preview(**sent)["refusal"]
    if field == "PUT":
        return upload_refusal(client, sent["path"])
    payload = client.mutate(field, PAYLOAD_SELECTIONS[field], **sent)
    errors = payload.pop("userErrors") + [each["refusal"] for each in payload.pop("results", ())]
    assert len(errors) == 1
    resolution = payload.pop("resolution", None)
    assert resolution is None or resolution["refusal"] == errors[0]
    assert [value for value in payload.values() if value] == []
    return errors[0]


def upload_refusal(client: Client, path: str) -> Json:
    """Send a file of contacts and return its refusal, which is about the path and so names no field."""
    response = client.installation.http.put(path, content=b"e164\n", headers=client.headers)
    assert response.is_client_error
    (error,) = response.json()["errors"]
    return {"code": error["extensions"]["code"], "message": error["message"], "field": None}


TRANSFER_VARIABLE_TYPES = {
    "id": "ID!",
    "kind": "TransferKind!",
    "displayedNumber": "DisplayedNumber!",
    "transferNumber": "String",
}


PAYLOAD_SELECTIONS = {
    "createOrganization": "organization { id }",
    "createApiKey": "apiKey { id } secret",
    "revokeApiKey": "apiKey { id }",
    "createTrunk": "trunk { id }",
    "updateTrunk": "trunk { id }",
    "deleteTrunk": "deletedTrunkId",
    "createPhoneNumber": "phoneNumber { id }",
    "setPhoneNumberShareable": "phoneNumber { id }",
    "deletePhoneNumber": "deletedPhoneNumberId",
    "createAgent": "agent { id }",
    "updateAgent": "agent { id }",
    "createAgentVersion": "agentVersion { id }",
    "updateAgentVersion": "agentVersion { id }",
    "publishAgentVersion": "agentVersion { id } phoneNumbers { id }",
    "createOutboundConversation": "conversation { id } replayed resolution { refusal { code message field } }",
    "hangUpConversation": "conversation { id }",
    "transferConversation": "conversation { id } transfer { id }",
    "routeInboundCall": "conversation { id } agentVersion { id }",
    "reportInboundCall": "conversation { id }",
    "reportOutcome": "conversation { id }",
    **dict.fromkeys(
        ("createCampaign", "updateCampaign", "startCampaign", "pauseCampaign", "cancelCampaign"), "campaign { id }"
    ),
    "addContacts": "accepted unchanged results { refusal { code message field } }",
    "removeContacts": "removedContactIds",
    "createContactImport": "contactImport { id }",
    "addSuppressions": "suppressions { id }",
    "removeSuppressions": "removedSuppressionIds",
    "setCallBudget": "organization { id }",
}


INSTRUCTION_PATTERN = re.compile(
    r"\b([Aa]dd|[Aa]sk|Call|[Cc]hoose|Copy|Create|Delete|[Gg]ive|[Ll]eave|List|Look|Name|Pause|[Pp]ublish|Read|Repeat|Report|[Ss]end|Set|Switch|[Uu]se"
    r"|Wait|Write|must be|it can be|it can have|at most|such as|CHILD_ORGANIZATIONS_MANAGE)\b"
)


def says_what_to_do(message: str) -> bool:
    """Whether a message consists of sentences and one says what to do next: a verb, an example, a limit or a scope."""
    sentence = re.fullmatch(r"[A-Za-z+'\"][^\0]{20,500}\.", message)
    return sentence is not None and INSTRUCTION_PATTERN.search(message) is not None


def only_error(response: httpx.Response) -> Json:
    body = response.json()
    assert response.status_code == 200
    assert body.keys() == {"errors"}
    assert len(body["errors"]) == 1
    return body["errors"][0]
