"""Finding numbers by digits in their midst.

PostgreSQL has an index of trigrams over the numbers (pg_trgm), and knows how common they are. SQLite has a table of
them (FTS5), kept by triggers: a `rowid` stands where its number stands by E.164; `lent` or `kept` holds a mark of
the owner, so that an organization finds what it sees, in order, without a look at what others have;
of LONG digits the last ones tell more than the owner does.
"""

from typing import Any

import sqlalchemy as sa

from models.identifier import ALPHABET
from models.number_streams import SPOT, by_name, lines_of, placed, together
from models.phone_number import PhoneNumber, Streams
from models.streams import Among, ByEngine, checked

number = PhoneNumber.__table__
trigrams = sa.table("phone_number_digits", sa.column("rowid", sa.BigInteger), sa.column("phone_number_digits"))
SHORTEST = 3
# Of so many digits or more the last ones mostly lead to few numbers, whoever owns them; the first are a country's.
LONG, TELLING, MOST_TOLD = 10, 6, 64
# So many are found, looked up and sorted. Of more, the first in the order are soon found by walking.
FEW = 2000
LOW, HIGH = (sa.bindparam(f"{side}_by", type_=sa.String) for side in ("low", "high"))


def rowid(e164: Any) -> Any:
    """The digits, filled up to fifteen, then how many there are."""
    digits = sa.func.substr(sa.func.substr(e164, 2, type_=sa.String) + "0" * 14, 1, 15)
    return sa.cast(digits, sa.BigInteger) * 100 + sa.func.length(e164)


def e164_at(rowid: Any) -> Any:
    return "+" + sa.func.substr(rowid.op("/")(100), 1, rowid % 100 - 1, type_=sa.String)


hits = trigrams.join(number, number.c.e164 == e164_at(trigrams.c.rowid))


def mark(organization_id: Any) -> Any:
    """Of the end of an id, which is random: three characters, one trigram."""
    ends = [sa.func.instr(ALPHABET, sa.func.substr(organization_id, -place, 1)) for place in range(1, 7)]
    pairs = zip(ends[::2], ends[1::2], strict=True)
    return sa.func.char(*(19968 + 32 * high + low for low, high in pairs), type_=sa.String)


def by_digits(digits: Any, shareable: Any = None, *, in_order: bool) -> Streams:
    """Those with these digits, SHORTEST or more, of each organization, shared and not.

    `in_order`: by E.164, between the parameters of the page.
    """

    def streams(line: sa.CTE, owned: bool | None, conditions: list[Any], *page: Any) -> sa.SelectBase:
        lines, shared = lines_of(line, owned, shareable)
        if not in_order:
            counted = _counted(lines, line.c.ancestor_id, shared, _matching(line.c.ancestor_id, shared, digits))
            lines, shared = line.join(counted, counted.c.ancestor_id == line.c.ancestor_id), counted.c.shared
        within = [number.c.organization_id == line.c.ancestor_id, number.c.shareable == shared]
        asked = [_matching(line.c.ancestor_id, shared, digits), [*within, *conditions], *page]
        some = _in_order(*asked) if in_order else _sorted_or_walked(counted.c.hits, *asked)
        where = [ByEngine(Among(SPOT, some.scalar_subquery()), sa.and_(*within)), *conditions]
        return together(line, lines, where, *page)

    return streams


def by_long_digits(telling: Any, otherwise: Streams, shareable: Any = None) -> Streams:
    """Those with LONG digits or more, of which `telling` are the last: where few end so, each is looked at once.

    Where many do, as where what is sought is the stem of an office's numbers, it is `otherwise`, as on PostgreSQL.
    """

    def streams(line: sa.CTE, owned: bool | None, conditions: list[Any], order: list[Any], most: Any) -> sa.SelectBase:
        lines, shared = lines_of(line, owned, shareable)
        told = sa.select(trigrams.c.rowid).where(_match(sa.literal('digits : "', sa.String) + telling + '"'))
        told_once = told.limit(MOST_TOLD + 1).cte("told").prefix_with("MATERIALIZED")
        count = sa.select(sa.func.count()).select_from(told_once).scalar_subquery()
        spots = sa.select(SPOT).select_from(told_once.join(number, number.c.e164 == e164_at(told_once.c.rowid)))
        among = sa.and_(count <= MOST_TOLD, Among(SPOT, spots.correlate(None).scalar_subquery()))
        whose = checked([number.c.organization_id == line.c.ancestor_id, number.c.shareable == shared], number)
        few = placed(line.c.distance, order).select_from(number.join(lines, sa.and_(*whose)))
        many = otherwise(line, owned, conditions, order, most).subquery("many")
        either = sa.union_all(
            few.where(ByEngine(among, sa.false()), *checked(conditions, number)),
            sa.select(*many.c).where(ByEngine(count > MOST_TOLD, sa.true())),
        )
        return either.order_by(*map(by_name, order)).limit(most)

    return streams


def _matching(owner: Any, shared: Any, digits: Any) -> Any:
    whose = sa.case((shared, "lent"), else_="kept")
    return _match(whose + ' : "' + mark(owner) + '" AND digits : "' + digits + '"')


def _match(wanted: Any) -> Any:
    return trigrams.c.phone_number_digits.op("MATCH")(wanted)


def _in_order(matching: Any, conditions: list[Any], order: list[Any], most: Any) -> Any:
    place, down = trigrams.c.rowid, order[0].modifier is sa.sql.operators.desc_op
    between = place.between(rowid(LOW), rowid(HIGH))
    rows = sa.select(SPOT).select_from(hits).where(matching, between, *checked(conditions, number))
    return rows.order_by(place.desc() if down else place).limit(most).correlate_except(number, trigrams)


def _counted(lines: sa.Join, owner: Any, shared: Any, matching: Any) -> sa.CTE:
    """How many there are in each stream, as far as that matters: counted once, before anything is looked up."""
    some = sa.select(trigrams.c.rowid).where(matching).limit(FEW + 1).correlate_except(trigrams).subquery("some")
    count = ByEngine(sa.select(sa.func.count()).select_from(some).scalar_subquery(), sa.literal(0), type_=sa.Integer)
    counted = sa.select(owner, shared, count.label("hits")).select_from(lines)
    return counted.cte("counted").prefix_with("MATERIALIZED")


def _sorted_or_walked(count: Any, matching: Any, conditions: list[Any], order: list[Any], most: Any) -> Any:
    def rows(origin: Any, name: str, *conditions: Any) -> Any:
        found = sa.select(SPOT.label("spot")).select_from(origin).where(*conditions).order_by(*order).limit(most)
        return sa.select(found.correlate_except(number, trigrams).subquery(name).c.spot)

    few = rows(hits, "few", count <= FEW, matching, *checked(conditions, number))
    return sa.union_all(few, rows(number, "many", count > FEW, *conditions))
