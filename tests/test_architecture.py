"""Check the imports between packages, where sessions open and commit, and the size of files and functions."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from resolvers.child_connections import CHILD_CONNECTIONS
from resolvers.loaders import LOADERS
from serving.settings import ENV_PREFIX, Settings

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "calling",
    "dialing",
    "execution",
    "migrations",
    "models",
    "operating",
    "resolvers",
    "schema",
    "serving",
    "storage",
    "telephony",
)
ALLOWED_IMPORTS = {
    "server": set(PACKAGES),
    "operating": {"calling", "demo", "migrations", "models", "resolvers", "schema", "serving", "storage"},
    "demo": {"calling", "demo_campaign", "models", "resolvers", "storage"},
    "demo_campaign": {"calling", "models", "storage"},
    "serving": {"execution", "models", "storage"},
    "schema": {"calling", "execution", "models", "resolvers"},
    "resolvers": {"calling", "dialing", "models", "storage"},
    "dialing": {"calling", "models", "storage", "telephony"},
    "calling": {"models", "storage", "telephony"},
    "telephony": {"models", "storage"},
    "models": {"storage"},
    "storage": set(),
    "execution": set(),
    "migrations": {"models", "storage"},
}
BANNED_NAMES = {"utils", "helpers", "common", "manager", "service", "data"}
MAX_FILE_LINES = 250
MAX_FUNCTION_LINES = 40

Function = ast.FunctionDef | ast.AsyncFunctionDef


STRAWBERRY_MODULES = ("document_cache", "prepared_operation", "schema")


def sources() -> dict[str, Path]:
    """Every hand-written module that is not a test, by its dotted name."""
    files = [*ROOT.glob("*.py"), *(file for part in PACKAGES for file in (ROOT / part).rglob("*.py"))]
    return {module_name(file): file for file in sorted(files)}


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


SOURCES = sources()
HAND_WRITTEN = {name: file for name, file in SOURCES.items() if not name.startswith("migrations.versions")}


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def package_of(module: str) -> str:
    return module.partition(".")[0]


def type_imports(file: Path) -> set[ast.AST]:
    """What a file imports for mypy alone: `models/rows.py` names the enums of the modules that import it."""
    blocks = (node for node in ast.walk(tree(file)) if isinstance(node, ast.If))
    return {
        each
        for block in blocks
        if isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for each in ast.walk(block)
    }


def imported_modules(file: Path, *, when_run: bool = False) -> Iterator[str]:
    """The modules of ours that a file imports; `from models import agent` is `models.agent` where that is a module."""
    for node in set(ast.walk(tree(file))) - (type_imports(file) if when_run else set()):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if package_of(alias.name) in ALLOWED_IMPORTS)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name} imports relatively"
            origin = str(node.module)
            if package_of(origin) in ALLOWED_IMPORTS:
                for alias in node.names:
                    inner = f"{origin}.{alias.name}"
                    yield inner if inner in SOURCES else origin


def find_calls(file: Path) -> Iterator[tuple[ast.Call, str, str]]:
    """Each call with the name that is called and what it is called on: `a.b.c()` is (c, b), `c()` is (c, "")."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield node, node.func.attr, getattr(owner, "attr", getattr(owner, "id", ""))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node, node.func.id, ""


def test_the_table_of_parts_is_whole() -> None:
    assert {package_of(name) for name in SOURCES} == ALLOWED_IMPORTS.keys()
    assert len(SOURCES) > 60


@pytest.mark.parametrize("module", SOURCES)
def test_imports_go_one_way(module: str) -> None:
    allowed = ALLOWED_IMPORTS[package_of(module)] | {package_of(module)}
    assert {package_of(other) for other in imported_modules(SOURCES[module])} <= allowed


