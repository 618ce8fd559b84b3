"""What all who carry calls of this server work with."""

from dataclasses import dataclass

from calling.chronicle import Chronicle
from calling.owner import Owner
from calling.reaching import Carriers
from models import Database
from telephony.engine import Engine


@dataclass(frozen=True)
class Limits:
    """How long a call may wait to be dialed, ring and last, in seconds."""

    longest_wait: float
    ring_seconds: float
    longest_seconds: float


@dataclass(frozen=True)
class Means:
    database: Database
    engine: Engine
    carriers: Carriers
    limits: Limits
    owner: Owner
    chronicle: Chronicle
