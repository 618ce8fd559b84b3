"""The composition root: lifespan, routes and the command line. The only file that wires the parts together."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import typer
import uvicorn
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

import demo as demo_tree
from migrations import migrate as run_migrations
from models import Database, DatabaseGone, Refused, WriteSession
from resolvers.api_keys import issue_admin_key
from resolvers.caller import authenticate
from resolvers.context import Context, Deployment
from resolvers.feed import Feed
from resolvers.managed_trunks import add_managed_trunk
from resolvers.organizations import add_organization
from schema import schema
from serving.answering import not_found
from serving.endpoint import GraphQLEndpoint
from serving.key_uses import KeyUses
from serving.page import page_routes
from serving.requests import Bugs, RequestLog, log_to_stderr
from serving.settings import Settings, WrongSetting, listen, read_settings
from serving.sockets import SocketEndpoint

SOCKETS: Literal["websockets-sansio"] = "websockets-sansio"
PAGE = Path(__file__).parent / "web" / "dist"
EXPORTED = Path(__file__).with_name("schema.graphql")


class State(TypedDict):
    """What the lifespan opens, and requests reach as `request.state`."""

    database: Database
    deployment: Deployment
    key_uses: KeyUses
    feed: Feed


def create_app(settings: Settings) -> Starlette:
    """The application over a migrated database."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[State]:
        database = Database(settings.database_url)
        key_uses = KeyUses(database)
        deployment = Deployment(settings.seal(), frozenset(settings.allowed_regions))
        feed = Feed(database)
        reading = asyncio.create_task(feed.run())
        yield {"database": database, "deployment": deployment, "key_uses": key_uses, "feed": feed}
        reading.cancel()
        await key_uses.finish()
        await database.close()

    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "X-Request-Id"],
        expose_headers=["X-Request-Id"],
    )
    return Starlette(
        routes=[
            Route("/graphql", GraphQLEndpoint(schema, context_for)),
            WebSocketRoute("/graphql", SocketEndpoint(schema, context_for, settings.allowed_origins)),
            Route("/healthz", healthz),
            *page_routes(PAGE),
        ],
        middleware=[Middleware(RequestLog), cors, Middleware(Bugs)],
        exception_handlers={HTTPException: not_found},
        lifespan=lifespan,
    )


async def context_for(request: HTTPConnection, token: str) -> Context | None:
    state = request.state
    async with state.database.read() as session:
        caller = await authenticate(session, token)
    if caller is None:
        return None
    state.api_key = caller.api_key.id
    state.key_uses.note(caller.api_key)
    return Context(state.database, caller, state.deployment, state.feed)


async def healthz(request: Request) -> Response:
    try:
        await request.state.database.ping()
    except (SQLAlchemyError, DatabaseGone):
        return JSONResponse({"status": "the database does not answer"}, 503, {"Retry-After": "1"})
    return JSONResponse({"status": "ok"})


# ---------------------------------------------------------------------------------------------- the command line

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Dialtree: which number does this call go out from?",
)
AsJson = Annotated[bool, typer.Option("--json", help="Make the last line of output a JSON object.")]


@cli.command()
def serve() -> None:
    """Migrate the database, then serve on DIALTREE_HOST and DIALTREE_PORT until stopped."""
    settings = _migrated()
    settings.seal()
    log_to_stderr()
    with listen(settings) as listening:
        port = listening.getsockname()[1]
        address = f"http://{settings.host}:{port}"
        typer.echo(
            f"Dialtree serves {address}/graphql; the console is at {address}/ and GraphiQL at {address}/graphiql"
        )
        config = uvicorn.Config(
            create_app(settings), log_config=None, access_log=False, server_header=False, ws=SOCKETS
        )
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


@cli.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    typer.echo(f"{_migrated().database_file} is up to date.")


@cli.command()
def demo() -> None:
    """Fill an empty database with the demo tree, and print its keys."""
    settings = _migrated()
    made = _write(settings, lambda session: demo_tree.plant(session, settings.seal()))
    address = f"http://{settings.host}:{settings.port}/graphql"
    typer.echo(demo_tree.described(made, address) if made else demo_tree.kept(settings.database_file))


@cli.command()
def export_schema() -> None:
    """Write schema.graphql from the code."""
    EXPORTED.write_text(schema.as_str() + "\n")
    typer.echo(f"{EXPORTED.name} is written.")


@cli.command()
def create_organization(name: str, slug: Annotated[str, typer.Option()], as_json: AsJson = False) -> None:
    """Create a root organization, and its first admin key."""

    async def create(session: WriteSession) -> dict[str, str]:
        organization = await add_organization(session, name, slug, parent_id=None)
        return {"organizationId": organization.id, "apiKey": issue_admin_key(session, organization.id)}

    made = _write(_migrated(), create)
    _say(
        made,
        f"Organization {name}: {made['organizationId']}\nIts admin key, shown this once: {made['apiKey']}",
        as_json,
    )


@cli.command()
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

    made = _write(_migrated(), create)
    _say(made, f"Managed trunk {name}: {made['trunkId']}, with {len(numbers)} numbers", as_json)


def _migrated() -> Settings:
    settings = read_settings()
    try:
        run_migrations(settings.database_url)
    except DatabaseError as wrong:
        raise WrongSetting(
            f"DIALTREE_DATABASE_URL names {settings.database_file}, which cannot be used as a database: {wrong.orig}"
        ) from None
    return settings


def _write(settings: Settings, write: Any) -> Any:
    """One transaction on the database file, which a server may be serving meanwhile."""

    async def transaction() -> Any:
        database = Database(settings.database_url)
        try:
            async with database.write() as session:
                return await write(session)
        finally:
            await database.close()

    return asyncio.run(transaction())


def _say(made: dict[str, str], words: str, as_json: bool) -> None:
    typer.echo(words if not as_json else json.dumps(made))


def main() -> None:
    """What a person got wrong is a line that names it, not a trace."""
    try:
        cli()
    except WrongSetting as wrong:
        raise SystemExit(_complaint(wrong, 2)) from None
    except (Refused, OSError, OperationalError) as wrong:
        raise SystemExit(_complaint(wrong, 1)) from None


def _complaint(wrong: Exception, status: int) -> int:
    typer.echo(f"server.py: {wrong}", err=True)
    return status


if __name__ == "__main__":
    main()
