"""`/api/doctors/me`: the calling doctor's working hours and time off."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from litestar.security.jwt import Token
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.idempotency.idempotent import idempotent
from app.api.pagination import LINK, Cursor, Keyset, Limit, page, read_id
from app.api.problems import not_found, problems
from app.domain.auth.tokens import Caller, doctors_only
from app.domain.fields import PathId
from app.domain.schedule.repository import ScheduleRepository
from app.domain.schedule.schemas import AddTimeOff, ReplaceWeek, TimeOff, TimeOffAdded, Week, WeekChanged

TIME_OFF = Keyset("time-off", (read_id,), first=(0,))


async def provide_schedule(db_engine: NamedDependency[AsyncEngine]) -> ScheduleRepository:
    """Provide the repository of a request."""
    return ScheduleRepository(db_engine)


class ScheduleController(Controller):
    """The calling doctor's schedule. Changes that affect appointments are refused, or cancel them on request."""

    path = "/api/doctors/me"
    tags = ("schedule",)
    guards = (doctors_only,)
    dependencies = {"schedule": Provide(provide_schedule)}  # noqa: RUF012  Litestar reads it from the class

    @get("/working-hours", operation_id="get_working_hours")
    async def get_working_hours(
        self, request: Request[Caller, Token, Any], schedule: NamedDependency[ScheduleRepository]
    ) -> Week:
        """Return the calling doctor's working hours."""
        return await schedule.week(request.user.id)

    @put("/working-hours", operation_id="replace_working_hours", responses=problems(409))
    async def replace_working_hours(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[ReplaceWeek],
        schedule: NamedDependency[ScheduleRepository],
    ) -> WeekChanged:
        """Replace the calling doctor's working hours for the whole week.

        Refused if appointments would be outside the new hours, unless `cancel_affected` is set. `affected` lists them.
        """
        return await schedule.replace_week(request.user.id, data)

    @get("/time-off", operation_id="list_time_off", response_headers=[LINK])
    async def list_time_off(
        self,
        request: Request[Caller, Token, Any],
        schedule: NamedDependency[ScheduleRepository],
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> Response[list[TimeOff]]:
        """List the calling doctor's time off, in order of entry."""
        (after,) = TIME_OFF.after(cursor)
        rows = await schedule.time_off_page(request.user.id, after=after, limit=limit + 1)
        return page(request, rows, limit, lambda time_off: TIME_OFF.cursor(time_off.id))

    @post(
        "/time-off",
        operation_id="add_time_off",
        responses={
            200: ResponseSpec(TimeOffAdded, generate_examples=False, description="A dry run: nothing has changed."),
            **problems(409),
        },
    )
    @idempotent
    async def add_time_off(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[AddTimeOff],
        schedule: NamedDependency[ScheduleRepository],
    ) -> Response[TimeOffAdded]:
        """Add time off for the calling doctor.

        Refused if appointments are in the way, unless `cancel_affected` is set. `affected` lists them.
        """
        added = await schedule.add_time_off(request.user.id, data)
        return Response(added, status_code=200 if data.dry_run else 201)

    @delete("/time-off/{time_off_id:int}", operation_id="delete_time_off", status_code=200)
    async def delete_time_off(
        self,
        request: Request[Caller, Token, Any],
        time_off_id: PathId,
        schedule: NamedDependency[ScheduleRepository],
    ) -> TimeOff:
        """Delete time off. Its slots can be booked again."""
        time_off = await schedule.delete_time_off(request.user.id, time_off_id)
        if time_off is None:
            raise not_found("time off")
        return time_off
