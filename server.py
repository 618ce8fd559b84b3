"""The composition root: lifespan, routes, `serve`. The only file that wires the parts together."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypedDict

import typer
import uvicorn
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection
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
from resolvers.caller import Callers
from resolvers.context import Context, Deployment
from resolvers.feed import Feed
from schema import schema
from serving.admission import Admission
from serving.answering import not_found
from serving.endpoint import GraphQLEndpoint
from serving.health import healthz, readyz
from serving.kept_answers import KeptAnswers
from serving.key_uses import KeyUses
from serving.listening import check_metrics, check_sandbox, listen, served_by
from serving.livekit import livekit_route
from serving.metrics import Metrics, metrics_port
from serving.page import page_routes
from serving.patience import Patience
from serving.requests import Bugs, Lines, RequestLog, log_to_stderr
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
    callers: Callers
    key_uses: KeyUses
    feed: Feed
    running: dict[str, tuple[asyncio.Task[None], ...]]


@dataclass(frozen=True)
class Parts:
    """What an application is made of before anything is opened."""

    settings: Settings
    engine: Engine
    metrics: Metrics
    admission: Admission
    kept: KeptAnswers
    tracing: Any


@asynccontextmanager
async def opened(parts: Parts) -> AsyncIterator[State]:
    """All that runs while the server does."""
    settings = parts.settings
    database = Database(settings.database_url)
    key_uses = KeyUses(database)
    deployment = Deployment(settings.seal(), frozenset(settings.allowed_regions), settings.most_queued)
    feed = Feed(database)
    following = (asyncio.create_task(feed.run()), asyncio.create_task(database.hear()))

    async def measured() -> str:
        return await parts.metrics.measured(database, deployment.loads, parts.admission.held(), parts.kept)

    async with (
        sandbox_carrier(settings.sandbox_carrier),
        metrics_port(settings.metrics_host, settings.metrics_port, measured),
        placing_calls(settings, parts.engine, database) as placing,
    ):
        yield {
            "database": database,
            "deployment": deployment,
            "callers": Callers(database),
            "key_uses": key_uses,
            "feed": feed,
            "running": {"live updates": following, "placing calls": placing},
        }
    for task in following:
        task.cancel()
    await key_uses.finish()
    await database.close()
    if parts.tracing:
        await asyncio.to_thread(parts.tracing.close)


def create_app(settings: Settings) -> Starlette:
    """The application over a migrated database."""
    several = settings.database_file is None
    admission = Admission(context_for, settings.points_per_minute, settings.open_per_key, shared=several)
    kept = KeptAnswers(settings.kept_answers_mb * 1_000_000)
    parts = Parts(settings, engine_of(settings), Metrics(), admission, kept, tracing_to(settings.otlp_endpoint))
    lines = Lines(parts.metrics, parts.tracing)
    receive = webhooks_of(parts.engine)
    patience = Patience(settings.operation_seconds)
    served = schema if settings.executor == "plans" else schema.without_plans()
    app = Starlette(
        routes=[
            Route("/graphql", GraphQLEndpoint(served, admission, patience, kept, settings.request_bytes)),
            WebSocketRoute("/graphql", SocketEndpoint(served, admission, patience, lines, settings.allowed_origins)),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *([livekit_route(receive if settings.dialing == "on" else None)] if receive else ()),
            *page_routes(PAGE),
        ],
        middleware=[Middleware(RequestLog, lines), *_cors(settings), Middleware(Bugs)],
        exception_handlers={HTTPException: not_found},
        lifespan=lambda _app: opened(parts),
    )
    app.state.lines = lines
    return app


def tracing_to(endpoint: str) -> Any:
    """What it takes is imported only where the operator wants it: it costs memory, and time at each start."""
    return import_module("serving.tracing").Tracing(endpoint) if endpoint else None


def _cors(settings: Settings) -> list[Middleware]:
    """Where no other origin is let in, a browser is told nothing, and refuses by itself."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "X-Request-Id"],
        expose_headers=["X-Request-Id", "RateLimit-Remaining", "Retry-After"],
    )
    return [cors] if settings.allowed_origins else []


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
    caller = await state.callers.of(token)
    if caller is None:
        return None
    state.api_key = caller.api_key.id
    state.key_uses.note(caller.api_key)
    return Context(state.database, caller, state.deployment, state.feed)


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
