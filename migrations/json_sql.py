"""Write SQL expressions that build JSON, for each engine."""

from migrations.triggers import on_postgres


def json_object(**members: str) -> str:
    """Return SQL for a JSON object of these members: each name with the expression of its value."""
    function = "json_build_object" if on_postgres() else "json_object"
    pairs = ", ".join(f"'{name}', {value}" for name, value in members.items())
    return f"{function}({pairs})"


def json_boolean(condition: str) -> str:
    return f"({condition})" if on_postgres() else f"json(CASE WHEN {condition} THEN 'true' ELSE 'false' END)"


def json_datetime(column: str) -> str:
    if on_postgres():
        return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"replace({column}, ' ', 'T') || 'Z'"


def json_column(column: str) -> str:
    """Return SQL for the value of a column that holds JSON."""
    return column if on_postgres() else f"json({column})"


def json_or_null(column: str, value: str) -> str:
    """Return SQL for the value, or JSON's null where the column is NULL."""
    if on_postgres():
        return f"CASE WHEN {column} IS NOT NULL THEN {value} END"
    return f"json(CASE WHEN {column} IS NULL THEN 'null' ELSE {value} END)"
