"""The `booking` command. Each part is imported by the command that needs it, so that every command starts fast."""

import click


class Group(click.Group):
    """The commands; a wrong environment is told in plain lines, not as a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was named."""
        from app.settings import SettingsError

        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise click.ClickException(f"the environment is not right:\n{error}") from None


@click.group(cls=Group)
def main() -> None:
    """Doctor-appointment booking: run the API, its worker and its database."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
def api(host: str, port: int) -> None:
    """Serve the HTTP API."""
    import uvicorn

    from app.logs import adopt_other_logs, configure_logs
    from app.settings import get_settings

    configure_logs(debug=get_settings().debug)
    adopt_other_logs()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        log_config=None,
        log_level="warning",
        timeout_keep_alive=75,  # seconds; longer than a proxy's usual 60, or a request meets a closing connection
        timeout_graceful_shutdown=10,
    )


@main.command()
def worker() -> None:
    """Send the mails, and write down what the clock does."""
    import asyncio

    from app.settings import get_settings
    from app.workers.settings import work

    asyncio.run(work(get_settings()))


@main.command()
def check() -> None:
    """Look at PostgreSQL, Redis and the mail server, and say what is wrong with them."""
    import asyncio

    from app.check import check
    from app.settings import get_settings

    findings = asyncio.run(check(get_settings()))
    for finding in findings:
        click.echo(f"{'ok   ' if finding.is_right else 'WRONG'}  {finding.subject}: {finding.text}")
    if not all(finding.is_right for finding in findings):
        raise SystemExit(1)


@main.command()
def migrate() -> None:
    """Bring the database of OWNER_DATABASE_URL to the present schema."""
    import os

    import asyncpg

    from app.db.migrate import upgrade
    from app.settings import read_owner_database_url

    try:
        upgrade(read_owner_database_url(os.environ))
    except asyncpg.InsufficientPrivilegeError as error:
        raise click.ClickException("\n".join(filter(None, (error.message, error.hint)))) from None


@main.command()
@click.option("--home", default=".booking", show_default=True, help="Folder for the data.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port; 0: any free one.")
def up(home: str, port: int) -> None:
    """Run everything on this machine: database, queue, mailbox, a PayPal without money, API and worker."""
    from pathlib import Path

    from app.sandbox.errors import SandboxError
    from app.sandbox.supervisor import run

    try:
        raise SystemExit(run(Path(home), port))
    except SandboxError as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.option("--home", default=".booking", show_default=True, help="Folder of the running stack.")
def demo(home: str) -> None:
    """Play a short story against the running stack: a full doctor, a cancellation, the mails."""
    import asyncio
    from pathlib import Path

    from app.demo import DemoError, play

    try:
        asyncio.run(play(Path(home)))
    except DemoError as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
