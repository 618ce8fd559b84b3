"""Wire the server together: open its parts in the lifespan, route requests, run `serve`."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import typer
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.routing import Route, WebSocketRoute

from calling.calling_hours import CallingHours
from dialing.carrier_resolver import CarrierResolver
from dialing.worker import DialingWorker
from dialing.worker_context import CallLimits
from models.utc_datetime import set_test_clock
from operating.commands import commands
from operating.database_setup import migrate_configured
from operating.exit_status import exit_with_message
from operating.hardening import harden_process
from operating.missing_secret_keys import explain_missing_keys
from operating.operators_hours import read_operators_hours
from operating.server_lock import lock_for_serving
from operating.startup_message import print_addresses
from resolvers.authentication import Authenticator
from resolvers.change_feed import ChangeFeed
from resolvers.contact_files import ImportFiles, fail_abandoned
from resolvers.contact_imports import UPLOAD_PATH
from resolvers.context import Context, Deployment
from resolvers.quotas import Quotas
from resolvers.storage_quota import StorageQuota
from resolvers.suppression_files import SUPPRESSIONS_PATH, SuppressionFiles
from schema import schema
from serving.admission import Admission
from serving.connections import ConnectionTracker
from serving.console import console_not_found, console_routes
from serving.contact_upload import Uploads
from serving.cors import cors_middleware
from serving.endpoint import GraphQLEndpoint
from serving.health import healthz, readyz
from serving.key_last_used import LastUsedRecorder
from serving.listen_socket import bind_server_socket
from serving.livekit_route import livekit_route
from serving.metrics import Metrics, serve_metrics
from serving.middleware import ErrorMiddleware, RequestLogMiddleware
from serving.operation_timeout import OperationTimeout
from serving.request_log import RequestRecorder, Tracer, create_tracer, log_to_stderr
from serving.response_cache import ResponseCache
from serving.responses import routing_error_response
from serving.settings import Settings, load_settings
from serving.uvicorn_config import create_connection_tracker, create_uvicorn_config
from serving.ws_endpoint import GraphQLWebSocketEndpoint
from storage import Database
from telephony.engine import Engine
from telephony.engine_factory import engine_of, webhook_receiver
from telephony.sandbox_carrier import run_sandbox_carrier

CONSOLE_DIST = Path(__file__).parent / "web" / "dist"


class LifespanState(TypedDict):
    """The state that the lifespan opens; requests reach it as `request.state`."""

    database: Database
    deployment: Deployment
    authenticator: Authenticator
    last_used: LastUsedRecorder
    feed: ChangeFeed
    background_tasks: dict[str, tuple[asyncio.Task[None], ...]]
    engine: Engine | None


@dataclass(frozen=True)
class Components:
    """The parts of an application that exist before its lifespan starts."""

    settings: Settings
    calling_hours: CallingHours
    engine: Engine
    metrics: Metrics
    admission: Admission
    cache: ResponseCache
    connections: ConnectionTracker
    tracer: Tracer | None


@asynccontextmanager
async def lifespan(components: Components) -> AsyncIterator[LifespanState]:
    """Open the database, the dialing worker, live updates and metrics for as long as the server runs."""
    settings = components.settings
    database = Database(settings.database_url)
    feed, last_used = ChangeFeed(database), LastUsedRecorder(database)
    storage_quota, quotas = StorageQuota(database, settings.max_stored_bytes), Quotas.from_settings(settings)
    regions, mixes = frozenset(settings.allowed_regions), components.engine.mixes_media
    await fail_abandoned(database)
    max_queued, hours, share = settings.max_queued_calls, components.calling_hours, settings.campaign_share
    deployment = Deployment(settings.secret_box(), storage_quota, regions, max_queued, mixes, quotas, hours, share)
    feed_tasks = (asyncio.create_task(feed.run()), asyncio.create_task(database.listen()))

    async def render_metrics() -> bytes:
        open_counts = components.admission.open_counts()
        return await components.metrics.render(
            database, deployment.loader_counts, open_counts, components.cache, components.connections
        )

    async with (
        run_sandbox_carrier(settings.sandbox_carrier),
        serve_metrics(settings.metrics_host, settings.metrics_port, render_metrics),
        run_dialer(components, database) as dialing_tasks,
    ):
        yield {
            "database": database,
            "deployment": deployment,
            "authenticator": Authenticator(database),
            "last_used": last_used,
            "feed": feed,
            "background_tasks": {"live updates": feed_tasks, "placing calls": dialing_tasks},
            "engine": components.engine if settings.dialing == "on" else None,
        }
    for task in feed_tasks:
        task.cancel()
    await last_used.finish()
    await storage_quota.close()
    await database.close()
    if components.tracer:
        await asyncio.to_thread(components.tracer.close)


def create_app(settings: Settings) -> Starlette:
    """Create the application; the database is migrated already."""
    shares_database = settings.database_file is None
    admission = Admission(
        create_context, settings.points_per_minute, settings.max_subscriptions_per_key, shared_budgets=shares_database
    )
    cache = ResponseCache(settings.response_cache_mb * 1_000_000)
    connections, tracer = create_connection_tracker(settings), create_tracer(settings.otlp_endpoint)
    hours, engine = read_operators_hours(settings), engine_of(settings)
    components = Components(settings, hours, engine, Metrics(), admission, cache, connections, tracer)
    recorder = RequestRecorder(components.metrics, tracer)
    accept_webhook = webhook_receiver(components.engine)
    timeout = OperationTimeout(settings.operation_timeout_seconds)
    executed_schema = schema if settings.executor == "plans" else schema.without_plans()
    ws_endpoint = GraphQLWebSocketEndpoint(
        executed_schema, admission, timeout, recorder, settings.allowed_origins, settings.request_timeout_seconds
    )
    uploads = Uploads(admission, settings.max_import_bytes, settings.request_timeout_seconds)
    app = Starlette(
        routes=[
            Route("/graphql", GraphQLEndpoint(executed_schema, admission, timeout, cache, settings.max_request_bytes)),
            WebSocketRoute("/graphql", ws_endpoint),
            *uploads.routes(UPLOAD_PATH, ImportFiles(), {SUPPRESSIONS_PATH: SuppressionFiles()}),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            *([livekit_route(accept_webhook if settings.dialing == "on" else None)] if accept_webhook else ()),
            *console_routes(CONSOLE_DIST),
        ],
        middleware=[
            Middleware(RequestLogMiddleware, recorder),
            *cors_middleware(settings),
            Middleware(ErrorMiddleware),
        ],
        exception_handlers={HTTPException: console_not_found(CONSOLE_DIST, routing_error_response)},
        lifespan=lambda _app: lifespan(components),
    )
    app.router.redirect_slashes = False  # a redirect would use the request's own Host header
    app.state.request_recorder, app.state.connections = recorder, connections
    return app


def run_dialer(
    components: Components, database: Database
) -> AbstractAsyncContextManager[tuple[asyncio.Task[None], ...]]:
    """Run the worker that dials, and yield its tasks; none if dialing is off."""
    settings = components.settings
    if settings.dialing == "off":
        return nullcontext(())
    carriers = CarrierResolver(settings.secret_box(), allow_private=settings.private_carriers == "allow")
    limits = CallLimits(
        settings.max_queue_seconds,
        settings.ring_seconds,
        settings.max_call_seconds,
        frozenset(settings.allowed_regions),
        components.calling_hours,
        settings.campaign_share,
    )
    return DialingWorker(database, components.engine, carriers, limits).running()


async def create_context(request: HTTPConnection, token: str, *, batched: bool) -> Context | None:
    """Authenticate the token and create the operation's context; None if the token is invalid."""
    state = request.state
    caller = await state.authenticator.authenticate(token, batched=batched)
    if caller is None:
        return None
    state.api_key, state.organization_id = caller.api_key.id, caller.organization_id
    state.last_used.record(caller.api_key)
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
    settings = load_settings()
    read_operators_hours(settings)  # a wrong file stops the start before anything is written
    file = settings.database_file
    with lock_for_serving(file) if file else nullcontext():
        settings = migrate_configured()
        if warning := explain_missing_keys(settings):
            typer.echo(warning, err=True)
        set_test_clock(Path(settings.test_clock) if settings.test_clock else None)
        log_to_stderr()
        with bind_server_socket(settings) as server_socket:
            app = create_app(settings)
            print_addresses(settings, server_socket.getsockname()[1])
            server = uvicorn.Server(create_uvicorn_config(app, settings))
            gc.collect()
            gc.freeze()  # later collections, which delay requests, skip what exists now
            with suppress(KeyboardInterrupt):
                server.run(sockets=[server_socket])


cli.add_typer(commands)


def main() -> None:
    """Run the command line."""
    with exit_with_message():
        cli()


if __name__ == "__main__":
    harden_process()
    main()
