"""Search numbers by digits, with a trigram index (FTS5 on SQLite, pg_trgm on PostgreSQL).

PostgreSQL's planner knows how common trigrams are and chooses the index by itself: `e164 LIKE '%2065%'`. SQLite has a
FTS5 table that triggers fill. Its rowid encodes the number, so that matches come in the order of E.164. Its columns
`kept` (of unshared numbers) and `lent` (of shared ones) hold a token of the owner, so that only numbers that an
organization sees are matched. An example on SQLite, `phoneNumbers(filter: {e164Contains: "2065"})`, by E.164
(`ancestry`: the organization and its ancestors):

    SELECT … FROM ancestry JOIN sharing ON distance = 0 OR (distance > 0 AND shared)
      JOIN phone_number ON phone_number.rowid IN (
        SELECT phone_number.rowid FROM phone_number_digits
          JOIN phone_number ON e164 = '+' || … the digits that the rowid encodes …
        WHERE phone_number_digits MATCH 'kept|lent : "<owner token>" AND digits : "2065"'
          AND +organization_id = ancestry.ancestor_id AND +shareable = sharing.shared AND +e164 LIKE '%2065%'
        ORDER BY phone_number_digits.rowid LIMIT :limit)
    ORDER BY e164, id LIMIT :limit

In another order the matches are counted first, up to a limit: few are sorted; of many, the index in the order of the
page is read instead. Of `MIN_LONG_DIGITS` or more, the last digits are more selective than the owner.
"""

from typing import Any

import sqlalchemy as sa

from models.expressions import BoolExpression, Condition, Limit, Order
from models.identifier import BASE32_ALPHABET
from models.index_merge import InLimitedSubquery, PerDialect, without_index
from models.number_ranges import ROW_ID, join_owners, merge_ranges, order_by_label, select_sort_key
from models.phone_number import NumberRanges, PhoneNumber

number = PhoneNumber.__table__
TRIGRAM_INDEX = sa.table("phone_number_digits", sa.column("rowid", sa.BigInteger), sa.column("phone_number_digits"))
MIN_INDEXED_DIGITS = 3
# The last of many digits mostly match few numbers, of all owners together; the first digits are a country's.
MIN_LONG_DIGITS, LAST_DIGITS, MAX_LAST_DIGITS_HITS = 10, 6, 64
# At most so many matches are sorted. With more, scanning the index in the page's order soon finds the first ones.
MAX_SORTED_HITS = 2000
LOW, HIGH = (sa.bindparam(f"{side}_by", type_=sa.String) for side in ("low", "high"))


