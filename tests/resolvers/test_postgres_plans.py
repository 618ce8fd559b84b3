"""PostgreSQL reads few rows of large campaigns: no page, figure or choice reads all contacts, calls or entries.

`test_query_plans.py` counts the same on SQLite. Each statement is explained as it was sent, over tables of many rows.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import asyncpg
import pytest

from models.statistics_statements import MAX_COUNTED
from tests.databases import PostgresTestDatabase
from tests.installation import Client, Installation
from tests.resolvers.test_query_plans import CONTACT_FILTERS, CONTACTS, STATISTICS, recorded_statements

MANY = 6000
# Of a page of 20: the rows of each range that it is merged from, and what an index has of those that do not match.
MAX_ROWS = 500
LARGE = ("contact", "conversation", "suppression")
PAGES = (
    *(CONTACTS % (f", filter: {{{each}}}" if each else "") for each in CONTACT_FILTERS),
    "node(id: $contact) { ... on Contact { waitsFor waitsUntil reason attempts { number } nextNumber { reason } } }",
    STATISTICS,
    "conversations(first: 20, filter: {campaignId: $campaign}) { nodes { id contact { e164 } } }",
    "conversations(first: 20, filter: {contactId: $contact}) { nodes { id } }",
    "campaigns(first: 20, filter: {status: [DRAFT]}) { nodes { id } }",
    "suppressions(first: 20) { nodes { id } }",
    'suppressions(first: 20, e164: "+14045510007") { nodes { id } }',
)


class LargeCampaign:
    """A campaign of MANY contacts, a third each pending, reached and exhausted, with as many calls; and its neighbor."""

    def __init__(self, client: Client, store: PostgresTestDatabase) -> None:
        self.client, self.store = client, store
        number = client.number()
        campaigns = [self._campaign(number.e164, first) for first in (0, MANY)]
        (contact,) = store.rows("SELECT min(id) FROM contact WHERE campaign_id = ?", campaigns[0])[0]
        self.named = {"campaign": campaigns[0], "contact": contact}
        client.create_queued(agentNumber=number.e164, agentConfig={})
        self._copy("conversation", *self._calls())
        client.mutate_successfully("addSuppressions", "__typename", e164s=["+12065550100"])
        self._copy(
            "suppression", {"id": "'sup_' || i", "e164": "'+14045' || (500000 + i)"}, f"generate_series(1, {MANY}) i"
        )
        with closing(store.connect()) as connection:
            connection.execute("ANALYZE")

    def _campaign(self, number: str, first: int) -> str:
        made = self.client.mutate_successfully("createCampaign", "campaign { id }", name="Large", agentNumber=number)
        campaign: str = made["campaign"]["id"]
        sent = [{"e164": "+12125550100", "externalId": "id"}]
        self.client.mutate_successfully("addContacts", "__typename", campaignId=campaign, contacts=sent)
        status = "(ARRAY['PENDING', 'REACHED', 'EXHAUSTED'])[1 + i % 3]"
        contact = {
            "id": "'cnt_' || i",
            "e164": "'+1303555' || (10000 + i)",
            "external_id": "'id ' || i",
            "status": status,
            "last_outcome": "CASE i % 3 WHEN 1 THEN 'REACHED' WHEN 2 THEN 'BUSY' END",
        }
        self._copy(
            "contact", contact, f"generate_series({first + 1}, {first + MANY}) i", f"t.campaign_id = '{campaign}'"
        )
        return campaign

    def _calls(self) -> tuple[dict[str, str], str]:
        call = {
            "id": "'cnv_' || i",
            "campaign_id": "c.campaign_id",
            "contact_id": "c.id",
            "idempotency_key": "NULL",
            "status": "'COMPLETED'",
            "end_reason": "'HANGUP'",
            "created_at": "t.created_at - interval '1 day'",
            "ended_at": "t.created_at",
            "attempt_number": "1",
            "attempt_outcome": "'REACHED'",
        }
        return call, "(SELECT *, row_number() OVER () AS i FROM contact) c"

    def _copy(self, table: str, changed: dict[str, str], rows: str, condition: str = "TRUE") -> None:
        columns = self.store.columns_by_table()[table]
        values = ", ".join(changed.get(each, f"t.{each}") for each in columns)
        one = f"(SELECT * FROM {table} t WHERE {condition} LIMIT 1) t"
        self.store.rows(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {rows}, {one}")

    def statements(self, page: str) -> list[tuple[str, Any]]:
        """Return the statements that a page takes, with their values."""
        for name, value in self.named.items():
            page = page.replace(f"${name}", f'"{value}"')
        with recorded_statements() as asked:
            self.client(f"{{ {page} }}")
        return list(asked)

    async def explain(self, asked: list[tuple[str, Any]]) -> list[Any]:
        """Run statements, and return their plans."""
        connection = await asyncpg.connect(self.store.url.replace("+asyncpg", ""))
        try:
            explained = [
                await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values) for sql, values in asked
            ]
        finally:
            await connection.close()
        return [json.loads(each)[0]["Plan"] for each in explained]


@pytest.fixture(scope="module")
def large(running_installations: list[Installation]) -> Iterator[LargeCampaign]:
    store = PostgresTestDatabase("large_campaign")
    store.migrate()
    installation = Installation(store, response_cache_mb=0)
    running_installations.append(installation)
    yield LargeCampaign(installation.root(), store)
    installation.stop()
    installation.join()
    store.close()


def scans(plan: Any) -> Iterator[tuple[str, str, int]]:
    """List the scans of large tables: their kind, their table, and how many rows they read."""
    if plan.get("Relation Name") in LARGE:
        read = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
        yield plan["Node Type"], plan["Relation Name"], read * plan["Actual Loops"]
    for below in plan.get("Plans", ()):
        yield from scans(below)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_few_rows_of_a_large_campaign(large: LargeCampaign, page: str) -> None:
    asked = large.statements(page)
    for (statement, _), plan in zip(asked, asyncio.run(large.explain(asked)), strict=True):
        for kind, table, rows in scans(plan):
            assert kind != "Seq Scan", (table, statement)
            assert rows <= (2 * MAX_COUNTED if page == STATISTICS else MAX_ROWS), (kind, table, statement)
