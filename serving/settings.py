"""What the operator decides, read from the environment as DIALTREE_…; the README lists it."""

import ipaddress
import os
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import phonenumbers
from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from models.sealed import Seal

Listed = Annotated[tuple[str, ...], NoDecode]
PREFIX = "DIALTREE_"
POSTGRES = "postgresql+asyncpg"
A_FILE = "sqlite+aiosqlite:///dialtree.db"
A_DATABASE = f"{POSTGRES}://dialtree:password@localhost/dialtree"
HIGHEST_PORT = 65_535


class WrongSetting(Exception):
    """One line a wrong value, each naming its variable."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, populate_by_name=True)

    database_url: str = "sqlite+aiosqlite:///dialtree.db"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=HIGHEST_PORT)
    secret_keys: str = Field(default="", repr=False, validate_default=True)
    allowed_origins: Listed = ()
    allowed_regions: Listed = ()
    sandbox_carrier: str = ""
    sip_listen: str = ""
    sip_ca_file: str = ""
    livekit_url: str = Field(default="", validation_alias="LIVEKIT_URL")
    livekit_api_key: str = Field(default="", validation_alias="LIVEKIT_API_KEY")
    livekit_api_secret: str = Field(
        default="", repr=False, validation_alias="LIVEKIT_API_SECRET", validate_default=True
    )
    livekit_agent: str = Field(default="dialtree", min_length=1)
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=HIGHEST_PORT)
    otlp_endpoint: str = ""
    points_per_minute: int = Field(default=20_000, ge=0)
    open_per_key: int = Field(default=100, ge=1)
    request_seconds: float = Field(default=5, gt=0)
    request_bytes: int = Field(default=100_000, ge=1000)
    operation_seconds: float = Field(default=10, gt=0)
    kept_answers_mb: int = Field(default=16, ge=0, le=1024)
    executor: Literal["plans", "graphql-core"] = "plans"
    dialing: Literal["on", "off"] = "on"
    private_carriers: Literal["allow", "refuse"] = "refuse"
    most_queued: int = Field(default=10_000, ge=0)
    longest_wait_seconds: int = Field(default=86_400, ge=1, le=2_592_000)
    ring_seconds: int = Field(default=60, ge=5, le=180)
    longest_call_seconds: int = Field(default=14_400, ge=10, le=86_400)

    @field_validator("allowed_origins", "allowed_regions", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(each.strip() for each in value.split(",") if each.strip()) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _names_a_database(cls, value: str) -> str:
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError(f"is not a database URL; write {A_FILE} or {A_DATABASE}") from None
        if url.drivername == POSTGRES and url.host and url.database:
            return value
        if url.drivername != "sqlite+aiosqlite" or not url.database or url.database == ":memory:":
            raise ValueError(f"must name a SQLite file, as {A_FILE} does, or a PostgreSQL database, as {A_DATABASE}")
        if not Path(url.database).absolute().parent.is_dir():
            raise ValueError(f"names a folder that is not there: {Path(url.database).absolute().parent}")
        return value

    @field_validator("host", "metrics_host")
    @classmethod
    def _is_named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must be an address to listen on, such as 127.0.0.1")
        return value

    @field_validator("sandbox_carrier", "sip_listen")
    @classmethod
    def _is_a_socket(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not (_is_ip_address(host) and port.isdecimal() and 0 < int(port) <= HIGHEST_PORT):
            raise ValueError("must be an IP address and a port, such as 127.0.0.1:5070")
        return value

    @field_validator("sip_ca_file")
    @classmethod
    def _is_a_file(cls, value: str) -> str:
        if value and not Path(value).is_file():
            raise ValueError(f"names a file that is not there: {value}")
        return str(Path(value).absolute()) if value else value

    @field_validator("otlp_endpoint")
    @classmethod
    def _is_a_collector(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
            raise ValueError("is not the address of a collector, such as http://127.0.0.1:4318")
        return value.rstrip("/")

    @field_validator("livekit_url")
    @classmethod
    def _is_livekits(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://", "wss://", "ws://")):
            raise ValueError("is not an address such as wss://my-project.livekit.cloud")
        return value

    @field_validator("livekit_api_secret")
    @classmethod
    def _is_a_whole_account(cls, value: str, others: ValidationInfo) -> str:
        given = [bool(value), *(bool(others.data.get(name)) for name in ("livekit_url", "livekit_api_key"))]
        if any(given) and not all(given):
            raise ValueError("must be set together with LIVEKIT_URL and LIVEKIT_API_KEY, or none of the three")
        return value

    @field_validator("secret_keys")
    @classmethod
    def _opens(cls, value: str, others: ValidationInfo) -> str:
        if not value and others.data.get("database_url", "").startswith(POSTGRES):
            raise ValueError(
                "must be set with PostgreSQL, where no key file lies beside the database: 32 random bytes in base64,"
                " such as from openssl rand -base64 32, the same for every server"
            )
        if value:
            Seal.from_text(value)
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            scheme, _, host = origin.partition("://")
            if scheme not in ("http", "https") or not host or "/" in host:
                raise ValueError(f"has {origin}, which is not an origin such as https://console.example.com")
        return value

    @field_validator("allowed_regions")
    @classmethod
    def _are_regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for region in value:
            if region not in phonenumbers.SUPPORTED_REGIONS:
                raise ValueError(f"has {region}, which is not a region such as US or GB")
        return value

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None on PostgreSQL."""
        url = make_url(self.database_url)
        return None if url.drivername == POSTGRES else Path(str(url.database))

    @property
    def database_name(self) -> str:
        """What to call the database, without its password."""
        return str(self.database_file or make_url(self.database_url))

    @property
    def key_file(self) -> Path:
        return Path(str(make_url(self.database_url).database)).with_suffix(".key")

    def seal(self) -> Seal:
        """The keys given, or those of the key file beside the database, which is made where it is missing."""
        if self.secret_keys:
            return Seal.from_text(self.secret_keys)
        return _seal_from_file(self.key_file)


def read_settings() -> Settings:
    """Raises WrongSetting."""
    try:
        return Settings()
    except ValidationError as wrong:
        lines = (f"{_variable(error['loc'])} {_words(error['msg'])}" for error in wrong.errors())
        raise WrongSetting("\n".join(lines)) from None


def _is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _variable(place: tuple[int | str, ...]) -> str:
    """A setting that others name, such as LIVEKIT_URL, is spoken of by that name already."""
    name = str(place[0]).upper()
    return name if name.startswith("LIVEKIT_") and name != "LIVEKIT_AGENT" else PREFIX + name


def _words(message: str) -> str:
    return message.removeprefix("Value error, ")


def _seal_from_file(path: Path) -> Seal:
    if not path.exists():
        _make_key_file(path)
    try:
        return Seal.from_text(path.read_text().strip())
    except (ValueError, OSError) as wrong:
        raise WrongSetting(f"{PREFIX}SECRET_KEYS is not set, and the key file {path} cannot be used: {wrong}") from None


def _make_key_file(path: Path) -> None:
    """Whole or not at all, and readable by its owner alone, also where two servers start at once."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(Seal.new_key() + "\n")
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
