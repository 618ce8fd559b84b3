"""Adopt the calls of a server that has ended, in bounded steps."""

from pathlib import Path

import pytest

from dialing import reconciler
from tests.databases import Template
from tests.dialing.dialing_organization import LONG_AGO, until
from tests.installation import Installation

DIALED = "status = 'DIALING', dialed_at = created_at, server_id = 'srv_gone'"
STEP, CALLS = 2, 5


def test_a_dead_servers_calls_are_adopted_a_bounded_number_in_a_transaction(
    template: Template, tmp_path: Path, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciler, "MAX_CALLS_PER_TRANSACTION", STEP)
    store = template.copy_into(tmp_path)
    before = Installation(store)
    northwind = before.root()
    number = northwind.number()
    calls = [northwind.create_queued(agentNumber=number.e164, agentConfig={})["id"] for _ in range(CALLS)]
    before.rows("INSERT INTO server (id, started_at, seen_at) VALUES ('srv_gone', ?, ?)", LONG_AGO, LONG_AGO)
    before.rows(f"UPDATE conversation SET {DIALED} WHERE organization_id = ?", northwind.organization_id)
    before.rows("UPDATE server SET ended_at = seen_at WHERE id = 'srv_gone'")
    before.stop()
    before.join()
    statements.clear()
    after = Installation(store, dialing="on")
    again = after.client(northwind.secret)
    for call in calls:
        assert until(again, call, "FAILED")["endReason"] == "ENGINE_LOST"
    after.stop()
    after.join()
    store.close()
    adopting = [each for each in statements if each.startswith("UPDATE conversation SET server_id=")]
    assert len(adopting) == CALLS // STEP + 1
    assert all("LIMIT" in each for each in adopting)
