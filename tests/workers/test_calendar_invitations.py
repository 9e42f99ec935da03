"""The calendar files of mails: correct times, and events that are added, moved and removed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest

from app.domain.calendar.icalendar_file import CalendarEntry
from app.domain.notifications.schemas import AppointmentNotification
from tests.support.factories import a_slot, book, make_doctor, make_patient
from tests.support.mail.calendar_client import Calendar
from tests.support.mail.messages import START, make_message, received
from tests.support.mail.scenarios import CANCEL, MailScenario

HALF_AN_HOUR = timedelta(minutes=30)
RESCHEDULE = "SELECT * FROM reschedule_as_patient($1, $2, $3)"


def entry(start: datetime = START, version: int = 1, number: int = 1) -> CalendarEntry:
    return CalendarEntry(uid=UUID(int=number), version=version, starts_at=start, ends_at=start + HALF_AN_HOUR)


def files(sent: AppointmentNotification) -> list[EmailMessage]:
    """Return the calendar parts of a mail."""
    parts: list[Any] = [part for part in received(sent).walk() if part.get_content_type() == "text/calendar"]
    return parts


@pytest.mark.parametrize(
    ("zone", "start", "shown"),
    [
        # the clocks go forward, and back
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "29 March 01:30 CET-03:00"),
        ("Europe/Berlin", datetime(2026, 3, 29, 7, tzinfo=UTC), "29 March 09:00 CEST-09:30"),
        ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "25 October 02:30 CEST-02:00"),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "25 October 02:30 CET-03:00"),
        ("America/New_York", datetime(2026, 3, 8, 6, 30, tzinfo=UTC), "08 March 01:30 EST-03:00"),
        ("America/New_York", datetime(2026, 3, 8, 13, tzinfo=UTC), "08 March 09:00 EDT-09:30"),
        ("America/New_York", datetime(2026, 11, 1, 5, 30, tzinfo=UTC), "01 November 01:30 EDT-01:00"),
        ("America/New_York", datetime(2026, 11, 1, 6, 30, tzinfo=UTC), "01 November 01:30 EST-02:00"),
    ],
)
def test_a_calendar_shows_the_local_time(zone: str, start: datetime, shown: str) -> None:
    (file,) = files(make_message(start, timezone=zone, calendar=[entry(start)]))
    calendar = Calendar()
    calendar.take(file.get_content())
    assert calendar.shows(zone) == [shown]


def test_an_event_is_entered_moved_and_taken_out() -> None:
    calendar, later = Calendar(), START + timedelta(hours=3)
    for changes, shown in (
        ({"calendar": [entry(version=2)]}, ["26 November 14:00 CET-14:30"]),
        ({"kind": "appointment_rescheduled", "calendar": [entry(later, version=3)]}, ["26 November 17:00 CET-17:30"]),
        ({"calendar": [entry(version=2)]}, ["26 November 17:00 CET-17:30"]),  # an outdated mail
        ({"kind": "appointment_canceled", "calendar": [entry(later, version=4)]}, []),
    ):
        (file,) = files(make_message(**changes))
        calendar.take(file.get_content())
        assert calendar.shows("Europe/Berlin") == shown


def test_appointments_canceled_together_are_removed_one_by_one() -> None:
    starts = [START + timedelta(hours=hour) for hour in range(3)]
    calendar = Calendar()
    for number, start in enumerate(starts):
        (file,) = files(make_message(start, calendar=[entry(start, number=number)]))
        calendar.take(file.get_content())
    assert len(calendar.events) == 3
    entries = [entry(start, 2, number) for number, start in enumerate(starts)]
    for file in files(make_message(kind="appointment_canceled", calendar=entries)):
        calendar.take(file.get_content())
    assert calendar.events == {}


def test_the_headers_of_a_calendar_part() -> None:
    first, second = files(make_message(kind="appointment_canceled", calendar=[entry(), entry(number=2)]))
    assert first["Content-Type"] == 'text/calendar; charset="utf-8"; method="CANCEL"; name="appointment.ics"'
    assert first["Content-Disposition"] is None  # an alternative, not an attachment
    assert second["Content-Type"].params["method"] == "CANCEL"
    assert second.get_filename() == "appointment.ics"
    parts = [part.get_content_type() for part in received(make_message(calendar=[entry()])).walk()]
    assert parts == ["multipart/alternative", "text/plain", "text/html", "text/calendar"]


@pytest.mark.parametrize("kind", ["refund_completed", "payment_too_late", "refund_requested"])
def test_other_mails_leave_calendars_alone(kind: str) -> None:
    assert files(make_message(kind=kind, calendar=[entry()])) == []


async def test_the_calendars_of_both_parties_follow_without_the_address_of_the_other(scenario: MailScenario) -> None:
    doctor, patient = await make_doctor(scenario.owner, fee=Decimal(0)), await make_patient(scenario.owner)
    await scenario.start_worker()
    appointment = await book(scenario.app, patient, doctor, a_slot())
    calendars = {await scenario.address(account): Calendar() for account in (doctor, patient)}

    async def taken() -> list[datetime]:
        for mail in await scenario.settled():
            (file,) = mail.attachments
            assert (file.filename, file.content_type) == ("appointment.ics", "text/calendar")
            (other,) = calendars.keys() - {mail.to}
            assert mail.to in file.content.replace("\r\n ", "")
            assert other not in file.content.replace("\r\n ", "")
            calendars[mail.to].take(file.content)
        scenario.mailbox.messages.clear()
        return [event.start for calendar in calendars.values() for event in calendar.events.values()]

    assert await taken() == [a_slot()] * 2
    uids = {uid for calendar in calendars.values() for uid in calendar.events}
    uid = await scenario.owner.fetchval("SELECT calendar_uid FROM appointment WHERE id = $1", appointment)
    assert uids == {str(uid)}
    assert await scenario.app.fetch(RESCHEDULE, patient, appointment, a_slot(2))
    assert await taken() == [a_slot(2)] * 2
    assert await scenario.app.fetch(CANCEL, patient, appointment)
    assert await taken() == []


async def test_the_cancellation_of_a_hold_without_a_mail_has_no_calendar_file(scenario: MailScenario) -> None:
    patient = await make_patient(scenario.owner)
    appointment = await book(scenario.app, patient, await make_doctor(scenario.owner), a_slot())
    await scenario.app.fetch(CANCEL, patient, appointment)
    messages = await scenario.sent()
    assert [mail.attachments for mail in messages if mail.subject.startswith("Canceled")] == [[]]
