"""nginx as a reverse proxy in front of the API."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio
from asyncpg import Connection

from app.sandbox.stack.service import Api
from tests.support.factories import a_slot, make_doctor
from tests.support.http.answers import json_of
from tests.support.http.registration import LOGIN, PASSWORD, REGISTER, authorization, newcomer
from tests.system.programs import find, serving

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {api};
            proxy_set_header Host $host:$server_port;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


@pytest_asyncio.fixture
async def behind_nginx(tmp_path: Path, api: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API that talks to nginx."""

    def command(port: int) -> list[str]:
        configuration = tmp_path / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=tmp_path, port=port, api=api.url))
        return ["-p", str(tmp_path), "-c", str(configuration)]

    async with (
        serving(tmp_path, find("nginx", package="nginx-light"), command) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        yield client


async def test_a_patient_registers_and_books(behind_nginx: httpx.AsyncClient, owner: Connection) -> None:
    doctor = await make_doctor(owner, fee=0)
    person = newcomer()
    patient = json_of(await behind_nginx.post(REGISTER, json=person), 201)["id"]
    login = await behind_nginx.post(LOGIN, json={"username": person["username"], "password": PASSWORD})
    headers = authorization(json_of(login)["access"])
    booking = {"doctor": doctor, "patient": patient, "appointment_date": a_slot().isoformat()}
    booked = await behind_nginx.post("/api/appointments/appointments/", headers=headers, json=booking)
    assert json_of(booked, 201)["status"] == "confirmed"
    refused = await behind_nginx.post("/api/appointments/appointments/", headers=headers, json=booking)
    assert json_of(refused, 409)["code"] == "appointment_doctor_no_overlap"
    assert "server" not in booked.headers or booked.headers["server"].startswith("nginx")


async def test_a_link_to_the_next_page_leads_through_nginx(behind_nginx: httpx.AsyncClient, owner: Connection) -> None:
    for _ in range(2):
        await make_doctor(owner)
    first = await behind_nginx.get("/api/doctors/", params={"limit": 1})
    second = await behind_nginx.get(first.links["next"]["url"])
    assert second.status_code == 200
    assert json_of(second) != json_of(first)
