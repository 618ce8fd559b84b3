"""The house stands: which part may know which, where sessions open and commit, and how long anything may get."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from resolvers.loaders import BATCHES
from resolvers.pages import PAGES
from serving.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
PARTS = ("calling", "execution", "migrations", "models", "operating", "resolvers", "schema", "serving", "telephony")
MAY_IMPORT = {
    "server": {
        "calling",
        "execution",
        "migrations",
        "models",
        "operating",
        "resolvers",
        "schema",
        "serving",
        "telephony",
    },
    "operating": {"demo", "migrations", "models", "resolvers", "schema", "serving"},
    "demo": {"calling", "models", "resolvers"},
    "serving": {"execution", "models"},
    "schema": {"calling", "execution", "models", "resolvers"},
    "resolvers": {"calling", "models"},
    "calling": {"models", "telephony"},
    "telephony": {"models"},
    "models": set(),
    "execution": set(),
    "migrations": {"models"},
}
BANNED_NAMES = {"utils", "helpers", "common", "manager", "service", "data"}
LONGEST_FILE = 250
LONGEST_FUNCTION = 40

Function = ast.FunctionDef | ast.AsyncFunctionDef


AROUND_PLANS = ("documents", "prepared", "schema")


def sources() -> dict[str, Path]:
    """Every hand-written module that is not a test, by its dotted name."""
    files = [*ROOT.glob("*.py"), *(file for part in PARTS for file in (ROOT / part).rglob("*.py"))]
    return {module_name(file): file for file in sorted(files)}


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


SOURCES = sources()
HAND_WRITTEN = {name: file for name, file in SOURCES.items() if not name.startswith("migrations.versions")}


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def part_of(module: str) -> str:
    return module.partition(".")[0]


def imported(file: Path) -> Iterator[str]:
    """The modules of ours that a file imports; `from models import agent` is `models.agent` where that is a module."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if part_of(alias.name) in MAY_IMPORT)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name} imports relatively"
            origin = str(node.module)
            if part_of(origin) in MAY_IMPORT:
                for alias in node.names:
                    inner = f"{origin}.{alias.name}"
                    yield inner if inner in SOURCES else origin


