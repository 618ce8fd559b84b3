"""Define the table of revisions: a counter for each table, incremented by triggers."""

from sqlmodel import Field

from models.change import BIG_INTEGER
from models.table import Table


class Revision(Table, table=True):
    """One shard of a table's revision, which is the sum over its shards.

    On PostgreSQL each connection has a shard of its own, so that writers do not wait for each other.
    """

    __tablename__ = "revision"

    name: str = Field(primary_key=True)
    shard: int = Field(default=0, primary_key=True)
    number: int = Field(default=0, sa_type=BIG_INTEGER)
