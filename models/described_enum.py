"""Define enums whose member names are stored and sent, and whose values describe them."""

from enum import Enum

import sqlalchemy as sa


class DescribedEnum(Enum):
    """An enum whose members' names are stored and sent by the API, and whose values describe them."""

    # Each member is a singleton: hashing its identity is faster than hashing its name.
    __hash__ = object.__hash__

    def __str__(self) -> str:
        return self.name


def text_enum_type(enum: type[DescribedEnum]) -> sa.Enum:
    """Store a member by its name, as text with a CHECK. The constraint has the class's name."""
    return sa.Enum(enum, native_enum=False, create_constraint=True, length=40, name=enum.__name__)
