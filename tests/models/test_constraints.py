"""Test what the database refuses, whoever writes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from models import new_id
from tests.databases import ON_POSTGRES, Execute, IntegrityErrors
from tests.installation import Client, Installation, Number

TIME = "2026-01-31 09:30:00.000000"


@dataclass(frozen=True)
class ConstraintWorld:
    """One of everything, and a second organization's, to write wrong things into."""

    installation: Installation
    ids: dict[str, str | bytes]


@pytest.fixture(scope="module")
def world(shared_installation: Installation) -> ConstraintWorld:
    mine, theirs = shared_installation.root("Northwind"), shared_installation.root("Contoso")
    child, lender = mine.child(), mine.number(shareable=True)
    agent, number, trunk = mine.agent(), mine.number(), mine.trunk()
    version, draft = mine.version(agent, number), mine.draft(agent)
    live = mine.create_queued(agentNumber=number.e164, idempotencyKey="first")["id"]
    ended = child.create_queued(agentNumber=lender.e164, agentConfig={})["id"]
    mine.share(lender, False)
    ringing = ring(mine, version)
    for server in ("srv_serves", "srv_other"):
        shared_installation.rows("INSERT INTO server (id, started_at, seen_at) VALUES (?, ?, ?)", server, TIME, TIME)
    shared_installation.rows("UPDATE conversation SET server_id = 'srv_serves' WHERE id = ?", ringing)
    return ConstraintWorld(
        shared_installation,
        {
            "mine": mine.organization_id,
            "child": child.organization_id,
            "theirs": theirs.organization_id,
            "agent": agent,
            "number": number.id,
            "e164": number.e164,
            "trunk": trunk,
            "version": version,
            "draft": draft,
            "live": live,
            "ended": ended,
            "ringing": ringing,
            "dialed": dialed(mine, number),
            "version_2": mine.version(agent),
            "shared": (shared := mine.number(shareable=True)).id,
            "shared_e164": shared.e164,
            "below": (below := child.number()).id,
            "below_e164": below.e164,
            "their_agent": theirs.agent(),
            "their_version": theirs.version(theirs.agent()),
            "their_trunk": theirs.trunk(),
            "their_number": (stranger := theirs.number()).id,
            "their_e164": stranger.e164,
            "their_call": theirs.create_queued(agentNumber=stranger.e164, agentConfig={})["id"],
            "lender": lender.id,
            "lender_e164": lender.e164,
            **transfers(mine, number),
            "slug": "organization-1",
            "time": TIME,
            "later": "2026-01-31 09:30:01.000000",
            "password": b"sealed",
            "new": new_id("num"),
        },
    )


def dialed(client: Client, number: Number) -> str:
    identifier: str = client.create_queued(agentNumber=number.e164)["id"]
    client.installation.rows(
        "UPDATE conversation SET status = 'DIALING', server_id = 'srv_serves', dialed_at = ? WHERE id = ?",
        TIME,
        identifier,
    )
    return identifier


def transfers(client: Client, number: Number) -> dict[str, str]:
    """A live conversation with a transfer that rings, and an ended one with a transfer that failed."""
    open_one, over = (client.create_queued(agentNumber=number.e164)["id"] for _ in range(2))
    for name, conversation, status, ended in (("trf_o", open_one, "RINGING", None), ("trf_f", over, "FAILED", TIME)):
        values = (name, client.organization_id, conversation, status, TIME, ended)
        client.installation.rows(f"{TRANSFER} VALUES (?, ?, ?, 'WARM', ?, '+12065550188', NULL, NULL, ?, ?)", *values)
    client.installation.rows("UPDATE transfer SET asked_at = ? WHERE id = 'trf_o'", TIME)
    return {"talking": open_one, "over": over}


def ring(client: Client, version: str) -> str:
    """An inbound conversation, which rings."""
    called = client.number()
    client.publish(version, called, direction="INBOUND")
    identifier: str = client.route_inbound(called)["id"]
    return identifier


NUMBER = "INSERT INTO phone_number (id, organization_id, trunk_id, e164, shareable, created_at, updated_at)"
CONVERSATION = """INSERT INTO conversation (id, organization_id, direction, status, agent_number, idempotency_key,
  agent_version_id, ended_at, end_reason, created_at)"""
CALL = """INSERT INTO conversation (id, organization_id, direction, status, agent_number, phone_number_id, dialed_at,
  created_at)"""
