"""A story over HTTP whose people use words that occur nowhere else, and often make mistakes."""

import json
from typing import Any, NamedTuple

from httpx import AsyncClient

ACCOUNTS, APPOINTMENTS = "/api/accounts", "/api/appointments/appointments"
WAITLIST, TIME_OFF = "/api/appointments/waitlist/", "/api/doctors/me/time-off/"
MEBIBYTE = 2**20
WRONG_PASSWORD, GARBAGE = "parsnip-obelisk-17", "gobbledygook-token-42"
REASONS = ["a rash of the kneecaps", "my own wedding in Utrecht", "the flood in the cellar", "a burst appendix"]
BOX_NUMBER = "kumquat-box-5"  # in place of a username or a zone


class Person(NamedTuple):
    """An account. Each word about it occurs nowhere else."""

    username: str
    email: str
    full_name: str
    phone: str
    password: str
    role: str = "patient"

    def body(self, **fields: object) -> dict[str, object]:
        return self._asdict() | fields


DOCTOR = Person(
    "quetzal.dr", "dr.q@xylophone.example", "Dr Featherstonehaugh", "+49 30 5550101", "marzipan-tapir-91", "doctor"
)
ZEBULON = Person("zebulon_w", "zeb@galoshes.example", "Zebulon Wigglesworth", "+49 160 5550102", "turnip-lagoon-92")
OTTOLINE = Person("ottoline_f", "otto@kazoo.example", "Ottoline Fothergill", "+49 160 5550103", "walrus-thimble-93")
PEREGRINE = Person(
    "peregrine_t", "perry@tuba.example", "Peregrine Throckmorton", "+49 160 5550104", "pickle-zeppelin-94"
)
REFUSED_PERSON = Person(
    "ignatius_b", "iggy@bassoon.example", "Ignatius Butterworth", "+49 160 5550105", "mitten-sphinx-95"
)
TWIN = Person("hieronymus_p", "hiero@oboe.example", "Hieronymus Pumblechook", "+49 160 5550106", "gravel-otter-96")
PEOPLE = (DOCTOR, ZEBULON, OTTOLINE, PEREGRINE, REFUSED_PERSON, TWIN)


def confidential_words() -> list[str]:
    """Return every confidential word of the story; none may be in a log."""
    words = [word for person in PEOPLE for word in person[:-1]]
    surnames = [person.full_name.split()[-1] for person in PEOPLE]
    numbers = [person.phone.split()[-1] for person in PEOPLE]
    return [*words, *surnames, *numbers, *REASONS, WRONG_PASSWORD, GARBAGE, BOX_NUMBER]


