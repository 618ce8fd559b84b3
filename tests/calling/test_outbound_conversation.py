"""Create outbound conversations once (R11), store their resolution (R9, R12), and end them with sharing (R6)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.databases import IntegrityErrors
from tests.installation import Client, Installation, Json

ROUNDS = 8
REUSED = [("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])]


def _total(client: Client) -> int:
    counted: int = client("{ conversations { totalCount } }")["conversations"]["totalCount"]
    return counted


def _codes(payload: Json) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


# ------------------------------------------------------------------------------------- R11: which inputs are the same


@dataclass(frozen=True)
class Created:
    """An organization with three conversations, each with its own key, and the names that the cases use."""

    client: Client
    values: dict[str, str]
    first: dict[str, Json]

    def resolve_names(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {name: self.values.get(each, each) if isinstance(each, str) else each for name, each in fields.items()}


INPUTS: dict[str, dict[str, Any]] = {
    "full": {
        "to": "+12065550199",
        "agentNumber": "number",
        "agentVersionId": "v1",
        "initialContext": "Be brief",
        "metadata": {"order": 1, "who": {"name": "Ada", "tags": ["a", "b"], "vip": True}},
        "idempotencyKey": "full",
    },
    "bare": {"to": "+12065550199", "agentConfig": {}, "idempotencyKey": "bare"},
    "inline": {"to": "+12065550199", "agentConfig": {"a": [1, 2], "b": {"c": None}}, "idempotencyKey": "inline"},
}


@pytest.fixture(scope="module")
def created(shared_installation: Installation) -> Created:
    northwind = shared_installation.root("Northwind")
    agent, number = northwind.agent(), northwind.number()
    named = {
        "number": number.e164,
        "number typed": f"+1 ({number.e164[2:5]}) {number.e164[5:8]}-{number.e164[8:]}",
        "other number": northwind.number().e164,
        "agent": agent,
        "v1": northwind.version(agent, number),
        "v2": northwind.version(agent),
        "own": northwind.organization_id,
    }
    world = Created(northwind, named, {})
    world.first.update({key: northwind.create_queued(**world.resolve_names(fields)) for key, fields in INPUTS.items()})
    return world


METADATA: dict[str, Any] = INPUTS["full"]["metadata"]

EQUAL: dict[str, tuple[str, dict[str, Any]]] = {
    "the very same": ("full", {}),
    "E.164: to": ("full", {"to": "+1 (206) 555-0199"}),
    "E.164: agentNumber": ("full", {"agentNumber": "number typed"}),
    "absent = null: agentId": ("full", {"agentId": None}),
    "absent = null: agentConfig": ("full", {"agentConfig": None}),
    "absent = default: allowFallback": ("full", {"allowFallback": False}),
    "absent = null: organizationId": ("full", {"organizationId": None}),
    "absent = default: organizationId": ("full", {"organizationId": "own"}),
    "an object has no order": (
        "full",
        {"metadata": {"who": {"vip": True, "tags": ["a", "b"], "name": "Ada"}, "order": 1}},
    ),
    "absent = null: all": (
        "bare",
        {
            "agentNumber": None,
            "agentVersionId": None,
            "agentId": None,
            "initialContext": None,
            "metadata": None,
            "allowFallback": False,
        },
    ),
    "an agent has no order": ("inline", {"agentConfig": {"b": {"c": None}, "a": [1, 2]}}),
}

DIFFERENT: dict[str, tuple[str, dict[str, Any]]] = {
    "to": ("full", {"to": "+12065550198"}),
    "to, not a number": ("full", {"to": "not a number"}),
    "agentNumber": ("full", {"agentNumber": "other number"}),
    "agentNumber, absent": ("full", {"agentNumber": None}),
    "agentVersionId": ("full", {"agentVersionId": "v2"}),
    "agentId, of the same agent": ("full", {"agentId": "agent"}),
    "agentId, in the version's place": ("full", {"agentVersionId": None, "agentId": "agent"}),
    "allowFallback": ("full", {"allowFallback": True}),
    "initialContext": ("full", {"initialContext": "Be brief."}),
    "initialContext, absent": ("full", {"initialContext": None}),
    "initialContext, blank": ("bare", {"initialContext": ""}),
    "metadata, deep": ("full", {"metadata": METADATA | {"who": METADATA["who"] | {"name": "Eve"}}}),
    "metadata, a list's order": ("full", {"metadata": METADATA | {"who": METADATA["who"] | {"tags": ["b", "a"]}}}),
    "metadata, true is not 1": ("full", {"metadata": METADATA | {"order": True}}),
    "metadata, null is not absent within it": ("full", {"metadata": METADATA | {"more": None}}),
    "metadata, absent": ("full", {"metadata": None}),
    "metadata, {} is sent": ("bare", {"metadata": {}}),
    "agentConfig, {} is sent": ("bare", {"agentConfig": None}),
    "agentConfig": ("inline", {"agentConfig": {"a": [1, 2], "b": {"c": 0}}}),
    "agentConfig, a list's order": ("inline", {"agentConfig": {"a": [2, 1], "b": {"c": None}}}),
    "agentConfig, {}": ("inline", {"agentConfig": {}}),
}


@pytest.mark.parametrize(("key", "change"), EQUAL.values(), ids=EQUAL)
def test_r11_the_same_input_again_returns_the_first_conversation(
    created: Created, key: str, change: dict[str, Any]
) -> None:
    stored = created.client.installation.contents()
    again = created.client.call(**created.resolve_names(INPUTS[key] | change))
    assert (again["replayed"], again["userErrors"]) == (True, [])
    assert again["conversation"] == created.first[key]
    assert again["resolution"] == created.first[key]["resolution"]
    assert created.client.installation.contents() == stored


@pytest.mark.parametrize(("key", "change"), DIFFERENT.values(), ids=DIFFERENT)
def test_r11_another_input_under_the_same_key_is_refused(created: Created, key: str, change: dict[str, Any]) -> None:
    stored = created.client.installation.contents()
    refused = created.client.call(**created.resolve_names(INPUTS[key] | change))
    assert _codes(refused) == REUSED
    assert (refused["replayed"], refused["conversation"]) == (False, None)
    assert refused["resolution"]["refusal"] == refused["userErrors"][0]
    assert created.client.installation.contents() == stored


# --------------------------------------------------------------------------------------------------- R11: the keys


@pytest.mark.parametrize("key", ["k", "k" * 255, "é✓ 1", " ", "null"])
def test_r11_keys_have_1_to_255_characters(created: Created, key: str) -> None:
    first, again = (created.client.call(agentConfig={}, idempotencyKey=key) for _ in range(2))
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["conversation"]["idempotencyKey"] == key
    assert again["conversation"] == first["conversation"]


@pytest.mark.parametrize("key", ["", "k" * 256, "with\0nul"])
def test_r11_other_keys_are_invalid_input(created: Created, key: str) -> None:
    stored = created.client.installation.contents()
    refused = created.client.call(to="+19005551234", agentConfig={}, idempotencyKey=key)
    assert _codes(refused) == [("INVALID_INPUT", ["idempotencyKey"])]
    assert refused["resolution"]["refusal"] == refused["userErrors"][0]
    assert created.client.installation.contents() == stored


def test_r11_keys_are_compared_to_the_letter_and_without_one_each_create_is_new(created: Created) -> None:
    keys = ["case", "Case", "case ", None, None]
    conversations = [created.client.create_queued(agentConfig={}, idempotencyKey=key)["id"] for key in keys]
    assert len(set(conversations)) == len(keys)


def test_r11_a_refused_create_does_not_use_up_its_key(northwind: Client) -> None:
    number, agent = northwind.number(), northwind.agent()
    draft = northwind.draft(agent)
    refused: list[dict[str, Any]] = [
        {"agentConfig": []},
        {"to": "+19005551234", "agentConfig": {}},
        {"agentVersionId": draft},
        {"agentNumber": "+12065559999", "agentConfig": {}},
        {},
    ]
    for sent in refused:
        assert northwind.call(**sent, idempotencyKey="once")["conversation"] is None
    northwind.publish(draft, number)
    created = northwind.call(agentVersionId=draft, idempotencyKey="once")
    assert (created["replayed"], created["userErrors"]) == (False, [])
    assert _total(northwind) == 1
    assert northwind.call(**refused[2], idempotencyKey="once")["conversation"] == created["conversation"]
    assert _codes(northwind.call(**refused[3], idempotencyKey="once")) == REUSED


def test_r11_keys_are_the_organizations_own_whichever_key_sends_them(northwind: Client) -> None:
    child, contoso = northwind.child(), northwind.installation.root("Contoso")
    for owner in (northwind, child, contoso):
        owner.number()
    sent: dict[str, Any] = {"agentConfig": {}, "idempotencyKey": "same"}
    first = [client.call(**sent) for client in (northwind, child, contoso)]
    assert [payload["replayed"] for payload in first] == [False] * 3
    assert len({payload["conversation"]["id"] for payload in first}) == 3
    above = northwind.call(**sent, organizationId=child.organization_id)
    assert (above["replayed"], above["conversation"]) == (True, first[1]["conversation"])


def test_r11_holds_under_concurrency(northwind: Client) -> None:
    number = northwind.number()
    sent: dict[str, Any] = {"agentNumber": number.e164, "agentConfig": {}, "idempotencyKey": "once"}
    with ThreadPoolExecutor(50) as together:
        payloads = list(together.map(lambda _: northwind.call(**sent), range(50)))
    assert [payload["userErrors"] for payload in payloads] == [[]] * 50
    assert len({payload["conversation"]["id"] for payload in payloads}) == 1
    assert sorted(payload["replayed"] for payload in payloads) == [False] + [True] * 49
    assert _total(northwind) == 1


def test_r11_of_different_inputs_at_once_under_one_key_one_is_created(northwind: Client) -> None:
    northwind.number()
    to = [f"+120655501{place:02}" for place in range(20)]
    with ThreadPoolExecutor(20) as together:
        payloads = list(together.map(lambda to: northwind.call(to=to, agentConfig={}, idempotencyKey="once"), to))
    assert sorted(len(_codes(payload)) for payload in payloads) == [0] + [1] * 19
    assert [_codes(payload) for payload in payloads if payload["userErrors"]] == [REUSED] * 19
    assert _total(northwind) == 1


# -------------------------------------------------------------------------------------------- what a conversation keeps


def test_r12_a_created_conversation_is_queued_and_committed_before_the_answer(created: Created) -> None:
    sent = created.resolve_names(INPUTS["full"]) | {"to": "+1 (206) 555-0142", "idempotencyKey": "committed"}
    conversation = created.client.create_queued(**sent)
    stored = created.client.installation.rows(
        "SELECT status, direction, agent_number, user_number FROM conversation WHERE id = ?", conversation["id"]
    )
    assert stored == [("QUEUED", "OUTBOUND", created.values["number"], "+12065550142")]
    assert conversation == conversation | {
        "organization": {"id": created.client.organization_id},
        "direction": "OUTBOUND",
        "status": "QUEUED",
        "endReason": None,
        "endedAt": None,
        "agentNumber": created.values["number"],
        "userNumber": "+12065550142",
        "agentVersion": {"id": created.values["v1"]},
        "agentConfig": None,
        "initialContext": "Be brief",
        "metadata": METADATA,
        "idempotencyKey": "committed",
    }


@pytest.mark.parametrize(
    "sent",
    [
        {"agentConfig": {}, "metadata": {}, "initialContext": ""},
        {"agentConfig": {"": None, "é": [True, 0, 1.5, "✓"]}, "metadata": {"a": {"b": [{}]}}, "initialContext": "\n"},
        {"agentConfig": {"a": 1}, "metadata": None, "initialContext": "x" * 20_000},
    ],
)
def test_r11_what_was_sent_is_kept_as_it_was_sent(created: Created, sent: dict[str, Any]) -> None:
    conversation = created.client.conversation(created.client.create_queued(**sent)["id"])
    assert {name: conversation[name] for name in sent} == sent


@pytest.mark.parametrize(
    ("flaw", "field"),
    [
        ({"metadata": []}, "metadata"),
        ({"metadata": "text"}, "metadata"),
        ({"metadata": 0}, "metadata"),
        ({"metadata": False}, "metadata"),
        ({"initialContext": "x" * 20_001}, "initialContext"),
        ({"initialContext": "with\0nul"}, "initialContext"),
        ({"agentConfig": []}, "agentConfig"),
    ],
)
def test_r9_the_form_of_what_is_only_kept_comes_before_the_destination(
    created: Created, flaw: dict[str, Any], field: str
) -> None:
    stored = created.client.installation.contents()
    refused = created.client.call(**({"to": "+19005551234", "agentConfig": {}} | flaw))
    assert _codes(refused) == [("INVALID_INPUT", [field])]
    assert refused["resolution"]["decidedBy"] is None
    assert created.client.installation.contents() == stored


def test_r9_r12_agent_number_is_a_snapshot_that_survives_unsharing_and_deletion(northwind: Client) -> None:
    child = northwind.child()
    shared = northwind.number(shareable=True)
    version = child.version(child.agent())
    first = child.create_queued(agentNumber=shared.e164, agentVersionId=version, idempotencyKey="once")
    assert first["phoneNumber"] == {"id": shared.id, "e164": shared.e164, "access": "SHARED"}
    gone = first["resolution"] | {"phoneNumber": None}
    for end in (
        lambda: northwind.share(shared, shareable=False),
        lambda: northwind.mutate_successfully("deletePhoneNumber", "__typename", phoneNumberId=shared.id),
    ):
        end()
        read = child.conversation(first["id"])
        assert (read["agentNumber"], read["phoneNumber"]) == (shared.e164, None)
        assert read["resolution"] == gone
        assert read["agentVersion"] == {"id": version}
        replayed = child.call(agentNumber=shared.e164, agentVersionId=version, idempotencyKey="once")
        assert (replayed["replayed"], replayed["conversation"], replayed["resolution"]) == (True, read, gone)
    northwind.number(shared.e164, shareable=True)
    assert child.conversation(first["id"])["phoneNumber"] is None


# ------------------------------------------------------------------------------------------------ the end of sharing


def test_r6_switching_sharing_off_ends_queued_borrowed_conversations_and_no_others(northwind: Client) -> None:
    clinics = northwind.child("Harbor Clinics")
    dental = clinics.child("Harbor Dental")
    shared, other = northwind.number(shareable=True), northwind.number(shareable=True)
    sent: dict[str, Any] = {"agentNumber": shared.e164, "agentConfig": {}}
    borrowed = [(client, client.create_queued(**sent)) for client in (clinics, dental)]
    kept = [
        (northwind, northwind.create_queued(**sent)),
        (clinics, clinics.create_queued(agentNumber=other.e164, agentConfig={})),
        (clinics, clinics.create_queued(agentNumber=clinics.number().e164, agentConfig={})),
    ]
    northwind.share(shared, shareable=False)
    for client, before in borrowed:
        ended = client.conversation(before["id"])
        assert (ended["status"], ended["endReason"]) == ("FAILED", "NUMBER_NO_LONGER_AVAILABLE")
        assert ended["endedAt"] > before["createdAt"]
    assert [client.conversation(before["id"]) for client, before in kept] == [before for _, before in kept]
    ended_at = [client.conversation(before["id"])["endedAt"] for client, before in borrowed]
    northwind.share(shared)
    northwind.share(shared, shareable=False)
    assert [client.conversation(before["id"])["endedAt"] for client, before in borrowed] == ended_at


def test_r6_live_calls_keep_their_number(northwind: Client) -> None:
    child, shared = northwind.child(), northwind.number(shareable=True)
    live = child.create_queued(agentNumber=shared.e164, agentConfig={})["id"]
    northwind.installation.rows("UPDATE conversation SET status = 'RINGING' WHERE id = ?", live)
    northwind.share(shared, shareable=False)
    now = child.conversation(live)
    assert (now["status"], now["endReason"], now["agentNumber"]) == ("RINGING", None, shared.e164)


def test_r6_sharing_switched_off_leaves_nothing_queued_that_was_created_meanwhile(northwind: Client) -> None:
    child, shared = northwind.child(), northwind.number(shareable=True)
    sent: dict[str, Any] = {"agentNumber": shared.e164, "agentConfig": {}}
    queued = "{ conversations(filter: {status: [QUEUED]}) { totalCount } }"
    with ThreadPoolExecutor(6) as together:
        for _ in range(ROUNDS):
            northwind.share(shared)
            created = [together.submit(child.call, **sent) for _ in range(3)]
            together.submit(northwind.share, shared, shareable=False).result()
            codes = {code for payload in created for code, _ in _codes(payload.result())}
            assert codes <= {"PHONE_NUMBER_NOT_FOUND"}
            assert child(queued)["conversations"]["totalCount"] == 0


def test_r3_a_number_is_deleted_or_dialed_from_where_both_are_asked_at_once(northwind: Client) -> None:
    trunk = northwind.trunk()
    with ThreadPoolExecutor(4) as together:
        for _ in range(ROUNDS):
            number = northwind.number(trunk=trunk)
            sent: dict[str, Any] = {"agentNumber": number.e164, "agentConfig": {}}
            created = [together.submit(northwind.call, **sent) for _ in range(3)]
            deleted = together.submit(northwind.refusals, "deletePhoneNumber", phoneNumberId=number.id).result()
            outcomes = [_codes(payload.result()) for payload in created]
            if deleted == []:
                assert outcomes == [[("PHONE_NUMBER_NOT_FOUND", ["agentNumber"])]] * 3
            else:
                assert (deleted, [] in outcomes) == ([("PHONE_NUMBER_IN_USE", ["phoneNumberId"])], True)


def test_r2_r6_a_borrowed_conversation_reads_as_its_owner_sees_it_also_to_the_numbers_owner(northwind: Client) -> None:
    child, shared = northwind.child(), northwind.number(shareable=True)
    borrowed = child.create_queued(agentNumber=shared.e164, agentConfig={})
    assert northwind.conversation(borrowed["id"]) == borrowed
    assert borrowed["phoneNumber"] == {"id": shared.id, "e164": shared.e164, "access": "SHARED"}
    assert _total(northwind) == 0


# --------------------------------------------------------------------------------------- R12: what the database refuses

ENDED = "ended_at = created_at"
DIALED = "status = 'DIALING', dialed_at = created_at, server_id = 'srv_1'"
COPIED = (
    "organization_id, direction, agent_number, user_number, phone_number_id, agent_version_id, agent_config,"
    " resolution, created_at"
)


def _updater(client: Client, *updates: str) -> Callable[[str], None]:
    """Apply updates to a queued conversation; return a function that applies another."""
    conversation = client.create_queued(agentConfig={}, idempotencyKey="stored")["id"]

    def change(update: str) -> None:
        client.installation.rows(f"UPDATE conversation SET {update} WHERE id = ?", conversation)

    for update in updates:
        change(update)
    return change


@pytest.fixture
def with_server(northwind: Client) -> Client:
    northwind.number()
    now = "SELECT 'srv_1', created_at, created_at FROM phone_number"
    northwind.installation.rows(f"INSERT INTO server (id, started_at, seen_at) {now}")
    return northwind


@pytest.mark.parametrize(
    ("before", "refused"),
    [
        ([DIALED], "status = 'QUEUED'"),
        (["status = 'RINGING'"], DIALED),
        (["status = 'IN_PROGRESS'"], "status = 'RINGING'"),
        ([f"status = 'COMPLETED', end_reason = 'HANGUP', {ENDED}"], "status = 'FAILED'"),
        ([f"status = 'COMPLETED', end_reason = 'HANGUP', {ENDED}"], "end_reason = 'BUSY'"),
        (
            [f"status = 'CANCELLED', end_reason = 'CANCELLED', {ENDED}"],
            "status = 'QUEUED', end_reason = NULL, ended_at = NULL",
        ),
        ([], "status = 'COMPLETED'"),
        ([], f"status = 'COMPLETED', {ENDED}"),
        ([], f"{ENDED}, end_reason = 'HANGUP'"),
        ([], "direction = 'INBOUND'"),
        ([], "agent_number = '+12065559999'"),
        ([], "user_number = '+12065559999'"),
        ([], "resolution = '{}'"),
        ([], "idempotency_key = NULL"),
    ],
)
def test_r12_the_database_refuses_to_go_back_and_to_change_what_is_final(
    with_server: Client, before: list[str], refused: str
) -> None:
    change = _updater(with_server, *before)
    stored = with_server.installation.contents()
    with pytest.raises(IntegrityErrors):
        change(refused)
    assert with_server.installation.contents() == stored


def test_r12_a_conversation_goes_forward_to_its_end(with_server: Client) -> None:
    forward = [f"status = '{status}'" for status in ("RINGING", "IN_PROGRESS")]
    _updater(with_server, DIALED, *forward, f"status = 'COMPLETED', end_reason = 'HANGUP', {ENDED}")
    ended = with_server.call(agentConfig={}, idempotencyKey="stored")["conversation"]
    assert (ended["status"], ended["endReason"], ended["endedAt"]) == ("COMPLETED", "HANGUP", ended["createdAt"])


def test_r11_r12_the_database_refuses_two_conversations_for_one_key_and_a_queued_inbound_one(
    with_server: Client,
) -> None:
    first = with_server.create_queued(agentConfig={}, idempotencyKey="once")["id"]
    insert = f"INSERT INTO conversation (id, status, idempotency_key, {COPIED})"
    stored = with_server.installation.contents()
    with pytest.raises(IntegrityErrors, match=r"idempotency_key|conversation_is_there_already"):
        with_server.installation.rows(
            f"{insert} SELECT 'cnv_2', status, idempotency_key, {COPIED} FROM conversation WHERE id = ?", first
        )
    inbound = COPIED.replace("direction", "'INBOUND'")
    with pytest.raises(IntegrityErrors, match="queued_is_outbound"):
        with_server.installation.rows(
            f"{insert} SELECT 'cnv_2', status, NULL, {inbound} FROM conversation WHERE id = ?", first
        )
    assert with_server.installation.contents() == stored
