"""Define the command line (`python server.py …`)."""

import json
import sys
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

import demo as demo_tree
from models import Scope, now
from operating import backup as backups
from operating import copying, pruning, secret_rotation
from operating.database_setup import bring_up_to_date, migrate_as_owner, migrate_configured
from operating.invariants import find_wrong_counts
from operating.organization_lookup import find_organization_id
from operating.run_on_database import run_on_database, run_read, run_write
from operating.server_lock import lock_for_serving
from operating.suspicious_trunks import find_suspicious_trunks
from resolvers.api_keys import issue_admin_key, issue_key
from resolvers.managed_trunks import add_managed_trunk
from resolvers.organizations import add_organization
from schema import schema
from serving.settings import InvalidSetting, Settings, load_settings
from storage import Database, WriteSession

SCHEMA_FILE = Path(__file__).parent.with_name("schema.graphql")

commands = typer.Typer()


def _scope(name: str) -> Scope:
    if name not in Scope.__members__:
        raise typer.BadParameter(f"{name} is not a scope. There are {', '.join(Scope.__members__)}.")
    return Scope[name]


AsJson = Annotated[bool, typer.Option("--json", help="Make the last line of output a JSON object.")]


@commands.command()
def migrate() -> None:
    """Migrate the database to this version."""
    typer.echo(f"{migrate_configured().database_name} is up to date.")


@commands.command()
def demo() -> None:
    """Fill an empty database with the demo tree, and print its keys."""
    settings = migrate_configured()
    carrier = settings.sandbox_carrier or demo_tree.DEFAULT_SANDBOX_CARRIER
    keys = run_write(settings, lambda session: demo_tree.create_demo_tree(session, settings.secret_box(), carrier))
    address = f"http://{settings.host}:{settings.port}/graphql"
    typer.echo(
        demo_tree.describe_keys(keys, address) if keys else demo_tree.describe_existing_data(settings.database_name)
    )


@commands.command()
def backup(file: Path) -> None:
    """Copy the SQLite database, as of one moment, to a new FILE. The server may keep running."""
    settings = load_settings()
    size = backups.back_up(_sqlite_file(settings), file)
    typer.echo(
        f"{file} holds {settings.database_file} as it was just now: {size / 1e6:.1f} MB."
        " The secret keys are not in it: back them up too, elsewhere."
    )


@commands.command()
def restore(
    file: Path,
    *,
    keep_queue: Annotated[
        bool, typer.Option("--keep-queue", help="Keep the queued conversations of the backup, to be dialed.")
    ] = False,
) -> None:
    """Restore the SQLite database from FILE; move the old database away first. Queued conversations are cancelled."""
    settings = load_settings()
    cancelled = backups.restore(file, _sqlite_file(settings), keep_queue=keep_queue)
    queue = "The queue is kept." if keep_queue else f"Queued conversations ended CANCELLED: {cancelled}."
    typer.echo(
        f"{settings.database_file} is restored from {file}. {queue} Put the secret keys back too, as"
        f" {settings.key_file} or into DIALTREE_SECRET_KEYS, and serve."
    )


@commands.command()
def prune(
    older_than: Annotated[int, typer.Option(min=1, help="Days since a conversation ended.")],
    *,
    recount: Annotated[
        bool, typer.Option("--recount", help="Recount stored bytes, to free what killed servers had leased.")
    ] = False,
) -> None:
    """Remove old conversations, with their transfers and idempotency keys. The server may keep running."""
    before = now() - timedelta(days=older_than)

    async def remove(database: Database) -> tuple[int, int]:
        conversations = transfers = 0
        async for removed in pruning.prune_conversations(database, before):
            conversations, transfers = conversations + removed[0], transfers + removed[1]
            if sys.stderr.isatty():
                typer.echo(f"\r{conversations} conversations removed ...", nl=False, err=True)
        if recount:
            await pruning.recount(database)
        return conversations, transfers

    conversations, transfers = run_on_database(migrate_configured(), remove)
    typer.echo(
        f"Removed {conversations} conversations that ended more than {older_than} days ago, with {transfers} transfers."
    )


@commands.command()
def rotate_secrets() -> None:
    """Encrypt trunk passwords again, with the first of DIALTREE_SECRET_KEYS. The server may keep running."""
    settings = migrate_configured()
    try:
        rotated = run_write(
            settings, lambda session: secret_rotation.reencrypt_passwords(session, settings.secret_box())
        )
    except ValueError as error:
        raise InvalidSetting(f"DIALTREE_SECRET_KEYS is not complete: {error}") from None
    typer.echo(f"Passwords encrypted again: {rotated}. Older keys can be removed once every server has the new one.")