def e164_to_rowid(e164: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    """Encode a number as an integer that sorts as E.164 does: the digits, padded to fifteen, then their count."""
    digits = sa.func.substr(sa.func.substr(e164, 2, type_=sa.String) + "0" * 14, 1, 15)
    return sa.cast(digits, sa.BigInteger) * 100 + sa.func.length(e164)


def rowid_to_e164(rowid: sa.ColumnElement[int]) -> sa.ColumnElement[str]:
    return "+" + sa.func.substr(rowid.op("/")(100), 1, rowid % 100 - 1, type_=sa.String)


NUMBERS_BY_TRIGRAM = TRIGRAM_INDEX.join(number, number.c.e164 == rowid_to_e164(TRIGRAM_INDEX.c.rowid))


def owner_token(organization_id: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """Encode the random end of an id as three characters, which are one trigram."""
    characters = [
        sa.func.instr(BASE32_ALPHABET, sa.func.substr(organization_id, -position, 1)) for position in range(1, 7)
    ]
    pairs = zip(characters[::2], characters[1::2], strict=True)
    return sa.func.char(*(19968 + 32 * high + low for low, high in pairs), type_=sa.String)


def ranges_by_digits(
    digits: sa.ColumnElement[str], shareable: BoolExpression | None = None, *, by_e164: bool
) -> NumberRanges:
    """Merge the numbers with these digits, `MIN_INDEXED_DIGITS` or more, of each owner, shared and not.

    `by_e164`: the page is in this order, between the bind parameters LOW and HIGH.
    """

    def select_first(
        ancestry: sa.CTE, owned: bool | None, conditions: list[Condition], order: Order, limit: Limit
    ) -> sa.SelectBase:
        ranges, shared = join_owners(ancestry, owned, shareable)
        if not by_e164:
            counted = _count_hits(
                ranges, ancestry.c.ancestor_id, shared, _match_owner_and_digits(ancestry.c.ancestor_id, shared, digits)
            )
            ranges, shared = ancestry.join(counted, counted.c.ancestor_id == ancestry.c.ancestor_id), counted.c.shared
        in_range = [number.c.organization_id == ancestry.c.ancestor_id, number.c.shareable == shared]
        matching = _match_owner_and_digits(ancestry.c.ancestor_id, shared, digits)
        all_conditions = [*in_range, *conditions]
        first: sa.Select[Any] | sa.CompoundSelect[Any]
        if by_e164:
            first = _first_by_e164(matching, all_conditions, order, limit)
        else:
            first = _sort_hits_or_scan(counted.c.hits, matching, all_conditions, order, limit)
        is_among_first = PerDialect(InLimitedSubquery(ROW_ID, first.scalar_subquery()), sa.and_(*in_range))
        return merge_ranges(ancestry, ranges, [is_among_first, *conditions], order, limit)

    return select_first


def ranges_by_long_digits(
    last_digits: sa.ColumnElement[str], fallback: NumberRanges, shareable: BoolExpression | None = None
) -> NumberRanges:
    """Find numbers by `MIN_LONG_DIGITS` or more, of which `last_digits` are the last.

    If few numbers end in those, each is checked. If many do, such as when digits are a prefix that all of an office's
    numbers share, and on PostgreSQL, `fallback` finds them.
    """

    def select_first(
        ancestry: sa.CTE, owned: bool | None, conditions: list[Condition], order: Order, limit: Limit
    ) -> sa.SelectBase:
        ranges, shared = join_owners(ancestry, owned, shareable)
        hits = sa.select(TRIGRAM_INDEX.c.rowid).where(
            _fts_match(sa.literal('digits : "', sa.String) + last_digits + '"')
        )
        matches = hits.limit(MAX_LAST_DIGITS_HITS + 1).cte("matches").prefix_with("MATERIALIZED")
        count = sa.select(sa.func.count()).select_from(matches).scalar_subquery()
        row_ids = sa.select(ROW_ID).select_from(matches.join(number, number.c.e164 == rowid_to_e164(matches.c.rowid)))
        is_match = sa.and_(
            count <= MAX_LAST_DIGITS_HITS, InLimitedSubquery(ROW_ID, row_ids.correlate(None).scalar_subquery())
        )
        in_range = without_index(
            [number.c.organization_id == ancestry.c.ancestor_id, number.c.shareable == shared], number
        )
        few = select_sort_key(ancestry.c.distance, order).select_from(number.join(ranges, sa.and_(*in_range)))
        many = fallback(ancestry, owned, conditions, order, limit).subquery("many")
        either = sa.union_all(
            few.where(PerDialect(is_match, sa.false()), *without_index(conditions, number)),
            sa.select(*many.c).where(PerDialect(count > MAX_LAST_DIGITS_HITS, sa.true())),
        )
        return either.order_by(*map(order_by_label, order)).limit(limit)

    return select_first


def _match_owner_and_digits(
    owner: sa.ColumnElement[str], shared: Condition, digits: sa.ColumnElement[str]
) -> Condition:
    token_column = sa.case((shared, "lent"), else_="kept")
    return _fts_match(token_column + ' : "' + owner_token(owner) + '" AND digits : "' + digits + '"')


def _fts_match(pattern: sa.ColumnElement[str]) -> Condition:
    return TRIGRAM_INDEX.c.phone_number_digits.op("MATCH")(pattern)


def _first_by_e164(matching: Condition, conditions: list[Condition], order: Order, limit: Limit) -> sa.Select[Any]:
    rowid, descending = TRIGRAM_INDEX.c.rowid, order[0].modifier is sa.sql.operators.desc_op
    between = rowid.between(e164_to_rowid(LOW), e164_to_rowid(HIGH))
    rows = (
        sa.select(ROW_ID).select_from(NUMBERS_BY_TRIGRAM).where(matching, between, *without_index(conditions, number))
    )
    return rows.order_by(rowid.desc() if descending else rowid).limit(limit).correlate_except(number, TRIGRAM_INDEX)


def _count_hits(ranges: sa.Join, owner: sa.ColumnElement[str], shared: Condition, matching: Condition) -> sa.CTE:
    """Count the matches of each range once, up to `MAX_SORTED_HITS + 1`, before any row is read."""
    matches = (
        sa.select(TRIGRAM_INDEX.c.rowid)
        .where(matching)
        .limit(MAX_SORTED_HITS + 1)
        .correlate_except(TRIGRAM_INDEX)
        .subquery("matches")
    )
    count = PerDialect(
        sa.select(sa.func.count()).select_from(matches).scalar_subquery(), sa.literal(0), type_=sa.Integer
    )
    counted = sa.select(owner, shared, count.label("hits")).select_from(ranges)
    return counted.cte("counted").prefix_with("MATERIALIZED")


def _sort_hits_or_scan(
    count: sa.ColumnElement[int], matching: Condition, conditions: list[Condition], order: Order, limit: Limit
) -> sa.CompoundSelect[Any]:
    def select_row_ids(rows: sa.FromClause, name: str, *conditions: Condition) -> sa.Select[Any]:
        found = sa.select(ROW_ID.label("row_id")).select_from(rows).where(*conditions).order_by(*order).limit(limit)
        return sa.select(found.correlate_except(number, TRIGRAM_INDEX).subquery(name).c.row_id)

    few = select_row_ids(
        NUMBERS_BY_TRIGRAM, "few", count <= MAX_SORTED_HITS, matching, *without_index(conditions, number)
    )
    return sa.union_all(few, select_row_ids(number, "many", count > MAX_SORTED_HITS, *conditions))
