"""Create the organizations, numbers, agents and conversations that the refused requests refer to."""

from dataclasses import dataclass

from models import Scope
from tests.installation import Client, Installation, Number
from tests.refusals.campaign_world import answer_contact, make_campaigns


@dataclass(frozen=True)
class World:
    """What requests refer to by name. Harbor sends them; Northwind is its parent, Contoso is unrelated."""

    installation: Installation
    northwind: Client
    harbor: Client
    contoso: Client
    other_clients: dict[str, Client]
    numbers: dict[str, Number]
    ids: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.ids[name]


def make_world(installation: Installation) -> World:
    northwind, contoso = installation.root("Northwind"), installation.root("Contoso")
    harbor = northwind.child()
    numbers, ids = make_numbers(northwind, harbor, contoso), make_agents(harbor, contoso)
    ids |= {
        "organization": harbor.organization_id,
        "stranger": contoso.organization_id,
        "carrier": harbor.trunk(),
        "their_trunk": contoso.trunk(),
        "managed": installation.managed_trunk(harbor, installation.new_number()),
        "used": trunk_id_of(harbor, numbers["free"]),
        "their_key": key_id_of(contoso),
        "spare_key": key_id_of(harbor.with_scopes(Scope.AGENTS_READ)),
        "spare_trunk": harbor.trunk(),
        "number": numbers["free"].id,
        "their_number": numbers["strange"].id,
    }
    harbor.publish(ids["desk_1"], numbers["bound"], direction="BOTH")
    harbor.publish(ids["moved_1"], numbers["drifted"])
    harbor.publish(ids["moved_2"])
    harbor.publish(ids["off_1"], numbers["off"], direction="BOTH")
    harbor.mutate_successfully("updateAgent", "__typename", agentId=ids["off"], active=False)
    ids |= make_conversations(northwind, harbor, numbers, ids)
    ids["their_conversation"] = contoso.create_queued(agentId=ids["their_agent"], agentNumber=numbers["strange"].e164)[
        "id"
    ]
    ids |= make_campaigns(harbor, contoso, numbers["bound"], ids["desk_1"])
    ids["answered"] = answer_contact(installation, ids["contact_in_call"], numbers["bound"])
    return World(installation, northwind, harbor, contoso, make_other_clients(harbor), numbers, ids)


def make_numbers(northwind: Client, harbor: Client, contoso: Client) -> dict[str, Number]:
    silent = harbor.trunk(outbound=False)
    return {
        "bound": harbor.number(),
        "free": harbor.number(),
        "drifted": harbor.number(),
        "off": harbor.number(),
        "silent": harbor.number(trunk=silent),
        "borrowed": northwind.number(shareable=True),
        "unshared": northwind.number(),
        "strange": contoso.number(shareable=True),
        "unknown": Number("num_00000000000000000000000000", "+12065559999"),
    }


def make_agents(harbor: Client, contoso: Client) -> dict[str, str]:
    """Desk has a published version and a draft, Moved two versions; Off is inactive; New has drafts only."""
    desk, moved, off, new = (harbor.agent(name) for name in ("Desk", "Moved", "Off", "New"))
    theirs = contoso.agent()
    return {
        "desk": desk,
        "desk_1": harbor.version(desk),
        "draft": harbor.draft(desk),
        "moved": moved,
        "moved_1": harbor.draft(moved),
        "moved_2": harbor.draft(moved),
        "off": off,
        "off_1": harbor.draft(off),
        "new": new,
        "new_1": harbor.draft(new),
        "their_agent": theirs,
        "their_version": contoso.version(theirs),
    }


def make_conversations(
    northwind: Client, harbor: Client, numbers: dict[str, Number], ids: dict[str, str]
) -> dict[str, str]:
    """One on each kind of transfer trunk, one whose number was deleted, and one created with an idempotency key."""
    loud, deaf = harbor.trunk(transferCallerId="FROM_TRANSFEROR"), harbor.trunk(transferMode="DISABLE_ALL")
    gone = northwind.number(shareable=True)
    made = {
        "keyed": harbor.create_queued(agentNumber=numbers["bound"].e164, idempotencyKey="used"),
        "transferor": harbor.create_queued(agentNumber=harbor.number(trunk=loud).e164, agentConfig={}),
        "disabled": harbor.create_queued(agentNumber=harbor.number(trunk=deaf).e164, agentConfig={}),
        "orphan": harbor.create_queued(agentNumber=gone.e164, agentConfig={}),
        "routed": harbor.route_inbound(numbers["bound"], idempotencyKey="rung"),
        "talking": harbor.route_inbound(numbers["bound"]),
    }
    harbor.mutate_successfully(
        "reportInboundCall", "__typename", conversationId=made["talking"]["id"], status="IN_PROGRESS"
    )
    made["ended"] = harbor.route_inbound(numbers["bound"])
    harbor.mutate_successfully("hangUpConversation", "__typename", conversationId=made["ended"]["id"])
    harbor.publish(ids["desk_1"], numbers["silent"], direction="INBOUND")
    made["mute"] = harbor.route_inbound(numbers["silent"])
    northwind.share(gone, False)
    northwind.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=gone.id)
    return {name: conversation["id"] for name, conversation in made.items()}


def make_other_clients(harbor: Client) -> dict[str, Client]:
    """Harbor's keys with fewer scopes, an organization without numbers, and one at the deepest level."""
    bare, deep = harbor.child("Harbor Dental"), harbor.child("Level 3")
    for level in range(4, 33):
        deep = deep.child(f"Level {level}")
    return {
        "humble": harbor.with_scopes(Scope.API_KEYS_MANAGE, Scope.AGENTS_READ),
        "alone": harbor.with_scopes(*(scope for scope in Scope if scope is not Scope.CHILD_ORGANIZATIONS_MANAGE)),
        "bare": bare,
        "deepest": deep,
    }


def trunk_id_of(client: Client, number: Number) -> str:
    found = client("query($e: String!) { phoneNumber(e164: $e) { trunk { id } } }", e=number.e164)
    identifier: str = found["phoneNumber"]["trunk"]["id"]
    return identifier


def key_id_of(client: Client) -> str:
    identifier: str = client("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
    return identifier
