// Registers a doctor and a patient, logs the patient in, and books the doctor's last free slot.
// Prints the appointment. Usage: node booking_client.mjs URL
const [url] = process.argv.slice(2);

async function call(path, { body, token } = {}) {
  const response = await fetch(`${url}/api/${path}`, {
    method: body ? "POST" : "GET",
    headers: {
      ...(body && { "Content-Type": "application/json" }),
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

function register(role) {
  const account = { username: `node-${role}`, email: `${role}@node.example.com`, password: "correct horse", role };
  return call("accounts/register/", { body: account });
}

const doctor = await register("doctor");
const patient = await register("patient");
const login = { email: patient.email, password: "correct horse" };
const { access } = await call("accounts/login/", { body: login });
const slots = await call(`doctors/${doctor.id}/slots/`);
const booking = { doctor: doctor.id, appointment_date: slots.at(-1).start };
const appointment = await call("appointments/appointments/", { token: access, body: booking });
console.log(JSON.stringify(appointment));
