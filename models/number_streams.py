"""The streams that a page of phone numbers is merged from. There is an index in each order for each kind of stream.

A stream only says where to look: the conditions of the page decide.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators

from models.agent_version import AgentVersion
from models.phone_number import PhoneNumber, Streams
from models.streams import Among, ByEngine, Checked, Spot, first_of
from models.trunk import Trunk

number = PhoneNumber.__table__
SPOT = Spot(number.c.id)
# Most organizations have fewer above them.
NEAR = 4
Chosen = Callable[[Any], list[Any]]


def by_sharing(shareable: Any = None) -> Streams:
    """The organization's own, shared and not, and what each ancestor shares.

    On SQLite those that are NEAR are merged as they are read, which ends with the page; PostgreSQL would read all of
    them. Those of all that are further up are looked up as elsewhere.
    """

    def streams(line: sa.CTE, owned: bool | None, conditions: list[Any], order: list[Any], most: Any) -> sa.SelectBase:
        shared = number.c.shareable

        def of(distance: int, *which: Any) -> sa.Select[Any]:
            above = Checked(line.c.distance, type_=sa.Integer) == distance
            owner = sa.select(line.c.ancestor_id).where(above).scalar_subquery()
            within = [number.c.organization_id == owner, *which, *conditions]
            first = Among(SPOT, first_of(number, within, order, most))
            return placed(sa.literal(distance), order).where(ByEngine(sa.and_(*within), first))

        own = [of(0, shared == each) for each in ((sa.false(), sa.true()) if shareable is None else (shareable,))]
        borrowed = [shared == sa.true(), *(() if shareable is None else (shareable,))]
        lent = [of(distance, *borrowed) for distance in range(1, NEAR)]
        far = [number.c.organization_id == line.c.ancestor_id, *borrowed, *conditions]
        lent.append(_looked_up(line, line, far, order, most).where(line.c.distance >= NEAR))
        some = own if owned else lent if owned is False else [*own, *lent]
        return sa.union_all(*some).order_by(*map(by_name, order)).limit(most)

    return streams


def placed(distance: Any, order: list[Any]) -> sa.Select[Any]:
    return sa.select(SPOT.label("spot"), distance.label("distance"), *(each.element for each in order))


def by_name(column: Any) -> Any:
    name: sa.ColumnElement[Any] = sa.column(column.element.name)
    return name.desc() if column.modifier is operators.desc_op else name


def _looked_up(line: sa.CTE, origin: sa.FromClause, within: list[Any], order: list[Any], most: Any) -> sa.Select[Any]:
    """The first of each stream. `origin` is joined to the lineage, `within` says which numbers are in a stream."""
    some = origin.join(number, Among(SPOT, first_of(number, within, order, most)))
    return placed(line.c.distance, order).select_from(some)


def together(line: sa.CTE, origin: sa.FromClause, within: list[Any], order: list[Any], most: Any) -> sa.Select[Any]:
    """The first of all streams."""
    return _looked_up(line, origin, within, order, most).order_by(*order).limit(most)


def by_trunk(chosen: Chosen, shareable: Any = None) -> Streams:
    """Those of each trunk that is chosen, shared and not."""

    def streams(line: sa.CTE, owned: bool | None, conditions: list[Any], *page: Any) -> sa.SelectBase:
        lines, shared = lines_of(line, owned, shareable)
        carrier = Trunk.__table__.alias("carrier")
        theirs = sa.and_(carrier.c.organization_id == line.c.ancestor_id, *chosen(carrier.c))
        within = [number.c.trunk_id == carrier.c.id, number.c.shareable == shared, *conditions]
        return together(line, lines.join(carrier, theirs), within, *page)

    return streams


def by_slots(chosen: Chosen) -> Streams:
    """Own ones: both slots filled, either, or none."""

    def streams(line: sa.CTE, _owned: bool | None, conditions: list[Any], *page: Any) -> sa.SelectBase:
        inbound, outbound = (_either(slot).subquery(slot) for slot in ("inbound", "outbound"))
        filled = sa.select(inbound, outbound).select_from(inbound.join(outbound, sa.true())).cte("filled")
        which = [number.c[f"{slot}_assigned_at"].is_not(None) == filled.c[slot] for slot in ("inbound", "outbound")]
        lines = line.join(filled, sa.and_(line.c.distance == 0, *chosen(filled.c)))
        within = [number.c.organization_id == line.c.ancestor_id, *which, *conditions]
        return together(line, lines, within, *page)

    return streams


def by_agent(agent_id: Any) -> Streams:
    """Own ones: for each version of the agent those with it in one slot, and in the other. One with both is one."""

    def streams(line: sa.CTE, _owned: bool | None, conditions: list[Any], *page: Any) -> sa.SelectBase:
        versions = AgentVersion.of_agent(agent_id).cte("held")

        def holding(slot: str) -> sa.Select[Any]:
            held = number.alias(f"{slot}_held")
            some = first_of(number, [number.c[f"{slot}_agent_version_id"] == versions.c.id, *conditions], *page)
            spot = Spot(held.c.id)
            return sa.select(spot.label("spot")).select_from(versions.join(held, Among(spot, some)))

        hit = sa.union(holding("inbound"), holding("outbound")).subquery("hit")
        own = Checked(number.c.organization_id, type_=sa.String) == line.c.ancestor_id
        within = [hit.c.spot == SPOT, own, *conditions]
        return together(line, line.join(hit, line.c.distance == 0), within, *page)

    return streams


def lines_of(line: sa.CTE, owned: bool | None, shareable: Any) -> tuple[sa.Join, Any]:
    """Whose numbers, and whether those that are shared; borrowed ones are."""
    own, borrowed = line.c.distance == 0, sa.and_(line.c.distance > 0, LENT.c.shared)
    whose = [sa.or_(own, borrowed) if owned is None else own if owned else borrowed]
    if shareable is not None:
        whose.append(LENT.c.shared == shareable)
    return line.join(LENT, sa.and_(*whose)), LENT.c.shared


def _either(name: str) -> Any:
    return sa.union_all(sa.select(sa.false().label(name)), sa.select(sa.true()))


LENT = _either("shared").cte("lent")
