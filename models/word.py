"""The kind of enum that the API speaks in, and how its words are stored."""

from enum import Enum

import sqlalchemy as sa


class Word(Enum):
    """A member's name is the word of the API and of the database; its value is the sentence that explains it."""

    # A member is one object: found in a dict without asking Python for the hash of its name.
    __hash__ = object.__hash__

    def __str__(self) -> str:
        return self.name


def stored_as_text(words: type[Word]) -> sa.Enum:
    """Store a word by its name, as text that every database has and a CHECK that refuses other words."""
    return sa.Enum(words, native_enum=False, create_constraint=True, length=40, name=words.__name__)
