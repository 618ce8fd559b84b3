"""Send every list bad windows and cursors."""

import base64

import pytest

from tests.refusals.world import World

LISTS = ("apiKeys", "phoneNumbers", "trunks", "agents", "conversations", "campaigns", "suppressions")


BAD_WINDOWS = [
    {"first": 0},
    {"first": -1},
    {"first": 101},
    {"first": 2**31 - 1},
    {"first": -(2**31)},
    {"last": 0},
    {"last": -1},
    {"last": 101},
    {"first": 1, "last": 1},
]


BAD_CURSORS = [
    "",
    "x",
    "!",
    "ä",
    "\0",
    "x" * 10_000,
    *(
        base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        for text in (
            "null",
            "5",
            "{}",
            "[]",
            '["e164"]',
            '["e164","+1"]',
            '["e164","+1","a","b"]',
            '["e164",5,"num_1"]',
            '["e164",null,"num_1"]',
            '["e164",[],"num_1"]',
            '["e164","+1",5]',
            '["id","+1","num_1"]',
            '["secret_hash","a","key_1"]',
            '["created_at","soon","trk_1"]',
            '["created_at",5,"trk_1"]',
            '["created_at","0001-01-01T00:00:00+14:00","trk_1"]',
            '["created_at","2026-01-01T00:00:00",5]',
            "[" * 5000,
            "9" * 5000,
        )
    ),
]


@pytest.mark.parametrize("field", LISTS)
def test_a_bad_window_is_a_bad_user_input(world: World, field: str) -> None:
    query = f"query($first: Int, $last: Int) {{ {field}(first: $first, last: $last) {{ totalCount }} }}"
    for window in BAD_WINDOWS:
        assert world.harbor.errors(query, **window) == ["BAD_USER_INPUT"], window


@pytest.mark.parametrize("side", ["after", "before"])
@pytest.mark.parametrize("field", LISTS)
def test_a_bad_cursor_is_a_bad_user_input(world: World, field: str, side: str) -> None:
    query = f"query($cursor: String) {{ {field}({side}: $cursor) {{ totalCount }} }}"
    for cursor in BAD_CURSORS:
        assert world.harbor.errors(query, cursor=cursor) == ["BAD_USER_INPUT"], cursor


@pytest.mark.parametrize("place", ['"\\ud800","num_1"', '"+1","\\udfff"'])
def test_a_lone_surrogate_in_a_cursor_is_a_bad_user_input(world: World, place: str) -> None:
    cursor = base64.urlsafe_b64encode(f'["e164",{place}]'.encode()).decode()
    query = "query($cursor: String) { phoneNumbers(after: $cursor) { totalCount } }"
    assert world.harbor.errors(query, cursor=cursor) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("field", ["children", "phoneNumbers"])
def test_a_bad_window_below_an_object_is_a_bad_user_input(world: World, field: str) -> None:
    query = f"query($id: ID!, $first: Int, $after: String) {{ organization(id: $id) {{ {field}(first: $first, after: $after) {{ totalCount }} }} }}"
    for window in (window for window in BAD_WINDOWS if "last" not in window):
        assert world.harbor.errors(query, id=world["organization"], **window) == ["BAD_USER_INPUT"], window
    for cursor in BAD_CURSORS:
        assert world.harbor.errors(query, id=world["organization"], first=5, after=cursor) == ["BAD_USER_INPUT"], cursor


def test_more_than_a_hundred_nodes_are_a_bad_user_input(world: World) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert world.harbor.errors(query, ids=[""] * 101) == ["BAD_USER_INPUT"]
    assert world.harbor(query, ids=[""] * 100) == {"nodes": [None] * 100}
