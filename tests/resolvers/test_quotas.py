"""Test the quotas of an organization: one more row is LIMIT_EXCEEDED, and other organizations are not affected."""

from typing import Any

from tests.conftest import Install


def test_an_organization_has_so_much_of_each_kind_and_no_more(install: Install) -> None:
    quotas = {"max_api_keys": 2, "max_phone_numbers": 1, "max_agents": 1, "max_agent_versions": 1}
    installation = install(**quotas)
    for name in ("Northwind", "Contoso"):
        client = installation.root(name)
        trunk, agent = client.trunk(), client.agent()
        number = client.number(trunk=trunk)
        client.draft(agent)
        key = client.mutate_successfully("createApiKey", "apiKey { id }", name="second", scopes=[])["apiKey"]["id"]
        more: dict[str, dict[str, Any]] = {
            "createApiKey": {"name": "third", "scopes": []},
            "createPhoneNumber": {"e164": installation.new_number(), "trunkId": trunk},
            "createAgent": {"name": "Another"},
            "createAgentVersion": {"agentId": agent, "config": {}},
        }
        stored = installation.contents()
        for mutation, sent in more.items():
            assert client.refusals(mutation, **sent) == [("LIMIT_EXCEEDED", None)]
        assert installation.contents() == stored
        client.mutate_successfully("revokeApiKey", "__typename", apiKeyId=key)
        client.mutate_successfully("createApiKey", "__typename", **more["createApiKey"])
        client.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=number.id)
        client.mutate_successfully("createPhoneNumber", "__typename", **more["createPhoneNumber"])
