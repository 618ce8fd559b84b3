"""Numbers that are never called: whose entries hold for whom, what they stop, and who may read and change them (R21)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models import Scope
from tests.campaigns.test_campaign import ALWAYS, ANSWERS, Clock
from tests.conftest import Install
from tests.databases import create_empty
from tests.installation import Client, Json
from tests.retrying import attempts
from tests.server_process import run_server_in
from tests.telephony.sipp import free_port

NUMBER, OTHER = "+12065550199", "+12065550198"
ENTRY = "id e164 until source createdAt organization { id }"
SUPPRESSED = ("NUMBER_SUPPRESSED", ["to"])


def suppress(client: Client, *e164s: str, **fields: Any) -> list[Json]:
    selection = f"suppressions {{ {ENTRY} }}"
    added = client.mutate_successfully("addSuppressions", selection, e164s=list(e164s), **fields)
    entries: list[Json] = added["suppressions"]
    return entries


def listed(client: Client, **arguments: Any) -> list[str]:
    query = "query($o: ID, $n: String) { suppressions(organizationId: $o, e164: $n) { totalCount nodes { e164 } } }"
    found = client(query, **arguments)["suppressions"]
    assert found["totalCount"] == len(found["nodes"])
    return [each["e164"] for each in found["nodes"]]


def status_of(client: Client, conversation: str) -> tuple[str, str | None]:
    query = "query($id: ID!) { conversation(id: $id) { status endReason } }"
    found = client(query, id=conversation)["conversation"]
    return found["status"], found["endReason"]


def test_r21_a_suppressed_number_is_not_called_by_single_calls_either(northwind: Client) -> None:
    number, version = northwind.number(), northwind.version(northwind.agent())
    call = {"to": NUMBER, "agentNumber": number.e164, "agentVersionId": version}
    assert northwind.preview(**call)["refusal"] is None
    (entry,) = suppress(northwind, NUMBER)
    refusal = northwind.preview(**call)["refusal"]
    assert (refusal["code"], refusal["field"]) == SUPPRESSED
    assert northwind.refusals("createOutboundConversation", **call) == [SUPPRESSED]
    assert northwind.preview(**call | {"to": OTHER})["refusal"] is None
    northwind.mutate_successfully("removeSuppressions", "removedSuppressionIds", suppressionIds=[entry["id"]])
    assert northwind.preview(**call)["refusal"] is None
    northwind.create_queued(**call)


def test_r21_it_is_asked_after_r10_and_before_the_agent(northwind: Client) -> None:
    suppress(northwind, NUMBER, "+19005550100")
    missing = {"agentId": northwind.organization_id}
    for to, code in (
        ("+19005550100", "DESTINATION_NOT_ALLOWED"),
        (NUMBER, "NUMBER_SUPPRESSED"),
        (OTHER, "AGENT_NOT_FOUND"),
    ):
        assert northwind.preview(to=to, **missing)["refusal"]["code"] == code
        assert northwind.refusals("createOutboundConversation", to=to, **missing)[0][0] == code


def test_r21_a_replay_comes_before_it(northwind: Client) -> None:
    number, version = northwind.number(), northwind.version(northwind.agent())
    call = {"to": NUMBER, "agentNumber": number.e164, "agentVersionId": version, "idempotencyKey": "once"}
    first = northwind.create_queued(**call)
    suppress(northwind, NUMBER)
    assert northwind.call(**call)["conversation"]["id"] == first["id"]


def test_r21_entries_hold_for_the_organization_and_all_below(northwind: Client) -> None:
    harbor = northwind.child()
    dental, sibling = harbor.child("Harbor Dental"), northwind.child("Other")
    contoso = northwind.installation.root("Contoso")
    suppress(harbor, NUMBER)
    refused = {client.organization_id: client.preview(to=NUMBER)["refusal"] for client in (harbor, dental)}
    assert {refusal["code"] for refusal in refused.values()} == {"NUMBER_SUPPRESSED"}
    for client in (northwind, sibling, contoso):
        assert client.preview(to=NUMBER)["refusal"]["code"] != "NUMBER_SUPPRESSED"
    # Neither whose entry it is nor why: byte for byte alike.
    suppress(dental, OTHER, source="asked us to stop", until="2030-01-01T00:00:00Z")
    assert refused[dental.organization_id] == refused[harbor.organization_id]
    assert dental.preview(to=OTHER)["refusal"] == refused[harbor.organization_id]


def test_r21_an_entry_ends_what_waits_at_once(northwind: Client) -> None:
    harbor = northwind.child()
    contoso = northwind.installation.root("Contoso")
    queued = {}
    for client in (northwind, harbor, contoso):
        number, version = client.number(), client.version(client.agent())
        for to in (NUMBER, OTHER):
            created = client.create_queued(to=to, agentNumber=number.e164, agentVersionId=version)
            queued[client.organization_id, to] = created["id"]
    suppress(northwind, NUMBER)
    for client in (northwind, harbor):
        assert status_of(client, queued[client.organization_id, NUMBER]) == ("CANCELLED", "NUMBER_SUPPRESSED")
        assert status_of(client, queued[client.organization_id, OTHER]) == ("QUEUED", None)
    assert status_of(contoso, queued[contoso.organization_id, NUMBER]) == ("QUEUED", None)


def test_r21_an_entry_refuses_contacts_that_wait(northwind: Client) -> None:
    harbor = northwind.child()
    campaigns = {}
    for client in (northwind, harbor):
        made = client.mutate_successfully("createCampaign", "campaign { id }", name="Check-ups")
        campaigns[client] = made["campaign"]["id"]
        contacts = [{"e164": NUMBER}, {"e164": OTHER}]
        client.mutate_successfully("addContacts", "__typename", campaignId=campaigns[client], contacts=contacts)
    suppress(harbor, NUMBER)
    query = "query($id: ID!) { campaign(id: $id) { contacts { nodes { e164 status } } } }"
    statuses = {
        client: {each["e164"]: each["status"] for each in client(query, id=campaign)["campaign"]["contacts"]["nodes"]}
        for client, campaign in campaigns.items()
    }
    assert statuses[northwind] == {NUMBER: "PENDING", OTHER: "PENDING"}
    assert statuses[harbor] == {NUMBER: "REFUSED", OTHER: "PENDING"}


def test_r21_the_later_end_holds_and_the_same_again_changes_nothing(northwind: Client) -> None:
    year, next_year = "2030-01-01T00:00:00.000000Z", "2031-01-01T00:00:00.000000Z"
    ends = []
    for until in (year, next_year, year, None, next_year):
        (entry,) = suppress(northwind, NUMBER, **({"until": until} if until else {}), source=f"{until}")
        ends.append((entry["until"] and entry["until"][:4], entry["source"][:4]))
    assert ends == [("2030", "2030"), ("2031", "2031"), ("2031", "2031"), (None, "None"), (None, "None")]
    assert listed(northwind) == [NUMBER]
    actions = "{ auditEvents(filter: { action: [SUPPRESSION_ADDED] }) { nodes { subjectId before after } } }"
    events = northwind(actions)["auditEvents"]["nodes"][::-1]
    assert [(each["before"] or {}).get("until") for each in events] == [None, year, next_year]
    assert [each["after"]["until"] for each in events] == [year, next_year, None]
    assert {each["subjectId"] for each in events} == {entry["id"]}


def test_r21_an_entry_ends(tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    with run_server_in(tmp_path, "dialtree.db", (), None, **clock.variables) as server:
        owner = server.root()
        at = datetime(2026, 11, 30, 17, tzinfo=UTC)
        suppress(owner, NUMBER, until=(at + timedelta(hours=1)).isoformat())
        suppress(owner, OTHER)
        assert owner.preview(to=NUMBER)["refusal"]["code"] == "NUMBER_SUPPRESSED"
        clock.set(at + timedelta(hours=2))
        # Nothing was written since, and still the answer is another.
        assert owner.preview(to=NUMBER)["refusal"]["code"] != "NUMBER_SUPPRESSED"
        assert owner.preview(to=OTHER)["refusal"]["code"] == "NUMBER_SUPPRESSED"
        past = {"e164s": [NUMBER], "until": at.isoformat()}
        assert owner.refusals("addSuppressions", **past) == [("INVALID_INPUT", ["until"])]


def test_r21_adding_is_all_or_none(install: Install) -> None:
    northwind = install(max_suppressions=2).root()
    for fields, refusal in (
        ({"e164s": [NUMBER, "nobody"]}, ("INVALID_PHONE_NUMBER", ["e164s", "1"])),
        ({"e164s": []}, ("INVALID_INPUT", ["e164s"])),
        ({"e164s": [f"+1212555{line:04}" for line in range(501)]}, ("INVALID_INPUT", ["e164s"])),
        ({"e164s": [NUMBER], "source": "two\nlines"}, ("INVALID_INPUT", ["source"])),
        ({"e164s": [NUMBER, OTHER, "+12065550197"]}, ("LIMIT_EXCEEDED", ["e164s"])),
    ):
        assert northwind.refusals("addSuppressions", **fields) == [refusal]
    assert listed(northwind) == []
    assert [each["e164"] for each in suppress(northwind, NUMBER, "+1 206 555 0199", OTHER)] == [NUMBER, NUMBER, OTHER]
    assert [each["e164"] for each in suppress(northwind, OTHER)] == [OTHER]
    assert northwind.refusals("addSuppressions", e164s=["+12065550197"]) == [("LIMIT_EXCEEDED", ["e164s"])]


def test_r21_entries_are_read_and_removed_by_who_may_act_for_their_owner(northwind: Client) -> None:
    harbor, contoso = northwind.child(), northwind.installation.root("Contoso")
    above, own = suppress(northwind, NUMBER)[0], suppress(harbor, NUMBER, OTHER, source="letters")[1]
    assert (own["source"], own["until"], own["organization"]["id"]) == ("letters", None, harbor.organization_id)
    assert sorted(listed(harbor)) == [OTHER, NUMBER]
    assert listed(harbor, n="+1 (206) 555-0198") == [OTHER]
    assert listed(harbor, n="nobody") == []
    assert listed(northwind) == [NUMBER]
    assert sorted(listed(northwind, o=harbor.organization_id)) == [OTHER, NUMBER]
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert northwind(node, id=own["id"])["node"] == {"id": own["id"]}
    for client, entry in ((harbor, above), (contoso, own)):
        assert client(node, id=entry["id"])["node"] is None
    answers = [
        client.mutate("removeSuppressions", "removedSuppressionIds", suppressionIds=[identifier])
        for client, identifier in ((harbor, above["id"]), (contoso, own["id"]), (contoso, "sup_x"))
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["userErrors"][0]["code"] == "SUPPRESSION_NOT_FOUND"
    both = [own["id"], above["id"]]
    assert harbor.refusals("removeSuppressions", suppressionIds=both) == [
        ("SUPPRESSION_NOT_FOUND", ["suppressionIds", "1"])
    ]
    assert northwind.mutate_successfully("removeSuppressions", "removedSuppressionIds", suppressionIds=both)
    assert (listed(harbor), listed(northwind)) == ([NUMBER], [])


@pytest.mark.parametrize("scope", [Scope.CAMPAIGNS_MANAGE, Scope.CONVERSATIONS_MANAGE, Scope.AUDIT_READ])
def test_r15_r21_only_suppressions_manage_reads_and_changes_them(northwind: Client, scope: Scope) -> None:
    (entry,) = suppress(northwind, NUMBER)
    other = northwind.with_scopes(scope)
    for request in (
        "{ suppressions { totalCount } }",
        f'{{ node(id: "{entry["id"]}") {{ id }} }}',
        f'mutation {{ addSuppressions(input: {{ e164s: ["{OTHER}"] }}) {{ userErrors {{ code }} }} }}',
        f'mutation {{ removeSuppressions(input: {{ suppressionIds: ["{entry["id"]}"] }}) {{ userErrors {{ code }} }} }}',
    ):
        assert other.errors(request) == ["FORBIDDEN"]
    manager = northwind.with_scopes(Scope.SUPPRESSIONS_MANAGE)
    assert listed(manager) == [NUMBER]
    manager.mutate_successfully("removeSuppressions", "__typename", suppressionIds=[entry["id"]])


def test_r21_adding_and_removing_is_audited(northwind: Client) -> None:
    entries = suppress(northwind, NUMBER, OTHER, source="letters")
    northwind.mutate_successfully("removeSuppressions", "__typename", suppressionIds=[entries[1]["id"]])
    query = """{ auditEvents(filter: { action: [SUPPRESSION_ADDED, SUPPRESSION_REMOVED] }) {
      nodes { action subjectId before after apiKey { id } organization { id } } } }"""
    events = northwind(query)["auditEvents"]["nodes"]
    one, two = ({"e164": each, "until": None, "source": "letters"} for each in (NUMBER, OTHER))
    found = [(each["action"], each["subjectId"], each["before"], each["after"]) for each in events]
    assert found[0] == ("SUPPRESSION_REMOVED", entries[1]["id"], two, None)
    assert sorted(found[1:], key=lambda each: each[3]["e164"], reverse=True) == [
        ("SUPPRESSION_ADDED", entries[0]["id"], None, one),
        ("SUPPRESSION_ADDED", entries[1]["id"], None, two),
    ]
    assert all(each["apiKey"] and each["organization"]["id"] == northwind.organization_id for each in events)


class DialingOwner:
    """An organization whose trunk leads to the sandbox carrier, with room for one call."""

    def __init__(self, owner: Client, port: int) -> None:
        self.owner = owner
        trunk = owner.trunk(outbound=False)
        outbound = {"address": f"127.0.0.1:{port}"}
        limits = {"callsPerSecond": 1000, "maxConcurrentCalls": 1}
        owner.mutate_successfully("updateTrunk", "__typename", trunkId=trunk, outbound=outbound, **limits)
        self.number = owner.number(trunk=trunk)
        self.version = owner.version(owner.agent())

    def call(self, to: str) -> str:
        created = self.owner.create_queued(to=to, agentNumber=self.number.e164, agentVersionId=self.version)
        identifier: str = created["id"]
        return identifier

    def until(self, conversation: str, *expected: tuple[str, str | None]) -> tuple[str, str | None]:
        for _ in attempts():
            if (found := status_of(self.owner, conversation)) in expected:
                return found
        raise AssertionError(found)


def settings_of(port: int, dialing: str = "on") -> dict[str, str]:
    return {
        "DIALTREE_DIALING": dialing,
        "DIALTREE_PRIVATE_CARRIERS": "allow",
        "DIALTREE_SANDBOX_CARRIER": f"127.0.0.1:{port}",
    }


def test_r21_the_claim_ends_what_an_entry_forbids(tmp_path: Path) -> None:
    port, store = free_port(), create_empty(tmp_path)
    with run_server_in(tmp_path, "dialtree.db", (), store, **settings_of(port, "off")) as server:
        dialing = DialingOwner(server.root(), port)
        owner, waiting = dialing.owner, dialing.call(f"+1212201{ANSWERS}")
        # As if it were committed after the call was checked, and before it is claimed.
        server.rows(
            "INSERT INTO suppression (id, organization_id, e164, created_at) VALUES (?, ?, ?, ?)",
            *(f"sup_{'0' * 26}", owner.organization_id, f"+1212201{ANSWERS}", "2026-11-30 17:00:00.000000"),
        )
    with run_server_in(tmp_path, "dialtree.db", (), store, **settings_of(port)) as server:
        dialing.owner = server.client(owner.secret)
        assert dialing.until(waiting, ("CANCELLED", "NUMBER_SUPPRESSED"))
    store.close()


def test_r21_an_entry_stops_a_campaign_and_no_live_call(tmp_path: Path) -> None:
    clock, port = Clock(tmp_path / "clock"), free_port()
    with run_server_in(tmp_path, "dialtree.db", (), None, **settings_of(port), **clock.variables) as server:
        dialing = DialingOwner(server.root(), port)
        owner, live = dialing.owner, f"+1212200{ANSWERS}"
        talking = dialing.call(live)
        dialing.until(talking, ("IN_PROGRESS", None))
        made = owner.mutate_successfully(
            "createCampaign",
            "campaign { id }",
            name="Check-ups",
            agentVersionId=dialing.version,
            agentNumber=dialing.number.e164,
            windows=ALWAYS,
        )
        campaign, waits = made["campaign"]["id"], f"+1212201{ANSWERS}"
        owner.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=[{"e164": waits}])
        owner.mutate_successfully("startCampaign", "__typename", campaignId=campaign)
        suppress(owner, live, waits)
        for _ in attempts():
            query = "query($id: ID!) { campaign(id: $id) { status contacts { nodes { status } } } }"
            found = owner(query, id=campaign)["campaign"]
            if found["status"] == "COMPLETED":
                break
        assert found["contacts"]["nodes"] == [{"status": "REFUSED"}]
        assert status_of(owner, talking) == ("IN_PROGRESS", None)
        owner.mutate_successfully("hangUpConversation", "__typename", conversationId=talking)
        dialing.until(talking, ("COMPLETED", "HANGUP"))
        dialed = owner("{ conversations { nodes { status userNumber } } }")["conversations"]["nodes"]
        assert [each["status"] for each in dialed if each["userNumber"] == waits] in ([], ["CANCELLED"])


@pytest.mark.parametrize(
    "target", [NUMBER, "+1 (206) 555-0199", "sip:2065550199@example.com", "sip:+12065550199@a.example"]
)
def test_r21_a_call_is_not_transferred_to_a_suppressed_number(northwind: Client, target: str) -> None:
    harbor = northwind.child()
    number = harbor.number()
    harbor.version(harbor.agent(), number, direction="INBOUND")
    call = harbor.route_inbound(number)["id"]
    harbor.mutate_successfully("reportInboundCall", "__typename", conversationId=call, status="IN_PROGRESS")
    plan = (
        "query($id: ID!, $to: String!) { conversation(id: $id)"
        " { transferCallerId(kind: COLD, transferNumber: $to) { mechanism refusal { code field } } } }"
    )
    sent = {"conversationId": call, "kind": "COLD", "transferNumber": target}
    suppress(northwind, NUMBER)
    refusal = {"code": "NUMBER_SUPPRESSED", "field": ["transferNumber"]}
    answer = harbor(plan, id=call, to=target)["conversation"]["transferCallerId"]
    assert answer == {"mechanism": None, "refusal": refusal}
    assert harbor.refusals("transferConversation", **sent) == [("NUMBER_SUPPRESSED", ["transferNumber"])]
    assert harbor(plan, id=call, to=OTHER)["conversation"]["transferCallerId"]["refusal"] is None
    assert harbor.refusals("transferConversation", **sent | {"transferNumber": OTHER}) == [("TRANSFER_FAILED", None)]


# ---------------------------------------------------------------------------------------------------- by a file


def put(client: Client, content: str, organization: str = "", **headers: str) -> tuple[int, Json]:
    """Send a file of suppressions for the client's organization, or for another."""
    path = f"/suppressions/{organization or client.organization_id}"
    answer = client.installation.http.put(path, content=content.encode(), headers=client.headers | headers)
    return answer.status_code, answer.json()


