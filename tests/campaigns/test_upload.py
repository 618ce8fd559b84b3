"""Uploads of contacts as HTTP has them: too large, in pieces, cut off, twice at once, and a server that is killed (R16)."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from models import Scope
from tests.campaigns.test_import import (
    HEADER,
    campaign_of,
    counts,
    create_import,
    import_of,
    numbers,
    put,
    refusal,
    rows,
)
from tests.conftest import Install
from tests.installation import Client, Installation, Json
from tests.retrying import attempts
from tests.server_process import run_server_in
from tests.serving.raw_http import connect, read_until_closed

PATIENCE_SECONDS = 2


@pytest.fixture
def harbor(shared_installation: Installation) -> Client:
    return shared_installation.root("Harbor Clinics")


@contextmanager
def uploading(client: Client, path: str, length: int) -> Iterator[socket.socket]:
    """Open a connection and send the head of an upload."""
    authorization = client.headers["Authorization"]
    head = f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\nContent-Length: {length}"
    with connect(client.installation.url) as connection:
        connection.sendall(f"{head}\r\n\r\n".encode())
        yield connection


def answer_of(connection: socket.socket) -> tuple[int, Json]:
    """Read one answer: its status and its body."""
    with connection.makefile("rb") as stream:
        status = int(stream.readline().split()[1])
        headers = dict(line.decode().lower().strip().split(": ", 1) for line in iter(stream.readline, b"\r\n"))
        return status, json.loads(stream.read(int(headers["content-length"])))


def wait_for(client: Client, path: str, *, rows: int = 0, status: str = "RECEIVING") -> Json:
    """Wait until an import has a status and at least so many rows."""
    for _ in attempts():
        found = import_of(client, path)
        if found["rows"] >= rows and found["status"] == status:
            return found
    raise AssertionError(found)


def test_r16_two_gigabytes_are_refused_before_they_are_sent(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor))
    with uploading(harbor, path, 2_000_000_000) as connection:
        status, body = answer_of(connection)
    assert status == 413
    assert "100,000,000" in body["errors"][0]["message"]
    assert import_of(harbor, path)["status"] == "WAITING"


def test_r16_a_compressed_file_is_refused_unread(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor))
    sent = gzip.compress((HEADER + rows(5_550_100, 3)).encode())
    assert refusal(put(harbor, path, sent, **{"Content-Encoding": "gzip"})) == (415, "BAD_REQUEST")
    assert import_of(harbor, path)["status"] == "WAITING"
    plain = put(harbor, path, HEADER + rows(5_550_100, 3), **{"Content-Encoding": "identity"})
    assert plain.json()["accepted"] == 3


def test_r16_a_wrong_key_is_refused_before_the_file_is_read(harbor: Client) -> None:
    """A client that first sends everything, and then reads, gets the answer too."""
    path = create_import(harbor, campaign_of(harbor))
    wrong = {"Authorization": f"Bearer {str(harbor.secret)[:-6]}000000"}
    parts = (part.encode() for part in (HEADER, *(rows(5_550_100 + 50 * place, 50) for place in range(100))))
    assert refusal(put(harbor, path, parts, **wrong)) == (401, "UNAUTHENTICATED")
    assert import_of(harbor, path)["status"] == "WAITING"


def test_r16_two_imports_of_one_file_at_once_lose_nothing(harbor: Client) -> None:
    """Each row is added by one of them, and is there already for the other."""
    campaign = campaign_of(harbor)
    file = HEADER + rows(5_550_100, 600)
    with ThreadPoolExecutor(2) as pool:
        paths = [create_import(harbor, campaign) for _ in range(2)]
        answers = [each.json() for each in pool.map(lambda path: put(harbor, path, file), paths)]
    assert [each["status"] for each in answers] == ["COMPLETED", "COMPLETED"]
    assert [each["rows"] for each in answers] == [600, 600]
    assert sum(each["accepted"] for each in answers) == numbers(harbor, campaign) == 600


def test_r16_a_file_that_grows_too_large_is_kept_up_to_there(install: Install) -> None:
    """A client that first sends everything, and then reads, gets the answer too."""
    harbor = install(max_import_bytes=20_000).root("Harbor Clinics")
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign)
    parts = (part.encode() for part in (HEADER, *(rows(5_550_100 + 50 * place, 50) for place in range(100))))
    assert refusal(put(harbor, path, parts)) == (413, "BAD_REQUEST")
    found = import_of(harbor, path)
    assert found["status"] == "FAILED"
    assert found["accepted"] == found["rows"] == numbers(harbor, campaign) < 1000


def test_r16_many_small_chunks_are_a_file_too(harbor: Client) -> None:
    """Their framing is larger than the head of a request may be."""
    path = create_import(harbor, campaign_of(harbor))
    content = (HEADER + rows(5_550_100, 2000)).encode()
    parts = (content[at : at + 2] for at in range(0, len(content), 2))
    assert put(harbor, path, parts).json()["accepted"] == 2000


def test_r16_who_stands_still_is_cut_off_and_sends_the_same_file_again(install: Install) -> None:
    """An upload may take longer than a request, if it goes on. A line that was cut in two is not taken."""
    harbor = install(request_timeout_seconds=PATIENCE_SECONDS).root("Harbor Clinics")
    path = create_import(harbor, campaign_of(harbor))
    file = (HEADER + rows(5_550_100, 400)).encode()
    began, sent = time.monotonic(), 0
    with uploading(harbor, path, len(file)) as connection:
        while time.monotonic() - began < 1.5 * PATIENCE_SECONDS:
            connection.sendall(file[sent : sent + 1])  # by single bytes the file does not end in this time
            sent += 1
            harbor("{ viewer { scopes } }")
        connection.sendall(file[sent:-12])
        answer = read_until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"Send the same file again" in answer
    assert counts(wait_for(harbor, path, status="FAILED")) == ["FAILED", 399, 399, 0, 0]
    assert counts(put(harbor, path, file).json()) == ["COMPLETED", 400, 1, 399, 0]


def test_r16_who_hangs_up_loses_nothing_that_arrived(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor))
    file = (HEADER + rows(5_550_100, 3)).encode()
    with uploading(harbor, path, len(file)) as connection:
        connection.sendall(file[:-12])
        wait_for(harbor, path)
    assert counts(wait_for(harbor, path, status="FAILED")) == ["FAILED", 2, 2, 0, 0]


def test_r16_the_newer_of_two_uploads_goes_on(harbor: Client) -> None:
    campaign = campaign_of(harbor)
    path = create_import(harbor, campaign)
    file = (HEADER + rows(5_550_100, 300)).encode()
    with uploading(harbor, path, len(file)) as older:
        older.sendall(file[:-1000])
        wait_for(harbor, path, rows=200)
        assert put(harbor, path, file).json()["status"] == "COMPLETED"
        older.sendall(file[-1000:])
        status, body = answer_of(older)
    assert (status, body["errors"][0]["extensions"]["code"]) == (409, "CONFLICT")
    found = import_of(harbor, path)
    assert (found["status"], found["rows"], numbers(harbor, campaign)) == ("COMPLETED", 300, 300)


def test_r16_a_revoked_key_sends_no_more(harbor: Client) -> None:
    path = create_import(harbor, campaign_of(harbor))
    manager = harbor.with_scopes(Scope.CAMPAIGNS_MANAGE)
    file = (HEADER + rows(5_550_100, 400)).encode()
    with uploading(manager, path, len(file)) as connection:
        connection.sendall(file[:-5000])
        wait_for(harbor, path, rows=200)
        key = manager("{ viewer { apiKey { id } } }")["viewer"]["apiKey"]["id"]
        harbor.mutate_successfully("revokeApiKey", "__typename", apiKeyId=key)
        connection.sendall(file[-5000:])
        assert answer_of(connection)[0] == 401
    assert import_of(harbor, path)["status"] == "FAILED"


def test_r16_a_server_that_is_killed_has_kept_what_it_counted(tmp_path: Path) -> None:
    with run_server_in(tmp_path) as server:
        harbor = server.root("Harbor Clinics")
        campaign = campaign_of(harbor)
        path = create_import(harbor, campaign)
        file = (HEADER + rows(5_550_100, 1000)).encode()
        with uploading(harbor, path, len(file)) as connection:
            connection.sendall(file[:-5000])
            wait_for(harbor, path, rows=200)
            server.kill()
        server.launch()
        found = import_of(harbor, path)
        assert (found["status"], found["accepted"]) == ("FAILED", numbers(harbor, campaign))
        again = put(harbor, path, file).json()
        assert counts(again) == ["COMPLETED", 1000, 1000 - found["accepted"], found["accepted"], 0]