class PrivateStory:
    """Calls the API, checks each status, and keeps the tokens."""

    def __init__(self, client: AsyncClient) -> None:
        self.tokens: list[str] = []
        self._client = client
        self._ids: dict[str, int] = {}
        self._access: dict[str, str] = {}

    async def call(self, status: int, method: str, path: str, who: Person | None = None, **request: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._access[who.username]}"} if who else {}
        headers |= request.pop("headers", {})
        answer = await self._client.request(method, path, headers=headers, **request)
        assert answer.status_code == status, (method, path, answer.text)
        return answer.json() if answer.content else None

    async def register_all(self) -> None:
        for person in (DOCTOR, ZEBULON, OTTOLINE, PEREGRINE):
            practice = {"fee": "0", "max_appointments": 2} if person is DOCTOR else {}
            account = await self.call(201, "POST", f"{ACCOUNTS}/register/", json=person.body(**practice))
            self._ids[person.username] = account["id"]
            body = {"email": person.email, "password": person.password}
            tokens = await self.call(200, "POST", f"{ACCOUNTS}/login/", json=body)
            self._access[person.username] = tokens["access"]
            self.tokens += [tokens["access"], tokens["refresh"]]

    async def register_wrongly(self) -> None:
        path = f"{ACCOUNTS}/register/"
        await self.call(409, "POST", path, json=TWIN.body(username=ZEBULON.username.upper()))
        await self.call(409, "POST", path, json=TWIN.body(email=ZEBULON.email.upper()))
        await self.call(422, "POST", path, json=TWIN.body(timezone=BOX_NUMBER))
        await self.call(409, "PATCH", f"{ACCOUNTS}/me/", DOCTOR, json={"email": ZEBULON.email})
        await self.call(409, "PATCH", f"{ACCOUNTS}/me/", OTTOLINE, json={"email": ZEBULON.email, "phone": TWIN.phone})
        for wrong in ({"username": TWIN.full_name}, {"phone": TWIN.email}, {"role": TWIN.email}, {TWIN.password: 1}):
            await self.call(400, "POST", path, json=TWIN.body(**wrong))
        good = json.dumps(TWIN.body())
        for content in (good[:-1], f"[{good}]", good.encode("utf-16"), good.replace("{", '{"email": "x", ', 1)):
            await self.call(400, "POST", path, content=content)
        await self.call(413, "POST", path, content=good * (2 * MEBIBYTE // len(good)))
        await self.call(415, "POST", path, data=TWIN._asdict())

    async def log_in_wrongly(self) -> None:
        for name in (ZEBULON.username, TWIN.username, BOX_NUMBER):
            body = {"username": name, "password": WRONG_PASSWORD}
            await self.call(401, "POST", f"{ACCOUNTS}/login/", json=body)
        await self.call(400, "POST", f"{ACCOUNTS}/login/", json={"user": ZEBULON.email, "pass": WRONG_PASSWORD})
        access = self._access[ZEBULON.username]
        for token in (GARBAGE, access, f"{access}{GARBAGE}"):
            await self.call(401, "POST", f"{ACCOUNTS}/token/refresh/", json={"refresh": token})
        for header in (f"Bearer {access}{GARBAGE}", f"Bearer {GARBAGE}", f"Basic {GARBAGE}", access):
            await self.call(401, "GET", f"{ACCOUNTS}/me/", headers={"Authorization": header})

    async def send_secrets_in_wrong_places(self) -> None:
        """Send secrets where servers often log them: in paths, queries and headers."""
        await self.call(404, "GET", f"/api/accounts/{ZEBULON.email}/")
        await self.call(404, "DELETE", f"/{GARBAGE}?password={ZEBULON.password}")
        await self.call(200, "GET", f"/api/doctors/?name=featherstonehaugh&specialty=&token={self.tokens[0]}")
        await self.call(400, "GET", f"/api/doctors/?cursor={GARBAGE}&limit={WRONG_PASSWORD}")
        spoken = {"X-Request-ID": ZEBULON.email, "Cookie": f"a={ZEBULON.password}", "User-Agent": ZEBULON.full_name}
        await self.call(200, "GET", f"{ACCOUNTS}/me/", ZEBULON, headers={**spoken, "Referer": ZEBULON.email})

    async def book_and_cancel(self) -> None:
        doctor = self._ids[DOCTOR.username]
        slots = [slot["start"] for slot in await self.call(200, "GET", f"/api/doctors/{doctor}/slots/")]
        book = {"doctor": doctor, "appointment_date": slots[-1]}
        first = await self.call(201, "POST", f"{APPOINTMENTS}/", ZEBULON, json=book)
        await self.call(409, "POST", f"{APPOINTMENTS}/", OTTOLINE, json=book)
        await self.call(409, "POST", f"{APPOINTMENTS}/", ZEBULON, json=book)
        await self.call(409, "POST", WAITLIST, OTTOLINE, json={"doctor": doctor})
        await self.call(
            422, "POST", f"{APPOINTMENTS}/", OTTOLINE, json=book | {"appointment_date": "2001-01-01T09:00:00Z"}
        )
        await self.call(400, "POST", f"{APPOINTMENTS}/", OTTOLINE, json=book | {"appointment_date": REASONS[0]})
        second = await self.call(201, "POST", f"{APPOINTMENTS}/", OTTOLINE, json=book | {"appointment_date": slots[-2]})
        for person in (PEREGRINE, ZEBULON):
            await self.call(201, "POST", WAITLIST, person, json={"doctor": doctor})
        await self.call(409, "POST", WAITLIST, PEREGRINE, json={"doctor": doctor})
        await self.call(200, "POST", f"{APPOINTMENTS}/{second['id']}/cancel/", OTTOLINE)
        await self._the_doctor_is_away(first["id"], first["appointment_date"], first["ends_at"])

    async def _the_doctor_is_away(self, appointment: int, start: str, end: str) -> None:
        away = {"start": start, "end": end, "reason": REASONS[0]}
        await self.call(409, "POST", TIME_OFF, DOCTOR, json=away)
        await self.call(400, "POST", TIME_OFF, DOCTOR, json=away | {"end": start})
        await self.call(409, "PUT", "/api/doctors/me/working-hours/", DOCTOR, json={"working_hours": []})
        path = f"{APPOINTMENTS}/{appointment}"
        await self.call(200, "POST", f"{path}/doctor_cancel/", DOCTOR, json={"reason": REASONS[1]})
        await self.call(409, "POST", f"{path}/doctor_cancel/", DOCTOR, json={"reason": REASONS[2]})
        await self.call(201, "POST", TIME_OFF, DOCTOR, json=away)
        bulk = {"reason": REASONS[3], "block": True}
        await self.call(200, "POST", f"{APPOINTMENTS}/doctor_bulk_cancel/", DOCTOR, json=bulk)

    async def break_unknown_rule(self) -> None:
        """Register against a constraint that the program does not know."""
        await self.call(500, "POST", f"{ACCOUNTS}/register/", json=REFUSED_PERSON.body())
