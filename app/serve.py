"""The API as `booking api` serves it: made for a process that does nothing else."""

import gc

from litestar import Litestar

from app.main import create_app

YOUNG = 10_000  # objects; at Python's 700 a busy process looks for garbage several times in each request


def create_lasting_app() -> Litestar:
    """Make the API, and have the garbage collector never look again through what is there for good."""
    app = create_app()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
    return app
