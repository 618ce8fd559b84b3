"""Create organizations with numbers and agents for every situation of the four steps (R8)."""

from typing import Any

from tests.installation import Client, Installation, Number


class World:
    """Clients by the name of their organization; E.164 numbers and ids by the names that the cases use."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.clients: dict[str, Client] = {}
        self.values: dict[str, str] = {}

    def organization(self, name: str, client: Client) -> Client:
        self.clients[name] = client
        self.values[name] = client.organization_id
        return client

    def number(self, name: str, owner: Client, trunk: str, *, shareable: bool = False) -> Number:
        number = owner.number(trunk=trunk, shareable=shareable)
        self.values[name] = number.e164
        return number

    def agent(self, name: str, owner: Client) -> str:
        self.values[name] = owner.agent(name)
        return self.values[name]

    def version(self, name: str, owner: Client, *numbers: Number, direction: str = "OUTBOUND") -> str:
        """Publish the next version of the agent that `name` begins with: desk_v1 is a version of desk."""
        agent = self.values[name.rpartition("_")[0]]
        self.values[name] = owner.version(agent, *numbers, direction=direction)
        return self.values[name]

    def twin(self, name: str, number: Number) -> None:
        """Store a number with the owner, trunk, slots and times of `number` and a smaller id, after it."""
        same = (
            "organization_id, trunk_id, shareable, inbound_agent_version_id, inbound_assigned_at,"
            " outbound_agent_version_id, outbound_assigned_at, created_at, updated_at"
        )
        self.values[name] = self.installation.new_number()
        self.installation.rows(
            f"INSERT INTO phone_number (id, e164, {same}) SELECT ?, ?, {same} FROM phone_number WHERE id = ?",
            f"num_{len(self.values):026}",
            self.values[name],
            number.id,
        )

    def resolve_names(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: self.values.get(each, each) if isinstance(each, str) else each for name, each in fields.items()}


def make_world(installation: Installation) -> World:
    world = World(installation)
    northwind = world.organization("northwind", installation.root("Northwind"))
    clinics = world.organization("clinics", northwind.child("Harbor Clinics"))
    dental = world.organization("dental", clinics.child("Harbor Dental"))
    make_sharing_root(world, northwind)
    make_stranger(world, world.organization("contoso", installation.root("Contoso")))
    make_bound_numbers(world, clinics)
    make_borrower(world, dental)
    make_without_outbound(world, world.organization("kiosk", northwind.child("Kiosk")))
    make_fallback(world, world.organization("shop", northwind.child("Shop")))
    make_full_slots(world, world.organization("full", northwind.child("Full house")))
    make_many_numbers(world, world.organization("crowd", northwind.child("Crowd")))
    return world


def make_sharing_root(world: World, northwind: Client) -> None:
    carrier, mute = northwind.trunk(), northwind.trunk(outbound=False)
    shared = world.number("shared", northwind, carrier, shareable=True)
    world.number("shared_mute", northwind, mute, shareable=True)
    world.number("unshared", northwind, carrier)
    world.agent("concierge", northwind)
    world.version("concierge_v1", northwind, shared)


def make_stranger(world: World, contoso: Client) -> None:
    world.number("stranger", contoso, contoso.trunk(), shareable=True)
    world.agent("sales", contoso)
    world.version("sales_v1", contoso)


def make_bound_numbers(world: World, clinics: Client) -> None:
    carrier, mute = clinics.trunk(), clinics.trunk(outbound=False)
    for name in ("desk_number", "free", "front", "retired_number", "split_old", "split_new", "highest_number"):
        world.number(name, clinics, carrier)
    numbers = {name: Number("", e164) for name, e164 in world.values.items()}
    for agent in ("desk", "retired", "split", "highest", "unbound", "drafted", "stuck", "moved", "many"):
        world.agent(agent, clinics)
    world.number("own_mute", clinics, mute)
    world.version("desk_v1", clinics, numbers["desk_number"])
    world.version("retired_v1", clinics, numbers["retired_number"])
    clinics.mutate_successfully("updateAgent", "__typename", agentId=world.values["retired"], active=False)
    world.version("split_v1", clinics, numbers["split_old"])
    world.version("split_v2", clinics, numbers["split_new"])
    world.version("unbound_v1", clinics, numbers["front"], direction="INBOUND")
    world.values["drafted_v1"] = clinics.draft(world.values["drafted"])
    world.version("stuck_v1", clinics, world.number("stuck_mute", clinics, mute))
    make_older_published_last(world, clinics, numbers["highest_number"])
    make_version_drift(world, clinics, carrier, mute)
    make_several_bound(world, clinics, carrier, mute)


def make_older_published_last(world: World, clinics: Client, number: Number) -> None:
    first, second = (clinics.draft(world.values["highest"]) for _ in range(2))
    world.values["highest_v2"] = clinics.publish(second, number)
    world.values["highest_v1"] = clinics.publish(first)
    world.values["highest_v3"] = clinics.draft(world.values["highest"])


def make_version_drift(world: World, clinics: Client, carrier: str, mute: str) -> None:
    """Version drift: numbers hold version 1 while version 2 is published to none."""
    moved_mute = world.number("moved_mute", clinics, mute)
    moved_later, moved_sooner = (world.number(name, clinics, carrier) for name in ("moved_later", "moved_sooner"))
    version = world.version("moved_v1", clinics, moved_mute)
    clinics.publish(version, moved_sooner)
    clinics.publish(version, moved_later)
    world.version("moved_v2", clinics)


def make_several_bound(world: World, clinics: Client, carrier: str, mute: str) -> None:
    many_mute, many_third, many_first = (
        world.number(name, clinics, trunk)
        for name, trunk in (("many_mute", mute), ("many_third", carrier), ("many_first", carrier))
    )
    version = world.version("many_v1", clinics, many_mute)
    clinics.publish(version, many_first)
    clinics.publish(version, many_third)
    world.twin("many_second", many_third)


def make_borrower(world: World, dental: Client) -> None:
    world.agent("recall", dental)
    world.version("recall_v1", dental)


def make_without_outbound(world: World, kiosk: Client) -> None:
    world.number("kiosk_mute", kiosk, kiosk.trunk(outbound=False))
    world.agent("greeter", kiosk)
    world.version("greeter_v1", kiosk)


def make_fallback(world: World, shop: Client) -> None:
    carrier = shop.trunk()
    world.number("shop_mute", shop, shop.trunk(outbound=False))
    taken, _, third = (world.number(name, shop, carrier) for name in ("shop_taken", "shop_first", "shop_third"))
    world.twin("shop_second", third)
    world.agent("seller", shop)
    world.version("seller_v1", shop, taken)
    world.version("seller_v2", shop)
    world.agent("helper", shop)
    world.version("helper_v1", shop)


def make_full_slots(world: World, full: Client) -> None:
    carrier = full.trunk()
    older, newer = (world.number(name, full, carrier) for name in ("full_older", "full_newer"))
    world.agent("guard", full)
    version = world.version("guard_v1", full, newer)
    full.publish(version, older)


def make_many_numbers(world: World, crowd: Client) -> None:
    carrier = crowd.trunk()
    numbers = [world.number(f"crowd_{place}", crowd, carrier) for place in range(23)]
    world.agent("usher", crowd)
    world.version("usher_v1", crowd, *numbers)
    world.agent("porter", crowd)
    world.version("porter_v1", crowd)
