"""Whether this server is of use just now, for whoever sends requests to it or restarts it."""

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from models import DatabaseGone


async def healthz(request: Request) -> Response:
    try:
        await request.state.database.ping()
    except (SQLAlchemyError, DatabaseGone):
        return JSONResponse({"status": "the database does not answer"}, 503, {"Retry-After": "1"})
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Healthy, and all runs that never ends."""
    for what, tasks in request.state.running.items():
        if any(task.done() and (task.cancelled() or task.exception()) for task in tasks):
            return JSONResponse({"status": f"{what} has stopped: restart the server"}, 503)
    return await healthz(request)