def calls(file: Path) -> Iterator[tuple[ast.Call, str, str]]:
    """Each call with the name that is called and what it is called on: `a.b.c()` is (c, b), `c()` is (c, "")."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield node, node.func.attr, getattr(owner, "attr", getattr(owner, "id", ""))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node, node.func.id, ""


def test_the_table_of_parts_is_whole() -> None:
    assert {part_of(name) for name in SOURCES} == MAY_IMPORT.keys()
    assert len(SOURCES) > 60


@pytest.mark.parametrize("module", SOURCES)
def test_imports_go_one_way(module: str) -> None:
    allowed = MAY_IMPORT[part_of(module)] | {part_of(module)}
    assert {part_of(other) for other in imported(SOURCES[module])} <= allowed


def test_plans_need_graphql_core_alone() -> None:
    known = {
        name: any("strawberry" in line for line in file.read_text().splitlines() if line.startswith(("from", "import")))
        for name, file in SOURCES.items()
        if part_of(name) == "execution"
    }
    assert {name for name, knows in known.items() if knows} == {f"execution.{each}" for each in AROUND_PLANS}


def test_what_the_table_allows_has_no_circle() -> None:
    order = [
        "execution",
        "models",
        "migrations",
        "telephony",
        "calling",
        "resolvers",
        "schema",
        "serving",
        "demo",
        "operating",
        "server",
    ]
    for place, part in enumerate(order):
        assert MAY_IMPORT[part] <= set(order[:place])


def test_no_module_imports_itself_by_way_of_others() -> None:
    edges = {name: set(imported(file)) - {name} for name, file in SOURCES.items()}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in done:
            for other in edges[module]:
                visit(other, (*path, module))
            done.add(module)

    for module in edges:
        visit(module, ())
    assert done == SOURCES.keys()


@pytest.mark.parametrize("module", SOURCES)
def test_no_import_inside_a_function(module: str) -> None:
    for function in ast.walk(tree(SOURCES[module])):
        if isinstance(function, Function):
            inner = [node.lineno for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
            assert not inner, f"{module}:{inner} imports inside {function.name}"


def test_only_the_commands_know_the_demo() -> None:
    assert {name for name, file in SOURCES.items() if "demo" in imported(file)} == {"operating.commands"}


def test_nothing_is_loaded_by_a_relationship() -> None:
    assert [name for name, file in SOURCES.items() if "Relationship(" in file.read_text()] == []


def test_only_the_doors_to_the_database_make_sessions_and_commit() -> None:
    makers = {"sessionmaker", "async_sessionmaker", "create_async_engine", "AsyncSession", "commit", "begin"}
    found = {
        (name, called)
        for name, file in HAND_WRITTEN.items()
        for _, called, _ in calls(file)
        if called in makers and part_of(name) != "migrations"
    }
    assert found == {
        ("models.postgres", "begin"),
        ("models.postgres", "create_async_engine"),
        ("models.writer", "begin"),
        ("models.writer", "commit"),
    }


def test_sessions_are_opened_by_resolvers_the_dialer_the_edge_and_the_commands_alone() -> None:
    opening = {
        part_of(name)
        for name, file in HAND_WRITTEN.items()
        for _, called, owner in calls(file)
        if called in ("read", "write") and owner.lstrip("_").startswith("database")
    }
    assert opening == {"calling", "operating", "resolvers", "serving"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name for name in SOURCES if BANNED_NAMES & set(name.split("."))] == []


@pytest.mark.parametrize("module", HAND_WRITTEN)
def test_files_and_functions_are_short(module: str) -> None:
    lines = HAND_WRITTEN[module].read_text().splitlines()
    assert len(lines) <= LONGEST_FILE
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(tree(HAND_WRITTEN[module]))
        if isinstance(node, Function) and node.end_lineno and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    }
    assert not long


def test_every_module_says_what_lives_there() -> None:
    tests = {module_name(file): file for file in (ROOT / "tests").rglob("*.py")}
    everything = SOURCES | tests
    silent = [name for name, file in everything.items() if not (ast.get_docstring(tree(file)) or "").strip()]
    assert silent == []


def test_what_the_type_checker_is_told_to_ignore_is_named() -> None:
    tests = {module_name(file): file for file in (ROOT / "tests").rglob("*.py")}
    spelled = re.compile(r"#\s*type:\s*ignore(?!\[[a-z-]+(, *[a-z-]+)*\])")
    bare = [name for name, file in (SOURCES | tests).items() if spelled.search(file.read_text())]
    assert bare == []


def test_every_edge_has_a_batch_and_every_batch_an_edge() -> None:
    named = {
        str(call.args[0].value)
        for name, file in SOURCES.items()
        for call, called, _ in calls(file)
        if part_of(name) == "schema" and called == "edge" and isinstance(call.args[0], ast.Constant)
    }
    assert len(named) > 5
    assert named <= BATCHES.keys()
    assert named | subscripts("BATCHES") == BATCHES.keys()


def test_every_connection_has_pages_and_all_pages_a_connection() -> None:
    named = {
        str(call.args[0].value)
        for name, file in SOURCES.items()
        for call, called, _ in calls(file)
        if part_of(name) == "schema" and called == "connection" and isinstance(call.args[0], ast.Constant)
    }
    assert named == PAGES.keys()


def subscripts(table: str) -> set[str]:
    """The keys by which resolvers look something up in a table: `BATCHES["trunk_of_number"]`."""
    return {
        str(node.slice.value)
        for name, file in SOURCES.items()
        if part_of(name) == "resolvers"
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == table
        and isinstance(node.slice, ast.Constant)
    }


def test_the_readme_lists_the_settings_that_there_are() -> None:
    fields = Settings.model_fields.items()
    settings = {str(field.validation_alias or PREFIX + name.upper()) for name, field in fields}
    readme = (ROOT / "README.md").read_text()
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", readme, re.MULTILINE)) == settings
    assert set(re.findall(r"(?:DIALTREE|LIVEKIT)_[A-Z_]+", readme)) == settings


def test_the_environment_is_read_by_the_settings_alone() -> None:
    reading = {name for name, file in SOURCES.items() if re.search(r"os\.environ|os\.getenv", file.read_text())}
    assert reading == set()


@pytest.mark.parametrize("document", ["AGENTS.md", "SECURITY.md"])
def test_what_a_document_names_is_there(document: str) -> None:
    """Its files, and its commands."""
    text = (ROOT / document).read_text()
    named = set(re.findall(r"`([a-z]+/[\w./-]*)`", text))
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []
    commands = set(re.findall(r"`make ([a-z-]+)`", text))
    assert commands <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
