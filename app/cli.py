"""The `booking` command."""

import click


@click.group()
def main() -> None:
    """Doctor-appointment booking: run the API, its worker and its database."""
