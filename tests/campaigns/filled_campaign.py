"""Fill a database with an organization that can call, and campaigns of many contacts: more than HTTP could add soon.

Contacts are inserted by one statement, with the triggers that count them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from calling.campaign_settings import DEFAULT_RETRY_DELAYS
from models import (
    Agent,
    AgentVersion,
    Campaign,
    CampaignStatus,
    MediaEncryption,
    Organization,
    PhoneNumber,
    SipTransport,
    Trunk,
)
from models.identifier import new_id
from models.table import Table
from tests.campaigns.test_campaign import ALWAYS, MONDAY_NOON
from tests.databases import DatabaseForTests

DAY = MONDAY_NOON.date()
# A thousand calls a second and at once: room is not what limits.
UNLIMITED = 10_000
FIRST_NUMBER = 2_122_000_000
# By turns: at noon in New York it is day in all of them.
ZONE = "CASE i - i / 3 * 3 WHEN 0 THEN 'America/New_York' WHEN 1 THEN 'America/Chicago' ELSE 'America/Denver' END"


@dataclass(frozen=True)
class Caller:
    """An organization with a trunk, a number and an agent."""

    store: DatabaseForTests
    organization_id: str
    number: str
    version_id: str

    def campaign(self, contacts: int, first: int = 0) -> str:
        """Insert a running campaign with so many contacts; return its id. `first`: of their numbers."""
        campaign_id = new_id("cmp")
        with self.store.connect_sqlalchemy() as connection, connection.begin():
            _insert(
                connection,
                Campaign,
                id=campaign_id,
                organization_id=self.organization_id,
                name="Bench",
                status=CampaignStatus.RUNNING,
                agent_version_id=self.version_id,
                agent_number=self.number,
                windows=ALWAYS,
                retry_delays={outcome.name: minutes for outcome, minutes in DEFAULT_RETRY_DELAYS.items()},
                max_concurrent_calls=UNLIMITED,
                started_at=MONDAY_NOON,
                running_since=MONDAY_NOON,
            )
            connection.exec_driver_sql(_insert_contacts(self.organization_id, campaign_id, contacts, first))
        return campaign_id


def create_caller(store: DatabaseForTests, address: str = "127.0.0.1:9") -> Caller:
    """Insert an organization that calls over a carrier at `address`."""
    organization_id, trunk_id, agent_id, version_id = (new_id(kind) for kind in ("org", "trk", "agt", "ver"))
    own, number = {"organization_id": organization_id}, "+12065550100"
    with store.connect_sqlalchemy() as connection, connection.begin():
        _insert(connection, Organization, id=organization_id, name="Bench", slug="bench", depth=1)
        _insert(
            connection,
            Trunk,
            id=trunk_id,
            name="Carrier",
            outbound_address=address,
            outbound_transport=SipTransport.UDP,
            outbound_media_encryption=MediaEncryption.NONE,
            calls_per_second=UNLIMITED,
            max_concurrent_calls=UNLIMITED,
            **own,
        )
        _insert(connection, Agent, id=agent_id, name="Caller", **own)
        published = {"number": 1, "config": {"voice": "alto"}, "published_at": MONDAY_NOON}
        _insert(connection, AgentVersion, id=version_id, agent_id=agent_id, **published, **own)
        _insert(connection, PhoneNumber, trunk_id=trunk_id, e164=number, **own)
    return Caller(store, organization_id, number, version_id)


def _insert(connection: sa.Connection, table: type[Table], **values: object) -> None:
    connection.execute(sa.insert(table.__table__).values(table.with_defaults(**values)))


def _insert_contacts(organization_id: str, campaign_id: str, count: int, first: int) -> str:
    """Return SQL for either engine, as ids have one length: digits after a prefix."""
    due = datetime.combine(DAY, datetime.min.time(), UTC).strftime("%Y-%m-%d %H:%M:%S.000000")
    place = f"(1000000000000 + {first} + i)"
    return f"""WITH RECURSIVE each_one(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM each_one WHERE i + 1 < {count})
      INSERT INTO contact (id, organization_id, campaign_id, e164, zone_key, variables, status, is_fresh, due_at,
        attempt_count, created_at)
      SELECT 'cnt_0000000000000' || {place}, '{organization_id}', '{campaign_id}',
        '+1' || ({FIRST_NUMBER} + {first} + i), {ZONE}, '{{"name": "Ada"}}', 'PENDING', TRUE, '{due}',
        0, '{due}'
      FROM each_one"""
