"""`check`: stored credentials that earlier versions of the SIP engine took for parameters are named, and not shown."""

from pathlib import Path

from models.encryption import SecretBox
from tests.server_process import run_server_in


def test_trunks_whose_credentials_hold_parameters_are_named(tmp_path: Path) -> None:
    keys = SecretBox.generate_key()
    with run_server_in(tmp_path, DIALTREE_SECRET_KEYS=keys) as served:
        client = served.root()
        client.sealed_trunk("harmless; but odd")
        status, said, _ = served.command("check", DIALTREE_SECRET_KEYS=keys)
        assert (status, said[-1]) == (0, "No trunk's credentials contain parameters of the SIP engine.")
        trunk = client.sealed_trunk("hidden;audio_player=aufile,dialtree.db;z=1")
        outbound = {"address": "a.example.com", "authUsername": "us; outbound=sip:127.0.0.1:6666"}
        other = client.mutate_successfully("createTrunk", "trunk { id }", name="Other", outbound=outbound)["trunk"][
            "id"
        ]
        status, said, _ = served.command("check", DIALTREE_SECRET_KEYS=keys)
        assert status == 1
        told = "\n".join(said)
        assert "hidden" not in told
        assert next(line for line in said if trunk in line).endswith("its authPassword sets audio_player, z")
        assert next(line for line in said if other in line).endswith("its authUsername sets outbound")
        assert served.command("check", DIALTREE_SECRET_KEYS=SecretBox.generate_key())[0] == 2
