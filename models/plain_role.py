"""Who may connect to PostgreSQL: a plain role. A superuser's rights pass by what the database refuses."""

from typing import Any


class SuperuserRefused(Exception):
    """The URL names a superuser."""


def require_plain_role(connection: Any) -> None:
    """Raises SuperuserRefused. The server has told, on connecting, what it takes the role for."""
    if connection.driver_connection.get_settings().is_superuser == "on":
        raise SuperuserRefused(
            "DIALTREE_DATABASE_URL names a superuser of PostgreSQL, and Dialtree serves as a plain role: CREATE ROLE"
            " dialtree LOGIN PASSWORD '…'; CREATE DATABASE dialtree OWNER dialtree."
        )
