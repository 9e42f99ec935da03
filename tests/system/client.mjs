// Registers, logs in, finds a slot and books it with fetch(): `node client.mjs URL DOCTOR`. Prints the appointment.
import assert from "node:assert/strict";

const [url, doctor] = process.argv.slice(2);
const headers = { "Content-Type": "application/json" };

async function call(method, path, body) {
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

const login = { username: "node", password: "correct horse" };
const { id } = await call("POST", "/api/accounts/register/", { ...login, email: "node@example.com", role: "patient" });
const tokens = await call("POST", "/api/accounts/login/", login);
headers.Authorization = `Bearer ${tokens.access}`;
const slots = await call("GET", `/api/doctors/${doctor}/slots/`);
const booking = { doctor: Number(doctor), patient: id, appointment_date: slots[0].start };
console.log(JSON.stringify(await call("POST", "/api/appointments/appointments/", booking)));
