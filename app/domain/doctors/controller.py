"""`/api/doctors` and `/api/slots`: public profiles and free slots."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncEngine

from app.api.pagination import LINK, Cursor, Keyset, Limit, page, read_id, read_instant
from app.api.problems import not_found
from app.api.time_range import From, To, read_range
from app.domain.doctors.repository import DoctorRepository
from app.domain.doctors.schemas import Doctor, DoctorSlot
from app.domain.fields import PathId, SearchText
from app.domain.shared_schemas import Slot

EARLIEST = datetime.min.replace(tzinfo=UTC)
DOCTORS = Keyset("doctors", (read_id,), first=(0,))
SLOTS = Keyset("free-slots", (read_instant,), first=(EARLIEST,))
FOUND = Keyset("found-slots", (read_instant, read_id), first=(EARLIEST, 0))

MAX_SLOTS = 5000  # more than the booking window has, even with slots of 5 minutes
# Slots are paged only on request: a calendar shows all of them, and the booking window bounds their number.
SlotLimit = Annotated[
    int, QueryParameter(ge=1, le=MAX_SLOTS, description="Maximum number of slots on a page. Default: all.")
]


async def provide_doctors(db_engine: NamedDependency[AsyncEngine]) -> DoctorRepository:
    """Provide the repository of a request."""
    return DoctorRepository(db_engine)


class DoctorController(Controller):
    """Public profiles and free slots. No token needed."""

    path = "/api/doctors"
    tags = ("doctors",)
    opt = {"exclude_from_auth": True}  # noqa: RUF012  Litestar reads it from the class
    dependencies = {"doctors": Provide(provide_doctors)}  # noqa: RUF012  Litestar reads it from the class

    @get("/", operation_id="list_doctors", response_headers=[LINK])
    async def list_doctors(
        self,
        request: Request[Any, Any, Any],
        doctors: NamedDependency[DoctorRepository],
        specialty: SearchText = "",
        name: SearchText = "",
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> Response[list[Doctor]]:
        """List doctors, optionally by specialty or name.

        `specialty` must match as a whole, `name` can match in part. Both ignore case.
        """
        (after,) = DOCTORS.after(cursor)
        rows = await doctors.page(specialty=specialty, name=name, after=after, limit=limit + 1)
        return page(request, rows, limit, lambda doctor: DOCTORS.cursor(doctor.id))

    @get("/{doctor_id:int}", operation_id="get_doctor")
    async def get_doctor(self, doctor_id: PathId, doctors: NamedDependency[DoctorRepository]) -> Doctor:
        """Return a doctor's public profile."""
        doctor = await doctors.find(doctor_id)
        if doctor is None:
            raise not_found("doctor")
        return doctor

    @get("/{doctor_id:int}/slots", operation_id="list_free_slots", response_headers=[LINK])
    async def list_free_slots(
        self,
        request: Request[Any, Any, Any],
        doctor_id: PathId,
        doctors: NamedDependency[DoctorRepository],
        from_: From = "",
        to: To = "",
        limit: SlotLimit = MAX_SLOTS,
        cursor: Cursor = "",
    ) -> Response[list[Slot]]:
        """List a doctor's free slots that start in the given range.

        The default is the whole booking window of 15 days.
        """
        (after,) = SLOTS.after(cursor)
        slots = await doctors.free_slots(doctor_id, read_range(from_, to), after=after, limit=limit + 1)
        if slots is None:
            raise not_found("doctor")
        return page(request, slots, limit, lambda slot: SLOTS.cursor(slot.start.isoformat()))


class SlotController(Controller):
    """Free slots of all doctors. No token needed."""

    path = "/api/slots"
    tags = ("doctors",)
    opt = {"exclude_from_auth": True}  # noqa: RUF012  Litestar reads it from the class
    dependencies = {"doctors": Provide(provide_doctors)}  # noqa: RUF012  Litestar reads it from the class

    @get("/", operation_id="search_free_slots", response_headers=[LINK])
    async def search_free_slots(
        self,
        request: Request[Any, Any, Any],
        doctors: NamedDependency[DoctorRepository],
        from_: From = "",
        to: To = "",
        specialty: SearchText = "",
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> Response[list[DoctorSlot]]:
        """List the earliest free slots of all doctors that start in the given range.

        With `specialty`, only the doctors of this specialty are searched, ignoring case.
        """
        slots = await doctors.search(specialty, read_range(from_, to), after=FOUND.after(cursor), limit=limit + 1)
        return page(request, slots, limit, lambda slot: FOUND.cursor(slot.start.isoformat(), slot.doctor))