TRANSFER = """INSERT INTO transfer (id, organization_id, conversation_id, kind, status, transfer_number, caller_id,
  mechanism, created_at, ended_at)"""
ORGANIZATION = "INSERT INTO organization (id, parent_id, depth, name, slug, created_at)"
VERSION = "INSERT INTO agent_version (id, organization_id, agent_id, number, config, published_at, created_at)"

UPSERT = "ON CONFLICT (id) DO UPDATE SET"
NUMBER_REACHABLE = "conversation_goes_over_a_number_of_its_own_or_a_borrowed_one"
REFUSED = {
    # R1. Trees
    "a changed parent": (
        "organization_parent_never_changes",
        "UPDATE organization SET parent_id = :theirs WHERE id = :child",
    ),
    "a parent taken away": (
        "organization_parent_never_changes",
        "UPDATE organization SET parent_id = NULL, depth = 1 WHERE id = :child",
    ),
    "a root put below another": (
        "organization_parent_never_changes",
        "UPDATE organization SET parent_id = :theirs, depth = 2 WHERE id = :mine",
    ),
    "its own parent": (
        "ck_organization_not_its_own_parent",
        f"{ORGANIZATION} VALUES ('org_x', 'org_x', 1, 'x', 'x', :time)",
    ),
    "a parent that is not there": ("FOREIGN KEY", f"{ORGANIZATION} VALUES ('org_x', 'org_nobody', 1, 'x', 'x', :time)"),
    "a wrong depth": (
        "organization_stands_below_its_parent",
        f"{ORGANIZATION} VALUES ('org_x', :mine, 3, 'x', 'x', :time)",
    ),
    "a changed depth": ("organization_parent_never_changes", "UPDATE organization SET depth = 3 WHERE id = :child"),
    "a duplicate slug": (
        "UNIQUE constraint failed: organization.slug",
        f"{ORGANIZATION} VALUES ('org_x', NULL, 1, 'x', :slug, :time)",
    ),
    "a slug changed to a taken one": (
        "UNIQUE constraint failed: organization.slug",
        "UPDATE organization SET slug = :slug WHERE id = :theirs",
    ),
    "an organization that still owns something": ("FOREIGN KEY", "DELETE FROM organization WHERE id = :mine"),
    # R3. Numbers
    "a duplicate number": (
        "UNIQUE constraint failed: phone_number.e164",
        f"{NUMBER} VALUES (:new, :mine, :trunk, :e164, FALSE, :time, :time)",
    ),
    "a number without its plus": (
        "ck_phone_number_e164",
        f"{NUMBER} VALUES (:new, :mine, :trunk, '12065559999', FALSE, :time, :time)",
    ),
    "a number that is too short": (
        "ck_phone_number_e164",
        f"{NUMBER} VALUES (:new, :mine, :trunk, '+120655', FALSE, :time, :time)",
    ),
    "a number that is too long": (
        "ck_phone_number_e164",
        f"{NUMBER} VALUES (:new, :mine, :trunk, '+1206555999912345', FALSE, :time, :time)",
    ),
    "a number with letters": (
        "ck_phone_number_e164",
        f"{NUMBER} VALUES (:new, :mine, :trunk, '+1206555CALL', FALSE, :time, :time)",
    ),
    "a number with spaces": (
        "ck_phone_number_e164",
        f"{NUMBER} VALUES (:new, :mine, :trunk, '+1 206 555 999', FALSE, :time, :time)",
    ),
    "a number of a country 0": (
        "ck_phone_number_e164",
        f"{NUMBER} VALUES (:new, :mine, :trunk, '+02065559999', FALSE, :time, :time)",
    ),
    "a number turned into another": (
        "phone_number_owner_never_changes",
        "UPDATE phone_number SET e164 = '+12065559999' WHERE id = :number",
    ),
    "a number given away": (
        "phone_number_owner_never_changes",
        (
            "UPDATE phone_number SET organization_id = :theirs, trunk_id = :their_trunk,"
            " outbound_agent_version_id = NULL, outbound_assigned_at = NULL WHERE id = :number"
        ),
    ),
    "a number on another's trunk": (
        "FOREIGN KEY",
        "UPDATE phone_number SET trunk_id = :their_trunk WHERE id = :number",
    ),
    "a number registered on another's trunk": (
        "FOREIGN KEY",
        f"{NUMBER} VALUES (:new, :mine, :their_trunk, '+12065559999', FALSE, :time, :time)",
    ),
    "a number with a live conversation deleted": (
        "phone_number_with_a_live_conversation_stays",
        "DELETE FROM phone_number WHERE id = :number",
    ),
    # R4. Trunks
    "a trunk with numbers deleted": (
        "FOREIGN KEY",
        "DELETE FROM trunk WHERE id = (SELECT trunk_id FROM phone_number WHERE id = :number)",
    ),
    "half an outbound configuration": (
        "ck_trunk_outbound_whole_or_absent",
        "UPDATE trunk SET outbound_transport = NULL WHERE id = :trunk",
    ),
    "a password without an address": (
        "ck_trunk_outbound_whole_or_absent",
        (
            "UPDATE trunk SET outbound_address = NULL, outbound_transport = NULL,"
            " outbound_media_encryption = NULL, outbound_auth_password = :password WHERE id = :trunk"
        ),
    ),
    "no call at all": ("ck_trunk_limits", "UPDATE trunk SET calls_per_second = 0 WHERE id = :trunk"),
    "an unknown word": ("ck_trunk_TrunkKind", "UPDATE trunk SET kind = 'OTHER' WHERE id = :trunk"),
    # R5. Slots and versions
    "a slot of another organization's version": (
        "FOREIGN KEY",
        "UPDATE phone_number SET outbound_agent_version_id = :their_version WHERE id = :number",
    ),
    "an inbound slot of another organization's": (
        "FOREIGN KEY",
        (
            "UPDATE phone_number SET inbound_agent_version_id = :their_version,"
            " inbound_assigned_at = :time WHERE id = :number"
        ),
    ),
    "an unpublished version in a slot": (
        "phone_number_slot_holds_a_published_version",
        "UPDATE phone_number SET outbound_agent_version_id = :draft WHERE id = :number",
    ),
    "an unpublished version in an inbound slot": (
        "phone_number_slot_holds_a_published_version",
        "UPDATE phone_number SET inbound_agent_version_id = :draft, inbound_assigned_at = :time WHERE id = :number",
    ),
    "a filled slot without its time": (
        "ck_phone_number_outbound_slot",
        "UPDATE phone_number SET outbound_assigned_at = NULL WHERE id = :number",
    ),
    "an empty slot with a time": (
        "ck_phone_number_inbound_slot",
        "UPDATE phone_number SET inbound_assigned_at = :time WHERE id = :number",
    ),
    "a changed published version": (
        "agent_version_published_never_changes",
        """UPDATE agent_version SET config = '{"a": 1}' WHERE id = :version""",
    ),
    "a published version made a draft": (
        "agent_version_published_never_changes",
        "UPDATE agent_version SET published_at = NULL WHERE id = :version",
    ),
    "a version that sits in a slot deleted": ("FOREIGN KEY", "DELETE FROM agent_version WHERE id = :version"),
    "a version of another organization's agent": (
        "FOREIGN KEY",
        f"{VERSION} VALUES ('ver_x', :mine, :their_agent, 9, '{{}}', NULL, :time)",
    ),
    "a version number twice": (
        "UNIQUE constraint failed: agent_version.agent_id, agent_version.number",
        f"{VERSION} VALUES ('ver_x', :mine, :agent, 1, '{{}}', NULL, :time)",
    ),
    "an agent with versions given away": (
        "FOREIGN KEY",
        "UPDATE agent SET organization_id = :theirs WHERE id = :agent",
    ),
    # R11. One conversation a key
    "two conversations for one key": (
        "UNIQUE constraint failed: conversation.organization_id, conversation.idempotency_key",
        (
            f"{CONVERSATION} VALUES ('cnv_x', :mine, 'OUTBOUND', 'QUEUED', '+12065550100',"
            " 'first', NULL, NULL, NULL, :time)"
        ),
    ),
    # R12. The life of a conversation
    "a changed agentNumber": (
        "conversation_keeps_what_it_was_created_with",
        "UPDATE conversation SET agent_number = '+12065559999' WHERE id = :live",
    ),
    "a changed userNumber": (
        "conversation_keeps_what_it_was_created_with",
        "UPDATE conversation SET user_number = NULL WHERE id = :live",
    ),
    "a conversation given away": (
        "conversation_keeps_what",
        "UPDATE conversation SET organization_id = :theirs, agent_version_id = NULL WHERE id = :live",
    ),
    "a changed explanation": (
        "conversation_keeps_what_it_was_created_with",
        "UPDATE conversation SET resolution = NULL WHERE id = :live",
    ),
    "a changed direction": (
        "conversation_keeps_what_it_was_created_with",
        "UPDATE conversation SET direction = 'INBOUND', status = 'RINGING' WHERE id = :live",
    ),
    "another organization's agent on the line": (
        "conversation_keeps_what_was_asked_of_it",
        "UPDATE conversation SET agent_version_id = :their_version WHERE id = :live",
    ),
    "a final status that changes": (
        "conversation_final_status_never_changes",
        "UPDATE conversation SET status = 'COMPLETED', end_reason = 'HANGUP' WHERE id = :ended",
    ),
    "a final status that comes alive": (
        "conversation_final_status_never_changes",
        "UPDATE conversation SET status = 'IN_PROGRESS', end_reason = NULL, ended_at = NULL WHERE id = :ended",
    ),
    "an end reason that changes": (
        "conversation_final_status_never_changes",
        "UPDATE conversation SET end_reason = 'ENGINE_LOST' WHERE id = :ended",
    ),
    "an end that moves": (
        "conversation_final_status_never_changes",
        "UPDATE conversation SET ended_at = :time WHERE id = :ended",
    ),
    "an inbound call that is queued": (
        "conversation_never_goes_back",
        "UPDATE conversation SET status = 'QUEUED' WHERE id = :ringing",
    ),
    "an inbound call that waits to be dialed": (
        "ck_conversation_queued_is_outbound",
        f"{CONVERSATION} VALUES ('cnv_x', :mine, 'INBOUND', 'QUEUED', '+12065550100', NULL, NULL, NULL, NULL, :time)",
    ),
    "a call that is dialed by nobody": (
        "conversation_is_dialed_by_a_server",
        "UPDATE conversation SET status = 'DIALING', dialed_at = :time WHERE id = :live",
    ),
    "a call that is dialed by a server that is not there": (
        "conversation_is_dialed_by_a_server",
        "UPDATE conversation SET status = 'DIALING', dialed_at = :time, server_id = 'srv_gone' WHERE id = :live",
    ),
    "a call that is dialed and does not say when": (
        "conversation_is_dialed",
        "UPDATE conversation SET status = 'DIALING', server_id = 'srv_serves' WHERE id = :live",
    ),
    "a call taken from a server that serves": (
        "conversation_stays_with_a_server_that_serves",
        "UPDATE conversation SET server_id = 'srv_other' WHERE id = :ringing",
    ),
    "an end without a reason": (
        "ck_conversation_ends_with_a_reason",
        "UPDATE conversation SET status = 'FAILED', ended_at = :time WHERE id = :live",
    ),
    "an end without a time": (
        "conversation_never_goes_back",
        "UPDATE conversation SET status = 'FAILED', end_reason = 'BUSY' WHERE id = :live",
    ),
    "a live conversation with an end": (
        "ck_conversation_live_until_ended",
        "UPDATE conversation SET end_reason = 'BUSY', ended_at = :time WHERE id = :live",
    ),
    "a conversation over a stranger's number": (
        NUMBER_REACHABLE,
        f"{CALL} VALUES ('cnv_x', :mine, 'OUTBOUND', 'QUEUED', :their_e164, :their_number, NULL, :time)",
    ),
    "a conversation over a number that is not shared any more": (
        NUMBER_REACHABLE,
        f"{CALL} VALUES ('cnv_x', :child, 'OUTBOUND', 'QUEUED', :lender_e164, :lender, NULL, :time)",
    ),
    "an inbound conversation over a borrowed number": (
        NUMBER_REACHABLE,
        f"{CALL} VALUES ('cnv_x', :child, 'INBOUND', 'RINGING', :shared_e164, :shared, NULL, :time)",
    ),
    "a parent's conversation over its child's number": (
        NUMBER_REACHABLE,
        f"{CALL} VALUES ('cnv_x', :mine, 'OUTBOUND', 'QUEUED', :below_e164, :below, NULL, :time)",
    ),
    "a conversation that shows another number than its own": (
        NUMBER_REACHABLE,
        f"{CALL} VALUES ('cnv_x', :mine, 'OUTBOUND', 'QUEUED', :their_e164, :number, NULL, :time)",
    ),
    "a conversation moved to a stranger's number": (
        "conversation_keeps_its_number",
        "UPDATE conversation SET phone_number_id = :their_number WHERE id = :live",
    ),
    "a conversation moved to another own number": (
        "conversation_keeps_its_number",
        "UPDATE conversation SET phone_number_id = :lender WHERE id = :live",
    ),
    "a conversation whose number is forgotten": (
        "conversation_keeps_its_number",
        "UPDATE conversation SET phone_number_id = NULL WHERE id = :live",
    ),
    **{
        f"a changed {column}": (
            "conversation_keeps_what_was_asked_of_it",
            f"UPDATE conversation SET {column} = {value} WHERE id = :live",
        )
        for column, value in {
            "id": "'cnv_x'",
            "agent_config": """'{"a": 1}'""",
            "agent_version_id": ":version_2",
            "custom_metadata": """'{"a": 1}'""",
            "initial_context": "'Another'",
            "input_digest": ":password",
        }.items()
    },
    "a conversation of another organization's agent": (
        "FOREIGN KEY",
        f"{CONVERSATION} VALUES ('cnv_x', :mine, 'OUTBOUND', 'QUEUED', '+12065550100', NULL, :their_version, NULL, NULL, :time)",
    ),
    "a call that is dialed from its start, by nobody": (
        "conversation_starts_dialed_or_queued",
        f"{CALL} VALUES ('cnv_x', :mine, 'OUTBOUND', 'DIALING', :e164, :number, NULL, :time)",
    ),
    "a call that waits and was dialed": (
        "conversation_starts_dialed_or_queued",
        f"{CALL} VALUES ('cnv_x', :mine, 'OUTBOUND', 'QUEUED', :e164, :number, :time, :time)",
    ),
    "a call that is dialed and goes on waiting": (
        "conversation_is_dialed_when_it_is_taken",
        "UPDATE conversation SET dialed_at = :time WHERE id = :live",
    ),
    "a call dialed after it ended": (
        "conversation_is_dialed_when_it_is_taken",
        "UPDATE conversation SET dialed_at = :time WHERE id = :ended",
    ),
    "a call dialed twice": (
        "conversation_is_dialed_once",
        "UPDATE conversation SET dialed_at = :later WHERE id = :dialed",
    ),
    "a call that was not dialed after all": (
        "conversation_is_dialed_",
        "UPDATE conversation SET dialed_at = NULL WHERE id = :dialed",
    ),
    "an engine's call under another name": (
        "conversation_is_dialed_once",
        "UPDATE conversation SET engine_reference = 'another' WHERE id = :ringing",
    ),
    # Transfers
    "a transfer of another organization's conversation": (
        "FOREIGN KEY",
        f"{TRANSFER} VALUES ('trf_x', :mine, :their_call, 'COLD', 'REQUESTED', '+12065550188', NULL, NULL, :time, NULL)",
    ),
    "two transfers at a time": (
        "UNIQUE constraint failed: transfer.conversation_id",
        f"{TRANSFER} VALUES ('trf_x', :mine, :talking, 'COLD', 'REQUESTED', '+12065550188', NULL, NULL, :time, NULL)",
    ),
    **{
        f"a transfer with another {column}": (
            "transfer_keeps_what_it_was_asked_for",
            f"UPDATE transfer SET {column} = {value} WHERE id = 'trf_o'",
        )
        for column, value in {
            "organization_id": ":theirs",
            "conversation_id": ":live",
            "kind": "'COLD'",
            "transfer_number": "'+12065550189'",
            "caller_id": "'+12065550189'",
            "mechanism": "'DIAL'",
            "created_at": ":later",
            "asked_at": ":later",
        }.items()
    },
    "a transfer with another id": ("transfer_keeps_its_id", "UPDATE transfer SET id = 'trf_x' WHERE id = 'trf_o'"),
    "a transfer's final status that changes": (
        "transfer_final_status_never_changes",
        "UPDATE transfer SET status = 'COMPLETED' WHERE id = 'trf_f'",
    ),
    "a transfer that comes alive": (
        "transfer_final_status_never_changes",
        "UPDATE transfer SET status = 'RINGING', ended_at = NULL WHERE id = 'trf_f'",
    ),
    "a transfer's end that moves": (
        "transfer_final_status_never_changes",
        "UPDATE transfer SET ended_at = :later WHERE id = 'trf_f'",
    ),
    "a transfer that goes back": (
        "transfer_never_goes_back",
        "UPDATE transfer SET status = 'REQUESTED' WHERE id = 'trf_o'",
    ),
    "a transfer that ends at no time": (
        "transfer_is_open_until_ended",
        "UPDATE transfer SET status = 'COMPLETED' WHERE id = 'trf_o'",
    ),
    "a transfer that rings after its end": (
        "transfer_is_open_until_ended",
        "UPDATE transfer SET ended_at = :time WHERE id = 'trf_o'",
    ),
    # What inserts and changes at once
    "a parent changed by an insert": (
        "organization_parent_never_changes",
        f"{ORGANIZATION} VALUES (:child, :theirs, 2, 'x', 'x', :time) {UPSERT} parent_id = :theirs",
    ),
    "an agentNumber changed by an insert": (
        "conversation_keeps_what_it_was_created_with",
        f"{CALL} VALUES (:live, :mine, 'OUTBOUND', 'QUEUED', :e164, NULL, NULL, :time) {UPSERT} agent_number = 'x'",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses(world: ConstraintWorld, what: str) -> None:
    why, statement = REFUSED[what]
    values = {name: value for name, value in world.ids.items() if f":{name}" in statement}
    with rolled_back(world) as execute, pytest.raises(IntegrityErrors, match=expected_message(why, statement)):
        execute(statement, values)


REPLACED = {
    "organization": f"{ORGANIZATION} VALUES (:child, :theirs, 2, 'x', 'x', :time)",
    "organization of a slug": f"{ORGANIZATION} VALUES ('org_x', NULL, 1, 'x', :slug, :time)",
    "conversation": f"{CALL} VALUES (:ended, :child, 'OUTBOUND', 'QUEUED', '+12065550100', NULL, NULL, :time)",
    "conversation of a key": (
        f"{CONVERSATION} VALUES ('cnv_x', :mine, 'OUTBOUND', 'QUEUED', '+12065550100', 'first', NULL, NULL, NULL, :time)"
    ),
    "phone_number": f"{NUMBER} VALUES (:number, :theirs, :their_trunk, '+12065559999', FALSE, :time, :time)",
    "phone_number of another's": f"{NUMBER} VALUES (:new, :theirs, :their_trunk, :e164, FALSE, :time, :time)",
    "agent_version": f"{VERSION} VALUES (:version, :mine, :agent, 9, '{{}}', NULL, :time)",
    "agent_version of a number": f"{VERSION} VALUES ('ver_x', :mine, :agent, 1, '{{}}', NULL, :time)",
    "agent": "INSERT INTO agent (id, organization_id, name, active, created_at) VALUES (:agent, :theirs, 'x', 1, :time)",
    "api_key": """INSERT INTO api_key (id, organization_id, name, scopes, secret_hash, created_at)
        SELECT id, :theirs, name, scopes, secret_hash, created_at FROM api_key WHERE organization_id = :mine""",
    "trunk": """INSERT INTO trunk (id, organization_id, name, kind, transfer_mode, transfer_caller_id,
        calls_per_second, max_concurrent_calls, created_at) SELECT id, :theirs, name, kind, transfer_mode,
        transfer_caller_id, calls_per_second, max_concurrent_calls, created_at FROM trunk WHERE id = :trunk""",
    "transfer": (
        f"{TRANSFER} VALUES ('trf_f', :mine, :over, 'WARM', 'REQUESTED', '+12065550188', NULL, NULL, :time, NULL)"
    ),
    "transfer of a conversation": (
        f"{TRANSFER} VALUES ('trf_x', :mine, :talking, 'WARM', 'REQUESTED', '+12065550188', NULL, NULL, :time, NULL)"
    ),
}


@pytest.mark.sqlite
@pytest.mark.parametrize("how", ["REPLACE INTO", "INSERT OR REPLACE INTO", "INSERT OR IGNORE INTO"])
@pytest.mark.parametrize("what", REPLACED)
def test_no_row_is_put_in_the_place_of_another(world: ConstraintWorld, what: str, how: str) -> None:
    """REPLACE deletes and inserts, so that no rule about changes would be asked."""
    statement = REPLACED[what].replace("INSERT INTO", how)
    values = {name: value for name, value in world.ids.items() if f":{name}" in statement}
    with (
        rolled_back(world) as execute,
        pytest.raises(IntegrityErrors, match=f"{what.split(maxsplit=1)[0]}_is_there_already"),
    ):
        execute(statement, values)


@pytest.mark.sqlite
def test_nor_by_an_update_that_replaces(world: ConstraintWorld) -> None:
    values = {name: world.ids[name] for name in ("live", "ended")}
    with rolled_back(world) as execute, pytest.raises(IntegrityErrors, match="conversation_keeps_what_was_asked_of_it"):
        execute("UPDATE OR REPLACE conversation SET id = :ended WHERE id = :live", values)


def test_r6_a_conversation_over_a_borrowed_number_is_stored(world: ConstraintWorld) -> None:
    statement = f"{CALL} VALUES ('cnv_x', :child, 'OUTBOUND', 'QUEUED', :shared_e164, :shared, NULL, :time)"
    values = {name: value for name, value in world.ids.items() if f":{name}" in statement}
    with rolled_back(world) as execute:
        execute(statement, values)
        assert execute("SELECT agent_number FROM conversation WHERE id = 'cnv_x'") == [(values["shared_e164"],)]


ORDER = ("QUEUED", "DIALING", "RINGING", "IN_PROGRESS")
FORWARD = [(before, after) for place, before in enumerate(ORDER) for after in ORDER[place + 1 :]]


@pytest.mark.parametrize(("before", "after"), FORWARD)
def test_r12_a_conversation_goes_forward_and_never_back(world: ConstraintWorld, before: str, after: str) -> None:
    moved = "UPDATE conversation SET status = :status WHERE id = :live"
    dialed = "UPDATE conversation SET status = 'DIALING', server_id = 'srv_serves', dialed_at = :time WHERE id = :live"
    live = world.ids["live"]
    with rolled_back(world) as execute:
        for status in (before, after):
            if status == "DIALING":
                execute(dialed, {"time": TIME, "live": live})
            else:
                execute(moved, {"status": status, "live": live})
        with pytest.raises(IntegrityErrors, match=r"conversation_(never_goes_back|is_dialed)"):
            execute(moved, {"status": before, "live": live})


def test_a_server_that_has_ended_never_comes_back_and_its_calls_may_be_taken(world: ConstraintWorld) -> None:
    with rolled_back(world) as execute:
        execute("UPDATE server SET ended_at = :time WHERE id = 'srv_serves'", {"time": TIME})
        execute(
            "UPDATE conversation SET server_id = 'srv_other' WHERE id = :ringing", {"ringing": world.ids["ringing"]}
        )
        with pytest.raises(IntegrityErrors, match="server_that_ended_never_comes_back"):
            execute("UPDATE server SET ended_at = NULL WHERE id = 'srv_serves'")


def test_r1_a_thirty_third_level_is_refused(world: ConstraintWorld) -> None:
    with rolled_back(world) as execute:
        above = None
        for depth in range(1, 34):
            row = (f"org_{depth}", above, depth, "deep", f"deep-{depth}", TIME)
            if depth == 33:
                with pytest.raises(IntegrityErrors, match="ck_organization_depth"):
                    execute(f"{ORGANIZATION} VALUES (?, ?, ?, ?, ?, ?)", row)
            else:
                execute(f"{ORGANIZATION} VALUES (?, ?, ?, ?, ?, ?)", row)
            above = f"org_{depth}"


class _Undo(Exception):
    """Raised to leave a transaction without its commit."""


@contextmanager
def rolled_back(world: ConstraintWorld) -> Iterator[Execute]:
    """Beside the running server; whatever was written is undone."""
    with suppress(_Undo), world.installation.store.transaction() as execute:
        yield execute
        raise _Undo


def expected_message(why: str, statement: str) -> str:
    """How the engine says which rule it was: on SQLite what is there already is told by a trigger, before its key."""
    columns = re.findall(r"(\w+)\.(\w+)", why)
    if not ON_POSTGRES and statement.startswith("INSERT") and (columns or "ON CONFLICT" in statement):
        return f"{statement.split()[2]}_is_there_already"
    if ON_POSTGRES and why == "UNIQUE constraint failed: transfer.conversation_id":
        return "ix_transfer_one_at_a_time"
    if ON_POSTGRES and columns:
        return "_".join(("uq", columns[0][0], *(column for _, column in columns)))
    return why.replace("FOREIGN KEY", "violates foreign key") if ON_POSTGRES else why
