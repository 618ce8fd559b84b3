"""Read the settings from DIALTREE_… environment variables; docs/settings.md lists them."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import phonenumbers
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url

from models.encryption import SecretBox
from serving.database_urls import EXAMPLE_SQLITE_URL, POSTGRES_DRIVER, display_name, parse_postgres_url
from serving.database_urls import parse_database_url as read_database_url
from serving.key_file import read_key_file

CommaSeparated = Annotated[tuple[str, ...], NoDecode]
ENV_PREFIX = "DIALTREE_"
MAX_PORT = 65_535
# The database adds to quotas in 64 bits.
HIGHEST_QUOTA = 2**62


class InvalidSetting(Exception):
    """Raised with a message of one line for each invalid value, which names its variable."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, populate_by_name=True)

    database_url: str = Field(default=EXAMPLE_SQLITE_URL, repr=False)
    migration_database_url: str = Field(default="", repr=False)
    copy_to: str = Field(default="", repr=False)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=MAX_PORT)
    secret_keys: str = Field(default="", repr=False, validate_default=True)
    allowed_origins: CommaSeparated = ()
    allowed_regions: CommaSeparated = ()
    calling_hours: str = ""
    sandbox_carrier: str = ""
    sip_listen: str = ""
    sip_ca_file: str = ""
    media_timeout_seconds: int = Field(default=30, ge=0, le=3600)
    max_inbound_calls: int = Field(default=100, ge=1, le=10_000)
    livekit_url: str = Field(default="", validation_alias="LIVEKIT_URL")
    livekit_api_key: str = Field(default="", validation_alias="LIVEKIT_API_KEY")
    livekit_api_secret: str = Field(
        default="", repr=False, validation_alias="LIVEKIT_API_SECRET", validate_default=True
    )
    livekit_agent: str = Field(default="dialtree", min_length=1)
    agent_wait_seconds: float = Field(default=10, gt=0, le=20)  # shorter than the grace of an overdue call
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=MAX_PORT)
    otlp_endpoint: str = ""
    points_per_minute: int = Field(default=20_000, ge=0)
    max_subscriptions_per_key: int = Field(default=100, ge=1)
    max_connections: int = Field(default=2000, ge=2, le=100_000)
    max_connections_per_address: int = Field(default=200, ge=1)
    trusted_proxies: CommaSeparated = ()
    request_timeout_seconds: float = Field(default=5, gt=0)
    max_request_bytes: int = Field(default=100_000, ge=1000)
    max_import_bytes: int = Field(default=100_000_000, ge=1000)
    operation_timeout_seconds: float = Field(default=10, gt=0)
    response_cache_mb: int = Field(default=16, ge=0, le=1024)
    executor: Literal["plans", "graphql-core"] = "plans"
    dialing: Literal["on", "off"] = "on"
    private_carriers: Literal["allow", "refuse"] = "refuse"
    max_queued_calls: int = Field(default=10_000, ge=0, le=HIGHEST_QUOTA)
    max_api_keys: int = Field(default=1000, ge=0, le=HIGHEST_QUOTA)
    max_phone_numbers: int = Field(default=100_000, ge=0, le=HIGHEST_QUOTA)
    max_agents: int = Field(default=10_000, ge=0, le=HIGHEST_QUOTA)
    max_agent_versions: int = Field(default=100_000, ge=0, le=HIGHEST_QUOTA)
    max_contacts: int = Field(default=500_000, ge=0, le=HIGHEST_QUOTA)
    max_suppressions: int = Field(default=1_000_000, ge=0, le=HIGHEST_QUOTA)
    max_stored_bytes: int = Field(default=10_000_000_000, ge=0, le=HIGHEST_QUOTA)
    campaign_share: float = Field(default=0.8, gt=0, le=1)  # of a trunk's room
    max_queue_seconds: int = Field(default=86_400, ge=1, le=2_592_000)
    test_clock: str = ""  # a file with the seconds by which the clock is ahead: for tests alone
    ring_seconds: int = Field(default=60, ge=5, le=180)
    max_call_seconds: int = Field(default=14_400, ge=10, le=86_400)

    @field_validator("allowed_origins", "allowed_regions", "trusted_proxies", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return tuple(each.strip() for each in value.split(",") if each.strip()) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: str) -> str:
        read_database_url(value)
        return value

    @field_validator("copy_to", "migration_database_url")
    @classmethod
    def _check_postgres_url(cls, value: str) -> str:
        if value:
            parse_postgres_url(value)
        return value

    @field_validator("host", "metrics_host")
    @classmethod
    def _check_host(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must be an address to listen on, such as 127.0.0.1")
        return value

    @field_validator("sandbox_carrier", "sip_listen")
    @classmethod
    def _check_socket_address(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not (_is_ip_address(host) and port.isdecimal() and 0 < int(port) <= MAX_PORT):
            raise ValueError("must be an IP address and a port, such as 127.0.0.1:5070")
        return value

    @field_validator("sip_ca_file", "calling_hours")
    @classmethod
    def _check_file(cls, value: str) -> str:
        if value and not Path(value).is_file():
            raise ValueError(f"names a file that is not there: {value}")
        return str(Path(value).absolute()) if value else value

    @field_validator("otlp_endpoint")
    @classmethod
    def _check_collector_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("is not the address of a collector, such as http://127.0.0.1:4318")
        return value.rstrip("/")

    @field_validator("livekit_url")
    @classmethod
    def _check_livekit_url(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://", "wss://", "ws://")):
            raise ValueError("is not an address such as wss://my-project.livekit.cloud")
        return value

    @field_validator("livekit_api_secret")
    @classmethod
    def _check_livekit_account(cls, value: str, info: ValidationInfo) -> str:
        given = [bool(value), *(bool(info.data.get(name)) for name in ("livekit_url", "livekit_api_key"))]
        if any(given) and not all(given):
            raise ValueError("must be set together with LIVEKIT_URL and LIVEKIT_API_KEY, or none of the three")
        return value

    @field_validator("secret_keys")
    @classmethod
    def _check_secret_keys(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("database_url", "").startswith(POSTGRES_DRIVER):
            raise ValueError(
                "must be set with PostgreSQL, where no key file lies beside the database: 32 random bytes in base64,"
                " such as from openssl rand -base64 32, the same for every server"
            )
        if value:
            SecretBox.from_text(value)
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            scheme, _, host = origin.partition("://")
            if scheme not in ("http", "https") or not host or "/" in host:
                raise ValueError(f"has {origin}, which is not an origin such as https://console.example.com")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            try:
                ipaddress.ip_network(name)
            except ValueError:
                raise ValueError(f"has {name}, which is no address or network such as 10.0.0.7 or 10.0.0.0/8") from None
        return value

    @field_validator("allowed_regions")
    @classmethod
    def _check_regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for region in value:
            if region not in phonenumbers.SUPPORTED_REGIONS:
                raise ValueError(f"has {region}, which is not a region such as US or GB")
        return value

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        url = make_url(self.database_url)
        return None if url.drivername == POSTGRES_DRIVER else Path(str(url.database))

    @property
    def database_name(self) -> str:
        """The database's name for messages, without its password."""
        return display_name(make_url(self.database_url))

    @property
    def key_file(self) -> Path:
        return Path(str(make_url(self.database_url).database)).with_suffix(".key")

    def secret_box(self) -> SecretBox:
        """Return the box of DIALTREE_SECRET_KEYS, or of the key file next to the database; create a missing file."""
        if self.secret_keys:
            return SecretBox.from_text(self.secret_keys)
        try:
            return read_key_file(self.key_file)
        except (ValueError, OSError) as error:
            raise InvalidSetting(
                f"{ENV_PREFIX}SECRET_KEYS is not set, and the key file {self.key_file} cannot be used: {error}"
            ) from None


def load_settings() -> Settings:
    """Read the environment. Raises InvalidSetting."""
    try:
        return Settings()
    except ValidationError as error:
        lines = (f"{_variable_name(error['loc'])} {_message(error['msg'])}" for error in error.errors())
        raise InvalidSetting("\n".join(lines)) from None


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _variable_name(place: tuple[int | str, ...]) -> str:
    """Return the environment variable of a field; some of LiveKit's have no prefix."""
    name = str(place[0]).upper()
    return name if name.startswith("LIVEKIT_") and name != "LIVEKIT_AGENT" else ENV_PREFIX + name


def _message(message: str) -> str:
    return message.removeprefix("Value error, ")
