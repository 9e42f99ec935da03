"""The texts of the mails: times in every zone, every kind of name, and no injected header."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.domain.notifications.compose import sender_address
from app.domain.notifications.links import with_code
from app.domain.notifications.locales import en
from app.domain.notifications.schemas import AccountKind
from app.settings import Settings
from tests.support.mail.messages import (
    CONTENT_HEADERS,
    NOW,
    START,
    content,
    make_account_message,
    make_message,
    received,
    tags,
    text,
)

HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
OFFERED = {"kind": "slot_offered", "offer_expires_at": START - timedelta(hours=76), "link": "https://x.example/y/"}

anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200)
local_parts = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="@"), min_size=1, max_size=64
)


def test_the_headers() -> None:
    mail = received(make_message())
    assert mail.keys()[: len(HEADERS)] == HEADERS
    assert set(mail.keys()[len(HEADERS) :]) == CONTENT_HEADERS
    assert mail["From"] == "Appointments <appointments@clinic.example>"
    assert mail["To"] == "Zoë Müller <zoe@example.com>"
    assert mail["Subject"] == "Confirmed: Dr. Ada, Thursday 26 November 2026, 14:00"
    assert mail["Message-ID"] == f"<{UUID(int=7)}@clinic.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW


def test_a_whole_text() -> None:
    assert text(make_message()) == (
        "Dear Zoë Müller,\n\n"
        "Your appointment with Dr. Ada is confirmed.\n\n"
        "  Thursday 26 November 2026, 14:00-14:30 (Europe/Berlin)\n\n"
        "If you cannot come, please cancel in your booking app."
        " You can cancel until Monday 23 November 2026, 14:00 (Europe/Berlin).\n"
    )


def test_a_whole_page() -> None:
    page = content(received(make_message(doctor="<b>Ada & Co</b>")), "html")
    assert '<html lang="en">' in page
    assert "<title>Confirmed: &lt;b&gt;Ada &amp; Co&lt;/b&gt;, Thursday 26 November 2026, 14:00</title>" in page
    assert (
        "<p>Dear Zoë Müller,</p>\n<p>Your appointment with &lt;b&gt;Ada &amp; Co&lt;/b&gt; is confirmed.</p>\n" in page
    )
    assert "<p><strong>Thursday 26 November 2026, 14:00-14:30 (Europe/Berlin)</strong></p>" in page


def test_a_payment_is_stated_to_its_payer_and_a_free_appointment_mentions_no_money() -> None:
    paid = make_message(paid="100.00 USD", capture_id="8MC585209K746631H")
    assert "\n\nPaid: 100.00 USD through PayPal, transaction 8MC585209K746631H.\n\n" in text(paid)
    for said in (text(make_message()), text(make_message(recipient_role="doctor"))):
        assert not re.search("USD|paid|pay|cost|fee", said, re.IGNORECASE)


def test_a_mail_says_when_it_is_too_late_to_cancel() -> None:
    deadline = make_message().cancel_deadline
    assert "You can cancel until" in text(make_message(), deadline - timedelta(seconds=1))
    assert "too soon to be canceled" in text(make_message(), deadline)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            OFFERED,
            [
                "a slot with Dr. Ada",
                "first to accept",
                "until Monday 23 November 2026, 10:00",
                "\n  https://x.example/y/\n",
            ],
        ),
        (OFFERED, ["The appointment costs 100.00 USD, which you pay when you accept.", "leave the waitlist"]),
        (OFFERED | {"cancel_deadline": NOW}, ["too soon to be canceled"]),
        ({"kind": "offer_superseded"}, ["no longer available", "keep your place"]),
        ({"kind": "offer_expired"}, ["slot with Dr. Ada has expired", "not accept it in time", "keep your place"]),
        ({"recipient_role": "doctor"}, ["Zoë Müller has booked"]),
        ({"kind": "appointment_canceled", "canceled_by": "patient"}, ["You canceled", "with Dr. Ada"]),
        (
            {"kind": "appointment_canceled", "canceled_by": "doctor", "cancel_reason": "I am ill."},
            ["Dr. Ada had to cancel", "Reason: I am ill."],
        ),
        ({"kind": "appointment_canceled", "canceled_by": "admin"}, ["with Dr. Ada had to be canceled"]),
        (
            {"kind": "appointment_canceled", "canceled_by": "patient", "recipient_role": "doctor"},
            ["Zoë Müller canceled the appointment"],
        ),
        (
            {"kind": "appointment_canceled", "canceled_by": "admin", "recipient_role": "doctor"},
            ["appointment with Zoë Müller was canceled"],
        ),
        (
            {"kind": "appointment_canceled", "canceled_by": "doctor", "also_canceled": [START + timedelta(days=1)]},
            ["Also canceled:", "  Friday 27 November 2026, 14:00 (Europe/Berlin)"],
        ),
        (
            {"kind": "appointment_canceled", "canceled_by": "doctor", "refunds": ["200.00 USD", "9.00 EUR"]},
            ["A refund of 200.00 USD and 9.00 EUR was requested"],
        ),
        (
            {"kind": "appointment_canceled", "refunds": ["9.00 EUR"], "recipient_erased": True},
            ["A refund of 9.00 EUR was requested. PayPal will notify you when it is complete."],
        ),
        (
            {"kind": "appointment_held"},
            ["slot with Dr. Ada is held", "pay 100.00 USD", "until Friday 20 November 2026, 10:15 (Europe/Berlin)"],
        ),
        ({"kind": "hold_lapsing"}, ["not paid yet", "until Friday 20 November 2026, 10:15 (Europe/Berlin)"]),
        ({"kind": "appointment_reminder"}, ["reminder of your appointment with Dr. Ada", "You can cancel until"]),
        ({"kind": "appointment_reminder", "cancel_deadline": NOW}, ["please call the practice"]),
        ({"kind": "payment_too_late"}, ["arrived too late", "You were not charged", "100.00 USD was not taken"]),
        ({"kind": "refund_requested"}, ["payment of 100.00 USD arrived", "a full refund"]),
        ({"kind": "refund_completed"}, ["payment of 100.00 USD", "was refunded"]),
        (
            {"kind": "appointment_rescheduled"},
            [
                "Dr. Ada was moved",
                "previous time was Wednesday 25 November 2026, 14:00 (Europe/Berlin)",
                "you can cancel",
            ],
        ),
        (
            {"kind": "appointment_rescheduled", "recipient_role": "doctor"},
            ["with Zoë Müller was moved", "previous time was Wednesday 25 November 2026, 14:00 (Europe/Berlin)"],
        ),
    ],
)
def test_what_each_mail_says(changes: dict[str, Any], said: list[str]) -> None:
    body = text(make_message(**changes))
    for words in [*said, "  Thursday 26 November 2026, 14:00-14:30 (Europe/Berlin)"]:
        assert words in body
    assert "None" not in body


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "password_changed"}, ["password of your account was changed", "If that was not you"]),
        ({"kind": "email_changing"}, ["A new email address was entered", "If that was not you"]),
        (
            {"kind": "waitlist_joined", "doctor": "Dr. Ada", "position": 2, "call": "https://x.example/7/"},
            [
                "waiting for a slot with Dr. Ada on any day. You are number 2 in line",
                "the API has the waitlist entry at https://x.example/7/",
            ],
        ),
        (
            {"kind": "waitlist_joined", "doctor": "Dr. Ada", "position": 1, "desired_date": date(2026, 11, 26)},
            ["a slot with Dr. Ada on Thursday 26 November 2026. You are number 1 in line"],
        ),
        ({"kind": "waitlist_joined", "doctor": "Dr. Ada"}, ["a slot with Dr. Ada on any day.\n"]),
        (
            {"kind": "waiting_lapsed", "doctor": "Dr. Ada"},
            ["you did not get a slot with Dr. Ada", "To find another time"],
        ),
        (
            {"kind": "waiting_ended", "doctor": "Dr. Ada"},
            ["Dr. Ada no longer takes appointments here", "another doctor"],
        ),
        ({"kind": "account_erased"}, ["Your account was deleted", "no further mails"]),
    ],
)
def test_what_each_mail_about_an_account_says(changes: dict[str, Any], said: list[str]) -> None:
    body = text(make_account_message(**changes))
    for words in ["Dear Zoë Müller,", *said]:
        assert words in body
    assert "None" not in body


def coded(kind: AccountKind, *, hours: int, page: str | None) -> str:
    """Return the text of a mail with a code, for a front end with or without a page for it."""
    settings = Settings(
        secret_key="",
        database_url="",
        redis_url="",
        public_url="https://api.clinic.example/",
        email_verification_url=page,
        password_reset_url=page,
    )
    sent = make_account_message(kind=kind, recipient=None, code_lifetime=timedelta(hours=hours))
    return text(with_code(sent, "a-code", settings))


def test_a_code_is_part_of_the_link_to_its_page() -> None:
    said = coded("password_reset", hours=1, page="https://clinic.example/password")
    assert "\n\n  https://clinic.example/password?token=a-code\n\n" in said
    assert "works once and expires in 1 hour." in said
    said = coded("email_verification", hours=72, page="https://clinic.example/?page=verify")
    assert "\n\n  https://clinic.example/?page=verify&token=a-code\n\n" in said
    assert "works once and expires in 72 hours." in said
    assert said.startswith("Hello,\n")


def test_without_a_page_the_mail_says_where_to_send_the_code() -> None:
    said = coded("password_reset", hours=1, page=None)
    assert "\n\n  a-code\n\n" in said
    assert "the API accepts the code at https://api.clinic.example/api/accounts/password/reset/confirm/" in said
    said = coded("email_verification", hours=72, page=None)
    assert "the API accepts the code at https://api.clinic.example/api/accounts/email/verify/" in said


@pytest.mark.parametrize(
    ("timezone", "start", "said"),
    [
        ("Asia/Kolkata", START, "Thursday 26 November 2026, 18:30-19:00 (Asia/Kolkata)"),
        ("Pacific/Kiritimati", START, "Friday 27 November 2026, 03:00-03:30 (Pacific/Kiritimati)"),
        ("America/New_York", datetime(2026, 7, 1, 13, tzinfo=UTC), "Wednesday 1 July 2026, 09:00-09:30"),
        # the clocks go forward: the half hour ends at 3
        ("Europe/Berlin", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "29 March 2026, 01:30-03:00 (Europe/Berlin)"),
        # the clocks go back: 02:30 comes twice
        ("Europe/Berlin", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "02:30-02:00 (Europe/Berlin, CEST)"),
        ("Europe/Berlin", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "02:30-03:00 (Europe/Berlin, CET)"),
        ("Mars/Olympus", START, "Thursday 26 November 2026, 13:00-13:30 (UTC)"),
    ],
)
def test_times_are_in_the_recipients_zone(timezone: str, start: datetime, said: str) -> None:
    assert said in text(make_message(start, timezone=timezone))


@given(anything, anything, anything, anything, st.sampled_from(sorted(en.LOCALE.words)))
def test_names_and_reasons_cannot_inject_headers(
    recipient: str, doctor: str, patient: str, reason: str, kind: tuple[Any, Any]
) -> None:
    sent = make_message(
        kind=kind[0],
        recipient_role=kind[1],
        recipient=recipient,
        doctor=doctor,
        patient=patient,
        canceled_by="admin",
        cancel_reason=reason,
    )
    mail = received(sent)
    assert mail.keys()[: len(HEADERS)] == HEADERS
    assert set(mail.keys()[len(HEADERS) :]) == CONTENT_HEADERS
    assert [to.addr_spec for to in mail["To"].addresses] == ["zoe@example.com"]
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    plain = replace(sent, recipient="x", doctor="x", patient="x", cancel_reason="x")
    assert content(mail, "plain").count("\n") <= text(plain).count("\n")
    ours, found = tags(content(received(plain), "html")), tags(content(mail, "html"))
    assert all(tag in ours for tag in found)
    assert len(found) <= len(ours)  # fewer if the reason is only spaces


@given(local_parts)
@example("0" * 60 + '"')
def test_every_address_that_an_account_may_have_gets_its_mail(local_part: str) -> None:
    (address,) = received(make_message(email=f"{local_part}@example.com"))["To"].addresses
    assert (address.username, address.domain) == (local_part, "example.com")


@pytest.mark.parametrize("text", ["", "Appointments", "a@example.com, b@example.com", "a@", "@a"])
def test_a_sender_without_an_address_is_refused_at_once(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the message depends on the text
        sender_address(text)