def test_plans_need_graphql_core_alone() -> None:
    known = {
        name: any("strawberry" in line for line in file.read_text().splitlines() if line.startswith(("from", "import")))
        for name, file in SOURCES.items()
        if package_of(name) == "execution"
    }
    assert {name for name, knows in known.items() if knows} == {f"execution.{each}" for each in STRAWBERRY_MODULES}


def test_what_the_table_allows_has_no_circle() -> None:
    order = [
        "execution",
        "storage",
        "models",
        "migrations",
        "telephony",
        "calling",
        "dialing",
        "resolvers",
        "schema",
        "serving",
        "demo_campaign",
        "demo",
        "operating",
        "server",
    ]
    for place, part in enumerate(order):
        assert ALLOWED_IMPORTS[part] <= set(order[:place])


def test_no_module_imports_itself_by_way_of_others() -> None:
    edges = {name: set(imported_modules(file, when_run=True)) - {name} for name, file in SOURCES.items()}
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
    assert {name for name, file in SOURCES.items() if "demo" in imported_modules(file)} == {"operating.commands"}


def test_nothing_is_loaded_by_a_relationship() -> None:
    assert [name for name, file in SOURCES.items() if "Relationship(" in file.read_text()] == []


def test_only_the_doors_to_the_database_make_sessions_and_commit() -> None:
    makers = {"sessionmaker", "async_sessionmaker", "create_async_engine", "AsyncSession", "commit", "begin"}
    found = {
        (name, called)
        for name, file in HAND_WRITTEN.items()
        for _, called, _ in find_calls(file)
        if called in makers and package_of(name) != "migrations"
    }
    assert found == {
        ("storage.postgres", "begin"),
        ("storage.postgres_engine", "create_async_engine"),
        ("storage.sqlite_writer", "begin"),
        ("storage.sqlite_writer", "commit"),
    }


def test_sessions_are_opened_by_resolvers_the_dialer_the_server_and_the_commands_alone() -> None:
    opening = {
        package_of(name)
        for name, file in HAND_WRITTEN.items()
        for _, called, owner in find_calls(file)
        if called in ("read", "write") and owner.lstrip("_").startswith("database")
    }
    assert opening == {"dialing", "operating", "resolvers", "serving"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name for name in SOURCES if BANNED_NAMES & set(name.split("."))] == []


@pytest.mark.parametrize("module", HAND_WRITTEN)
def test_files_and_functions_are_short(module: str) -> None:
    lines = HAND_WRITTEN[module].read_text().splitlines()
    assert len(lines) <= MAX_FILE_LINES
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(tree(HAND_WRITTEN[module]))
        if isinstance(node, Function) and node.end_lineno and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    }
    assert not long


@pytest.mark.parametrize("module", HAND_WRITTEN)
def test_a_task_that_waits_for_an_event_can_be_cancelled(module: str) -> None:
    """On Python 3.11 asyncio.wait_for loses a cancellation that comes together with the event, and the task goes on."""
    assert not re.search(r"asyncio\.wait_for\([\w.]+\.wait\(\)", HAND_WRITTEN[module].read_text())


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
        for call, called, _ in find_calls(file)
        if package_of(name) == "schema" and called == "edge" and isinstance(call.args[0], ast.Constant)
    }
    assert len(named) > 5
    assert named <= LOADERS.keys()
    assert named | subscripts("LOADERS") == LOADERS.keys()


def test_every_connection_has_pages_and_all_pages_a_connection() -> None:
    named = {
        str(call.args[0].value)
        for name, file in SOURCES.items()
        for call, called, _ in find_calls(file)
        if package_of(name) == "schema" and called == "connection" and isinstance(call.args[0], ast.Constant)
    }
    assert named == CHILD_CONNECTIONS.keys()


