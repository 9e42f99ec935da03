"""create_app(): the one place where the parts are put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from advanced_alchemy.extensions.litestar import SQLAlchemyPlugin
from litestar import Litestar, get
from litestar.di import Provide
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from redis.asyncio import Redis

from app.db.engine import database_config
from app.domain.accounts.controller import AccountController
from app.domain.accounts.tokens import jwt_auth
from app.domain.appointments.controller import AppointmentController
from app.domain.appointments.doctor_controller import DoctorAppointmentController
from app.domain.bodies import JSONRequest
from app.domain.doctors.controller import DoctorController, SlotController
from app.domain.problems import EXCEPTION_HANDLERS
from app.domain.schedule.controller import ScheduleController
from app.domain.waitlist.controller import WaitlistController
from app.health import live, ready
from app.logs import configure_logs
from app.openapi import describe, openapi_config
from app.requests import framed
from app.settings import Settings, get_settings

MEBIBYTE = 1024 * 1024
UI = Path(__file__).parent / "openapi_ui"  # swagger-ui-dist, served from here: the docs page needs no other host


@get("/", include_in_schema=False, exclude_from_auth=True)
async def home() -> Redirect:
    """Lead whoever opens the bare address to the docs."""
    return Redirect("/docs")


def create_app(settings: Settings | None = None) -> Litestar:
    """Make the API. Without settings, those of this process's environment."""
    config = settings or get_settings()
    configure_logs(debug=config.debug)
    redis = Redis.from_url(config.redis_url, socket_timeout=2, socket_connect_timeout=2)

    @asynccontextmanager
    async def close_redis(_: Litestar) -> AsyncIterator[None]:
        yield
        await redis.aclose()

    app = Litestar(
        route_handlers=[
            AccountController,
            AppointmentController,
            DoctorAppointmentController,
            DoctorController,
            ScheduleController,
            SlotController,
            WaitlistController,
            home,
            live,
            ready,
            create_static_files_router("/docs/assets", [UI], opt={"exclude_from_auth": True}, include_in_schema=False),
        ],
        plugins=[SQLAlchemyPlugin(database_config(config.database_url, application_name="booking-api"))],
        on_app_init=[jwt_auth(config.secret_key).on_app_init],
        dependencies={
            "settings": Provide(lambda: config, sync_to_thread=False),
            "redis": Provide(lambda: redis, sync_to_thread=False),
        },
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=openapi_config(),
        request_class=JSONRequest,
        request_max_body_size=MEBIBYTE,
        lifespan=[close_redis],
        logging_config=None,  # app.logs is; Litestar's own would make every library log to the terminal
        debug=False,  # a debug page would show code and values to whoever asks
    )
    describe(app)
    app.asgi_handler = framed(
        app.asgi_handler, config.hosts
    )  # Litestar's own middleware does not see what has no route
    return app
