"""A page takes as many statements for 2 rows as for 100, however many edges it shows: each edge is one batch."""

import os
from collections.abc import Iterator
from itertools import count, cycle

import pytest

from models import Scope, new_id
from tests.conftest import Install
from tests.installation import Client, Json, Number
from tests.retrying import attempts

VERSION = """direction assignedAt agentVersion { id number agent { id name organization { id }
  publishedVersion { id number } versions(first: 3) { totalCount nodes { id number } } } }"""
NUMBERS = f"""query($size: Int) {{ phoneNumbers(first: $size) {{
  totalCount pageInfo {{ hasNextPage endCursor }} edges {{ cursor }}
  nodes {{ id e164 access shareable outboundCapable
    organization {{ id name parent {{ id name }} ancestors {{ id name }} }}
    trunk {{ id name outbound {{ address }} organization {{ id }} }}
    inboundSlot {{ {VERSION} }}
    outboundSlot {{ {VERSION} }}
    sharing {{ organizationsBelow queuedConversations }}
  }}
}} }}"""
CHILDREN = f"""query($id: ID!, $size: Int) {{ organization(id: $id) {{ id name
  children(first: $size) {{ totalCount nodes {{ id name parent {{ id }} ancestors {{ id }}
    phoneNumbers(first: 2) {{ totalCount nodes {{ id e164 trunk {{ id }} outboundSlot {{ {VERSION} }} }} }}
    children(first: 10) {{ totalCount nodes {{ id }} }}
  }} }}
}} }}"""
CONVERSATIONS = """query($size: Int) { conversations(first: $size) {
  totalCount pageInfo { hasNextPage }
  nodes { id status organization { id name ancestors { id } }
    phoneNumber { id e164 access trunk { id } organization { id } }
    agentVersion { id number agent { id name } }
    resolution { agentNumber decidedBy steps { rule candidates { e164 } } phoneNumber { id } agentVersion { id } }
    warm: transferCallerId(kind: WARM) { callerId mechanism warnings refusal { code } }
    cold: transferCallerId(kind: COLD, displayedNumber: AGENT_NUMBER) { callerId mechanism }
    transfers { id kind status }
  }
} }"""

# Every edge of it leads to one row, which comes along.
JOINED = """query($size: Int) { phoneNumbers(first: $size) { nodes { id e164 access outboundCapable
  organization { id name parent { name } } trunk { id name outbound { address } }
  inboundSlot { direction assignedAt agentVersion { id number agent { id name publishedVersion { number } } } }
  outboundSlot { direction agentVersion { id published agent { id active organization { slug } } } }
} } }"""

# What each page takes, a short one and a long one: the page with what comes along, its count, and one statement
# for each other edge; two where an edge leads on to organizations that no other edge has loaded. graphql-core comes to
# the rows of an edge in more ticks than one: it takes a few more, and never one a row.
EXECUTOR = os.environ.get("DIALTREE_EXECUTOR", "plans")
STATEMENTS_FOR_JOINED = {"plans": 1, "graphql-core": 7}
STATEMENTS_FOR_NUMBERS = {"plans": (11, 11), "graphql-core": (13, 13)}
STATEMENTS_FOR_CHILDREN = {"plans": (16, 16), "graphql-core": (17, 17)}
STATEMENTS_FOR_CONVERSATIONS = {"plans": (10, 10), "graphql-core": (11, 11)}


class GrowingWorld:
    """Harbor's world, of two rows a list and then of a hundred."""

    def __init__(self, northwind: Client) -> None:
        self.northwind = northwind
        self.harbor = northwind.child("Middle").child("Harbor Clinics")
        self._made = count()

    def number(self, owner: Client, *, shareable: bool = False) -> Number:
        """On a trunk and with agents of its own, every tenth time."""
        if next(self._made) % 10 == 0 or owner is not self._owner:
            self._owner, self._trunk = owner, owner.trunk()
            self._agents = cycle([owner.version(owner.agent()) for _ in range(3)])
        return owner.number(trunk=self._trunk, shareable=shareable)

    _owner: Client | None = None
    _trunk: str
    _agents: Iterator[str]

    def bound_number(self, owner: Client) -> Number:
        number = self.number(owner)
        for direction in ("INBOUND", "OUTBOUND"):
            owner.publish(next(self._agents), number, direction=direction)
        return number