def subscripts(table: str) -> set[str]:
    """The keys by which resolvers look something up in a table: `LOADERS["trunk_of_number"]`."""
    return {
        str(node.slice.value)
        for name, file in SOURCES.items()
        if package_of(name) == "resolvers"
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == table
        and isinstance(node.slice, ast.Constant)
    }


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    fields = Settings.model_fields.items()
    settings = {str(field.validation_alias or ENV_PREFIX + name.upper()): field for name, field in fields}
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert rows.keys() == settings.keys()
    documented = {name: default.strip("`") for name, default in rows.items() if default.startswith("`")}
    assert len(documented) > 20
    assert documented == {name: str(settings[name].default) for name in documented}
    text = "".join(document.read_text() for document in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))
    assert set(re.findall(r"(?:DIALTREE|LIVEKIT)_[A-Z_]+", text)) == settings.keys()


def test_every_documented_metric_is_one_of_the_code() -> None:
    documented = set(re.findall(r"`dialtree_(\w+?)(?:_total)?`", (ROOT / "docs" / "operations.md").read_text()))
    assert len(documented) > 10
    code = SOURCES["serving.metrics"].read_text()
    assert [name for name in documented if not re.search(rf"[\"_]{name}(_total)?\"", code)] == []


def test_the_environment_is_read_by_the_settings_alone() -> None:
    reading = {name for name, file in SOURCES.items() if re.search(r"os\.environ|os\.getenv", file.read_text())}
    assert reading == set()


@pytest.mark.parametrize("document", ["AGENTS.md", "SECURITY.md", "docs/architecture.md"])
def test_what_a_document_names_is_there(document: str) -> None:
    """Its files, the functions and classes that it names in them, and its commands."""
    text = (ROOT / document).read_text()
    named = set(re.findall(r"`([a-z]+/[\w./-]*|[\w-]+\.(?:py|md|graphql|toml))`", text))
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert [(file, name) for file, name in named_in_files(text) if not is_defined(ROOT / file, name)] == []
    commands = set(re.findall(r"`make ([a-z-]+)`", text))
    assert commands <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def named_in_files(text: str) -> Iterator[tuple[str, str]]:
    """Each ``file.py`` followed by names, as in `calling/slots.py` `fill_slots`, `Slot.clear`: (file, name)."""
    name = r"`(?![\w/.]+\.(?:py|tsx?|md)`)[A-Za-z_.]+`"
    for file, names in re.findall(rf"`([\w/-]+\.(?:py|tsx?))`\s((?:{name}(?:,\s|\sand\s)?)+)", text):
        yield from ((file, each) for each in re.findall(r"`([A-Za-z_.]+)`", names))


def is_defined(file: Path, name: str) -> bool:
    """Whether a Python file defines a function, class or `Class.method`, or a file of the page names it."""
    if file.suffix != ".py":
        return re.search(rf"\b{re.escape(name)}\b", file.read_text()) is not None
    scope: list[ast.AST] = [tree(file)]
    for part in name.split("."):
        inner = [node for parent in scope for node in ast.walk(parent)]
        scope = [node for node in inner if isinstance(node, Function | ast.ClassDef) and node.name == part]
    return bool(scope)


def test_every_name_in_the_walks_is_one_of_the_code() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`(?:[A-Z]\w+\.)?([a-z]+_[a-z_]+|[A-Z][a-z]+[A-Z]\w+)`", text))
    assert len(named) > 30
    files = [*SOURCES.values(), *(ROOT / "web" / "src").rglob("*.ts*")]
    code = "".join(file.read_text() for file in files)
    assert [name for name in named if not re.search(rf"\b{name}\b", code)] == []


def test_a_name_that_a_file_does_not_define_is_found_out() -> None:
    text = "`calling/sharing.py` `set_shareable`, `Sharing.never` and `server.py` `serve`"
    assert list(named_in_files(text)) == [
        ("calling/sharing.py", "set_shareable"),
        ("calling/sharing.py", "Sharing.never"),
        ("server.py", "serve"),
    ]
    assert is_defined(ROOT / "server.py", "serve")
    assert not is_defined(ROOT / "server.py", "Components.serve")
