"""Test the webhook route: present with LiveKit, open to its signature only."""

from tests.conftest import Install
from tests.telephony.livekit_double import KEY, SECRET, signed
from tests.telephony.sipp import free_port

BODY = b'{"event": "room_started", "id": "EV_1"}'


def test_webhooks_are_taken_where_livekit_places_the_calls(install: Install) -> None:
    account = {"livekit_api_key": KEY, "livekit_api_secret": SECRET}
    installation = install(livekit_url=f"http://127.0.0.1:{free_port()}", dialing="on", **account)
    signatures = {signed(BODY): 204, signed(BODY, "another secret, of 32 bytes and more"): 401, "": 401}
    for token, status in signatures.items():
        headers = {"Authorization": token, "Content-Type": "application/webhook+json"}
        assert installation.http.post("/livekit/webhook", content=BODY, headers=headers).status_code == status


def test_there_is_no_such_route_without_livekit(install: Install) -> None:
    answer = install().http.post("/livekit/webhook", content=BODY, headers={"Authorization": signed(BODY)})
    assert answer.status_code == 404
