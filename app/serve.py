"""The API as `booking api` serves it: made for a process that does nothing else."""

from litestar import Litestar

from app.gc_tuning import loading
from app.main import create_app


def create_lasting_app() -> Litestar:
    """Make the API of a process that lasts."""
    with loading():
        return create_app()
