"""The streams that a page of phone numbers is merged from. There is an index in each order for each kind of stream.

A stream only says where to look: the conditions of the page decide.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from models.agent_version import AgentVersion
from models.phone_number import PhoneNumber, Streams
from models.streams import Among, Checked, Spot, first_of
from models.trunk import Trunk

number = PhoneNumber.__table__
Chosen = Callable[[Any], list[Any]]


def by_sharing(shareable: Any = None) -> Streams:
    """The organization's own and each ancestor's, shared and not."""

    def streams(line: sa.CTE, owned: bool | None, *_page: Any) -> tuple[sa.Join, list[Any]]:
        lines, shared = lines_of(line, owned, shareable)
        return lines, [number.c.organization_id == line.c.ancestor_id, number.c.shareable == shared]

    return streams


def by_trunk(chosen: Chosen, shareable: Any = None) -> Streams:
    """Those of each trunk that is chosen, shared and not."""

    def streams(line: sa.CTE, owned: bool | None, *_page: Any) -> tuple[sa.Join, list[Any]]:
        lines, shared = lines_of(line, owned, shareable)
        carrier = Trunk.__table__.alias("carrier")
        theirs = sa.and_(carrier.c.organization_id == line.c.ancestor_id, *chosen(carrier.c))
        return lines.join(carrier, theirs), [number.c.trunk_id == carrier.c.id, number.c.shareable == shared]

    return streams


def by_slots(chosen: Chosen) -> Streams:
    """Own ones: both slots filled, either, or none."""

    def streams(line: sa.CTE, *_page: Any) -> tuple[sa.Join, list[Any]]:
        inbound, outbound = (_either(slot).subquery(slot) for slot in ("inbound", "outbound"))
        filled = sa.select(inbound, outbound).select_from(inbound.join(outbound, sa.true())).cte("filled")
        which = [number.c[f"{slot}_assigned_at"].is_not(None) == filled.c[slot] for slot in ("inbound", "outbound")]
        lines = line.join(filled, sa.and_(line.c.distance == 0, *chosen(filled.c)))
        return lines, [number.c.organization_id == line.c.ancestor_id, *which]

    return streams


def by_agent(agent_id: Any) -> Streams:
    """Own ones: for each version of the agent those with it in one slot, and in the other. One with both is one."""

    def streams(line: sa.CTE, _owned: bool | None, conditions: list[Any], *page: Any) -> tuple[sa.Join, list[Any]]:
        versions = AgentVersion.of_agent(agent_id).cte("held")

        def holding(slot: str) -> sa.Select[Any]:
            held = number.alias(f"{slot}_held")
            some = first_of(number, [number.c[f"{slot}_agent_version_id"] == versions.c.id, *conditions], *page)
            spot = Spot(held.c.id)
            return sa.select(spot.label("spot")).select_from(versions.join(held, Among(spot, some)))

        hit = sa.union(holding("inbound"), holding("outbound")).subquery("hit")
        own = Checked(number.c.organization_id, type_=sa.String) == line.c.ancestor_id
        return line.join(hit, line.c.distance == 0), [Spot(number.c.id) == hit.c.spot, own]

    return streams


def lines_of(line: sa.CTE, owned: bool | None, shareable: Any) -> tuple[sa.Join, Any]:
    """Whose numbers, and whether those that are shared; borrowed ones are."""
    lent = _either("shared").cte("lent")
    own, borrowed = line.c.distance == 0, sa.and_(line.c.distance > 0, lent.c.shared)
    whose = [sa.or_(own, borrowed) if owned is None else own if owned else borrowed]
    if shareable is not None:
        whose.append(lent.c.shared == shareable)
    return line.join(lent, sa.and_(*whose)), lent.c.shared


def _either(name: str) -> Any:
    return sa.union_all(sa.select(sa.false().label(name)), sa.select(sa.true()))
