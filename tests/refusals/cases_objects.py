"""Refusals about agents, versions, destinations, idempotency keys, trunks, organizations and API keys."""

from tests.refusals.requests import (
    INPUTS_WITH_ORGANIZATION,
    RefusalCase,
    create_conversation,
    for_another_organization,
    preview_number,
    publish,
    register,
    route,
    transfer_caller_id,
)

OBJECT_CASES: dict[str, RefusalCase] = {
    "an inline agent beside another": (
        "AGENT_REFERENCE_CONFLICT",
        ["agentConfig"],
        lambda w: create_conversation(w, agentConfig={}, agentId=w["desk"]),
    ),
    "a version of another agent": (
        "AGENT_REFERENCE_CONFLICT",
        ["agentVersionId"],
        lambda w: create_conversation(w, agentVersionId=w["desk_1"], agentId=w["moved"]),
    ),
    "a stranger's agent": ("AGENT_NOT_FOUND", ["agentId"], lambda w: create_conversation(w, agentId=w["their_agent"])),
    "changing a stranger's agent": (
        "AGENT_NOT_FOUND",
        ["agentId"],
        lambda w: (w.harbor, "updateAgent", {"agentId": w["their_agent"], "active": False}),
    ),
    "a draft for a stranger's agent": (
        "AGENT_NOT_FOUND",
        ["agentId"],
        lambda w: (w.harbor, "createAgentVersion", {"agentId": w["their_agent"], "config": {}}),
    ),
    "an agent that is off": ("AGENT_INACTIVE", ["agentId"], lambda w: create_conversation(w, agentId=w["off"])),
    "a version whose agent is off": (
        "AGENT_INACTIVE",
        ["agentVersionId"],
        lambda w: create_conversation(w, agentVersionId=w["off_1"]),
    ),
    "a number whose agent is off": (
        "AGENT_INACTIVE",
        ["agentNumber"],
        lambda w: create_conversation(w, agentNumber=w.numbers["off"].e164),
    ),
    "a stranger's version": (
        "AGENT_VERSION_NOT_FOUND",
        ["agentVersionId"],
        lambda w: create_conversation(w, agentVersionId=w["their_version"]),
    ),
    "publishing a stranger's version": (
        "AGENT_VERSION_NOT_FOUND",
        ["agentVersionId"],
        lambda w: publish(w, agentVersionId=w["their_version"]),
    ),
    "changing a stranger's version": (
        "AGENT_VERSION_NOT_FOUND",
        ["agentVersionId"],
        lambda w: (w.harbor, "updateAgentVersion", {"agentVersionId": w["their_version"], "config": {}}),
    ),
    "copying another agent's version": (
        "AGENT_VERSION_NOT_FOUND",
        ["baseVersionId"],
        lambda w: (w.harbor, "createAgentVersion", {"agentId": w["desk"], "baseVersionId": w["moved_1"]}),
    ),
    "a draft that is to speak": (
        "AGENT_VERSION_NOT_PUBLISHED",
        ["agentVersionId"],
        lambda w: create_conversation(w, agentVersionId=w["draft"]),
    ),
    "an agent with drafts alone": (
        "AGENT_VERSION_NOT_PUBLISHED",
        ["agentId"],
        lambda w: create_conversation(w, agentId=w["new"]),
    ),
    "changing a published version": (
        "AGENT_VERSION_PUBLISHED",
        ["agentVersionId"],
        lambda w: (w.harbor, "updateAgentVersion", {"agentVersionId": w["desk_1"], "config": {}}),
    ),
    "calling a premium-rate number": (
        "DESTINATION_NOT_ALLOWED",
        ["to"],
        lambda w: create_conversation(w, to="+19005550100"),
    ),
    "trying a premium-rate number": ("DESTINATION_NOT_ALLOWED", ["to"], lambda w: preview_number(w, to="+19005550100")),
    "transferring to a satellite phone": (
        "DESTINATION_NOT_ALLOWED",
        ["transferNumber"],
        lambda w: transfer_caller_id(w, "keyed", transferNumber="+881612345678"),
    ),
    "another call under a used key": (
        "IDEMPOTENCY_KEY_REUSED",
        ["idempotencyKey"],
        lambda w: create_conversation(w, to="+12065550198", agentNumber=w.numbers["bound"].e164, idempotencyKey="used"),
    ),
    "another caller under a used key": (
        "IDEMPOTENCY_KEY_REUSED",
        ["idempotencyKey"],
        lambda w: route(w, w.numbers["bound"].e164, idempotencyKey="rung"),
    ),
    "registering on a stranger's trunk": (
        "TRUNK_NOT_FOUND",
        ["trunkId"],
        lambda w: register(w, "+12065550001", trunkId=w["their_trunk"]),
    ),
    "changing a stranger's trunk": (
        "TRUNK_NOT_FOUND",
        ["trunkId"],
        lambda w: (w.harbor, "updateTrunk", {"trunkId": w["their_trunk"], "name": "Mine"}),
    ),
    "deleting a stranger's trunk": (
        "TRUNK_NOT_FOUND",
        ["trunkId"],
        lambda w: (w.harbor, "deleteTrunk", {"trunkId": w["their_trunk"]}),
    ),
    "registering on a managed trunk": (
        "TRUNK_MANAGED",
        ["trunkId"],
        lambda w: register(w, "+12065550001", trunkId=w["managed"]),
    ),
    "changing a managed trunk": (
        "TRUNK_MANAGED",
        ["trunkId"],
        lambda w: (w.harbor, "updateTrunk", {"trunkId": w["managed"], "name": "Mine"}),
    ),
    "deleting a managed trunk": (
        "TRUNK_MANAGED",
        ["trunkId"],
        lambda w: (w.harbor, "deleteTrunk", {"trunkId": w["managed"]}),
    ),
    "deleting a trunk with numbers": (
        "TRUNK_IN_USE",
        ["trunkId"],
        lambda w: (w.harbor, "deleteTrunk", {"trunkId": w["used"]}),
    ),
    **{
        f"{mutation} for a stranger": (
            "ORGANIZATION_NOT_FOUND",
            ["organizationId"],
            for_another_organization(mutation, **sent),
        )
        for mutation, sent in INPUTS_WITH_ORGANIZATION.items()
    },
    "an organization below a stranger": (
        "ORGANIZATION_NOT_FOUND",
        ["parentId"],
        lambda w: (w.harbor, "createOrganization", {"parentId": w["stranger"], "name": "New", "slug": "new"}),
    ),
    "an agent for the organization above": (
        "ORGANIZATION_NOT_FOUND",
        ["organizationId"],
        lambda w: (w.harbor, "createAgent", {"organizationId": w.northwind.organization_id, "name": "Agent"}),
    ),
    "an agent for one below, without the scope": (
        "ORGANIZATION_NOT_FOUND",
        ["organizationId"],
        lambda w: (
            w.other_clients["alone"],
            "createAgent",
            {"organizationId": w.other_clients["bare"].organization_id, "name": "A"},
        ),
    ),
    "a slug that is taken": (
        "SLUG_TAKEN",
        ["slug"],
        lambda w: (w.harbor, "createOrganization", {"name": "New", "slug": "organization-1"}),
    ),
    "revoking a stranger's key": (
        "API_KEY_NOT_FOUND",
        ["apiKeyId"],
        lambda w: (w.harbor, "revokeApiKey", {"apiKeyId": w["their_key"]}),
    ),
    "handing on a scope that is not held": (
        "SCOPE_NOT_HELD",
        ["scopes"],
        lambda w: (
            w.other_clients["humble"],
            "createApiKey",
            {"name": "Key", "scopes": ["AGENTS_READ", "TRUNKS_READ"]},
        ),
    ),
}
