"""The `booking` command. Each command imports only what it needs, so that it starts fast."""

import click

from app.gc_tuning import frozen_gc


class Group(click.Group):
    """The commands. Reports an invalid environment as plain lines, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was named."""
        from app.admin_cli.errors import AdminCliError
        from app.settings import SettingsError

        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise click.ClickException(f"the environment is invalid; correct these variables:\n{error}") from None
        except AdminCliError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Group)
def main() -> None:
    """Run the doctor-appointment booking service: its API, its worker and its database."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
def api(host: str, port: int) -> None:
    """Serve the HTTP API."""
    with frozen_gc():
        import uvicorn

        import app.main
        from app.logs import capture_library_logs, configure_logs
        from app.settings import get_settings

    configure_logs(debug=get_settings().debug)
    capture_library_logs()
    uvicorn.run(
        app.main.create_served_app,
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
    """Run the worker. It sends mails, settles payments and applies time-dependent changes."""
    import asyncio

    with frozen_gc():
        from app.settings import get_settings
        from app.workers.main import run_worker

    asyncio.run(run_worker(get_settings()))


@main.command()
def check() -> None:
    """Check PostgreSQL, Redis and the mail server, and report problems."""
    import asyncio

    from app.admin_cli.check import check
    from app.settings import get_settings

    findings = asyncio.run(check(get_settings()))
    for finding in findings:
        click.echo(f"{'ok   ' if finding.is_right else 'WRONG'}  {finding.subject}: {finding.text}")
    if not all(finding.is_right for finding in findings):
        raise SystemExit(1)


@main.command()
def migrate() -> None:
    """Upgrade the database to this release's schema. Uses OWNER_DATABASE_URL; the service may keep running."""
    import os

    with frozen_gc():
        from app.db.errors import MigrationError
        from app.db.migrate import upgrade
        from app.settings import read_owner_database_url

    try:
        upgrade(read_owner_database_url(os.environ), report=click.echo)
    except MigrationError as error:
        raise click.ClickException(str(error)) from None


@main.command()
@click.option("--home", default=".booking", show_default=True, help="Folder for the data.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port of the API; 0 chooses a free one.",
)
def up(home: str, port: int) -> None:
    """Run the whole stack on this machine. It has PostgreSQL, Valkey, a mailbox, a PayPal stand-in, API and worker."""
    from pathlib import Path

    with frozen_gc():
        from app.sandbox.errors import SandboxError
        from app.sandbox.stack.supervisor import run

    try:
        raise SystemExit(run(Path(home), port))
    except SandboxError as error:
        raise click.ClickException(str(error)) from None


HOME_OPTION = click.option("--home", default=".booking", show_default=True, help="Folder of the sandbox.")
DATABASE_URL_OPTION = click.option(
    "--database-url", help="URL of the database for its owner. Default: OWNER_DATABASE_URL, or the sandbox's database."
)


@main.command(context_settings={"ignore_unknown_options": True})
@HOME_OPTION
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def psql(home: str, arguments: tuple[str, ...]) -> None:
    """Open psql as booking_admin. Uses ADMIN_DATABASE_URL or the running sandbox. Arguments after `--` go to psql."""
    import os
    from pathlib import Path

    from app.admin_cli.psql import psql_command

    path, command, environment = psql_command(Path(home), arguments, os.environ)
    os.execve(path, command, environment)  # noqa: S606  no shell is wanted


@main.command()
@HOME_OPTION
@DATABASE_URL_OPTION
@click.argument("file")
def backup(home: str, database_url: str | None, file: str) -> None:
    """Back up the whole database to FILE. The file has the schema, data, queued mails and grants."""
    import asyncio
    from pathlib import Path

    from app.admin_cli.backup import backup
    from app.admin_cli.owner_database import owner_url

    asyncio.run(backup(owner_url(database_url, Path(home)), Path(file)))
    click.echo(f"Written: {file}")


@main.command()
@HOME_OPTION
@DATABASE_URL_OPTION
@click.argument("file")
def restore(home: str, database_url: str | None, file: str) -> None:
    """Restore FILE into an empty database. Without a URL, restores into the sandbox, which must not be running."""
    import asyncio
    from pathlib import Path

    from app.admin_cli.owner_database import restore_database

    click.echo(asyncio.run(restore_database(database_url, Path(home), Path(file))))


@main.group()
def admin() -> None:
    """Manage personal logins for psql."""


@admin.command("create")
@HOME_OPTION
@DATABASE_URL_OPTION
@click.option("--ask", is_flag=True, help="Ask for the password instead of generating one.")
@click.argument("name")
def create_admin(home: str, database_url: str | None, name: str, *, ask: bool) -> None:
    """Create the login NAME, with the rights of booking_admin."""
    import asyncio
    from pathlib import Path

    from app.admin_cli.logins import create_login, generate_password
    from app.admin_cli.owner_database import owner_url

    url = owner_url(database_url, Path(home))
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if ask else generate_password()
    asyncio.run(create_login(url, name, password))
    click.echo(f"Created: {name}, a login with the rights of booking_admin.")
    if not ask:
        click.echo(f"Password (shown only this once): {password}")


@main.command()
@click.option("--home", default=".booking", show_default=True, help="Folder of the running stack.")
def demo(home: str) -> None:
    """Play a demo against the running stack. It shows a full doctor, a cancellation, and the resulting mails."""

    import asyncio
    from pathlib import Path

    from app.sandbox.demo import DemoError, play

    try:
        asyncio.run(play(Path(home)))
    except DemoError as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
