"""What the code imports is declared in pyproject.toml, and what is declared there is used."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OWN = {file.stem for file in ROOT.glob("*.py")} | {folder.name for folder in ROOT.iterdir() if folder.is_dir()}
DEVELOPMENT_FOLDERS = ("tests", "benchmarks")
# The peers of the benchmark have an environment of their own.
OTHER_ENVIRONMENTS = ("benchmarks/peers/",)
IMPORTED_BY_LIBRARIES = {
    "aiosqlite": "SQLAlchemy imports it for sqlite+aiosqlite, with which migrations/env.py connects",
    "httptools": "uvicorn imports it for HttpToolsProtocol, which serving/http_protocol.py extends",
    "uvloop": "uvicorn imports it for its event loop",
}
COMMANDS = {
    "coverage": "tests/defects.py runs it",
    "mypy": "make check",
    "pytest-xdist": "a plugin of pytest",
    "ruff": "make check",
    "uv": "make lock",
}


def declared(requirements: Iterable[str]) -> set[str]:
    """The distributions that requirements name, by their normalized names."""
    return {normalize(re.split(r"[\[><=~!; ]", each, maxsplit=1)[0]) for each in requirements}


def normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


RUNTIME = declared(PROJECT["project"]["dependencies"])
DEVELOPMENT = declared(PROJECT["dependency-groups"]["dev"])


def imported_names(files: Iterable[Path]) -> set[str]:
    """The dotted names of the modules that the files import."""
    names: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def distributions_of(names: Iterable[str]) -> set[str]:
    """The distributions that provide the modules, one for each name that is neither Python's nor our own."""
    foreign = {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names | OWN}
    return {distribution_of(name) for name in foreign}


def distribution_of(name: str) -> str:
    """Where several distributions share a namespace such as `google` or `livekit`, the one that has the module."""
    top = name.partition(".")[0]
    found = {normalize(each) for each in PROVIDERS.get(top, [])}
    assert found, f"nothing that is installed provides {name}"
    if len(found) == 1:
        return found.pop()
    return next(owner for prefix, owner in NAMESPACES.items() if name.startswith(prefix))


PROVIDERS = packages_distributions()
NAMESPACES = {
    "google.protobuf": "protobuf",
    "livekit.api": "livekit-api",
    "livekit.protocol": "livekit-protocol",
    "opentelemetry.exporter.otlp.proto.http": "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry.proto": "opentelemetry-proto",
    "opentelemetry.sdk": "opentelemetry-sdk",
    "opentelemetry": "opentelemetry-api",
}


def source_files() -> tuple[list[Path], list[Path]]:
    """The project's own Python files: those that are shipped, and those of tests and benchmarks."""
    shipped: list[Path] = []
    development: list[Path] = []
    for folder in sorted(OWN):
        files = [ROOT / f"{folder}.py"] if (ROOT / f"{folder}.py").is_file() else (ROOT / folder).rglob("*.py")
        for file in files:
            place = file.relative_to(ROOT).as_posix()
            if not place.startswith((".", "web/", *OTHER_ENVIRONMENTS)):
                (development if place.startswith(DEVELOPMENT_FOLDERS) else shipped).append(file)
    return shipped, development


SHIPPED, DEVELOPING = source_files()


def test_what_is_shipped_imports_what_is_declared_and_nothing_is_declared_in_vain() -> None:
    used = distributions_of(imported_names(SHIPPED))
    assert len(SHIPPED) > 60
    assert used - RUNTIME == set()
    assert RUNTIME - used == IMPORTED_BY_LIBRARIES.keys()


def test_tests_and_benchmarks_import_what_is_declared_and_nothing_is_declared_in_vain() -> None:
    used = distributions_of(imported_names(DEVELOPING))
    assert len(DEVELOPING) > 60
    assert used - RUNTIME - DEVELOPMENT == set()
    assert DEVELOPMENT - used == COMMANDS.keys()