def test_r21_a_number_that_a_spreadsheet_took_for_a_quantity_is_refused(northwind: Client) -> None:
    """+493012345678.0 would else be another number, and the one that was meant would be called."""
    status, told = put(northwind, f"e164\n+493012345678.0\n1.2126E+10\n{NUMBER}\n")
    assert (status, told["accepted"], told["refused"]) == (200, 1, 2)
    assert all("Format the column as text" in each["message"] for each in told["refusals"])
    assert [each["line"] for each in told["refusals"]] == [2, 3]


def test_r21_a_file_suppresses_numbers_and_each_row_is_told(northwind: Client) -> None:
    file = (
        "\ufeffe164,Source,until,name\r\n"
        f"{NUMBER},list,,Ada\r\n"
        f"+1 (206) 555-0198,,2099-01-31T09:30:00+01:00,Bob\r\n"
        "2065550197,,,\r\n"
        f"{OTHER},,2001-01-31,\r\n"
        f"{NUMBER}\r\n"
    )
    status, told = put(northwind, file)
    assert (status, told["rows"], told["accepted"], told["refused"]) == (200, 5, 2, 3)
    assert [(each["line"], each["code"]) for each in told["refusals"]] == [
        (4, "INVALID_PHONE_NUMBER"),
        (5, "INVALID_INPUT"),
        (6, "INVALID_INPUT"),
    ]
    query = (
        "{ suppressions { nodes { e164 until source } } viewer { apiKey { id } }"
        " auditEvents(first: 1) { nodes { action apiKey { id } } } }"
    )
    found = northwind(query)
    assert {each["e164"]: (each["until"], each["source"]) for each in found["suppressions"]["nodes"]} == {
        NUMBER: (None, "list"),
        OTHER: ("2099-01-31T08:30:00Z", None),
    }
    (event,) = found["auditEvents"]["nodes"]
    assert event == {"action": "SUPPRESSION_ADDED", "apiKey": found["viewer"]["apiKey"]}