@pytest.fixture
def growing(northwind: Client) -> GrowingWorld:
    return GrowingWorld(northwind)


@pytest.mark.parametrize("executor", STATEMENTS_FOR_NUMBERS)
def test_the_setting_says_who_runs_an_operation(install: Install, statements: list[str], executor: str) -> None:
    """Nothing else tells: their answers are the same."""
    growing = GrowingWorld(install(executor=executor).root())
    growing.bound_number(growing.harbor)
    growing.number(growing.northwind, shareable=True)
    _, taken = run_counted(growing.harbor, statements, NUMBERS, size=100)
    assert taken == STATEMENTS_FOR_NUMBERS[executor][0]


def run_counted(client: Client, statements: list[str], query: str, **variables: object) -> tuple[Json, int]:
    """The answer, and how many statements it took: those of its key, which may be kept, are not counted."""
    for _ in attempts():
        if client("{ viewer { apiKey { lastUsedAt } } }")["viewer"]["apiKey"]["lastUsedAt"]:
            break
    statements.clear()
    answer = client(query, **variables)
    others = [each for each in statements if "WHERE api_key.id IN" not in each]
    assert len(statements) - len(others) <= 1
    return answer, len(others)


def test_the_phone_numbers_page_with_all_its_edges(growing: GrowingWorld, statements: list[str]) -> None:
    growing.bound_number(growing.harbor)
    growing.number(growing.northwind, shareable=True)
    few, for_few = run_counted(growing.harbor, statements, NUMBERS, size=100)
    for _ in range(59):
        growing.bound_number(growing.harbor)
    for _ in range(39):
        growing.number(growing.northwind, shareable=True)
    many, for_many = run_counted(growing.harbor, statements, NUMBERS, size=100)
    assert len(few["phoneNumbers"]["nodes"]) == 2
    nodes = many["phoneNumbers"]["nodes"]
    assert (len(nodes), many["phoneNumbers"]["totalCount"]) == (100, 100)
    assert len({node["trunk"]["id"] for node in nodes if node["trunk"]}) >= 6
    assert sum(node["outboundSlot"] is not None for node in nodes) == 60
    assert [len(node["organization"]["ancestors"]) for node in nodes].count(2) == 60
    assert (for_few, for_many) == STATEMENTS_FOR_NUMBERS[EXECUTOR]


def test_what_edges_lead_to_comes_along_with_the_page(growing: GrowingWorld, statements: list[str]) -> None:
    growing.bound_number(growing.harbor)
    growing.number(growing.northwind, shareable=True)
    page, took = run_counted(growing.harbor, statements, JOINED, size=100)
    (own,) = [node for node in page["phoneNumbers"]["nodes"] if node["access"] == "OWNED"]
    (lent,) = [node for node in page["phoneNumbers"]["nodes"] if node["access"] == "SHARED"]
    assert own["outboundSlot"]["agentVersion"]["agent"]["organization"]["slug"]
    assert own["inboundSlot"]["agentVersion"]["agent"]["publishedVersion"] == {"number": 1}
    assert (own["trunk"]["outbound"]["address"], lent["organization"]["parent"]) == ("sip.example.com", None)
    assert (lent["trunk"], lent["inboundSlot"], lent["outboundSlot"]) == (None, None, None)
    assert took == STATEMENTS_FOR_JOINED[EXECUTOR]


def test_an_organizations_page_with_the_numbers_of_its_children(growing: GrowingWorld, statements: list[str]) -> None:
    def child() -> None:
        made = growing.harbor.child()
        for _ in range(3):
            growing.bound_number(made)

    child()
    child()
    wanted = {"id": growing.harbor.organization_id, "size": 100}
    few, for_few = run_counted(growing.harbor, statements, CHILDREN, **wanted)
    for _ in range(18):
        child()
    for place in range(80):
        growing.harbor.mutate_successfully("createOrganization", "__typename", name="Empty", slug=f"empty-{place}")
    many, for_many = run_counted(growing.harbor, statements, CHILDREN, **wanted)
    assert len(few["organization"]["children"]["nodes"]) == 2
    nodes = many["organization"]["children"]["nodes"]
    assert (len(nodes), many["organization"]["children"]["totalCount"]) == (100, 100)
    assert sorted(node["phoneNumbers"]["totalCount"] for node in nodes) == [0] * 80 + [3] * 20
    assert sum(len(node["phoneNumbers"]["nodes"]) for node in nodes) == 40
    assert (for_few, for_many) == STATEMENTS_FOR_CHILDREN[EXECUTOR]


