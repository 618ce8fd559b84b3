"""Allow the configured origins to read responses (CORS)."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from serving.settings import Settings


def cors_middleware(settings: Settings) -> list[Middleware]:
    """Return the middleware; none without allowed origins, as browsers refuse by default."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "PUT"],
        allow_headers=["Authorization", "Content-Type", "X-Request-Id"],
        expose_headers=["X-Request-Id", "RateLimit-Remaining", "Retry-After"],
    )
    return [cors] if settings.allowed_origins else []
