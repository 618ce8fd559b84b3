"""The operator's commands. Each may run beside a server on the same database."""

import json
import sys
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

import demo as demo_tree
from migrations import migrate as run_migrations
from models import Database, DatabaseGone, WriteSession, now
from models.plain_role import SuperuserRefused
from operating import backup as backups
from operating import moving, rotation
from operating import prune as pruning
from operating.on_database import on_database, write
from operating.sole_server import sole_server
from resolvers.api_keys import issue_admin_key
from resolvers.managed_trunks import add_managed_trunk
from resolvers.organizations import add_organization
from schema import schema
from serving.settings import Settings, WrongSetting, read_settings

EXPORTED = Path(__file__).parent.with_name("schema.graphql")

commands = typer.Typer()
AsJson = Annotated[bool, typer.Option("--json", help="Make the last line of output a JSON object.")]


@commands.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    typer.echo(f"{migrated().database_name} is up to date.")


@commands.command()
def demo() -> None:
    """Fill an empty database with the demo tree, and print its keys."""
    settings = migrated()
    carrier = settings.sandbox_carrier or demo_tree.SANDBOX
    made = write(settings, lambda session: demo_tree.plant(session, settings.seal(), carrier))
    address = f"http://{settings.host}:{settings.port}/graphql"
    typer.echo(demo_tree.described(made, address) if made else demo_tree.kept(settings.database_name))


@commands.command()
def backup(file: Path) -> None:
    """Copy the SQLite database, as of one moment, to a new FILE. A server may serve it meanwhile."""
    settings = read_settings()
    size = backups.back_up(_file_of(settings), file)
    typer.echo(
        f"{file} holds {settings.database_file} as it was just now: {size / 1e6:.1f} MB."
        " The secret keys are not in it: keep those too, elsewhere."
    )


@commands.command()
def restore(file: Path) -> None:
    """Put the backup FILE where the SQLite database was, which must have been moved away."""
    settings = read_settings()
    backups.restore(file, _file_of(settings))
    typer.echo(
        f"{settings.database_file} is restored from {file}. Put the secret keys back too, as {settings.key_file}"
        " or into DIALTREE_SECRET_KEYS, and serve."
    )


@commands.command()
def prune(older_than: Annotated[int, typer.Option(min=1, help="Days since they ended.")]) -> None:
    """Remove conversations that ended long ago, with their transfers and idempotency keys. A server may go on."""
    before = now() - timedelta(days=older_than)

    async def remove(database: Database) -> tuple[int, int]:
        conversations = transfers = 0
        async for removed in pruning.prune(database, before):
            conversations, transfers = conversations + removed[0], transfers + removed[1]
            if sys.stderr.isatty():
                typer.echo(f"\r{conversations} conversations removed ...", nl=False, err=True)
        return conversations, transfers

    conversations, transfers = on_database(migrated(), remove)
    typer.echo(
        f"Removed {conversations} conversations that ended more than {older_than} days ago, with {transfers} transfers."
    )


@commands.command()
def rotate_secrets() -> None:
    """Seal trunks' passwords with the first of DIALTREE_SECRET_KEYS, so that older keys can go. A server may go on."""
    settings = migrated()
    try:
        rotated = write(settings, lambda session: rotation.rotate(session, settings.seal()))
    except ValueError as lost:
        raise WrongSetting(f"DIALTREE_SECRET_KEYS is not complete: {lost}") from None
    typer.echo(f"Passwords sealed anew: {rotated}. Older keys can be put away once every server has the new one.")


@commands.command()
def copy(to: Annotated[str, typer.Option(help="An empty PostgreSQL database: postgresql+asyncpg://…")]) -> None:
    """Copy the whole installation into a PostgreSQL database, and compare the two. No server may serve it meanwhile."""
    settings = read_settings()
    with sole_server(settings.database_file) if settings.database_file else nullcontext():
        target = migrated(moving.target(migrated(settings), to))

        async def move(source: Database) -> dict[str, int]:
            database = Database(target.database_url)
            try:
                with typer.progressbar(length=await moving.rows_of(source), label="Copying", file=sys.stderr) as bar:
                    return await moving.move(source, database, bar.update)
            finally:
                await database.close()

        copied = on_database(settings, move)
    typer.echo("\n".join(f"{table:<16} {rows:>10}" for table, rows in copied.items()))
    where = "" if settings.secret_keys else f", which {settings.key_file} holds"
    typer.echo(
        f"{target.database_name} holds all of it, compared row by row. Serve it with DIALTREE_DATABASE_URL set to that"
        f" and DIALTREE_SECRET_KEYS to the keys of now{where}."
    )


@commands.command()
def export_schema() -> None:
    """Write schema.graphql from the code."""
    EXPORTED.write_text(schema.as_str() + "\n")
    typer.echo(f"{EXPORTED.name} is written.")


@commands.command()
def create_organization(name: str, slug: Annotated[str, typer.Option()], as_json: AsJson = False) -> None:
    """Create a root organization, and its first admin key."""

    async def create(session: WriteSession) -> dict[str, str]:
        organization = await add_organization(session, name, slug, parent_id=None)
        return {"organizationId": organization.id, "apiKey": issue_admin_key(session, organization.id)}

    made = write(migrated(), create)
    _say(
        made,
        f"Organization {name}: {made['organizationId']}\nIts admin key, shown this once: {made['apiKey']}",
        as_json,
    )


@commands.command()
def create_managed_trunk(
    organization_id: str,
    name: str,
    more: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
    *,
    address: Annotated[str, typer.Option(help="The carrier's host, optionally with :port.")],
    number: Annotated[list[str] | None, typer.Option(help="The trunk's numbers, in E.164.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create a managed Twilio trunk for an organization, with its numbers."""
    numbers = [*(number or ()), *(more or ())]

    async def create(session: WriteSession) -> dict[str, str]:
        return {"trunkId": await add_managed_trunk(session, organization_id, name, address, numbers)}

    made = write(migrated(), create)
    _say(made, f"Managed trunk {name}: {made['trunkId']}, with {len(numbers)} numbers", as_json)


def migrated(settings: Settings | None = None) -> Settings:
    """The settings, whose database has this version's tables now. Raises WrongSetting."""
    settings = settings or read_settings()
    try:
        run_migrations(settings.database_url)
    except DBAPIError as wrong:
        raise WrongSetting(
            f"DIALTREE_DATABASE_URL names {settings.database_name}, which cannot be used as a database: {wrong.orig}"
        ) from None
    except SuperuserRefused as wrong:
        raise WrongSetting(str(wrong)) from None
    except DatabaseGone as wrong:
        raise WrongSetting(f"DIALTREE_DATABASE_URL names {settings.database_name}: {wrong}") from None
    return settings


def _file_of(settings: Settings) -> Path:
    if settings.database_file is None:
        raise backups.NotCopied(
            "this copies SQLite files. A PostgreSQL database is backed up with pg_dump and restored with pg_restore:"
            " README.md has both lines, under Backups."
        )
    return settings.database_file


def _say(made: dict[str, str], words: str, as_json: bool) -> None:
    typer.echo(words if not as_json else json.dumps(made))
