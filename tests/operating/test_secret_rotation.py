"""`rotate-secrets`: the passwords of trunks are sealed with the newest key, and the older one is needed no more."""

from pathlib import Path

from models.encryption import SecretBox
from models.trunk import password_binding
from tests.installation import Client
from tests.server_process import Outcome, ServerProcess, run_server_in

OLD, NEW = SecretBox.generate_key(), SecretBox.generate_key()


def add_trunk(client: Client, password: str) -> None:
    outbound = {"address": "sip.example.com", "authUsername": "us", "authPassword": password}
    client.mutate_successfully("createTrunk", "__typename", name="Carrier", outbound=outbound)


def passwords(served: ServerProcess, *keys: str) -> list[str]:
    """As these keys open them."""
    seal = SecretBox.from_text(",".join(keys))
    rows = served.rows("SELECT id, organization_id, outbound_auth_password FROM trunk ORDER BY created_at")
    return [seal.decrypt(sealed, row=row_of(identifier, owner)) for identifier, owner, sealed in rows]


def row_of(identifier: str, owner: str) -> str:
    class Row:
        id, organization_id = identifier, owner

    return password_binding(Row())


def rotate(served: ServerProcess, keys: str) -> Outcome:
    return served.command("rotate-secrets", DIALTREE_SECRET_KEYS=keys)


def test_passwords_are_sealed_with_the_newest_key_beside_a_server(tmp_path: Path) -> None:
    with run_server_in(tmp_path, DIALTREE_SECRET_KEYS=f"{NEW},{OLD}") as served:
        northwind = served.root()
        for password in ("hunter1", "hunter2"):
            add_trunk(northwind, password)
        assert passwords(served, NEW) == ["hunter1", "hunter2"]
        status, said, _ = rotate(served, f"{OLD},{NEW}")
        assert (status, said[-1].startswith("Passwords encrypted again: 2.")) == (0, True)
        assert passwords(served, OLD) == ["hunter1", "hunter2"]
        assert rotate(served, OLD)[1][-1].startswith("Passwords encrypted again: 0.")


def test_where_a_key_is_missing_nothing_is_changed(tmp_path: Path) -> None:
    with run_server_in(tmp_path, DIALTREE_SECRET_KEYS=OLD) as served:
        northwind = served.root()
        add_trunk(northwind, "hunter2")
        before = served.contents()
        status, _, complaints = rotate(served, NEW)
        assert status == 2
        assert complaints[-1].startswith("server.py: DIALTREE_SECRET_KEYS ")
        assert served.contents() == before
