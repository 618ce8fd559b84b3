"""How each engine writes JSON in SQL, for what triggers note."""

from migrations.triggers import on_postgres


def json_object(**members: str) -> str:
    """Each member's name with the expression of its value."""
    function = "json_build_object" if on_postgres() else "json_object"
    pairs = ", ".join(f"'{name}', {value}" for name, value in members.items())
    return f"{function}({pairs})"


def flag(condition: str) -> str:
    return f"({condition})" if on_postgres() else f"json(CASE WHEN {condition} THEN 'true' ELSE 'false' END)"


def instant(column: str) -> str:
    if on_postgres():
        return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"replace({column}, ' ', 'T') || 'Z'"


def stored(column: str) -> str:
    """A column that holds JSON."""
    return column if on_postgres() else f"json({column})"


def present(column: str, value: str) -> str:
    """The value, null where the column is."""
    if on_postgres():
        return f"CASE WHEN {column} IS NOT NULL THEN {value} END"
    return f"json(CASE WHEN {column} IS NULL THEN 'null' ELSE {value} END)"
