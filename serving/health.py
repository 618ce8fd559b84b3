"""Answer `/healthz` (the database responds) and `/readyz` (background tasks run, the SIP port is open)."""

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storage import DatabaseUnavailable, DiskFull


async def healthz(request: Request) -> Response:
    """Answer 200 if the database responds, else 503 with the reason."""
    try:
        await request.state.database.ping()
    except DiskFull:
        return JSONResponse({"status": "the disk of the database is full, or refuses files"}, 503, {"Retry-After": "5"})
    except (SQLAlchemyError, DatabaseUnavailable):
        return JSONResponse({"status": "the database does not answer"}, 503, {"Retry-After": "1"})
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Answer 200 if the server is healthy, its background tasks run, and inbound calls can arrive; else 503."""
    for name, tasks in request.state.background_tasks.items():
        if any(task.done() and (task.cancelled() or task.exception()) for task in tasks):
            return JSONResponse({"status": f"{name} has stopped: restart the server"}, 503)
    engine = request.state.engine
    if engine and (problem := engine.inbound_problem()):
        return JSONResponse({"status": problem}, 503, {"Retry-After": "5"})
    return await healthz(request)
