"""Change constraints in place on both engines: add enum values, drop a foreign key."""

import re

from alembic import op

from migrations.triggers import on_postgres


def add_enum_values(table: str, column: str, enum: str, *values: str) -> None:
    """Allow more values in `column`, whose CHECK constraint is named after the Python enum.

    They are appended to the present values, so append them to the enum as well.
    """
    constraint = f"ck_{table}_{enum}"
    if not on_postgres():
        more = "".join(f", '{value}'" for value in values)
        check = rf'(CONSTRAINT "{constraint}" CHECK \(\w+ IN \([^)]*)\)\)'
        _edit_on_sqlite(table, constraint, check, rf"\1{more}))")
        return
    run = op.get_bind().exec_driver_sql
    query = "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
    definition = str(run(f"{query} WHERE conname = '{constraint}' AND conrelid = '{table}'::regclass").scalar_one())
    allowed = ", ".join(f"'{value}'" for value in (*re.findall(r"'(\w+)'::", definition), *values))
    run(f'ALTER TABLE {table} DROP CONSTRAINT "{constraint}"')
    run(f'ALTER TABLE {table} ADD CONSTRAINT "{constraint}" CHECK ({column} IN ({allowed}))')


def drop_foreign_key(table: str, constraint: str) -> None:
    """Drop a foreign key by its name."""
    if on_postgres():
        op.drop_constraint(constraint, table, type_="foreignkey")
        return
    key = rf',\s*CONSTRAINT "?{constraint}"? FOREIGN KEY\s*\([^)]*\) REFERENCES \w+ \([^)]*\)( ON DELETE SET NULL)?'
    _edit_on_sqlite(table, constraint, key, "")


def _edit_on_sqlite(table: str, constraint: str, pattern: str, replacement: str) -> None:
    """Edit the table's stored SQL, as SQLite's documentation of ALTER TABLE describes for constraints."""
    run = op.get_bind().exec_driver_sql
    stored = str(run(f"SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{table}'").scalar_one())
    edited, count = re.subn(pattern, replacement, stored)
    assert count == 1, f"{constraint} is not there"
    version = int(run("PRAGMA schema_version").scalar_one())
    run("PRAGMA writable_schema=ON")
    run("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (edited, table))
    run(f"PRAGMA schema_version={version + 1}")
    run("PRAGMA writable_schema=RESET")