def test_the_conversations_page_with_all_its_edges(growing: GrowingWorld, statements: list[str]) -> None:
    """Own numbers and borrowed ones, agents by version and described on the spot, queued and ringing ones."""
    own = [growing.bound_number(growing.harbor) for _ in range(12)]
    borrowed = [growing.number(growing.northwind, shareable=True) for _ in range(8)]

    def talk(place: int) -> None:
        if place % 4 == 1:
            lent = growing.harbor.create_queued(agentNumber=borrowed[place % 8].e164, agentConfig={"place": place})
            insert_transfer(growing.harbor, lent["id"])
        elif place % 4 == 3:
            growing.harbor.route_inbound(own[place % 12])
        else:
            growing.harbor.create_queued(agentNumber=own[place % 12].e164)

    talk(0)
    talk(1)
    few, for_few = run_counted(growing.harbor, statements, CONVERSATIONS, size=100)
    for place in range(2, 100):
        talk(place)
    many, for_many = run_counted(growing.harbor, statements, CONVERSATIONS, size=100)
    assert len(few["conversations"]["nodes"]) == 2
    nodes = many["conversations"]["nodes"]
    assert (len(nodes), many["conversations"]["totalCount"]) == (100, 100)
    assert len({node["phoneNumber"]["id"] for node in nodes}) >= 10
    assert sum(len(node["transfers"]) for node in nodes) == 25
    assert {node["warm"]["mechanism"] for node in nodes} == {"DIAL", None}  # the engine sip dials nobody into its calls
    assert (for_few, for_many) == STATEMENTS_FOR_CONVERSATIONS[EXECUTOR]


def insert_transfer(client: Client, conversation: str) -> None:
    """As if one had been carried out; nothing does yet."""
    client.installation.rows(
        "INSERT INTO transfer (id, organization_id, conversation_id, kind, status, transfer_number, created_at)"
        " VALUES (?, ?, ?, 'COLD', 'COMPLETED', '+12065550199', '2026-01-31 09:30:00.000000')",
        *(new_id("trf"), client.organization_id, conversation),
    )


def test_only_rows_that_were_found_are_read_again_where_something_else_went_wrong(
    growing: GrowingWorld, statements: list[str]
) -> None:
    """graphql-core tells what did, and may need more of the rows than the plan did."""
    growing.harbor.agent()
    reader = growing.harbor.with_scopes(Scope.AGENTS_READ)
    own = growing.harbor.organization_id
    query = f"""{{ agents {{ nodes {{ name }} }} organization(id: "{own}") {{ phoneNumbers {{ nodes {{ id }} }} }} }}"""
    statements.clear()
    answer = reader.body(query)
    assert [each["extensions"]["code"] for each in answer["errors"]] == ["FORBIDDEN"]
    assert (len(answer["data"]["agents"]["nodes"]), answer["data"]["organization"]) == (1, {"phoneNumbers": None})
    agents = [each for each in statements if "FROM agent" in each]
    assert len(agents) == {"plans": 2, "graphql-core": 1}[EXECUTOR]


def test_what_is_refused_or_not_there_is_asked_once(growing: GrowingWorld, statements: list[str]) -> None:
    foreign = growing.northwind.organization_id
    for query in (
        f'{{ phoneNumbers(organizationId: "{foreign}") {{ nodes {{ id }} }} }}',
        '{ phoneNumber(e164: "+12065550100") { id } }',
        f'{{ phoneNumber(e164: "{growing.bound_number(growing.harbor).e164}") {{ __typename }} }}',
    ):
        statements.clear()
        growing.harbor.body(query)
        assert len([each for each in statements if "api_key" not in each]) == 1, query


def test_what_is_not_asked_for_takes_no_statement(growing: GrowingWorld, statements: list[str]) -> None:
    """The page alone: no count, no edge."""
    growing.bound_number(growing.harbor)
    _, taken = run_counted(
        growing.harbor, statements, "{ phoneNumbers { nodes { e164 access shareable outboundCapable } } }"
    )
    assert taken == 1
