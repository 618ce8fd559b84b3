"""The composition root: lifespan, routes, `serve`. The only file that wires the parts together."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import TypedDict

import typer
import uvicorn
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from calling.calls import Calls
from calling.means import Limits
from calling.reaching import Carriers
from migrations.revisions import NewerDatabase
from models import Database, DatabaseGone, Refused
from operating.backup import NotCopied
from operating.commands import commands, migrated
from operating.lost_keys import lost_keys
from operating.sole_server import ServedAlready, sole_server
from resolvers.caller import authenticate
from resolvers.context import Context, Deployment
from resolvers.feed import Feed
from schema import schema
from serving.admission import Admission
from serving.answering import not_found
from serving.endpoint import GraphQLEndpoint
from serving.key_uses import KeyUses
from serving.listening import check_metrics, check_sandbox, listen, served_by
from serving.livekit import livekit_route
from serving.metrics import Metrics, metrics_port
from serving.page import page_routes
from serving.patience import Patience
from serving.requests import Bugs, RequestLog, log_to_stderr
from serving.settings import Settings, WrongSetting, read_settings
from serving.sockets import SocketEndpoint
from telephony.engine import Engine
from telephony.engines import LiveKitAccount, engine_for, webhooks_of
from telephony.sandbox import sandbox_carrier

PAGE = Path(__file__).parent / "web" / "dist"


class State(TypedDict):
    """What the lifespan opens, and requests reach as `request.state`."""

    database: Database
    deployment: Deployment
    key_uses: KeyUses
    feed: Feed
    working: tuple[asyncio.Task[None], ...]  # what must never end while the server runs


@asynccontextmanager
async def opened(settings: Settings, engine: Engine, metrics: Metrics, admission: Admission) -> AsyncIterator[State]:
    """All that runs while the server does."""
    database = Database(settings.database_url)
    key_uses = KeyUses(database)
    deployment = Deployment(settings.seal(), frozenset(settings.allowed_regions), settings.most_queued)
    feed = Feed(database)
    following = (asyncio.create_task(feed.run()), asyncio.create_task(database.hear()))

    async def measured() -> str:
        return await metrics.measured(database, deployment.loads, admission.held())

    async with (
        sandbox_carrier(settings.sandbox_carrier),
        metrics_port(settings.host, settings.metrics_port, measured),
        placing_calls(settings, engine, database) as calling,
    ):
        yield {
            "database": database,
            "deployment": deployment,
            "key_uses": key_uses,
            "feed": feed,
            "working": (following[0], *calling),
        }
    for task in following:
        task.cancel()
    await key_uses.finish()
    await database.close()


def create_app(settings: Settings) -> Starlette:
    """The application over a migrated database."""
    metrics = Metrics()
    engine = engine_of(settings)
    receive = webhooks_of(engine)
    admission = Admission(context_for, settings.points_per_minute, settings.open_per_key)
    patience = Patience(settings.operation_seconds)
    served = schema if settings.executor == "plans" else schema.without_plans()
    return Starlette(
        routes=[
            Route("/graphql", GraphQLEndpoint(served, admission, patience, settings.request_bytes)),
            WebSocketRoute("/graphql", SocketEndpoint(served, admission, patience, settings.allowed_origins)),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *([livekit_route(receive if settings.dialing == "on" else None)] if receive else ()),
            *page_routes(PAGE),
        ],
        middleware=[Middleware(RequestLog, metrics), _cors(settings), Middleware(Bugs)],
        exception_handlers={HTTPException: not_found},
        lifespan=lambda _app: opened(settings, engine, metrics, admission),
    )


def _cors(settings: Settings) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "X-Request-Id"],
        expose_headers=["X-Request-Id", "RateLimit-Remaining", "Retry-After"],
    )


def engine_of(settings: Settings) -> Engine:
    account = LiveKitAccount(
        settings.livekit_url, settings.livekit_api_key, settings.livekit_api_secret, settings.livekit_agent
    )
    return engine_for(account if account.url else None, settings.sip_listen or None, settings.sip_ca_file or None)


def placing_calls(
    settings: Settings, engine: Engine, database: Database
) -> AbstractAsyncContextManager[tuple[asyncio.Task[None], ...]]:
    """Where this server dials at all."""
    if settings.dialing == "off":
        return nullcontext(())
    carriers = Carriers(settings.seal(), private=settings.private_carriers == "allow")
    limits = Limits(settings.longest_wait_seconds, settings.ring_seconds, settings.longest_call_seconds)
    return Calls(database, engine, carriers, limits).running()


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


async def readyz(request: Request) -> Response:
    """Healthy, and live updates and calls run."""
    if any(task.done() for task in request.state.working):
        return JSONResponse({"status": "live updates or calls have stopped: restart the server"}, 503)
    return await healthz(request)


# ---------------------------------------------------------------------------------------------- the command line

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Dialtree: which number does this call go out from?",
)


@cli.command()
def serve() -> None:
    """Migrate the database, then serve on DIALTREE_HOST and DIALTREE_PORT until stopped."""
    file = read_settings().database_file
    with sole_server(file) if file else nullcontext():
        settings = migrated()
        if lost := lost_keys(settings):
            typer.echo(lost, err=True)
        log_to_stderr()
        check_sandbox(settings)
        check_metrics(settings)
        with listen(settings) as listening:
            _say_where(settings, listening)
            server = uvicorn.Server(served_by(create_app(settings), settings))
            gc.collect()
            gc.freeze()  # what is there now stays: not to be gone through again and again, while requests wait
            with suppress(KeyboardInterrupt):
                server.run(sockets=[listening])


def _say_where(settings: Settings, listening: socket.socket) -> None:
    address = f"http://{settings.host}:{listening.getsockname()[1]}"
    typer.echo(f"Dialtree serves {address}/graphql; the console is at {address}/ and GraphiQL at {address}/graphiql")
    if settings.sandbox_carrier:
        typer.echo(f"The sandbox carrier takes calls at {settings.sandbox_carrier}: README.md has what to dial.")


cli.add_typer(commands)


def main() -> None:
    """What a person got wrong is a line that names it, not a trace."""
    try:
        cli()
    except WrongSetting as wrong:
        raise SystemExit(_complaint(wrong, 2)) from None
    except (Refused, ServedAlready, NotCopied, NewerDatabase, DatabaseGone, OSError, OperationalError) as wrong:
        raise SystemExit(_complaint(wrong, 1)) from None


def _complaint(wrong: Exception, status: int) -> int:
    typer.echo(f"server.py: {wrong}", err=True)
    return status


if __name__ == "__main__":
    main()
