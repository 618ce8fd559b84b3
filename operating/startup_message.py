"""Print where a started server can be reached."""

import typer

from serving.settings import Settings


def print_addresses(settings: Settings, port: int) -> None:
    """Print the addresses. `port`: the one that is bound, as the setting may be 0."""
    address = f"http://{settings.host}:{port}"
    typer.echo(f"Dialtree serves {address}/graphql; the console is at {address}/ and GraphiQL at {address}/graphiql")
    if settings.sandbox_carrier:
        typer.echo(
            f"The sandbox carrier takes calls at {settings.sandbox_carrier}: docs/placing-calls.md has what to dial."
        )
