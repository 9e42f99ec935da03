"""Builds the API: create_app() puts controllers, plugins and middleware together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from advanced_alchemy.extensions.litestar import SQLAlchemyPlugin
from litestar import Litestar, get
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from redis.asyncio import Redis

from app.api.bodies import JSONRequest
from app.api.exception_handlers import EXCEPTION_HANDLERS
from app.api.health import live, ready
from app.api.idempotency.keys import REPLAYED_HEADER
from app.api.middleware.head_options import with_head_and_options
from app.api.middleware.request_context import REQUEST_ID_HEADER, with_request_context
from app.api.middleware.time_limit import TimeLimit
from app.api.openapi.document import complete_document, openapi_config
from app.api.rate_limits.limits import RATE_LIMIT_HEADERS, RateLimits, add_rate_limit_headers
from app.db.engine import database_config, on_connection_returned
from app.domain.accounts.controller import AccountController
from app.domain.accounts.own_account_controller import OwnAccountController
from app.domain.appointments.controller import AppointmentController
from app.domain.appointments.doctor_controller import DoctorAppointmentController
from app.domain.auth.code_controller import CodeController
from app.domain.auth.controller import AuthController
from app.domain.auth.sessions import make_login_check
from app.domain.auth.tokens import jwt_auth
from app.domain.calendar.controller import CalendarController
from app.domain.doctors.controller import DoctorController, SlotController
from app.domain.payments.controller import PaymentController
from app.domain.payments.gateway import REQUEST_TIMEOUTS, PayPalGateway
from app.domain.payments.paypal.errors import PayPalError
from app.domain.payments.problems import on_paypal_error
from app.domain.payments.webhook_controller import receive_webhook
from app.domain.privacy.controller import erase, export
from app.domain.schedule.controller import ScheduleController
from app.domain.waitlist.entries.controller import WaitlistController
from app.domain.waitlist.offers.controller import OfferController
from app.domain.waitlist.offers.link_controller import OfferLinkController
from app.gc_tuning import frozen_gc
from app.logs import configure_logs
from app.outage_log import OutageLog
from app.settings import Settings, get_settings

MEBIBYTE = 1024 * 1024
# swagger-ui-dist, served locally so that the docs page loads nothing from other hosts
SWAGGER_UI = Path(__file__).parent / "api" / "swagger_ui"


@get("/", include_in_schema=False, exclude_from_auth=True)
async def redirect_to_docs() -> Redirect:
    """Redirect the root address to the docs."""
    return Redirect("/docs")


def _cors(origins: list[str]) -> CORSConfig | None:
    """Return the settings that let pages of `origins` call the API; None, which lets no other origin, if empty."""
    if not origins:
        return None
    exposed = [REQUEST_ID_HEADER, REPLAYED_HEADER, "Link", "Location", "Retry-After", *RATE_LIMIT_HEADERS]
    return CORSConfig(allow_origins=origins, allow_headers=["*"], expose_headers=exposed, max_age=3600)


def create_app(settings: Settings | None = None) -> Litestar:
    """Create the API. `settings` default to those of this process's environment."""
    config = settings or get_settings()
    configure_logs(debug=config.debug)
    database = database_config(
        config.database_url,
        application_name="booking-api",
        pool_seconds=0.75 * config.request_seconds,  # a longer wait leaves too little time for the request's own work
    )
    outage = OutageLog("postgresql")
    on_connection_returned(database.get_engine(), outage.report_recovery)
    redis = Redis.from_url(config.redis_url, socket_timeout=None)  # each caller sets its own time limit
    rate_limits = RateLimits(config, redis)
    paypal_gateway = PayPalGateway(config, REQUEST_TIMEOUTS)

    @asynccontextmanager
    async def connections(_: Litestar) -> AsyncIterator[None]:
        async with paypal_gateway:
            yield
        await redis.aclose()
        await database.get_engine().dispose()  # advanced-alchemy does not, if the process has created a second app

    app = Litestar(
        route_handlers=[
            AccountController,
            AppointmentController,
            AuthController,
            CalendarController,
            CodeController,
            DoctorAppointmentController,
            DoctorController,
            OfferController,
            OfferLinkController,
            OwnAccountController,
            PaymentController,
            ScheduleController,
            SlotController,
            WaitlistController,
            erase,
            export,
            redirect_to_docs,
            live,
            ready,
            receive_webhook,
            create_static_files_router(
                "/docs/assets", [SWAGGER_UI], opt={"exclude_from_auth": True}, include_in_schema=False
            ),
        ],
        plugins=[SQLAlchemyPlugin(database)],
        on_app_init=[
            jwt_auth(config.secret_key, make_login_check(database.get_engine())).on_app_init,
            TimeLimit(config.request_seconds).on_app_init,
        ],
        state=State({"database": outage}),
        cors_config=_cors(config.origins),
        before_request=rate_limits.count_request,
        before_send=[add_rate_limit_headers],
        dependencies={
            "rate_limits": Provide(lambda: rate_limits, sync_to_thread=False),
            "settings": Provide(lambda: config, sync_to_thread=False),
            "redis": Provide(lambda: redis, sync_to_thread=False),
            "paypal_gateway": Provide(lambda: paypal_gateway, sync_to_thread=False),
        },
        exception_handlers={**EXCEPTION_HANDLERS, PayPalError: on_paypal_error},
        openapi_config=openapi_config(),
        request_class=JSONRequest,
        request_max_body_size=MEBIBYTE,
        lifespan=[connections],
        logging_config=None,  # app.logs configures logs; Litestar's default prints the logs of every library
        debug=False,  # debug pages show code and values to every client
    )
    complete_document(app)
    # wraps Litestar as a whole, because its own middleware does not run for addresses without a route
    app.asgi_handler = with_request_context(
        with_head_and_options(app.asgi_handler, cors=bool(config.origins)), config.hosts
    )
    return app


def create_served_app() -> Litestar:
    """Create the API for a process that does nothing else, as `booking api` does."""
    with frozen_gc():
        return create_app()
