"""Create triggers on both engines from one SQLite-style definition."""

import re
from collections.abc import Iterable

from alembic import op

# Patterns of SQLite's spellings, each with PostgreSQL's.
POSTGRES_SPELLINGS = ((r"\bIS NOT (?!NULL\b)", "IS DISTINCT FROM "), (r"\binstr\(", "strpos("))


def on_postgres() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")


def create_refusing_trigger(name: str, event: str, condition: str, *, message: str | None = None) -> None:
    """Refuse rows that meet the condition, with the trigger's name. `event`: "UPDATE OF id ON agent"."""
    text = message or name
    if not on_postgres():
        _execute(f"CREATE TRIGGER {name} BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{text}'); END")
        return
    row = "OLD" if event.startswith("DELETE") else "NEW"
    body = f"RAISE EXCEPTION '{text}' USING ERRCODE = 'integrity_constraint_violation'"
    _create_trigger_function(name, f"BEFORE {event}", f"IF {condition} THEN {body}; END IF; RETURN {row};")


def create_ignoring_trigger(name: str, event: str, condition: str) -> None:
    """Silently skip rows that meet the condition. `event`: "INSERT ON agent"."""
    if not on_postgres():
        _execute(f"CREATE TRIGGER {name} BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(IGNORE); END")
        return
    _create_trigger_function(name, f"BEFORE {event}", f"IF {condition} THEN RETURN NULL; END IF; RETURN NEW;")


def create_after_trigger(name: str, event: str, statement: str, condition: str = "TRUE") -> None:
    """Execute a statement after each row that meets the condition. `event`: "INSERT ON agent"."""
    if not on_postgres():
        _execute(f"CREATE TRIGGER {name} AFTER {event} WHEN {condition} BEGIN {statement}; END")
        return
    _create_trigger_function(name, f"AFTER {event}", f"IF {condition} THEN {statement}; END IF; RETURN NULL;")


def _create_trigger_function(name: str, event: str, body: str) -> None:
    for sqlite_pattern, postgres in POSTGRES_SPELLINGS:
        body = re.sub(sqlite_pattern, postgres, body)
    _execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    _execute(f"CREATE TRIGGER {name} {event} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _execute(statement: str) -> None:
    """Execute the text without parsing it for parameters, as it may contain colons."""
    op.get_bind().exec_driver_sql(statement)


def create_statement_trigger(name: str, tables: Iterable[str], statement: str) -> None:
    """Execute, on PostgreSQL, a statement once after each statement that changes any of these tables."""
    _execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NULL; END $$")
    for table in tables:
        event = f"AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
        _execute(f"CREATE TRIGGER {name} {event} FOR EACH STATEMENT EXECUTE FUNCTION {name}()")