@commands.command()
def check() -> None:
    """Find wrong counts of campaigns, and trunks whose credentials hold parameters of the SIP engine: exit status 1."""
    settings = migrate_configured()
    if wrong := run_read(settings, find_wrong_counts):
        typer.echo(f"The counts of these campaigns are not those of their contacts and calls: {', '.join(wrong)}.")
        raise typer.Exit(1)
    try:
        descriptions = run_read(settings, lambda session: find_suspicious_trunks(session, settings.secret_box()))
    except ValueError as error:
        raise InvalidSetting(f"DIALTREE_SECRET_KEYS is not complete: {error}") from None
    if descriptions:
        typer.echo(
            "\n".join((*descriptions, "Ask who stored these, and have them changed. The engine no longer parses them."))
        )
        raise typer.Exit(1)
    typer.echo("No trunk's credentials contain parameters of the SIP engine.")


@commands.command()
def copy() -> None:
    """Copy everything to the empty PostgreSQL database DIALTREE_COPY_TO, and compare. No server may be running."""
    settings = load_settings()
    with lock_for_serving(settings.database_file) if settings.database_file else nullcontext():
        target = copying.target_settings(bring_up_to_date(settings))
        migrate_as_owner(target, "DIALTREE_COPY_TO", target.database_url)

        async def move(source: Database) -> dict[str, int]:
            database = Database(target.database_url)
            try:
                with typer.progressbar(
                    length=await copying.count_rows(source), label="Copying", file=sys.stderr
                ) as bar:
                    return await copying.copy_installation(source, database, lambda rows: bar.update(rows - bar.pos))
            finally:
                await database.close()

        copied = run_on_database(settings, move)
    typer.echo("\n".join(f"{table:<16} {rows:>10}" for table, rows in copied.items()))
    where = "" if settings.secret_keys else f", which {settings.key_file} holds"
    typer.echo(
        f"{target.database_name} holds all of it, compared row by row. Serve it with DIALTREE_DATABASE_URL set to that"
        f" and DIALTREE_SECRET_KEYS to the current keys{where}."
    )


@commands.command()
def export_schema() -> None:
    """Write schema.graphql from the code."""
    SCHEMA_FILE.write_text(schema.as_str() + "\n")
    typer.echo(f"{SCHEMA_FILE.name} is written.")


@commands.command()
def create_organization(name: str, slug: Annotated[str, typer.Option()], as_json: AsJson = False) -> None:
    """Create a root organization and its first admin key."""

    async def create(session: WriteSession) -> dict[str, str]:
        organization = await add_organization(session, name, slug, parent_id=None)
        return {"organizationId": organization.id, "apiKey": issue_admin_key(session, organization.id)}

    created = run_write(migrate_configured(), create)
    _print_result(
        created,
        f"Organization {name}: {created['organizationId']}\nIts admin key, shown this once: {created['apiKey']}",
        as_json,
    )


@commands.command()
def create_key(
    organization: Annotated[str, typer.Argument(help="The organization's id, or its slug.")],
    scope: Annotated[
        list[Scope] | None,
        typer.Option(parser=_scope, metavar="SCOPE", help="A scope of the key; may be repeated. Default: all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create an API key for an organization whose keys are lost. The new key is shown once."""

    async def create(session: WriteSession) -> dict[str, str]:
        owner = await find_organization_id(session, organization)
        key, secret = issue_key(session, owner, "operator", scope or list(Scope))
        return {"organizationId": owner, "apiKeyId": key.id, "apiKey": secret}

    created = run_write(migrate_configured(), create)
    text = f"API key {created['apiKeyId']} of {created['organizationId']}, shown this once: {created['apiKey']}"
    _print_result(created, text, as_json)


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

    created = run_write(migrate_configured(), create)
    _print_result(created, f"Managed trunk {name}: {created['trunkId']}, with {len(numbers)} numbers", as_json)


def _sqlite_file(settings: Settings) -> Path:
    if settings.database_file is None:
        raise backups.CopyFailed(
            "this copies SQLite files. A PostgreSQL database is backed up with pg_dump and restored with pg_restore:"
            " docs/operations.md has both commands."
        )
    return settings.database_file


def _print_result(result: dict[str, str], text: str, as_json: bool) -> None:
    typer.echo(json.dumps(result) if as_json else text)
