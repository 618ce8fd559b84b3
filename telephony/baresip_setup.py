"""Build baresip's configuration, and silence its logs."""

import logging
import ssl

from baresip.config import Config

from telephony.ipc import Setup

TEST_TONE = "ausine,440"
# The stack counts outbound calls too, but refuses only inbound INVITEs: with 1, it accepts none during a call.
MAX_CALLS_WHEN_CLOSED = 1
MEDIA_PORTS = "16384-32767"
ASSERTED_IDENTITY_HEADER, TO_HEADER, PRIVACY_HEADER = "P-Asserted-Identity", "To", "Privacy"


def build_config(setup: Setup, dns_port: int, sip_listen: str | None = None) -> Config:
    """Build baresip's configuration. `dns_port` is the port of PinnedDns on loopback, the only name server used.

    `sip_listen` is the address and port of the SIP sockets, None for a port that the system chooses.
    A TLS certificate that cannot be verified ends the connection.
    """
    lines = [
        f"dns_server 127.0.0.1:{dns_port}",
        f"rtp_ports {MEDIA_PORTS}",
        "sip_verify_server yes",
        *_ca_lines(setup.ca_file),
    ]
    if sip_listen is not None:
        lines.append(f"sip_listen {sip_listen}")
    return Config(
        net_interface=setup.interface,
        audio_source=TEST_TONE,
        expose_headers=(ASSERTED_IDENTITY_HEADER, TO_HEADER, PRIVACY_HEADER),
        max_concurrent_calls=setup.max_inbound if setup.listen else MAX_CALLS_WHEN_CLOSED,
        rtp_timeout=setup.media_seconds,
        extra_config_text="\n".join(lines) + "\n",
    )


def _ca_lines(ca_file: str | None) -> list[str]:
    """Return the option for the operator's certificate authorities, or for the system's."""
    if ca_file is not None:
        return [f"sip_cafile {ca_file}"]
    system = ssl.get_default_verify_paths()
    if system.cafile:
        return [f"sip_cafile {system.cafile}"]
    return [f"sip_capath {system.capath}"] if system.capath else []


def silence_logs() -> None:
    """Discard the stack's logs, which would be printed."""
    log = logging.getLogger("baresip")
    log.propagate = False
    log.addHandler(logging.NullHandler())
