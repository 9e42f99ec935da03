"""`/api/appointments/waitlist`: entries of the waitlist."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody
from litestar.security.jwt import Token
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.idempotency.idempotent import idempotent
from app.api.pagination import LINK, Cursor, Keyset, Limit, page, read_id
from app.api.problems import not_found, problems
from app.domain.auth.tokens import Caller, patients_only
from app.domain.fields import PathId
from app.domain.waitlist.entries.repository import WaitlistRepository
from app.domain.waitlist.entries.schemas import JoinWaitlist, Preferences, WaitlistEntry

ENTRIES = Keyset("waitlist", (read_id,), first=(0,))


async def provide_waitlist(db_engine: NamedDependency[AsyncEngine]) -> WaitlistRepository:
    """Provide the repository of a request."""
    return WaitlistRepository(db_engine)


class WaitlistController(Controller):
    """The caller's waitlist entries: a patient's own, or those of patients who wait for a doctor."""

    path = "/api/appointments/waitlist"
    tags = ("waitlist",)
    dependencies = {"waitlist": Provide(provide_waitlist)}  # noqa: RUF012  Litestar reads it from the class

    @post("/", operation_id="join_waitlist", guards=[patients_only], responses=problems(409, 422))
    @idempotent
    async def join(
        self,
        request: Request[Caller, Token, Any],
        data: JSONBody[JoinWaitlist],
        waitlist: NamedDependency[WaitlistRepository],
    ) -> WaitlistEntry:
        """Join the waitlist of a doctor who has no free slot, and get an email when a slot opens."""
        return await waitlist.join(request.user.id, data)

    @get("/", operation_id="list_waitlist", response_headers=[LINK])
    async def list_waitlist(
        self,
        request: Request[Caller, Token, Any],
        waitlist: NamedDependency[WaitlistRepository],
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> Response[list[WaitlistEntry]]:
        """List the caller's waitlist entries, in order of joining.

        A doctor gets the entries of the patients who wait for this doctor.
        """
        (after,) = ENTRIES.after(cursor)
        rows = await waitlist.page(request.user, after=after, limit=limit + 1)
        return page(request, rows, limit, lambda entry: ENTRIES.cursor(entry.id))

    @delete(
        "/{entry_id:int}",
        operation_id="leave_waitlist",
        status_code=200,
        guards=[patients_only],
        responses=problems(409),
    )
    async def leave(
        self,
        request: Request[Caller, Token, Any],
        entry_id: PathId,
        waitlist: NamedDependency[WaitlistRepository],
    ) -> WaitlistEntry:
        """Leave the waitlist."""
        return _or_not_found(await waitlist.leave(request.user.id, entry_id))

    @post(
        "/{entry_id:int}/pause",
        operation_id="pause_waitlist",
        status_code=200,
        guards=[patients_only],
        responses=problems(409),
    )
    @idempotent
    async def pause(
        self, request: Request[Caller, Token, Any], entry_id: PathId, waitlist: NamedDependency[WaitlistRepository]
    ) -> WaitlistEntry:
        """Pause a waitlist entry: it keeps its place but gets no offers.

        An open offer is declined.
        """
        return _or_not_found(await waitlist.pause(request.user.id, entry_id))

    @post(
        "/{entry_id:int}/resume",
        operation_id="resume_waitlist",
        status_code=200,
        guards=[patients_only],
        responses=problems(409),
    )
    @idempotent
    async def resume(
        self, request: Request[Caller, Token, Any], entry_id: PathId, waitlist: NamedDependency[WaitlistRepository]
    ) -> WaitlistEntry:
        """Resume a paused waitlist entry, which then gets offers again."""
        return _or_not_found(await waitlist.resume(request.user.id, entry_id))

    @put(
        "/{entry_id:int}/preferences",
        operation_id="prefer_slots",
        guards=[patients_only],
        responses=problems(409),
    )
    async def prefer(
        self,
        request: Request[Caller, Token, Any],
        entry_id: PathId,
        data: JSONBody[Preferences],
        waitlist: NamedDependency[WaitlistRepository],
    ) -> WaitlistEntry:
        """Replace the preferences of a waitlist entry, for offers from now on.

        Omitted preferences are reset: every slot matches.
        """
        return _or_not_found(await waitlist.prefer(request.user.id, entry_id, data))


def _or_not_found(entry: WaitlistEntry | None) -> WaitlistEntry:
    if entry is None:
        raise not_found("waitlist entry")
    return entry
