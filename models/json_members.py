"""Compare JSON objects member by member in SQL, and write JSON canonically."""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

# An object from a client: its members can be of any JSON type.
JsonObject = dict[str, Any]


class JsonContainsMembers(GenericFunction[bool]):
    """JsonContainsMembers(json, members): each top-level member of `members` is in `json` and equal; both canonical."""

    type = sa.Boolean()
    inherit_cache = True


class StoredMemberKey(GenericFunction[str]):
    """StoredMemberKey(json): the key of the only member, shortened as in `conversation_metadata`."""

    type = sa.String()
    inherit_cache = True


class StoredMemberValue(GenericFunction[str]):
    """StoredMemberValue(json): the value of the only member, with its type on SQLite, also shortened."""

    type = sa.String()
    inherit_cache = True


def canonicalize(value: Any) -> Any:
    """Return the canonical form of a JSON value: keys sorted, 1.0 and 1e0 as 1, -0.0 as 0."""
    if isinstance(value, dict):
        return {key: canonicalize(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [canonicalize(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def dump_canonical(value: Any) -> str:
    return json.dumps(canonicalize(value))


# How a member is stored, as the triggers of the migrations and the statements here compute it.
STORED_MEMBER_SQL = {
    "sqlite": ("substr(key, 1, 64)", "type || substr(coalesce(value, ''), 1, 64)"),
    "postgresql": ("left(key, 64)", "left(value::text, 64)"),
}


def _compile_member(function: Any, engine: str, part: str) -> None:
    @compiles(function, engine)
    def compile_member(element: Any, compiler: SQLCompiler, **kw: object) -> str:
        members = compiler.process(element.clauses, **kw)
        return f"(SELECT {part} FROM json_each(CAST({members} AS {'json' if engine == 'postgresql' else 'text'})))"  # noqa: S608 - constants


for engine, parts in STORED_MEMBER_SQL.items():
    for function, part in zip((StoredMemberKey, StoredMemberValue), parts, strict=True):
        _compile_member(function, engine, part)


# EXCEPT of two sets: members are looked up, not compared pair by pair.
_CONTAINS_ALL_SQL = (
    "NOT EXISTS (SELECT {member} FROM json_each({members}) EXCEPT SELECT {member} FROM json_each({stored}))"
)


@compiles(JsonContainsMembers, "sqlite")
def _compile_contains_sqlite(element: JsonContainsMembers, compiler: SQLCompiler, **kw: object) -> str:
    """Compare types, too: in SQLite true equals 1."""
    stored, members = (compiler.process(each, **kw) for each in element.clauses)
    return _CONTAINS_ALL_SQL.format(stored=stored, members=members, member="key, type, value")


@compiles(JsonContainsMembers, "postgresql")
def _compile_contains_postgres(element: JsonContainsMembers, compiler: SQLCompiler, **kw: object) -> str:
    stored, members = (compiler.process(each, **kw) for each in element.clauses)
    return _CONTAINS_ALL_SQL.format(stored=stored, members=f"CAST({members} AS json)", member="key, value::text")
