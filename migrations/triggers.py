"""Triggers on both engines, from one table of rules: written for SQLite, in PostgreSQL's words where it has others."""

import re
from collections.abc import Iterable

from alembic import op

# What SQLite says, and what PostgreSQL says for the same.
WORDS = ((r"\bIS NOT (?!NULL\b)", "IS DISTINCT FROM "), (r"\binstr\(", "strpos("))


def on_postgres() -> bool:
    return bool(op.get_bind().dialect.name == "postgresql")


def refuse(name: str, event: str, condition: str, *, saying: str | None = None) -> None:
    """Refuse what meets the condition, saying the trigger's name. `event`: "UPDATE OF id ON agent"."""
    words = saying or name
    if not on_postgres():
        _run(f"CREATE TRIGGER {name} BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{words}'); END")
        return
    row = "OLD" if event.startswith("DELETE") else "NEW"
    body = f"RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'"
    _run_as_function(name, f"BEFORE {event}", f"IF {condition} THEN {body}; END IF; RETURN {row};")


def note(name: str, event: str, statement: str, worth_noting: str = "TRUE") -> None:
    """Carry out a statement after each row that is worth noting. `event`: "INSERT ON agent"."""
    if not on_postgres():
        _run(f"CREATE TRIGGER {name} AFTER {event} WHEN {worth_noting} BEGIN {statement}; END")
        return
    _run_as_function(name, f"AFTER {event}", f"IF {worth_noting} THEN {statement}; END IF; RETURN NULL;")


def _run_as_function(name: str, event: str, body: str) -> None:
    for theirs, ours in WORDS:
        body = re.sub(theirs, ours, body)
    _run(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$")
    _run(f"CREATE TRIGGER {name} {event} FOR EACH ROW EXECUTE FUNCTION {name}()")


def _run(statement: str) -> None:
    """As it stands: a colon in it is no parameter."""
    op.get_bind().exec_driver_sql(statement)


def note_statements(name: str, tables: Iterable[str], statement: str) -> None:
    """PostgreSQL: carry out a statement once after each that changes any of these tables, however many rows of it."""
    _run(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NULL; END $$")
    for table in tables:
        event = f"AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}"
        _run(f"CREATE TRIGGER {name} {event} FOR EACH STATEMENT EXECUTE FUNCTION {name}()")
