"""What the operator decides, read from the environment as DIALTREE_…; the README lists it."""

import errno
import os
import socket
import tempfile
from pathlib import Path
from typing import Annotated, Any

import phonenumbers
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from models.sealed import Seal

Listed = Annotated[tuple[str, ...], NoDecode]
PREFIX = "DIALTREE_"


class WrongSetting(Exception):
    """One line a wrong value, each naming its variable."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    database_url: str = "sqlite+aiosqlite:///dialtree.db"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    secret_keys: str = Field(default="", repr=False)
    allowed_origins: Listed = ()
    allowed_regions: Listed = ()

    @field_validator("allowed_origins", "allowed_regions", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(each.strip() for each in value.split(",") if each.strip()) if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _is_a_file(cls, value: str) -> str:
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError("is not a database URL; write sqlite+aiosqlite:///dialtree.db") from None
        if url.drivername != "sqlite+aiosqlite" or not url.database or url.database == ":memory:":
            raise ValueError("must name a SQLite file, as sqlite+aiosqlite:///dialtree.db does")
        if not Path(url.database).absolute().parent.is_dir():
            raise ValueError(f"names a folder that is not there: {Path(url.database).absolute().parent}")
        return value

    @field_validator("host")
    @classmethod
    def _is_named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must be an address to listen on, such as 127.0.0.1")
        return value

    @field_validator("secret_keys")
    @classmethod
    def _opens(cls, value: str) -> str:
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
    def database_file(self) -> Path:
        return Path(str(make_url(self.database_url).database))

    def seal(self) -> Seal:
        """The keys given, or those of the key file beside the database, which is made where it is missing."""
        if self.secret_keys:
            return Seal.from_text(self.secret_keys)
        return _seal_from_file(self.database_file.with_suffix(".key"))


def read_settings() -> Settings:
    """Raises WrongSetting."""
    try:
        return Settings()
    except ValidationError as wrong:
        lines = (f"{PREFIX}{_variable(error['loc'])} {_words(error['msg'])}" for error in wrong.errors())
        raise WrongSetting("\n".join(lines)) from None


def listen(settings: Settings) -> socket.socket:
    """The address to serve on, taken. Raises WrongSetting where it cannot be."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as wrong:
        host_is_wrong = isinstance(wrong, socket.gaierror) or wrong.errno == errno.EADDRNOTAVAIL
        variable = f"HOST={settings.host}" if host_is_wrong else f"PORT={settings.port}"
        raise WrongSetting(f"{PREFIX}{variable} cannot be served on: {wrong.strerror}") from None


def _variable(place: tuple[int | str, ...]) -> str:
    return str(place[0]).upper()


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