def test_r21_a_file_of_many_numbers_is_stored_in_batches_and_again_changes_nothing(northwind: Client) -> None:
    file = "e164\n" + "".join(f"+1206{5550000 + line}\n" for line in range(450))
    assert put(northwind, file)[1]["accepted"] == 450
    before = northwind.installation.rows("SELECT * FROM suppression ORDER BY id")
    assert put(northwind, file)[1]["accepted"] == 450
    assert northwind.installation.rows("SELECT * FROM suppression ORDER BY id") == before
    assert len(before) == 450


def test_r21_a_file_stops_what_waits_and_ends_at_the_limit(install: Install) -> None:
    northwind = install(max_suppressions=2).root("Northwind")
    call = northwind.create_queued(agentNumber=northwind.number().e164, agentConfig={}, to=NUMBER)["id"]
    assert put(northwind, f"e164\n{NUMBER}\n")[0] == 200
    assert status_of(northwind, call) == ("CANCELLED", "NUMBER_SUPPRESSED")
    status, refused = put(northwind, "e164\n+12065550101\n+12065550102\n")
    assert (status, refused["errors"][0]["extensions"]["code"]) == (400, "LIMIT_EXCEEDED")
    assert listed(northwind) == [NUMBER]


def test_r21_a_file_needs_the_scope_and_an_organization_in_reach(northwind: Client) -> None:
    harbor, contoso = northwind.child(), northwind.installation.root("Contoso")
    file = f"e164\n{NUMBER}\n"
    assert put(northwind, file, harbor.organization_id)[0] == 200
    missing = put(northwind, file, contoso.organization_id)
    assert missing == put(northwind, file, "org_" + "0" * 26)
    assert (missing[0], missing[1]["errors"][0]["extensions"]["code"]) == (404, "ORGANIZATION_NOT_FOUND")
    lacking = northwind.with_scopes(*(scope for scope in Scope if scope is not Scope.SUPPRESSIONS_MANAGE))
    assert put(lacking, file, northwind.organization_id)[0] == 403
    assert put(northwind, file, Authorization="Bearer ak_nobody")[0] == 401
    assert (listed(northwind), listed(contoso), listed(harbor)) == ([], [], [NUMBER])


@pytest.mark.parametrize("file", ["", "number\n+12065550199\n", "e164,e164\n", 'e164\n"+12065550199'])
def test_r21_a_file_that_cannot_be_read_says_why(northwind: Client, file: str) -> None:
    status, refused = put(northwind, file)
    assert (status, refused["errors"][0]["extensions"]["code"]) == (400, "INVALID_INPUT")
    assert refused["errors"][0]["message"].startswith("Line ")
    assert listed(northwind) == []
