CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE account (
	id INTEGER GENERATED ALWAYS AS IDENTITY, 
	username TEXT, 
	email TEXT, 
	email_verified_at TIMESTAMP WITH TIME ZONE, 
	pending_email TEXT, 
	password_hash TEXT, 
	role TEXT NOT NULL, 
	status TEXT DEFAULT 'active' NOT NULL, 
	disabled_reason TEXT, 
	generation INTEGER DEFAULT '1' NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT account_pkey PRIMARY KEY (id), 
	CONSTRAINT account_role_valid CHECK (role IN ('doctor', 'patient')), 
	CONSTRAINT account_status_valid CHECK (status IN ('active', 'disabled', 'erased')), 
	CONSTRAINT account_username_valid CHECK (username ~ '^[A-Za-z0-9_.@+-]{1,150}$'), 
	CONSTRAINT account_email_valid CHECK (email ~ '^[!-?A-~]{1,64}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,}$' AND length(email) <= 254), 
	CONSTRAINT account_pending_email_valid CHECK (pending_email ~ '^[!-?A-~]{1,64}@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,}$' AND length(pending_email) <= 254), 
	CONSTRAINT account_erased_is_empty CHECK ((status = 'erased') = (username IS NULL) AND (status = 'erased') = (email IS NULL) AND (status = 'erased') = (password_hash IS NULL) AND (status <> 'erased' OR email_verified_at IS NULL AND pending_email IS NULL)), 
	CONSTRAINT account_id_role_unique UNIQUE (id, role)
);

CREATE UNIQUE INDEX account_email_unique ON account (lower(email));

CREATE UNIQUE INDEX account_username_unique ON account (lower(username));

COMMENT ON TABLE account IS 'A login. What a person is, doctor or patient, is fixed by the profile that refers to it.';

COMMENT ON COLUMN account.username IS 'Unique whatever its case; none once erased.';

COMMENT ON COLUMN account.email IS 'Where mails go. Unique whatever its case; none once erased.';

COMMENT ON COLUMN account.email_verified_at IS 'When its owner proved to read it; none: not yet.';

COMMENT ON COLUMN account.pending_email IS 'The address that is to be, once it is proven.';

COMMENT ON COLUMN account.password_hash IS 'argon2id, PHC string format; none once erased.';

COMMENT ON COLUMN account.role IS 'doctor or patient; a profile pins it for good.';

COMMENT ON COLUMN account.status IS 'active, disabled by an admin, or erased on request.';

COMMENT ON COLUMN account.disabled_reason IS 'Why an admin has disabled it; none once enabled. Not told to its owner.';

COMMENT ON COLUMN account.generation IS 'Access tokens name it; counting it up revokes all of them at once.';

COMMENT ON COLUMN account.created_at IS 'When the account was registered.';

CREATE TABLE history (
	object_kind TEXT NOT NULL, 
	object_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	transaction_id BIGINT NOT NULL, 
	database_role TEXT NOT NULL, 
	acted_as TEXT NOT NULL, 
	account_id INTEGER, 
	was JSONB, 
	becomes JSONB NOT NULL, 
	hash BYTEA NOT NULL, 
	CONSTRAINT history_pkey PRIMARY KEY (object_kind, object_id, number)
);

CREATE INDEX history_by_time ON history (object_kind, changed_at);

COMMENT ON TABLE history IS 'Every change of an appointment, waitlist entry, payment, refund, account''s status and policy. Triggers add to it, nobody else; each object''s records are a chain of hashes: admin.verify_history().';

COMMENT ON COLUMN history.object_kind IS 'The table of what changed.';

COMMENT ON COLUMN history.object_id IS 'Its id there; of the policy 1.';

COMMENT ON COLUMN history.number IS '1, 2, 3 ... for each object.';

COMMENT ON COLUMN history.changed_at IS 'When.';

COMMENT ON COLUMN history.transaction_id IS 'What changed together has the same one (pg_current_xact_id()).';

COMMENT ON COLUMN history.database_role IS 'Who was logged in at PostgreSQL.';

COMMENT ON COLUMN history.acted_as IS 'patient, doctor, payer, payment, system (the service by itself) or admin.';

COMMENT ON COLUMN history.account_id IS 'Whose request it was; none: nobody''s who has an account.';

COMMENT ON COLUMN history.was IS 'What changed, as it was before; none: it began here.';

COMMENT ON COLUMN history.becomes IS 'All that history keeps of it, as it was from then on.';

COMMENT ON COLUMN history.hash IS 'SHA-256 of this record and of the hash before it in its chain; see history_hash().';

CREATE TABLE policy (
	id BOOLEAN DEFAULT true NOT NULL, 
	hold_minutes SMALLINT DEFAULT '15' NOT NULL, 
	review_hours SMALLINT DEFAULT '24' NOT NULL, 
	patient_hold_limit SMALLINT DEFAULT '5' NOT NULL, 
	reminder_lead INTERVAL DEFAULT '24 h' NOT NULL, 
	require_verified_doctor BOOLEAN DEFAULT true NOT NULL, 
	offer_first_wave SMALLINT DEFAULT '3' NOT NULL, 
	offer_min_notice INTERVAL DEFAULT '2 h' NOT NULL, 
	offer_waves SMALLINT DEFAULT '4' NOT NULL, 
	default_fee NUMERIC(12, 2) DEFAULT '100.00' NOT NULL, 
	default_currency CHAR(3) DEFAULT 'USD' NOT NULL, 
	max_fee NUMERIC(12, 2) DEFAULT '10000.00' NOT NULL, 
	currencies CHAR(3)[] DEFAULT '{AUD,CAD,CHF,EUR,GBP,JPY,USD}' NOT NULL, 
	CONSTRAINT policy_pkey PRIMARY KEY (id), 
	CONSTRAINT policy_one_row CHECK (id), 
	CONSTRAINT policy_hold_minutes_valid CHECK (hold_minutes BETWEEN 1 AND 1440), 
	CONSTRAINT policy_review_hours_valid CHECK (review_hours BETWEEN 1 AND 336), 
	CONSTRAINT policy_patient_hold_limit_valid CHECK (patient_hold_limit BETWEEN 1 AND 30), 
	CONSTRAINT policy_offer_first_wave_valid CHECK (offer_first_wave BETWEEN 1 AND 100), 
	CONSTRAINT policy_offer_min_notice_valid CHECK (offer_min_notice BETWEEN interval '0' AND interval '72 h'), 
	CONSTRAINT policy_offer_waves_valid CHECK (offer_waves BETWEEN 1 AND 24), 
	CONSTRAINT policy_reminder_lead_valid CHECK (reminder_lead BETWEEN interval '1 h' AND interval '168 h'), 
	CONSTRAINT policy_default_fee_valid CHECK (default_fee >= 0 AND default_fee <= max_fee), 
	CONSTRAINT policy_default_currency_valid CHECK (default_currency = ANY (currencies)), 
	CONSTRAINT policy_max_fee_valid CHECK (max_fee BETWEEN 0 AND 1000000)
);

COMMENT ON TABLE policy IS 'The numbers an admin may tune, in one row. 30 appointments, 360 and 72 hours are rules instead.';

COMMENT ON COLUMN policy.id IS 'Always true.';

COMMENT ON COLUMN policy.hold_minutes IS 'How long an unpaid booking holds its slot, minutes.';

COMMENT ON COLUMN policy.review_hours IS 'How long PayPal may review a payment while the slot is kept, hours.';

COMMENT ON COLUMN policy.patient_hold_limit IS 'Live unpaid holds one patient may have at once.';

COMMENT ON COLUMN policy.reminder_lead IS 'How long before an appointment its patient is reminded of it.';

COMMENT ON COLUMN policy.require_verified_doctor IS 'Whether doctors are listed and booked only once they are verified.';

COMMENT ON COLUMN policy.offer_first_wave IS 'How many are offered a freed slot at once; then twice as many, and so on.';

COMMENT ON COLUMN policy.offer_min_notice IS 'A slot that starts sooner is offered to nobody.';

COMMENT ON COLUMN policy.offer_waves IS 'How long an offer is good, in times from a wave to the next.';

COMMENT ON COLUMN policy.default_fee IS 'Fee of a doctor who names none.';

COMMENT ON COLUMN policy.default_currency IS 'Currency of a doctor who names none.';

COMMENT ON COLUMN policy.max_fee IS 'Highest fee allowed.';

COMMENT ON COLUMN policy.currencies IS 'Currencies a doctor may charge in, ISO 4217.';

CREATE TABLE time_zone (
	name TEXT NOT NULL, 
	CONSTRAINT time_zone_pkey PRIMARY KEY (name)
);

COMMENT ON TABLE time_zone IS 'The IANA time zones that this PostgreSQL can compute with.';

COMMENT ON COLUMN time_zone.name IS 'IANA name, e.g. Europe/Berlin.';

CREATE TABLE account_token (
	token_hash BYTEA NOT NULL, 
	account_id INTEGER NOT NULL, 
	purpose TEXT NOT NULL, 
	email TEXT NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT account_token_pkey PRIMARY KEY (token_hash), 
	CONSTRAINT account_token_purpose_valid CHECK (purpose IN ('email_verification', 'password_reset')), 
	CONSTRAINT account_token_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE
);

CREATE INDEX account_token_expiring ON account_token (expires_at);

CREATE INDEX account_token_of_account ON account_token (account_id);

COMMENT ON TABLE account_token IS 'Codes that were mailed, each good for one use; a used one is deleted.';

COMMENT ON COLUMN account_token.token_hash IS 'SHA-256; the code itself is kept nowhere.';

COMMENT ON COLUMN account_token.purpose IS 'What it is good for: email_verification or password_reset.';

COMMENT ON COLUMN account_token.email IS 'The address that it was mailed to.';

COMMENT ON COLUMN account_token.created_at IS 'When it was made, as the mail was about to be sent.';

CREATE TABLE calendar_feed (
	account_id INTEGER NOT NULL, 
	token_hash BYTEA NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT calendar_feed_pkey PRIMARY KEY (account_id), 
	CONSTRAINT calendar_feed_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX calendar_feed_token_unique ON calendar_feed (token_hash);

COMMENT ON TABLE calendar_feed IS 'A private link under which calendars read an account''s appointments; one at a time.';

COMMENT ON COLUMN calendar_feed.token_hash IS 'SHA-256; the token in the link itself is kept nowhere.';

COMMENT ON COLUMN calendar_feed.created_at IS 'When the link was made.';

CREATE TABLE doctor (
	account_id INTEGER NOT NULL, 
	role TEXT GENERATED ALWAYS AS ('doctor') STORED NOT NULL, 
	full_name TEXT NOT NULL, 
	phone TEXT DEFAULT '' NOT NULL, 
	timezone TEXT DEFAULT 'UTC' NOT NULL, 
	specialty TEXT DEFAULT '' NOT NULL, 
	experience_years SMALLINT DEFAULT '0' NOT NULL, 
	slot_minutes SMALLINT DEFAULT '30' NOT NULL, 
	buffer_minutes SMALLINT DEFAULT '0' NOT NULL, 
	fee NUMERIC(12, 2) NOT NULL, 
	currency CHAR(3) NOT NULL, 
	max_appointments SMALLINT DEFAULT '30' NOT NULL, 
	verified_at TIMESTAMP WITH TIME ZONE, 
	disabled_at TIMESTAMP WITH TIME ZONE, 
	booking_seq BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT doctor_pkey PRIMARY KEY (account_id), 
	CONSTRAINT doctor_account_id_fkey FOREIGN KEY(account_id, role) REFERENCES account (id, role), 
	CONSTRAINT doctor_timezone_fkey FOREIGN KEY(timezone) REFERENCES time_zone (name), 
	CONSTRAINT doctor_slot_minutes_valid CHECK (slot_minutes BETWEEN 5 AND 480), 
	CONSTRAINT doctor_buffer_minutes_valid CHECK (buffer_minutes BETWEEN 0 AND 480), 
	CONSTRAINT doctor_max_appointments_valid CHECK (max_appointments BETWEEN 0 AND 30), 
	CONSTRAINT doctor_fee_valid CHECK (fee >= 0), 
	CONSTRAINT doctor_fee_has_no_minor_unit CHECK (currency NOT IN ('HUF', 'JPY', 'TWD') OR fee = trunc(fee)), 
	CONSTRAINT doctor_experience_years_valid CHECK (experience_years BETWEEN 0 AND 80)
)
 WITH (fillfactor = 50);

CREATE INDEX doctor_full_name ON doctor USING gin (lower(full_name) gin_trgm_ops);

CREATE INDEX doctor_specialty ON doctor (lower(specialty), account_id);

COMMENT ON TABLE doctor IS 'A doctor''s profile. Its row is the lock under which this doctor''s bookings are decided.';

COMMENT ON COLUMN doctor.role IS 'Makes the foreign key accept only a doctor''s account.';

COMMENT ON COLUMN doctor.full_name IS 'Public.';

COMMENT ON COLUMN doctor.phone IS 'The practice''s telephone. Public.';

COMMENT ON COLUMN doctor.timezone IS 'Zone in which the working hours are meant.';

COMMENT ON COLUMN doctor.specialty IS 'Public; patients search by it.';

COMMENT ON COLUMN doctor.experience_years IS 'Years in practice.';

COMMENT ON COLUMN doctor.slot_minutes IS 'Length of a slot, minutes.';

COMMENT ON COLUMN doctor.buffer_minutes IS 'Pause between two slots, minutes.';

COMMENT ON COLUMN doctor.fee IS 'Price of an appointment; 0: confirmed at once. If none is given: policy.default_fee.';

COMMENT ON COLUMN doctor.currency IS 'ISO 4217. If none is given: policy.default_currency.';

COMMENT ON COLUMN doctor.max_appointments IS 'Cap on active appointments, never above 30; 0 closes the book.';

COMMENT ON COLUMN doctor.verified_at IS 'When an admin said that this is a doctor; see policy.require_verified_doctor.';

COMMENT ON COLUMN doctor.disabled_at IS 'When an admin disabled the account: not listed and not booked, whatever the policy; none: it is not.';

COMMENT ON COLUMN doctor.booking_seq IS 'Counts schedule writers. Updating it takes the lock, and fails a writer whose snapshot is stale.';

CREATE TABLE patient (
	account_id INTEGER NOT NULL, 
	role TEXT GENERATED ALWAYS AS ('patient') STORED NOT NULL, 
	full_name TEXT NOT NULL, 
	phone TEXT DEFAULT '' NOT NULL, 
	timezone TEXT DEFAULT 'UTC' NOT NULL, 
	booking_seq BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT patient_pkey PRIMARY KEY (account_id), 
	CONSTRAINT patient_account_id_fkey FOREIGN KEY(account_id, role) REFERENCES account (id, role), 
	CONSTRAINT patient_timezone_fkey FOREIGN KEY(timezone) REFERENCES time_zone (name)
)
 WITH (fillfactor = 50);

COMMENT ON TABLE patient IS 'A patient''s profile. Its row is the lock under which this patient''s bookings are decided.';

COMMENT ON COLUMN patient.role IS 'Makes the foreign key accept only a patient''s account.';

COMMENT ON COLUMN patient.full_name IS 'Seen only by doctors who have an appointment with them.';

COMMENT ON COLUMN patient.phone IS 'Seen only by doctors who have an appointment with them.';

COMMENT ON COLUMN patient.timezone IS 'Zone of the times in this patient''s mails.';

COMMENT ON COLUMN patient.booking_seq IS 'Counts bookings. Updating it takes the lock, and fails a writer whose snapshot is stale.';

CREATE TABLE refresh_token (
	token_hash BYTEA NOT NULL, 
	account_id INTEGER NOT NULL, 
	family UUID NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	used_at TIMESTAMP WITH TIME ZONE, 
	revoked_at TIMESTAMP WITH TIME ZONE, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT refresh_token_pkey PRIMARY KEY (token_hash), 
	CONSTRAINT refresh_token_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE
);

CREATE INDEX refresh_token_expiring ON refresh_token (expires_at);

CREATE INDEX refresh_token_of_account ON refresh_token (account_id);

CREATE INDEX refresh_token_of_family ON refresh_token (family);

COMMENT ON TABLE refresh_token IS 'Refresh tokens, each good for one use; all that came of one login are a family.';

COMMENT ON COLUMN refresh_token.token_hash IS 'SHA-256; the token itself is kept nowhere.';

COMMENT ON COLUMN refresh_token.family IS 'The login that it came of.';

COMMENT ON COLUMN refresh_token.used_at IS 'When it was exchanged; a second use ends the family.';

COMMENT ON COLUMN refresh_token.revoked_at IS 'When its family was ended.';

COMMENT ON COLUMN refresh_token.created_at IS 'When it was given out.';

CREATE TABLE appointment (
	id INTEGER GENERATED ALWAYS AS IDENTITY, 
	doctor_id INTEGER NOT NULL, 
	patient_id INTEGER, 
	during TSTZRANGE NOT NULL, 
	status TEXT DEFAULT 'pending' NOT NULL, 
	seat SMALLINT, 
	hold_expires_at TIMESTAMP WITH TIME ZONE, 
	cancel_deadline TIMESTAMP WITH TIME ZONE NOT NULL, 
	fee NUMERIC(12, 2) NOT NULL, 
	currency CHAR(3) NOT NULL, 
	canceled_by TEXT, 
	cancel_reason TEXT, 
	version INTEGER DEFAULT '1' NOT NULL, 
	calendar_uid UUID DEFAULT gen_random_uuid() NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT appointment_pkey PRIMARY KEY (id), 
	CONSTRAINT appointment_status_valid CHECK (status IN ('offered', 'pending', 'confirmed', 'released', 'expired', 'canceled', 'completed', 'no_show')), 
	CONSTRAINT appointment_during_valid CHECK (lower_inc(during) AND NOT upper_inc(during) AND NOT upper_inf(during) AND NOT isempty(during) AND isfinite(lower(during)) AND isfinite(upper(during))), 
	CONSTRAINT appointment_doctor_cap CHECK (seat BETWEEN 1 AND 30), 
	CONSTRAINT appointment_seat_iff_active CHECK ((status IN ('offered', 'pending', 'confirmed')) = (seat IS NOT NULL)), 
	CONSTRAINT appointment_patient_iff_claimed CHECK ((status IN ('offered', 'released')) = (patient_id IS NULL)), 
	CONSTRAINT appointment_hold_has_end CHECK (status <> 'pending' OR hold_expires_at IS NOT NULL), 
	CONSTRAINT appointment_canceled_by_valid CHECK ((status = 'canceled') = (canceled_by IS NOT NULL) AND (canceled_by IS NULL OR canceled_by IN ('patient', 'doctor', 'admin'))), 
	CONSTRAINT appointment_doctor_no_overlap EXCLUDE USING gist (doctor_id WITH =, during WITH &&) WHERE (status IN ('offered', 'pending', 'confirmed')), 
	CONSTRAINT appointment_patient_no_overlap EXCLUDE USING gist (patient_id WITH =, during WITH &&) WHERE (status IN ('offered', 'pending', 'confirmed')), 
	CONSTRAINT appointment_doctor_id_fkey FOREIGN KEY(doctor_id) REFERENCES doctor (account_id), 
	CONSTRAINT appointment_patient_id_fkey FOREIGN KEY(patient_id) REFERENCES patient (account_id)
);

CREATE INDEX appointment_by_doctor ON appointment (doctor_id, lower(during), id);

CREATE INDEX appointment_by_patient ON appointment (patient_id, lower(during), id);

CREATE UNIQUE INDEX appointment_doctor_seat ON appointment (doctor_id, seat) WHERE seat IS NOT NULL;

CREATE INDEX appointment_finishing ON appointment (upper(during)) WHERE status = 'confirmed';

CREATE INDEX appointment_lapsing_hold ON appointment (hold_expires_at) WHERE status = 'pending';

CREATE INDEX appointment_on_offer ON appointment (doctor_id, id) WHERE status = 'offered';

COMMENT ON TABLE appointment IS 'A booking of a doctor''s slot. While active it holds the slot and one of the doctor''s 30 seats.';

COMMENT ON COLUMN appointment.patient_id IS 'None while a freed slot is on offer to the waitlist.';

COMMENT ON COLUMN appointment.during IS 'The slot, [start, end).';

COMMENT ON COLUMN appointment.status IS 'As written; what the API shows also counts lapsed holds and finished visits (appointment_status()).';

COMMENT ON COLUMN appointment.seat IS '1 to 30 while active; set by trigger.';

COMMENT ON COLUMN appointment.hold_expires_at IS 'Until when a pending appointment holds its slot unpaid; set by trigger.';

COMMENT ON COLUMN appointment.cancel_deadline IS 'Before this instant the patient may cancel; set by trigger.';

COMMENT ON COLUMN appointment.fee IS 'The doctor''s fee at booking; set by trigger.';

COMMENT ON COLUMN appointment.currency IS 'The doctor''s currency at booking; set by trigger.';

COMMENT ON COLUMN appointment.canceled_by IS 'patient, doctor or admin; set by trigger.';

COMMENT ON COLUMN appointment.cancel_reason IS 'What the canceling side said, if anything.';

COMMENT ON COLUMN appointment.version IS 'Counts the changes that a party must know of; set by trigger.';

COMMENT ON COLUMN appointment.calendar_uid IS 'What calendars know it by (UID, RFC 7986, 5.3), whatever becomes of it.';

COMMENT ON COLUMN appointment.created_at IS 'When the slot was first held.';

COMMENT ON COLUMN appointment.updated_at IS 'When the row last changed; set by trigger.';

CREATE TABLE time_off (
	id INTEGER GENERATED ALWAYS AS IDENTITY, 
	doctor_id INTEGER NOT NULL, 
	during TSTZRANGE NOT NULL, 
	reason TEXT, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT time_off_pkey PRIMARY KEY (id), 
	CONSTRAINT time_off_during_valid CHECK (lower_inc(during) AND NOT upper_inc(during) AND NOT upper_inf(during) AND NOT isempty(during) AND isfinite(lower(during)) AND isfinite(upper(during))), 
	CONSTRAINT time_off_doctor_id_fkey FOREIGN KEY(doctor_id) REFERENCES doctor (account_id) ON DELETE CASCADE
);

CREATE INDEX time_off_of_doctor ON time_off USING gist (doctor_id, during);

COMMENT ON TABLE time_off IS 'When a doctor is away. It never covers an appointment that somebody holds.';

COMMENT ON COLUMN time_off.during IS '[start, end).';

COMMENT ON COLUMN time_off.reason IS 'Told to patients whose appointment is canceled for it.';

COMMENT ON COLUMN time_off.created_at IS 'When the time off was entered.';

CREATE TABLE waitlist_entry (
	id INTEGER GENERATED ALWAYS AS IDENTITY, 
	doctor_id INTEGER NOT NULL, 
	patient_id INTEGER NOT NULL, 
	desired_date DATE, 
	priority_class SMALLINT DEFAULT '2' NOT NULL, 
	earliest_time TIME WITHOUT TIME ZONE, 
	latest_time TIME WITHOUT TIME ZONE, 
	min_notice_minutes INTEGER DEFAULT '0' NOT NULL, 
	status TEXT DEFAULT 'waiting' NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT waitlist_entry_pkey PRIMARY KEY (id), 
	CONSTRAINT waitlist_entry_status_valid CHECK (status IN ('waiting', 'offered', 'paused', 'fulfilled', 'left', 'lapsed')), 
	CONSTRAINT waitlist_entry_priority_class_valid CHECK (priority_class BETWEEN 1 AND 2), 
	CONSTRAINT waitlist_entry_times_valid CHECK (earliest_time <= latest_time), 
	CONSTRAINT waitlist_entry_min_notice_minutes_valid CHECK (min_notice_minutes BETWEEN 0 AND 21600), 
	CONSTRAINT waitlist_entry_doctor_id_fkey FOREIGN KEY(doctor_id) REFERENCES doctor (account_id), 
	CONSTRAINT waitlist_entry_patient_id_fkey FOREIGN KEY(patient_id) REFERENCES patient (account_id)
);

CREATE INDEX waitlist_entry_by_doctor ON waitlist_entry (doctor_id, id);

CREATE INDEX waitlist_entry_by_patient ON waitlist_entry (patient_id, id);

CREATE INDEX waitlist_entry_queue ON waitlist_entry (doctor_id, priority_class, id) WHERE status IN ('waiting', 'offered', 'paused');

CREATE UNIQUE INDEX waitlist_entry_unique ON waitlist_entry (doctor_id, patient_id, desired_date) NULLS NOT DISTINCT WHERE status IN ('waiting', 'offered', 'paused');

COMMENT ON TABLE waitlist_entry IS 'A patient who waits for a slot with a doctor. In line by priority class, then in order of id.';

COMMENT ON COLUMN waitlist_entry.desired_date IS 'A day in the doctor''s zone; none: any day.';

COMMENT ON COLUMN waitlist_entry.priority_class IS '1: this doctor canceled on them lately; 2: everybody else; set by trigger.';

COMMENT ON COLUMN waitlist_entry.earliest_time IS 'The slot starts at this time of the doctor''s day or later; none: as early as may be.';

COMMENT ON COLUMN waitlist_entry.latest_time IS 'The slot starts at this time of the doctor''s day or earlier; none: as late as may be.';

COMMENT ON COLUMN waitlist_entry.min_notice_minutes IS 'How long before its start an offer must come, if policy asks for less.';

COMMENT ON COLUMN waitlist_entry.status IS 'waiting, offered and paused are live.';

COMMENT ON COLUMN waitlist_entry.created_at IS 'When the patient joined.';

CREATE TABLE working_hours (
	id INTEGER GENERATED ALWAYS AS IDENTITY, 
	doctor_id INTEGER NOT NULL, 
	weekday SMALLINT NOT NULL, 
	start_minute SMALLINT NOT NULL, 
	end_minute SMALLINT NOT NULL, 
	CONSTRAINT working_hours_pkey PRIMARY KEY (id), 
	CONSTRAINT working_hours_weekday_valid CHECK (weekday BETWEEN 1 AND 7), 
	CONSTRAINT working_hours_minutes_valid CHECK (start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440), 
	CONSTRAINT working_hours_no_overlap EXCLUDE USING gist (doctor_id WITH =, weekday WITH =, int4range(start_minute, end_minute) WITH &&), 
	CONSTRAINT working_hours_doctor_id_fkey FOREIGN KEY(doctor_id) REFERENCES doctor (account_id) ON DELETE CASCADE
);

CREATE INDEX working_hours_of_day ON working_hours (weekday, doctor_id) INCLUDE (start_minute, end_minute);

COMMENT ON TABLE working_hours IS 'When a doctor works: intervals of the local day, week by week. None crosses midnight.';

COMMENT ON COLUMN working_hours.weekday IS 'ISO: 1 Monday to 7 Sunday.';

COMMENT ON COLUMN working_hours.start_minute IS 'Minutes after local midnight, 0 to 1439.';

COMMENT ON COLUMN working_hours.end_minute IS 'Minutes after local midnight, up to 1440.';

CREATE TABLE coming_mail (
	appointment_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	appointment_version INTEGER NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT coming_mail_pkey PRIMARY KEY (appointment_id, kind), 
	CONSTRAINT coming_mail_kind_valid CHECK (kind IN ('appointment_held', 'hold_lapsing', 'appointment_reminder')), 
	CONSTRAINT coming_mail_appointment_id_fkey FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);

CREATE INDEX coming_mail_due ON coming_mail (due_at);

COMMENT ON TABLE coming_mail IS 'A mail to an appointment''s patient that is not due yet, unless something changes until then.';

COMMENT ON COLUMN coming_mail.kind IS 'Which mail.';

COMMENT ON COLUMN coming_mail.appointment_version IS 'It is about this version and no other.';

COMMENT ON COLUMN coming_mail.due_at IS 'When it goes into the outbox.';

CREATE TABLE offer (
	id INTEGER GENERATED ALWAYS AS IDENTITY, 
	appointment_id INTEGER NOT NULL, 
	waitlist_entry_id INTEGER NOT NULL, 
	wave SMALLINT NOT NULL, 
	status TEXT DEFAULT 'queued' NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT offer_pkey PRIMARY KEY (id), 
	CONSTRAINT offer_status_valid CHECK (status IN ('queued', 'sent', 'accepted', 'declined', 'expired', 'superseded')), 
	CONSTRAINT offer_wave_valid CHECK (wave >= 1), 
	CONSTRAINT offer_appointment_id_fkey FOREIGN KEY(appointment_id) REFERENCES appointment (id), 
	CONSTRAINT offer_waitlist_entry_id_fkey FOREIGN KEY(waitlist_entry_id) REFERENCES waitlist_entry (id)
);

CREATE INDEX offer_due ON offer (due_at) WHERE status IN ('queued', 'sent');

CREATE INDEX offer_of_appointment ON offer (appointment_id, wave);

CREATE INDEX offer_of_entry ON offer (waitlist_entry_id, id);

CREATE UNIQUE INDEX offer_one_live ON offer (waitlist_entry_id) WHERE status IN ('queued', 'sent');

COMMENT ON TABLE offer IS 'A freed slot, which is an offered appointment, offered to a waitlist entry.';

COMMENT ON COLUMN offer.appointment_id IS 'The slot, taken while on offer.';

COMMENT ON COLUMN offer.wave IS '1 for those who heard first; each wave is twice as large.';

COMMENT ON COLUMN offer.status IS 'queued and sent are live.';

COMMENT ON COLUMN offer.due_at IS 'When it is looked at next: for the next wave, then for its end.';

COMMENT ON COLUMN offer.expires_at IS 'Good until then.';

COMMENT ON COLUMN offer.created_at IS 'When it was made.';

COMMENT ON COLUMN offer.updated_at IS 'When its status last changed; set by trigger.';

CREATE TABLE payment (
	id INTEGER GENERATED ALWAYS AS IDENTITY, 
	appointment_id INTEGER NOT NULL, 
	amount NUMERIC(12, 2) NOT NULL, 
	currency CHAR(3) NOT NULL, 
	status TEXT DEFAULT 'created' NOT NULL, 
	reference UUID DEFAULT gen_random_uuid() NOT NULL, 
	order_id TEXT, 
	approval_url TEXT, 
	payer_id TEXT, 
	capture_request_id UUID, 
	capture_id TEXT, 
	hold_expires_at TIMESTAMP WITH TIME ZONE, 
	without_slot BOOLEAN DEFAULT false NOT NULL, 
	refund_total NUMERIC(12, 2) DEFAULT '0' NOT NULL, 
	attention TEXT, 
	due_at TIMESTAMP WITH TIME ZONE, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT payment_pkey PRIMARY KEY (id), 
	CONSTRAINT payment_status_valid CHECK (status IN ('created', 'approved', 'capturing', 'pending_review', 'captured', 'partially_refunded', 'refunded', 'canceled', 'failed')), 
	CONSTRAINT payment_amount_valid CHECK (amount > 0), 
	CONSTRAINT payment_refund_within_capture CHECK (refund_total >= 0 AND refund_total <= CASE WHEN status IN ('captured', 'partially_refunded', 'refunded') THEN amount ELSE 0 END), 
	CONSTRAINT payment_capture_known CHECK (status NOT IN ('captured', 'partially_refunded', 'refunded') OR capture_id IS NOT NULL), 
	CONSTRAINT payment_reference_unique UNIQUE (reference), 
	CONSTRAINT payment_order_unique UNIQUE (order_id), 
	CONSTRAINT payment_capture_unique UNIQUE (capture_id), 
	CONSTRAINT payment_appointment_id_fkey FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);

CREATE INDEX payment_due ON payment (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX payment_of_appointment ON payment (appointment_id);

CREATE UNIQUE INDEX payment_one_capture ON payment (appointment_id) WHERE status IN ('capturing', 'pending_review', 'captured', 'partially_refunded', 'refunded') AND NOT without_slot;

CREATE INDEX payment_to_look_at ON payment (id) WHERE attention IS NOT NULL;

CREATE INDEX payment_undecided ON payment (updated_at) WHERE status IN ('capturing', 'pending_review');

COMMENT ON TABLE payment IS 'What a patient pays for an appointment, through an order at PayPal.';

COMMENT ON COLUMN payment.amount IS 'The appointment''s fee.';

COMMENT ON COLUMN payment.currency IS 'The appointment''s currency, ISO 4217.';

COMMENT ON COLUMN payment.status IS 'How far the payment is; see payment_status_transition().';

COMMENT ON COLUMN payment.reference IS 'Our name for it at PayPal (custom_id), and the PayPal-Request-Id that creates the order.';

COMMENT ON COLUMN payment.order_id IS 'PayPal''s order; the API''s paymentId.';

COMMENT ON COLUMN payment.approval_url IS 'Where the payer approves the order.';

COMMENT ON COLUMN payment.payer_id IS 'PayPal''s id of who approved.';

COMMENT ON COLUMN payment.capture_request_id IS 'The PayPal-Request-Id of the capture; a new one for each attempt that a decline ended.';

COMMENT ON COLUMN payment.capture_id IS 'PayPal''s capture: the money taken.';

COMMENT ON COLUMN payment.hold_expires_at IS 'When the appointment''s hold would have ended without the capture.';

COMMENT ON COLUMN payment.without_slot IS 'Captured, but the slot was gone: it is being paid back.';

COMMENT ON COLUMN payment.refund_total IS 'Sum of its refunds that have not failed; set by trigger.';

COMMENT ON COLUMN payment.attention IS 'What a person should look into; cleared by an admin.';

COMMENT ON COLUMN payment.due_at IS 'When the worker asks PayPal about it next; none: nothing to ask.';

COMMENT ON COLUMN payment.created_at IS 'When the payment was begun.';

COMMENT ON COLUMN payment.updated_at IS 'When its status last changed; set by trigger.';

CREATE TABLE notification (
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	kind TEXT NOT NULL, 
	account_id INTEGER NOT NULL, 
	appointment_id INTEGER, 
	appointment_version INTEGER, 
	waitlist_entry_id INTEGER, 
	offer_id INTEGER, 
	payment_id INTEGER, 
	slot TSTZRANGE, 
	snapshot JSONB, 
	batch UUID, 
	also INTEGER[] DEFAULT '{}' NOT NULL, 
	request_id TEXT DEFAULT substring(current_setting('booking.request', true) FROM '^[A-Za-z0-9_.-]{1,64}$'), 
	status TEXT DEFAULT 'queued' NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	attempts SMALLINT DEFAULT '0' NOT NULL, 
	message_id UUID DEFAULT gen_random_uuid() NOT NULL, 
	outcome TEXT, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT notification_pkey PRIMARY KEY (id), 
	CONSTRAINT notification_status_valid CHECK (status IN ('queued', 'sent', 'skipped', 'failed')), 
	CONSTRAINT notification_kind_valid CHECK (kind IN ('appointment_confirmed', 'appointment_canceled', 'appointment_rescheduled', 'slot_offered', 'offer_superseded', 'offer_expired', 'payment_too_late', 'refund_requested', 'refund_completed', 'appointment_held', 'hold_lapsing', 'appointment_reminder', 'email_verification', 'email_changing', 'password_reset', 'password_changed', 'waitlist_joined', 'waiting_ended', 'waiting_lapsed', 'account_erased')), 
	CONSTRAINT notification_appointment_known CHECK ((kind IN ('email_verification', 'email_changing', 'password_reset', 'password_changed', 'waitlist_joined', 'waiting_ended', 'waiting_lapsed', 'account_erased')) = (appointment_id IS NULL) AND (appointment_id IS NULL) = (appointment_version IS NULL)), 
	CONSTRAINT notification_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT notification_appointment_id_fkey FOREIGN KEY(appointment_id) REFERENCES appointment (id), 
	CONSTRAINT notification_waitlist_entry_id_fkey FOREIGN KEY(waitlist_entry_id) REFERENCES waitlist_entry (id), 
	CONSTRAINT notification_offer_id_fkey FOREIGN KEY(offer_id) REFERENCES offer (id), 
	CONSTRAINT notification_payment_id_fkey FOREIGN KEY(payment_id) REFERENCES payment (id)
);

CREATE UNIQUE INDEX notification_batch ON notification (batch, account_id) WHERE batch IS NOT NULL;

CREATE INDEX notification_due ON notification (due_at, id) WHERE status = 'queued';

CREATE INDEX notification_failed ON notification (id) WHERE status = 'failed';

CREATE INDEX notification_in_line ON notification (account_id, id) WHERE status = 'queued';

CREATE INDEX notification_of_account ON notification (account_id, id);

CREATE UNIQUE INDEX notification_once ON notification (appointment_id, appointment_version, kind, account_id, payment_id, offer_id) NULLS NOT DISTINCT WHERE appointment_id IS NOT NULL;

CREATE INDEX notification_to_purge ON notification (created_at) WHERE status <> 'queued' AND (outcome IS NOT NULL OR snapshot IS NOT NULL OR request_id IS NOT NULL);

COMMENT ON TABLE notification IS 'The outbox: one mail to one account, about one version of one appointment or about the account.';

COMMENT ON COLUMN notification.kind IS 'Which mail; names its template.';

COMMENT ON COLUMN notification.account_id IS 'Who gets it.';

COMMENT ON COLUMN notification.appointment_id IS 'What it is about; none: the account itself.';

COMMENT ON COLUMN notification.appointment_version IS 'A mail about an older version is skipped.';

COMMENT ON COLUMN notification.waitlist_entry_id IS 'The entry whose beginning or end a mail tells.';

COMMENT ON COLUMN notification.offer_id IS 'The offer that a mail is about.';

COMMENT ON COLUMN notification.payment_id IS 'The payment that a mail about money is about.';

COMMENT ON COLUMN notification.slot IS 'appointment_rescheduled: the time it was moved from.';

COMMENT ON COLUMN notification.snapshot IS 'Until it is sent, what it needs that changes or goes: email, recipient, doctor, patient.';

COMMENT ON COLUMN notification.batch IS 'What one act canceled together is told in one mail a person.';

COMMENT ON COLUMN notification.also IS 'The batch''s other appointments of this account.';

COMMENT ON COLUMN notification.request_id IS 'The X-Request-ID of the act (setting booking.request); none: the sweep, or a person at psql.';

COMMENT ON COLUMN notification.status IS 'queued, sent, skipped or failed.';

COMMENT ON COLUMN notification.due_at IS 'Not before; while a worker is sending: when another may try.';

COMMENT ON COLUMN notification.attempts IS 'How often a worker took it.';

COMMENT ON COLUMN notification.message_id IS 'Left part of the mail''s Message-ID; the same at every attempt.';

COMMENT ON COLUMN notification.outcome IS 'Why it was skipped, or what the last attempt met.';

COMMENT ON COLUMN notification.created_at IS 'When the event happened.';

COMMENT ON COLUMN notification.sent_at IS 'When the mail server took it.';

CREATE TABLE offer_token (
	token_hash BYTEA NOT NULL, 
	offer_id INTEGER NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT offer_token_pkey PRIMARY KEY (token_hash), 
	CONSTRAINT offer_token_offer_id_fkey FOREIGN KEY(offer_id) REFERENCES offer (id)
);

CREATE INDEX offer_token_of_offer ON offer_token (offer_id);

COMMENT ON TABLE offer_token IS 'What the link in an offer''s mail proves; each attempt to send the mail has its own.';

COMMENT ON COLUMN offer_token.token_hash IS 'SHA-256; the token itself is kept nowhere.';

COMMENT ON COLUMN offer_token.created_at IS 'When the mail was written.';

CREATE TABLE receipt (
	account_id INTEGER NOT NULL, 
	route TEXT NOT NULL, 
	key TEXT NOT NULL, 
	fingerprint BYTEA NOT NULL, 
	status SMALLINT, 
	answer BYTEA, 
	payment_id INTEGER, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT receipt_pkey PRIMARY KEY (account_id, route, key), 
	CONSTRAINT receipt_account_id_fkey FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE, 
	CONSTRAINT receipt_payment_id_fkey FOREIGN KEY(payment_id) REFERENCES payment (id)
);

CREATE INDEX receipt_expiring ON receipt (created_at);

COMMENT ON TABLE receipt IS 'One for each request that was done under an Idempotency-Key; good for 24 hours.';

COMMENT ON COLUMN receipt.route IS 'The operation''s id, and the ids in its path.';

COMMENT ON COLUMN receipt.key IS 'The Idempotency-Key, chosen by the client.';

COMMENT ON COLUMN receipt.fingerprint IS 'SHA-256 of the body: another one under this key is refused.';

COMMENT ON COLUMN receipt.status IS 'HTTP status of the answer.';

COMMENT ON COLUMN receipt.answer IS 'The answer''s body, to be given again byte for byte.';

COMMENT ON COLUMN receipt.payment_id IS 'In place of an answer: the payment that the key is bound to.';

COMMENT ON COLUMN receipt.created_at IS 'When it was done.';

CREATE TABLE refund (
	id INTEGER GENERATED ALWAYS AS IDENTITY, 
	payment_id INTEGER NOT NULL, 
	amount NUMERIC(12, 2) NOT NULL, 
	reason TEXT NOT NULL, 
	status TEXT DEFAULT 'requested' NOT NULL, 
	request_id UUID DEFAULT gen_random_uuid() NOT NULL, 
	paypal_id TEXT, 
	attempts SMALLINT DEFAULT '0' NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	outcome TEXT, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT refund_pkey PRIMARY KEY (id), 
	CONSTRAINT refund_status_valid CHECK (status IN ('requested', 'pending', 'completed', 'failed')), 
	CONSTRAINT refund_amount_valid CHECK (amount > 0), 
	CONSTRAINT refund_paypal_unique UNIQUE (paypal_id), 
	CONSTRAINT refund_payment_id_fkey FOREIGN KEY(payment_id) REFERENCES payment (id)
);

CREATE INDEX refund_due ON refund (due_at) WHERE status IN ('requested', 'pending');

CREATE INDEX refund_failed ON refund (payment_id) WHERE status = 'failed';

CREATE INDEX refund_of_payment ON refund (payment_id);

COMMENT ON TABLE refund IS 'Money on its way back to the payer.';

COMMENT ON COLUMN refund.amount IS 'In the payment''s currency.';

COMMENT ON COLUMN refund.reason IS 'Why: appointment_canceled or slot_lost.';

COMMENT ON COLUMN refund.status IS 'requested, pending at PayPal, completed or failed.';

COMMENT ON COLUMN refund.request_id IS 'The PayPal-Request-Id: however often it is sent, the money goes back once.';

COMMENT ON COLUMN refund.paypal_id IS 'PayPal''s refund.';

COMMENT ON COLUMN refund.attempts IS 'How often a worker took it.';

COMMENT ON COLUMN refund.due_at IS 'Not before; then a worker sees to it.';

COMMENT ON COLUMN refund.outcome IS 'What the last attempt met.';

COMMENT ON COLUMN refund.created_at IS 'When it was requested.';

COMMENT ON COLUMN refund.updated_at IS 'When it last changed; set by trigger.';

CREATE TABLE webhook_event (
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	payment_id INTEGER, 
	received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT webhook_event_pkey PRIMARY KEY (id), 
	CONSTRAINT webhook_event_payment_id_fkey FOREIGN KEY(payment_id) REFERENCES payment (id)
);

COMMENT ON TABLE webhook_event IS 'PayPal''s news, each once. It only says what to ask about: the payment it names is looked up.';

COMMENT ON COLUMN webhook_event.id IS 'PayPal''s id of the event.';

COMMENT ON COLUMN webhook_event.kind IS 'PayPal''s event_type.';

COMMENT ON COLUMN webhook_event.payment_id IS 'None: about something that is not ours.';

COMMENT ON COLUMN webhook_event.received_at IS 'When it came.';

SET check_function_bodies = off;

-- The schema's owner, the API and worker, people at psql, and auditors each have a role of their own.
-- Roles belong to the whole cluster: created where missing, never dropped, passwords left to the operator. Where the role
-- that migrates may create none, somebody else has to, as managed services often have it.
DO $$
DECLARE
    role_name text;
BEGIN
    -- holds off another migration of this database; one of another database of this cluster is met below
    PERFORM pg_advisory_xact_lock(hashtext('booking roles'));
    FOREACH role_name IN ARRAY ARRAY['booking_owner', 'booking_app', 'booking_admin', 'booking_auditor'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = role_name);
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', role_name);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL; -- that other one was faster
            WHEN insufficient_privilege THEN
                CONTINUE WHEN role_name = 'booking_owner'; -- whoever migrates owns the schema in its place
                RAISE insufficient_privilege USING
                    MESSAGE = format('The role %s is missing, and %s may not create roles.', role_name, current_user),
                    HINT = format('Have it created, then migrate again: CREATE ROLE %I LOGIN;', role_name);
        END;
    END LOOP;
END
$$;

-- PUBLIC, which is whoever else has a login on this server, has nothing: no connection, no temporary table, no function.
DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO booking_app, booking_admin, booking_auditor', current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO booking_app, booking_admin, booking_auditor;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE SCHEMA IF NOT EXISTS admin;
COMMENT ON SCHEMA admin IS 'What people at psql may do, as booking_admin, beyond writing to tables.';
GRANT USAGE ON SCHEMA admin TO booking_admin, booking_auditor;
-- its views are for whoever looks, its functions for booking_admin, each by a grant of its own
ALTER DEFAULT PRIVILEGES IN SCHEMA admin GRANT SELECT ON TABLES TO booking_admin, booking_auditor;

-- Who acts follows from the function that was called; whoever writes to a table without one acts as admin.
CREATE OR REPLACE FUNCTION act_as(actor text, account integer DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE AS $$
    SELECT set_config('booking.actor', concat_ws(':', actor, account), true)
$$;
COMMENT ON FUNCTION act_as(text, integer) IS
'Says who acts from here to the end of the transaction, with the account whose request it is; '''' hands back to admin. Called first and last by every booking function.';

-- What is sent twice under one Idempotency-Key is done once: the receipt of a request commits with its effect.
CREATE OR REPLACE FUNCTION begin_receipt(p_account integer, p_route text, p_key text, p_fingerprint bytea)
RETURNS TABLE (same_request boolean, status smallint, answer bytea, payment_id integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- whoever comes second waits here until the first's transaction has ended; what is too old may not be swept yet
    INSERT INTO receipt AS r (account_id, route, key, fingerprint) VALUES (p_account, p_route, p_key, p_fingerprint)
    ON CONFLICT ON CONSTRAINT receipt_pkey DO UPDATE
        SET fingerprint = p_fingerprint, status = NULL, answer = NULL, payment_id = NULL, created_at = clock_timestamp()
        WHERE r.created_at <= clock_timestamp() - receipt_lifetime();
    IF NOT FOUND THEN
        RETURN QUERY SELECT r.fingerprint = p_fingerprint, r.status, r.answer, r.payment_id FROM receipt AS r
            WHERE (r.account_id, r.route, r.key) = (p_account, p_route, p_key);
    END IF;
END
$$;
COMMENT ON FUNCTION begin_receipt(integer, text, text, bytea) IS
'Begins the receipt of a request (account id, operation, Idempotency-Key, SHA-256 of the body), in the transaction that does what it asks for. A row: it was done before, or another request was, and how.';
REVOKE EXECUTE ON FUNCTION begin_receipt(integer, text, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_receipt(integer, text, text, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION answer_receipt(p_account integer, p_route text, p_key text, p_status integer, p_answer bytea)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE receipt SET status = p_status, answer = p_answer
    WHERE (account_id, route, key) = (p_account, p_route, p_key) AND status IS NULL AND payment_id IS NULL
$$;
COMMENT ON FUNCTION answer_receipt(integer, text, text, integer, bytea) IS
'Writes on a receipt that was begun which answer (HTTP status, body) its request gets, once.';
REVOKE EXECUTE ON FUNCTION answer_receipt(integer, text, text, integer, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION answer_receipt(integer, text, text, integer, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION bind_receipt(p_account integer, p_route text, p_key text, p_payment integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE receipt SET payment_id = p_payment
    WHERE (account_id, route, key) = (p_account, p_route, p_key) AND status IS NULL AND payment_id IS NULL
$$;
COMMENT ON FUNCTION bind_receipt(integer, text, text, integer) IS
'Writes on a receipt that was begun which payment its request is about, once: how that stands is the answer.';
REVOKE EXECUTE ON FUNCTION bind_receipt(integer, text, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bind_receipt(integer, text, text, integer) TO booking_app;

CREATE OR REPLACE FUNCTION sweep_receipts() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM receipt WHERE created_at <= clock_timestamp() - receipt_lifetime()
$$;
COMMENT ON FUNCTION sweep_receipts() IS 'Forgets receipts that are good no more.';
REVOKE EXECUTE ON FUNCTION sweep_receipts() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_receipts() TO booking_app, booking_admin;

CREATE OR REPLACE FUNCTION receipt_lifetime() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT interval '24 hours'
$$;
COMMENT ON FUNCTION receipt_lifetime() IS 'For how long a request that is sent again is known again.';

CREATE OR REPLACE FUNCTION booking_actor() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(split_part(current_setting('booking.actor', true), ':', 1), ''), 'admin')
$$;
COMMENT ON FUNCTION booking_actor() IS 'patient, doctor, payer, payment, purge, system or admin: who is writing at this moment.';

-- Of an erased account only the id is left, for what others need to keep: nothing new may be about it.
CREATE OR REPLACE FUNCTION is_erased(p_account integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND status = 'erased')
$$;
COMMENT ON FUNCTION is_erased(integer) IS 'Whether an account is erased: nothing new may be about it.';
GRANT EXECUTE ON FUNCTION is_erased(integer) TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION is_disabled(p_account integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND status = 'disabled')
$$;
COMMENT ON FUNCTION is_disabled(integer) IS 'Whether an admin has disabled an account.';

CREATE OR REPLACE FUNCTION is_verified(d doctor, p policy) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (d.verified_at IS NOT NULL OR NOT p.require_verified_doctor) AND d.disabled_at IS NULL
$$;
COMMENT ON FUNCTION is_verified(doctor, policy) IS 'Whether a doctor is verified, or the policy does not ask; not if disabled.';
GRANT EXECUTE ON FUNCTION is_verified(doctor, policy) TO booking_app, booking_admin, booking_auditor;

-- Every schedule writer locks the doctor first, by updating the row: a writer whose snapshot is stale then fails
-- (serialization_failure) where a mere lock would let it decide on what it can no longer see.
CREATE OR REPLACE FUNCTION lock_doctor(p_doctor integer) RETURNS doctor
LANGUAGE plpgsql AS $$
DECLARE
    d doctor;
BEGIN
    UPDATE doctor SET booking_seq = booking_seq + 1 WHERE account_id = p_doctor RETURNING * INTO d;
    IF NOT FOUND THEN
        -- said here, because the foreign key itself is checked only after the triggers that need the row
        RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'appointment_doctor_id_fkey',
            MESSAGE = format('There is no doctor %s.', p_doctor);
    END IF;
    RETURN d;
END
$$;
COMMENT ON FUNCTION lock_doctor(integer) IS
'Takes the lock under which a doctor''s bookings are decided, until the transaction ends. First in the order doctor, appointment, patient, waitlist entry, offer.';

-- The row lock alone, because the trigger that follows updates the doctor.
CREATE OR REPLACE FUNCTION lock_doctor_of(p_appointment integer) RETURNS void
LANGUAGE sql AS $$
    SELECT FROM doctor
    WHERE account_id = (SELECT doctor_id FROM appointment WHERE id = p_appointment)
    FOR NO KEY UPDATE
$$;
COMMENT ON FUNCTION lock_doctor_of(integer) IS
'Locks an appointment''s doctor before the appointment itself, so that two writers never wait for each other.';

-- Messages and mails say money with as many decimals as its currency has.
CREATE OR REPLACE FUNCTION money_text(amount numeric, currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN currency IN ('HUF', 'JPY', 'TWD') THEN trim_scale(amount) ELSE amount END || ' ' || currency
$$;
COMMENT ON FUNCTION money_text(numeric, text) IS 'An amount of money as people read it: 100.00 USD, 5000 JPY.';
GRANT EXECUTE ON FUNCTION money_text(numeric, text) TO booking_app, booking_admin, booking_auditor;

-- A broken rule surfaces as a constraint's name, whether PostgreSQL declared it or a trigger raises it.
CREATE OR REPLACE FUNCTION refuse(rule text, why text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF why IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = rule, MESSAGE = why;
    END IF;
END
$$;
COMMENT ON FUNCTION refuse(text, text) IS
'Raises check_violation under the rule''s name, unless why is NULL: the rule is kept.';

-- Written by `./task squash` from app/domain/rules.py, which says how a broken rule is answered; never edited.
CREATE OR REPLACE VIEW rule_answer AS
SELECT
    rule,
    http_status,
    title
FROM (
    VALUES
    (
        'account_email_unique', 409,
        'An account with this email exists already.'
    ),
    (
        'account_email_valid', 400,
        'This is not an email address.'
    ),
    (
        'account_erased_is_empty', 500,
        'Something went wrong on our side.'
    ),
    (
        'account_id_role_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'account_pending_email_valid', 400,
        'This is not an email address.'
    ),
    (
        'account_role_valid', 400,
        'The role is doctor or patient.'
    ),
    (
        'account_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'account_token_account_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'account_token_purpose_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'account_username_unique', 409,
        'This username is taken.'
    ),
    (
        'account_username_valid', 400,
        'A username has 1 to 150 letters, digits or any of _.@+-.'
    ),
    (
        'appointment_booking_window', 422,
        'The time is outside the booking window.'
    ),
    (
        'appointment_cancel_notice', 422,
        'It is too late to cancel.'
    ),
    (
        'appointment_canceled_by_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_confirmed_is_paid', 422,
        'The appointment has not been paid.'
    ),
    (
        'appointment_doctor_cap', 409,
        'The doctor has no room for another appointment.'
    ),
    (
        'appointment_doctor_id_fkey', 422,
        'There is no such doctor.'
    ),
    (
        'appointment_doctor_no_overlap', 409,
        'This slot is taken.'
    ),
    (
        'appointment_doctor_seat', 409,
        'The doctor has no room for another appointment.'
    ),
    (
        'appointment_doctor_verified', 422,
        'This doctor takes no appointments yet.'
    ),
    (
        'appointment_during_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_hold_has_end', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_immutable', 422,
        'This part of an appointment never changes.'
    ),
    (
        'appointment_patient_hold_limit', 409,
        'You have too many unpaid bookings.'
    ),
    (
        'appointment_patient_id_fkey', 422,
        'There is no such patient.'
    ),
    (
        'appointment_patient_iff_claimed', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_patient_no_overlap', 409,
        'You already have an appointment at that time.'
    ),
    (
        'appointment_seat_iff_active', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_status_transition', 409,
        'The appointment is not in a state for this.'
    ),
    (
        'appointment_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'appointment_within_working_hours', 422,
        'The time is not one of the doctor''s slots.'
    ),
    (
        'calendar_feed_account_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'calendar_feed_token_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'coming_mail_appointment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'coming_mail_kind_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'doctor_account_id_fkey', 422,
        'A role never changes.'
    ),
    (
        'doctor_buffer_minutes_valid', 400,
        'A buffer lasts 0 to 480 minutes.'
    ),
    (
        'doctor_experience_years_valid', 400,
        'Experience is 0 to 80 years.'
    ),
    (
        'doctor_fee_allowed', 422,
        'This fee or currency is not allowed.'
    ),
    (
        'doctor_fee_has_no_minor_unit', 400,
        'This currency has no decimals.'
    ),
    (
        'doctor_fee_valid', 400,
        'A fee is not negative.'
    ),
    (
        'doctor_max_appointments_valid', 400,
        'The cap is 0 to 30 appointments.'
    ),
    (
        'doctor_slot_minutes_valid', 400,
        'A slot lasts 5 to 480 minutes.'
    ),
    (
        'doctor_timezone_fkey', 422,
        'This is not an IANA time zone.'
    ),
    (
        'notification_account_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_appointment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_appointment_known', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_batch', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_kind_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_offer_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_once', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_payment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'notification_waitlist_entry_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_appointment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_immutable', 422,
        'This part of an offer never changes.'
    ),
    (
        'offer_one_live', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_status_transition', 409,
        'This offer has been answered.'
    ),
    (
        'offer_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_superseded', 409,
        'This offer is no longer good.'
    ),
    (
        'offer_token_offer_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_waitlist_entry_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'offer_wave_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'patient_account_id_fkey', 422,
        'A role never changes.'
    ),
    (
        'patient_timezone_fkey', 422,
        'This is not an IANA time zone.'
    ),
    (
        'payment_amount_matches_fee', 422,
        'This is not the appointment''s price.'
    ),
    (
        'payment_amount_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_appointment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_appointment_payable', 409,
        'There is nothing to pay.'
    ),
    (
        'payment_capture_known', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_capture_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_immutable', 422,
        'This part of a payment never changes.'
    ),
    (
        'payment_one_capture', 409,
        'The appointment is paid already.'
    ),
    (
        'payment_order_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_reference_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'payment_refund_within_capture', 422,
        'A refund never exceeds what was paid.'
    ),
    (
        'payment_status_transition', 409,
        'The payment is not in a state for this.'
    ),
    (
        'payment_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_default_currency_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_default_fee_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_hold_minutes_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_max_fee_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_offer_first_wave_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_offer_min_notice_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_offer_waves_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_one_row', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_patient_hold_limit_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_reminder_lead_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'policy_review_hours_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'receipt_account_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'receipt_payment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'refresh_token_account_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'refund_amount_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'refund_immutable', 422,
        'This part of a refund never changes.'
    ),
    (
        'refund_payment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'refund_paypal_unique', 500,
        'Something went wrong on our side.'
    ),
    (
        'refund_status_transition', 409,
        'The refund is not in a state for this.'
    ),
    (
        'refund_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'time_off_doctor_id_fkey', 422,
        'There is no such doctor.'
    ),
    (
        'time_off_during_valid', 400,
        'Time off begins and ends at some time, and begins before it ends.'
    ),
    (
        'time_off_no_appointment', 409,
        'Appointments are in the way.'
    ),
    (
        'waitlist_desired_date_window', 422,
        'The date is outside the booking window.'
    ),
    (
        'waitlist_entry_doctor_id_fkey', 422,
        'There is no such doctor.'
    ),
    (
        'waitlist_entry_immutable', 422,
        'This part of a waitlist entry never changes.'
    ),
    (
        'waitlist_entry_min_notice_minutes_valid', 400,
        'The notice is 0 to 21600 minutes.'
    ),
    (
        'waitlist_entry_patient_id_fkey', 422,
        'There is no such patient.'
    ),
    (
        'waitlist_entry_priority_class_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'waitlist_entry_status_transition', 409,
        'The waitlist entry is not in a state for this.'
    ),
    (
        'waitlist_entry_status_valid', 500,
        'Something went wrong on our side.'
    ),
    (
        'waitlist_entry_times_valid', 400,
        'The earliest time is not after the latest.'
    ),
    (
        'waitlist_entry_unique', 409,
        'You are on this waitlist already.'
    ),
    (
        'waitlist_only_when_full', 409,
        'The doctor still has a free slot.'
    ),
    (
        'webhook_event_payment_id_fkey', 500,
        'Something went wrong on our side.'
    ),
    (
        'working_hours_cover_appointments', 409,
        'Appointments would be outside the working hours.'
    ),
    (
        'working_hours_doctor_id_fkey', 422,
        'There is no such doctor.'
    ),
    (
        'working_hours_minutes_valid', 400,
        'Working hours begin before they end; across midnight they are two intervals, until 24:00 and from 00:00.'
    ),
    (
        'working_hours_no_overlap', 409,
        'Working hours overlap.'
    ),
    (
        'working_hours_weekday_valid', 400,
        'A weekday is 1 (Monday) to 7 (Sunday).'
    )
) AS answer (rule, http_status, title);
COMMENT ON VIEW rule_answer IS 'How the API answers each broken rule: HTTP status, and the title of the problem.';

-- Whoever writes to a table directly acts as admin, whatever they say: booking.actor is a setting, and anybody may set one.
-- Not SECURITY DEFINER, as it is to see who writes: within the functions that say who acts, that is the tables' owner.
CREATE OR REPLACE FUNCTION tg_any__actor() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        PERFORM set_config('booking.actor', '', true);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_any__actor() IS 'Forgets whom somebody claims to act for who writes by no function.';

-- Messages say instants as the API does.
CREATE OR REPLACE FUNCTION utc_text(instant timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;
COMMENT ON FUNCTION utc_text(timestamptz) IS 'An instant as ISO 8601 in UTC, to the second.';

-- A lapsed hold is expired and a finished visit completed from that instant on, whether or not a sweep has written it.
CREATE OR REPLACE FUNCTION appointment_status(
    status text, hold_expires_at timestamptz, ends_at timestamptz, at_ timestamptz
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN status = 'pending' AND hold_expires_at <= at_ THEN 'expired'
        WHEN status = 'confirmed' AND ends_at <= at_ THEN 'completed'
        WHEN status = 'offered' AND ends_at <= at_ THEN 'released'
        ELSE status
    END
$$;
COMMENT ON FUNCTION appointment_status(text, timestamptz, timestamptz, timestamptz) IS
'The status that counts at an instant: what the API shows, and what the sweep will write.';

-- A view's tables are read with its owner's rights, but its functions are called with the reader's.
GRANT EXECUTE ON FUNCTION appointment_status(text, timestamptz, timestamptz, timestamptz)
TO booking_app, booking_admin, booking_auditor;

-- One look at the active rows around an appointment answers every rule that counts or compares them.
DO $$
BEGIN
    CREATE TYPE other_appointments AS (active integer, holds integer, seats integer, stale boolean, clash boolean);
EXCEPTION WHEN duplicate_object THEN
    NULL; -- replayed
END
$$;
COMMENT ON TYPE other_appointments IS
'Of other rows that hold a seat: how many are active, how many are unpaid holds, which seats (as bits), any lapsed, any in the way.';

CREATE OR REPLACE FUNCTION other_appointments_of_doctor(a appointment, at_ timestamptz) RETURNS other_appointments
LANGUAGE sql STABLE AS $$
    SELECT
        count(*) FILTER (WHERE is_active)::integer,
        count(*) FILTER (WHERE is_active AND status = 'pending')::integer,
        coalesce(bit_or(1 << seat), 0),
        coalesce(bool_or(NOT is_active), false),
        coalesce(bool_or(is_active AND during && a.during), false)
    FROM (
        SELECT status, seat, during, appointment_is_active(status, hold_expires_at, upper(during), at_) AS is_active
        FROM appointment
        WHERE doctor_id = a.doctor_id AND seat IS NOT NULL AND id IS DISTINCT FROM a.id
    ) AS o
$$;
COMMENT ON FUNCTION other_appointments_of_doctor(appointment, timestamptz) IS
'One look at the doctor''s other rows that hold a seat.';

CREATE OR REPLACE FUNCTION other_appointments_of_patient(a appointment, at_ timestamptz) RETURNS other_appointments
LANGUAGE sql STABLE AS $$
    SELECT
        count(*) FILTER (WHERE is_active)::integer,
        count(*) FILTER (WHERE is_active AND status = 'pending')::integer,
        0,
        coalesce(bool_or(NOT is_active), false),
        coalesce(bool_or(is_active AND during && a.during), false)
    FROM (
        SELECT status, during, appointment_is_active(status, hold_expires_at, upper(during), at_) AS is_active
        FROM appointment
        WHERE patient_id = a.patient_id AND seat IS NOT NULL AND id IS DISTINCT FROM a.id
    ) AS o
$$;
COMMENT ON FUNCTION other_appointments_of_patient(appointment, timestamptz) IS
'One look at the patient''s other rows that hold a seat; the seats themselves are their doctors'' matter.';

CREATE OR REPLACE FUNCTION active_appointments(p_doctor integer, at_ timestamptz) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT count(*)::integer FROM appointment
    WHERE doctor_id = p_doctor AND seat IS NOT NULL
        AND appointment_is_active(status, hold_expires_at, upper(during), at_)
$$;
COMMENT ON FUNCTION active_appointments(integer, timestamptz) IS 'How many appointments of a doctor are active at an instant.';

-- An appointment as the API answers it: the same columns wherever one is shown.
CREATE OR REPLACE VIEW api_appointment AS
SELECT
    id,
    doctor_id AS doctor,
    patient_id AS patient,
    lower(during) AS appointment_date,
    upper(during) AS ends_at,
    appointment_status(status, hold_expires_at, upper(during), now()) AS status,
    hold_expires_at,
    cancel_deadline,
    fee,
    currency,
    created_at,
    updated_at
FROM appointment;
COMMENT ON VIEW api_appointment IS 'Appointments as the API shows them: start and end in place of a range, and the status that counts now.';
GRANT SELECT ON api_appointment TO booking_app, booking_admin, booking_auditor;

-- An appointment starts in the future and at most 360 hours (15 days) ahead.
CREATE OR REPLACE FUNCTION appointment_booking_window(starts_at timestamptz, at_ timestamptz) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN starts_at <= at_ THEN 'An appointment must start in the future.'
        -- hours, not days: days bend with the session's time zone
        WHEN starts_at > at_ + interval '360 hours' THEN 'Appointments can be booked at most 15 days (360 hours) ahead.'
    END
$$;
COMMENT ON FUNCTION appointment_booking_window(timestamptz, timestamptz) IS
'An appointment starts in the future and at most 360 hours (15 days) ahead. Why a start, seen from an instant, breaks the rule; NULL: it does not.';

-- A patient cancels only before cancel_deadline: while more than 72 hours (3 days) remain. Doctors and admins may later.
CREATE OR REPLACE FUNCTION appointment_cancel_notice(actor text, cancel_deadline timestamptz, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN actor = 'patient' AND at_ >= cancel_deadline
            THEN format(
                'This appointment could be canceled until %s. Later, only the doctor can cancel it.',
                utc_text(cancel_deadline)
            )
    END
$$;
COMMENT ON FUNCTION appointment_cancel_notice(text, timestamptz, timestamptz) IS
'A patient cancels only while more than 72 hours (3 days) remain. Why an actor may no longer cancel at an instant; NULL: they may.';

-- A confirmed appointment costs nothing or is paid.
CREATE OR REPLACE FUNCTION appointment_confirmed_is_paid(a appointment) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN a.status = 'confirmed' AND a.fee > 0 AND NOT EXISTS (
            SELECT FROM payment
            WHERE appointment_id = a.id AND status IN ('captured', 'partially_refunded', 'refunded') AND NOT without_slot
        ) THEN format('An appointment that costs %s is confirmed by its payment only.', money_text(a.fee, a.currency))
    END
$$;
COMMENT ON FUNCTION appointment_confirmed_is_paid(appointment) IS
'A confirmed appointment costs nothing or is paid. Why an appointment may not be confirmed; NULL: it may, or it is not.';

-- A doctor has at most max_appointments active appointments, and never more than 30.
CREATE OR REPLACE FUNCTION appointment_doctor_cap(active integer, d doctor) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN active >= least(d.max_appointments, 30)
            THEN format(
                'This doctor is full, with %s of at most %s active appointments. Join the waitlist to hear of a free slot.',
                active, d.max_appointments
            )
    END
$$;
COMMENT ON FUNCTION appointment_doctor_cap(integer, doctor) IS
'Why a doctor with so many other active appointments can take no more; NULL: one more is fine.';

-- Neither a doctor nor a patient is in two places at once. The exclusion constraints of these names are what enforces it;
-- looking first spares the wait for a booking that cannot succeed.
CREATE OR REPLACE FUNCTION appointment_doctor_no_overlap(clash boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN clash THEN 'This slot is taken.' END
$$;
COMMENT ON FUNCTION appointment_doctor_no_overlap(boolean) IS
'Why a doctor who has or has not another appointment then cannot take this one; NULL: they can.';

CREATE OR REPLACE FUNCTION appointment_patient_no_overlap(clash boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN clash THEN 'The patient has another appointment at that time.' END
$$;
COMMENT ON FUNCTION appointment_patient_no_overlap(boolean) IS
'Why a patient who has or has not another appointment then cannot take this one; NULL: they can.';

-- Where the policy asks for it, only doctors whom an admin has verified are found, booked and waited for; disabled ones never are.
CREATE OR REPLACE FUNCTION appointment_doctor_verified(d doctor, p policy) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN d.disabled_at IS NOT NULL THEN 'This doctor takes no new appointments at present.'
        WHEN NOT is_verified(d, p) THEN 'This doctor has not been verified yet, so takes no new appointments.'
    END
$$;
COMMENT ON FUNCTION appointment_doctor_verified(doctor, policy) IS
'No doctor is booked whom an admin has disabled, nor, where the policy asks for it, one whom nobody has verified. Why a doctor takes no new appointments at all; NULL: not disabled, and verified, or the policy does not ask.';

-- Doctor and id of an appointment never change; the patient changes once, from none, when an offer is claimed;
-- what triggers set (seat, deadlines, fee, version) is set by nobody else.
CREATE OR REPLACE FUNCTION appointment_immutable(was appointment, becomes appointment, actor text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'These columns of an appointment cannot be changed: ' || string_agg(name, ', ' ORDER BY name) || '.'
    FROM (
        VALUES
        ('id', was.id <> becomes.id),
        ('doctor_id', was.doctor_id <> becomes.doctor_id),
        (
            'patient_id',
            was.patient_id IS DISTINCT FROM becomes.patient_id AND (was.patient_id IS NOT NULL OR was.status <> 'offered')
        ),
        -- what is offered is this time
        ('during', was.during <> becomes.during AND was.status = 'offered'),
        ('seat', was.seat IS DISTINCT FROM becomes.seat),
        -- a payment keeps the slot while the money is being taken
        ('hold_expires_at', was.hold_expires_at IS DISTINCT FROM becomes.hold_expires_at AND actor <> 'payment'),
        ('cancel_deadline', was.cancel_deadline <> becomes.cancel_deadline),
        ('fee', was.fee <> becomes.fee),
        ('currency', was.currency <> becomes.currency),
        ('canceled_by', was.canceled_by IS DISTINCT FROM becomes.canceled_by),
        ('version', was.version <> becomes.version),
        ('created_at', was.created_at <> becomes.created_at),
        ('updated_at', was.updated_at <> becomes.updated_at)
    ) AS changes (name, changed)
    WHERE changed
$$;
COMMENT ON FUNCTION appointment_immutable(appointment, appointment, text) IS
'An appointment''s doctor never changes, nor does its patient, except from none. Why one row may not become the other; NULL: nothing that must stay has changed.';

CREATE OR REPLACE FUNCTION appointment_is_active(
    status text, hold_expires_at timestamptz, ends_at timestamptz, at_ timestamptz
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT appointment_status(status, hold_expires_at, ends_at, at_) IN ('offered', 'pending', 'confirmed')
$$;
COMMENT ON FUNCTION appointment_is_active(text, timestamptz, timestamptz, timestamptz) IS
'Whether an appointment takes its slot and one of its doctor''s seats at an instant.';

-- A patient has at most policy.patient_hold_limit live unpaid holds.
CREATE OR REPLACE FUNCTION appointment_patient_hold_limit(live_holds integer, p policy) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN live_holds >= p.patient_hold_limit
            THEN format('You already have %s unpaid bookings. Pay for one or give one up first.', live_holds)
    END
$$;
COMMENT ON FUNCTION appointment_patient_hold_limit(integer, policy) IS
'A patient has at most as many unpaid holds as the policy allows. Why a patient with so many other live unpaid holds can make no more; NULL: one more is fine.';

-- Only legal first states and changes of status; an ended appointment never comes back to life.
CREATE OR REPLACE FUNCTION appointment_status_transition(
    old_status text, new_status text, hold_expires_at timestamptz, during tstzrange, at_ timestamptz
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status NOT IN ('offered', 'pending', 'confirmed')
            THEN format('An appointment cannot begin as %s.', new_status)
        WHEN old_status IS NULL THEN NULL
        WHEN old_status IN ('completed', 'no_show') AND new_status IN ('completed', 'no_show') AND old_status <> new_status
            THEN CASE WHEN at_ > upper(during) + interval '168 hours'
                THEN 'Whether a patient came can be corrected for 7 days after the visit.' END
        WHEN old_status NOT IN ('offered', 'pending', 'confirmed')
            THEN format('This appointment is %s and can no longer be changed.', replace(old_status, '_', '-'))
        WHEN new_status = 'expired' AND old_status = 'pending'
            THEN CASE WHEN at_ < hold_expires_at THEN 'The hold on this slot has not lapsed yet.' END
        WHEN old_status = 'pending' AND at_ >= hold_expires_at
            THEN 'The hold on this slot has lapsed; it can no longer be changed.'
        WHEN new_status IN ('completed', 'no_show') AND old_status = 'confirmed'
            THEN CASE
                WHEN at_ < lower(during) THEN 'The appointment has not started yet.'
                -- as if completed when it ended: what may be said must not depend on when a sweep came by
                WHEN new_status = 'no_show' AND at_ > upper(during) + interval '168 hours'
                    THEN 'Whether a patient came can be corrected for 7 days after the visit.'
            END
        WHEN new_status = 'released' AND old_status = 'offered' THEN NULL
        WHEN at_ >= lower(during) THEN 'The appointment has already started.'
        WHEN old_status = new_status THEN NULL
        WHEN (old_status, new_status) IN (
            ('offered', 'pending'), ('offered', 'confirmed'), ('pending', 'confirmed'),
            ('pending', 'canceled'), ('confirmed', 'canceled')
        ) THEN NULL
        ELSE format('A %s appointment cannot become %s.', old_status, new_status)
    END
$$;
COMMENT ON FUNCTION appointment_status_transition(text, text, timestamptz, tstzrange, timestamptz) IS
'An appointment changes only by the steps of its life, and an ended one never comes back. Why an appointment (old status NULL: a new one) may not take a status at an instant; NULL: it may.';

-- An appointment is exactly one slot of the doctor's working hours, outside time off.
CREATE OR REPLACE FUNCTION appointment_within_working_hours(d doctor, slot tstzrange) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        -- a sum, not a difference, of which PostgreSQL before 17 knows none for what has no end
        WHEN lower(slot) + make_interval(mins => d.slot_minutes) <> upper(slot)
            THEN format('An appointment with this doctor takes exactly %s minutes.', d.slot_minutes)
        WHEN NOT EXISTS (
            SELECT FROM working_hours AS w,
                working_interval(w.start_minute, w.end_minute, d.timezone, (lower(slot) AT TIME ZONE d.timezone)::date) AS i
            WHERE w.doctor_id = d.account_id
                AND w.weekday = extract(isodow FROM lower(slot) AT TIME ZONE d.timezone)
                AND slot_fits(i, d.timezone, lower(slot), upper(slot))
                -- on the grid: a whole number of steps after the interval's start
                AND mod(extract(epoch FROM lower(slot) - i.starts_at), (d.slot_minutes + d.buffer_minutes) * 60) = 0
        ) THEN format('This is not one of the doctor''s slots (times of %s).', d.timezone)
        WHEN is_time_off(d.account_id, slot) THEN 'The doctor is away at that time.'
    END
$$;

COMMENT ON FUNCTION appointment_within_working_hours(doctor, tstzrange) IS
'An appointment is exactly one slot of the doctor''s working hours, outside time off. Why a time is no slot of this doctor; NULL: it is one. Costs the same whatever the length of the working day.';

-- A patient books the slot of a doctor that starts at an instant.
CREATE OR REPLACE FUNCTION book(p_patient integer, p_doctor integer, p_start timestamptz) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    minutes smallint := (SELECT slot_minutes FROM doctor WHERE account_id = p_doctor);
    new_id integer;
    offer_id integer;
BEGIN
    IF has_waitlist(p_doctor) THEN
        PERFORM serve_waitlist(p_doctor); -- what the clock has freed is theirs first
        offer_id := open_offer(p_patient, p_doctor, p_start);
        IF offer_id IS NOT NULL THEN
            RETURN QUERY SELECT * FROM claim_offer(p_patient, offer_id);
            RETURN;
        END IF;
    END IF;
    PERFORM act_as('patient', p_patient);
    -- for a doctor who does not exist any length will do: the trigger refuses
    INSERT INTO appointment (doctor_id, patient_id, during)
    VALUES (p_doctor, p_patient, tstzrange(p_start, p_start + make_interval(mins => coalesce(minutes, 30))))
    RETURNING id INTO new_id;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = new_id;
END
$$;
COMMENT ON FUNCTION book(integer, integer, timestamptz) IS
'Books for a patient (account id) with a doctor (account id). Confirmed if the fee is 0, else a hold. A slot that is offered to the patient is claimed by it. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION book(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION book(integer, integer, timestamptz) TO booking_app;

CREATE OR REPLACE FUNCTION bulk_cancel_by(
    p_actor text, p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean
) RETURNS SETOF api_appointment
LANGUAGE plpgsql AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
    chosen integer[];
BEGIN
    SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO chosen
    FROM held_appointments(p_doctor, clock_timestamp())
    WHERE (p_patient IS NULL OR patient_id = p_patient)
        AND (p_date IS NULL OR (lower(during) AT TIME ZONE d.timezone)::date = p_date);
    IF NOT p_dry_run THEN
        PERFORM cancel_chosen(p_actor, chosen, p_reason, p_block);
    END IF;
    RETURN QUERY SELECT * FROM api_appointment WHERE id = ANY (chosen) ORDER BY appointment_date, id;
END
$$;
COMMENT ON FUNCTION bulk_cancel_by(text, integer, integer, date, text, boolean, boolean) IS
'What bulk_cancel() does, as an act of the doctor or of an admin.';

CREATE OR REPLACE FUNCTION bulk_cancel(
    p_doctor integer, p_patient integer, p_date date, p_reason text, p_block boolean, p_dry_run boolean
) RETURNS SETOF api_appointment
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM bulk_cancel_by('doctor', p_doctor, p_patient, p_date, p_reason, p_block, p_dry_run)
$$;
COMMENT ON FUNCTION bulk_cancel(integer, integer, date, text, boolean, boolean) IS
'Cancels all of a doctor''s active appointments that have not started, of one patient and on one day of the doctor''s if given; a dry run only lists them.';
REVOKE EXECUTE ON FUNCTION bulk_cancel(integer, integer, date, text, boolean, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bulk_cancel(integer, integer, date, text, boolean, boolean) TO booking_app;

-- A private link shows its owner's appointments to calendars. A new one ends the one before, and only its hash is kept.
CREATE OR REPLACE FUNCTION open_calendar_feed(p_account integer, p_token bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO calendar_feed (account_id, token_hash)
    -- locked, so that an erasure at this moment leaves no link
    SELECT id, p_token FROM account WHERE id = p_account AND status = 'active' FOR NO KEY UPDATE
    ON CONFLICT (account_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = clock_timestamp()
$$;
COMMENT ON FUNCTION open_calendar_feed(integer, bytea) IS
'Makes the link with the token of this SHA-256 the one that shows an active account''s appointments.';
REVOKE EXECUTE ON FUNCTION open_calendar_feed(integer, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_calendar_feed(integer, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION close_calendar_feed(p_account integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM calendar_feed WHERE account_id = p_account
$$;
COMMENT ON FUNCTION close_calendar_feed(integer) IS 'Ends the link that shows an account''s appointments, if there is one.';
REVOKE EXECUTE ON FUNCTION close_calendar_feed(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION close_calendar_feed(integer) TO booking_app;

CREATE OR REPLACE FUNCTION calendar_feed_entries(p_token bytea)
RETURNS TABLE (uid uuid, version integer, starts_at timestamptz, ends_at timestamptz, status text, with_whom text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT
        a.calendar_uid,
        a.version,
        lower(a.during),
        upper(a.during),
        appointment_status(a.status, a.hold_expires_at, upper(a.during), now()),
        CASE WHEN a.doctor_id = f.account_id THEN p.full_name ELSE d.full_name END
    FROM calendar_feed AS f
    INNER JOIN account AS o ON f.account_id = o.id AND o.status = 'active'
    LEFT JOIN appointment AS a ON (f.account_id = a.doctor_id OR f.account_id = a.patient_id)
        AND appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) IN ('pending', 'confirmed', 'completed')
        AND lower(a.during) > now() - interval '720 hours'
    LEFT JOIN doctor AS d ON a.doctor_id = d.account_id
    LEFT JOIN patient AS p ON a.patient_id = p.account_id
    WHERE f.token_hash = p_token
    ORDER BY lower(a.during)
$$;
COMMENT ON FUNCTION calendar_feed_entries(bytea) IS
'What the link with the token of this SHA-256 shows: appointments held, ahead and of the last 30 days (720 hours); one row of NULLs where there are none, no row where there is no such link.';
REVOKE EXECUTE ON FUNCTION calendar_feed_entries(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION calendar_feed_entries(bytea) TO booking_app;

-- A doctor cancels at any time before the start; with block, that time is off and offered to nobody.
CREATE OR REPLACE FUNCTION cancel_as_doctor(p_doctor integer, p_appointment integer, p_reason text, p_block boolean)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor) THEN
        RETURN;
    END IF;
    PERFORM lock_doctor_of(p_appointment);
    PERFORM cancel_together('doctor', ARRAY[p_appointment], p_reason, p_block);
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION cancel_as_doctor(integer, integer, text, boolean) IS
'Cancels a doctor''s (account id) appointment, and takes the time off if told to block it; no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION cancel_as_doctor(integer, integer, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_as_doctor(integer, integer, text, boolean) TO booking_app;

-- A patient cancels an appointment of their own.
CREATE OR REPLACE FUNCTION cancel_as_patient(p_patient integer, p_appointment integer) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM act_as('patient', p_patient);
    PERFORM lock_doctor_of(p_appointment);
    UPDATE appointment SET status = 'canceled' WHERE id = p_appointment AND patient_id = p_patient;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment AND patient = p_patient;
END
$$;
COMMENT ON FUNCTION cancel_as_patient(integer, integer) IS
'Cancels a patient''s (account id) appointment; no row if it is not theirs. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION cancel_as_patient(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cancel_as_patient(integer, integer) TO booking_app;

-- Time passes between the choice and the cancellation: an appointment that lapses or begins just then is no longer
-- to be chosen, so the whole act starts over.
CREATE OR REPLACE FUNCTION cancel_chosen(p_actor text, p_appointments integer[], p_reason text, p_block boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    rule text;
BEGIN
    PERFORM cancel_together(p_actor, p_appointments, p_reason, p_block);
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
    IF rule <> 'appointment_status_transition' THEN
        RAISE;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'An appointment has just ended or begun; try again.';
END
$$;
COMMENT ON FUNCTION cancel_chosen(text, integer[], text, boolean) IS
'Cancels appointments of one doctor that were held a moment ago. The doctor must be locked.';

-- One act is told each person in one mail, however many of their appointments it cancels.
CREATE OR REPLACE FUNCTION cancel_together(p_actor text, p_appointments integer[], p_reason text, p_block boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM act_as(p_actor, CASE p_actor WHEN 'doctor' THEN doctor_of(p_appointments[1]) END);
    PERFORM set_config('booking.batch', gen_random_uuid()::text, true);
    IF p_block THEN
        -- first, so that a canceled appointment's time is not announced as free
        INSERT INTO time_off (doctor_id, during) SELECT doctor_id, during FROM appointment WHERE id = ANY (p_appointments);
    END IF;
    UPDATE appointment SET status = 'canceled', cancel_reason = p_reason WHERE id = ANY (p_appointments);
    PERFORM set_config('booking.batch', '', true);
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION cancel_together(text, integer[], text, boolean) IS
'Cancels appointments of one doctor as one act, of the doctor or of an admin. The doctor must be locked.';

CREATE OR REPLACE FUNCTION doctor_of(p_appointment integer) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT doctor_id FROM appointment WHERE id = p_appointment
$$;
COMMENT ON FUNCTION doctor_of(integer) IS 'An appointment''s doctor.';

-- Whoever is refused hears everything that stands in the way, not only the first thing.
CREATE OR REPLACE FUNCTION booking_rules(
    p_patient integer, p_doctor integer, p_start timestamptz, p_appointment integer
) RETURNS TABLE (rule text, why text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    a appointment;
    d doctor;
    p policy;
    of_doctor other_appointments;
    owed tstzrange[];
    at_ timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO d FROM doctor WHERE account_id = p_doctor;
    IF NOT FOUND THEN
        RETURN; -- who is nobody has no hours to be outside of
    END IF;
    SELECT * INTO p FROM policy;
    SELECT * INTO a FROM appointment
    WHERE id = coalesce(p_appointment, (SELECT appointment_id FROM offer WHERE id = open_offer(p_patient, p_doctor, p_start)));
    rule := 'appointment_status_transition';
    why := appointment_status_transition(a.status, a.status, a.hold_expires_at, a.during, at_);
    IF p_appointment IS NOT NULL AND why IS NOT NULL THEN
        RETURN NEXT; -- no slot will do for what can no longer be moved
    END IF;
    a.doctor_id := p_doctor;
    a.patient_id := p_patient;
    a.during := tstzrange(p_start, p_start + make_interval(mins => d.slot_minutes));
    IF p_appointment IS NULL THEN
        -- a slot that is on offer to the patient is claimed, at the price it was offered for
        a.status := CASE WHEN coalesce(a.fee, d.fee) = 0 THEN 'confirmed' ELSE 'pending' END;
    END IF;
    of_doctor := other_appointments_of_doctor(a, at_);
    owed := reserved_slots(p_doctor, at_);
    of_doctor.active := of_doctor.active + cardinality(owed);
    of_doctor.clash := of_doctor.clash OR a.during && ANY (owed);
    RETURN QUERY SELECT * FROM slot_rules(a, d, p, at_, of_doctor, other_appointments_of_patient(a, at_));
END
$$;
COMMENT ON FUNCTION booking_rules(integer, integer, timestamptz, integer) IS
'Every rule of booking a doctor''s slot now, or of moving an appointment there, and why a patient would break it; NULL: they would not. A look without a lock; nothing if there is no such doctor.';

CREATE OR REPLACE FUNCTION explain_booking(
    p_patient integer, p_doctor integer, p_start timestamptz, p_appointment integer DEFAULT NULL
) RETURNS TABLE (rule text, why text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT rule, why FROM booking_rules(p_patient, p_doctor, p_start, p_appointment) WHERE why IS NOT NULL
$$;
COMMENT ON FUNCTION explain_booking(integer, integer, timestamptz, integer) IS
'Every rule that a patient breaks by booking a doctor''s slot now, or by moving an appointment there; a look without a lock.';
REVOKE EXECUTE ON FUNCTION explain_booking(integer, integer, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION explain_booking(integer, integer, timestamptz, integer) TO booking_app, booking_admin;

CREATE OR REPLACE FUNCTION held_appointments(p_doctor integer, at_ timestamptz) RETURNS SETOF appointment
LANGUAGE sql STABLE AS $$
    SELECT * FROM appointment
    WHERE doctor_id = p_doctor AND status IN ('pending', 'confirmed') AND lower(during) > at_
        AND appointment_is_active(status, hold_expires_at, upper(during), at_)
$$;
COMMENT ON FUNCTION held_appointments(integer, timestamptz) IS
'A doctor''s appointments that a patient holds and that start after an instant.';

-- A move keeps the appointment: its number, seat, fee and payment stay; window, hours and overlaps are checked anew.
CREATE OR REPLACE FUNCTION move_appointment(p_appointment integer, p_start timestamptz) RETURNS void
LANGUAGE sql AS $$
    UPDATE appointment AS a
    SET during = tstzrange(p_start, p_start + make_interval(mins => d.slot_minutes))
    FROM doctor AS d
    WHERE a.id = p_appointment AND d.account_id = a.doctor_id
$$;
COMMENT ON FUNCTION move_appointment(integer, timestamptz) IS 'Moves an appointment to the slot that starts at an instant.';

-- The rules an appointment must keep to take a slot: at booking, at a claim and at a move.
CREATE OR REPLACE FUNCTION place_appointment(a appointment, d doctor, p policy, at_ timestamptz) RETURNS appointment
LANGUAGE plpgsql AS $$
DECLARE
    of_doctor other_appointments;
    of_patient other_appointments;
    broken record;
BEGIN
    -- updated, not only locked, for the reason given at lock_doctor
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = a.patient_id;
    PERFORM refuse('appointment_patient_id_fkey', barred_patient(a.patient_id, a.seat IS NULL));
    of_doctor := other_appointments_of_doctor(a, at_);
    of_patient := other_appointments_of_patient(a, at_);
    SELECT * INTO broken FROM broken_rules(a, d, p, at_, of_doctor, of_patient) LIMIT 1;
    IF FOUND THEN
        PERFORM refuse(broken.rule, broken.why);
    END IF;
    IF of_doctor.stale OR of_patient.stale THEN
        PERFORM retire_appointments(a.doctor_id, a.patient_id, at_);
        of_doctor := other_appointments_of_doctor(a, at_);
    END IF;
    IF a.seat IS NULL THEN
        a.seat := lowest_free_seat(of_doctor.seats);
    END IF;
    RETURN a;
END
$$;
COMMENT ON FUNCTION place_appointment(appointment, doctor, policy, timestamptz) IS
'Refuses a place that breaks a rule, else returns the row with its seat. The doctor must be locked.';

CREATE OR REPLACE FUNCTION lowest_free_seat(seats integer) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    FOR seat IN 1..30 LOOP
        IF seats & (1 << seat) = 0 THEN
            RETURN seat::smallint;
        END IF;
    END LOOP;
    -- a lapsed row keeps its seat while another transaction is retiring it
    RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'All seats are taken by lapsing appointments; try again.';
END
$$;
COMMENT ON FUNCTION lowest_free_seat(integer) IS 'The lowest of the seats 1 to 30 whose bit is not set.';

-- After the start the doctor says whether the patient came, and may correct it for 7 days.
CREATE OR REPLACE FUNCTION record_visit(p_doctor integer, p_appointment integer, p_status text)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF p_status NOT IN ('completed', 'no_show') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'A visit is completed or a no-show.';
    END IF;
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor) THEN
        RETURN;
    END IF;
    PERFORM act_as('doctor', p_doctor);
    PERFORM lock_doctor_of(p_appointment);
    -- what the sweep or the doctor has said already may be said again
    UPDATE appointment SET status = p_status WHERE id = p_appointment AND status <> p_status;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION record_visit(integer, integer, text) IS
'Says of a doctor''s (account id) appointment that it was completed or that the patient did not come; no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION record_visit(integer, integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_visit(integer, integer, text) TO booking_app;

CREATE OR REPLACE FUNCTION reschedule_as_doctor(
    p_doctor integer, p_appointment integer, p_start timestamptz, p_block boolean
) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    old_time tstzrange := (SELECT during FROM appointment WHERE id = p_appointment AND doctor_id = p_doctor);
BEGIN
    IF old_time IS NULL THEN
        RETURN;
    END IF;
    PERFORM act_as('doctor', p_doctor);
    PERFORM lock_doctor_of(p_appointment);
    IF p_block THEN
        SELECT during INTO old_time FROM appointment WHERE id = p_appointment; -- as it stands after the wait
        INSERT INTO time_off (doctor_id, during) VALUES (p_doctor, old_time);
    END IF;
    PERFORM move_appointment(p_appointment, p_start);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION reschedule_as_doctor(integer, integer, timestamptz, boolean) IS
'Moves a doctor''s (account id) appointment, and takes the old time off if told to block it; no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION reschedule_as_doctor(integer, integer, timestamptz, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reschedule_as_doctor(integer, integer, timestamptz, boolean) TO booking_app;

CREATE OR REPLACE FUNCTION reschedule_as_patient(p_patient integer, p_appointment integer, p_start timestamptz)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND patient_id = p_patient) THEN
        RETURN;
    END IF;
    PERFORM act_as('patient', p_patient);
    PERFORM lock_doctor_of(p_appointment);
    IF has_waitlist(doctor_of(p_appointment)) AND NOT release_offered_slot(p_patient, p_appointment, p_start) THEN
        PERFORM serve_waitlist(doctor_of(p_appointment)); -- what the clock has freed is theirs first
    END IF;
    PERFORM move_appointment(p_appointment, p_start);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = p_appointment;
END
$$;
COMMENT ON FUNCTION reschedule_as_patient(integer, integer, timestamptz) IS
'Moves a patient''s (account id) appointment; no row if it is not theirs. The right to cancel never grows by it.';
REVOKE EXECUTE ON FUNCTION reschedule_as_patient(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reschedule_as_patient(integer, integer, timestamptz) TO booking_app;

-- Whoever has an appointment already may move it to a slot that is offered to them, instead of claiming a second one.
CREATE OR REPLACE FUNCTION release_offered_slot(p_patient integer, p_appointment integer, p_start timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    o offer;
BEGIN
    SELECT * INTO o FROM offer WHERE id = open_offer(p_patient, doctor_of(p_appointment), p_start);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE offer SET status = 'accepted' WHERE id = o.id;
    UPDATE waitlist_entry SET status = 'fulfilled' WHERE id = o.waitlist_entry_id;
    PERFORM act_as('system'); -- what becomes of the others is not the patient's doing
    PERFORM release_slot(o.appointment_id);
    PERFORM act_as('patient', p_patient);
    RETURN true;
END
$$;
COMMENT ON FUNCTION release_offered_slot(integer, integer, timestamptz) IS
'Releases the slot that starts at an instant, if it is offered to the patient by their appointment''s doctor, who must be locked: the appointment can then move there. Whether it was.';

-- Lapsed holds become expired and finished visits completed, so that they never block anyone.
CREATE OR REPLACE FUNCTION retire_appointments(p_doctor integer, p_patient integer, at_ timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    actor text := current_setting('booking.actor', true);
BEGIN
    PERFORM act_as('system'); -- not whoever happens to book just now
    UPDATE appointment SET status = appointment_status(status, hold_expires_at, upper(during), at_)
    WHERE id IN (
        SELECT id FROM appointment
        WHERE (doctor_id = p_doctor OR patient_id = p_patient)
            AND status IN ('offered', 'pending', 'confirmed')
            AND NOT appointment_is_active(status, hold_expires_at, upper(during), at_)
        ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED -- whoever holds one is retiring it
    );
    PERFORM act_as(coalesce(actor, ''));
END
$$;
COMMENT ON FUNCTION retire_appointments(integer, integer, timestamptz) IS
'Writes down which active rows of a doctor, or of a patient, have lapsed or are over at an instant.';

-- The rules of taking a slot, in the order in which a refusal names them: what refuses a booking and what explains it.
CREATE OR REPLACE FUNCTION slot_rules(
    a appointment, d doctor, p policy, at_ timestamptz, of_doctor other_appointments, of_patient other_appointments
) RETURNS TABLE (rule text, why text)
LANGUAGE sql STABLE AS $$
    VALUES
    -- what a doctor has promised already may still be moved
    ('appointment_doctor_verified', CASE WHEN a.seat IS NULL THEN appointment_doctor_verified(d, p) END),
    ('appointment_booking_window', appointment_booking_window(lower(a.during), at_)),
    ('appointment_within_working_hours', appointment_within_working_hours(d, a.during)),
    ('appointment_doctor_no_overlap', appointment_doctor_no_overlap(of_doctor.clash)),
    ('appointment_patient_no_overlap', appointment_patient_no_overlap(of_patient.clash)),
    (
        'appointment_patient_hold_limit',
        -- a hold that is moved is no further hold
        CASE WHEN a.status = 'pending' AND a.hold_expires_at IS NULL
            THEN appointment_patient_hold_limit(of_patient.holds, p) END
    ),
    ('appointment_doctor_cap', CASE WHEN a.seat IS NULL THEN appointment_doctor_cap(of_doctor.active, d) END)
$$;
COMMENT ON FUNCTION slot_rules(appointment, doctor, policy, timestamptz, other_appointments, other_appointments) IS
'Every rule of taking a slot, and why an appointment would break it by taking its place at an instant; NULL: it would not.';

CREATE OR REPLACE FUNCTION broken_rules(
    a appointment, d doctor, p policy, at_ timestamptz, of_doctor other_appointments, of_patient other_appointments
) RETURNS TABLE (rule text, why text)
LANGUAGE sql STABLE AS $$
    SELECT rule, why FROM slot_rules(a, d, p, at_, of_doctor, of_patient) WHERE why IS NOT NULL
$$;
COMMENT ON FUNCTION broken_rules(appointment, doctor, policy, timestamptz, other_appointments, other_appointments) IS
'Every rule that an appointment would break by taking its place at an instant, and why; none: it may.';

-- What an appointment may be and become, decided under the doctor's lock, by the clock as it stands after the wait.
CREATE OR REPLACE FUNCTION tg_appointment__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor;
    p policy;
    at_ timestamptz;
    moves boolean := TG_OP = 'INSERT';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF booking_actor() = 'purge' THEN
            -- takes away what somebody said, and nothing else
            OLD.cancel_reason := NULL;
            RETURN OLD;
        END IF;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            -- an ended row refuses even to be written as it is: a second cancel is told apart from the first,
            -- and a move to where it is already from one that comes too late
            PERFORM refuse(
                'appointment_status_transition',
                appointment_status_transition(OLD.status, NEW.status, OLD.hold_expires_at, OLD.during, clock_timestamp())
            );
            RETURN NEW;
        END IF;
        PERFORM refuse('appointment_immutable', appointment_immutable(OLD, NEW, booking_actor()));
        moves := NEW.during <> OLD.during OR NEW.patient_id IS DISTINCT FROM OLD.patient_id;
    END IF;
    -- retiring a row only ever frees a place, so it need not wait for the doctor (a patient's booking elsewhere may do it)
    IF moves OR NEW.status NOT IN ('expired', 'completed', 'no_show', 'released') THEN
        d := lock_doctor(NEW.doctor_id);
    END IF;
    at_ := clock_timestamp();
    SELECT * INTO p FROM policy;

    IF TG_OP = 'INSERT' THEN
        NEW := new_appointment(NEW, d, at_);
        PERFORM refuse(
            'appointment_status_transition',
            appointment_status_transition(NULL, NEW.status, NULL, NEW.during, at_)
        );
    ELSE
        PERFORM refuse(
            'appointment_status_transition',
            appointment_status_transition(OLD.status, NEW.status, OLD.hold_expires_at, OLD.during, at_)
        );
        NEW := changed_appointment(OLD, NEW, at_);
    END IF;
    IF moves THEN
        NEW := place_appointment(NEW, d, p, at_);
        IF NEW.status = 'pending' AND NEW.hold_expires_at IS NULL THEN
            NEW.hold_expires_at := least(at_ + make_interval(mins => p.hold_minutes), lower(NEW.during));
        END IF;
    END IF;
    PERFORM refuse('appointment_confirmed_is_paid', appointment_confirmed_is_paid(NEW));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_appointment__rules() IS
'Applies every rule of an appointment that a constraint cannot declare, and sets the columns that nobody else may.';

CREATE OR REPLACE FUNCTION new_appointment(a appointment, d doctor, at_ timestamptz) RETURNS appointment
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    a.fee := d.fee;
    a.currency := d.currency;
    IF a.status = 'pending' AND d.fee = 0 THEN
        a.status := 'confirmed';
    END IF;
    a.seat := NULL;
    a.hold_expires_at := NULL;
    a.cancel_deadline := lower(a.during) - interval '72 hours';
    a.canceled_by := NULL;
    a.version := 1;
    a.created_at := at_;
    a.updated_at := at_;
    RETURN a;
END
$$;
COMMENT ON FUNCTION new_appointment(appointment, doctor, timestamptz) IS
'A new row with what the doctor and the clock say in place of whatever the writer said.';

CREATE OR REPLACE FUNCTION changed_appointment(was appointment, becomes appointment, at_ timestamptz) RETURNS appointment
LANGUAGE plpgsql STABLE AS $$
DECLARE
    actor text := booking_actor();
BEGIN
    IF becomes.status = 'canceled' THEN
        PERFORM refuse('appointment_cancel_notice', appointment_cancel_notice(actor, was.cancel_deadline, at_));
        becomes.canceled_by := CASE actor WHEN 'payer' THEN 'patient' ELSE actor END;
    END IF;
    IF becomes.status NOT IN ('offered', 'pending', 'confirmed') THEN
        becomes.seat := NULL;
    END IF;
    IF becomes.during <> was.during THEN
        becomes.cancel_deadline := CASE actor
            -- never later: a patient cannot move a visit away only to cancel it
            WHEN 'patient' THEN least(was.cancel_deadline, lower(becomes.during) - interval '72 hours')
            -- a fresh right for whoever did not choose the new time
            ELSE lower(becomes.during)
        END;
    END IF;
    -- a move never extends a hold, nor makes one
    becomes.hold_expires_at := CASE
        WHEN becomes.status <> 'confirmed' AND was.hold_expires_at IS NOT NULL
            THEN least(becomes.hold_expires_at, lower(becomes.during))
    END;
    IF becomes.status <> was.status OR becomes.during <> was.during OR becomes.patient_id IS DISTINCT FROM was.patient_id THEN
        becomes.version := was.version + 1;
    END IF;
    becomes.updated_at := at_;
    RETURN becomes;
END
$$;
COMMENT ON FUNCTION changed_appointment(appointment, appointment, timestamptz) IS
'A changed row with the columns set that follow from the change and from who made it.';

CREATE OR REPLACE FUNCTION upcoming_appointments(p_patient integer) RETURNS SETOF appointment
LANGUAGE sql STABLE AS $$
    SELECT * FROM appointment
    WHERE patient_id = p_patient AND status IN ('pending', 'confirmed') AND lower(during) > clock_timestamp()
        AND appointment_is_active(status, hold_expires_at, upper(during), clock_timestamp())
    ORDER BY id
$$;
COMMENT ON FUNCTION upcoming_appointments(integer) IS 'The appointments that a patient holds and that have not begun.';

DO $$
BEGIN
    CREATE TYPE doctors_with_same_grid AS (zone text, slot_minutes integer, buffer_minutes integer, doctors integer[]);
EXCEPTION WHEN duplicate_object THEN
    NULL; -- replayed
END
$$;
COMMENT ON TYPE doctors_with_same_grid IS 'Doctors of one time zone whose slots come in the same steps.';

DO $$
BEGIN
    CREATE TYPE working_span AS (
        starts_at timestamptz, ends_at timestamptz, local_start timestamp, local_end timestamp
    );
EXCEPTION WHEN duplicate_object THEN
    NULL; -- replayed
END
$$;
COMMENT ON TYPE working_span IS 'An interval of working hours on one day, as instants and as the doctor''s clock shows it.';

CREATE OR REPLACE FUNCTION add_time_off(
    p_doctor integer, p_start timestamptz, p_end timestamptz, p_reason text, p_cancel boolean
) RETURNS TABLE (time_off_id integer, affected api_appointment[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_during tstzrange;
BEGIN
    -- said here, because such a range cannot even be made
    PERFORM refuse('time_off_during_valid', CASE WHEN p_end <= p_start THEN 'Time off must end after it begins.' END);
    p_during := tstzrange(p_start, p_end);
    PERFORM lock_doctor(p_doctor);
    PERFORM act_as('doctor', p_doctor);
    INSERT INTO time_off (doctor_id, during, reason) VALUES (p_doctor, p_during, p_reason) RETURNING id INTO time_off_id;
    affected := ARRAY(
        SELECT a FROM settle_affected(
            ARRAY(SELECT id FROM held_appointments(p_doctor, clock_timestamp()) WHERE during && p_during), p_reason, p_cancel
        ) AS a
    );
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION add_time_off(integer, timestamptz, timestamptz, text, boolean) IS
'Takes a time off and returns its id and the appointments it covers, canceled if so told; else the commit is refused.';
REVOKE EXECUTE ON FUNCTION add_time_off(integer, timestamptz, timestamptz, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION add_time_off(integer, timestamptz, timestamptz, text, boolean) TO booking_app;

CREATE OR REPLACE FUNCTION delete_time_off(p_doctor integer, p_time_off integer) RETURNS SETOF time_off
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_doctor(p_doctor);
    RETURN QUERY DELETE FROM time_off WHERE id = p_time_off AND doctor_id = p_doctor RETURNING *;
END
$$;
COMMENT ON FUNCTION delete_time_off(integer, integer) IS 'Ends a doctor''s time off; no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION delete_time_off(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_time_off(integer, integer) TO booking_app;

CREATE OR REPLACE FUNCTION change_practice(p_doctor integer, p_changes jsonb, p_cancel boolean)
RETURNS TABLE (practice doctor, affected api_appointment[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was doctor := lock_doctor(p_doctor);
    wanted doctor := jsonb_populate_record(was, p_changes);
BEGIN
    PERFORM act_as('doctor', p_doctor);
    PERFORM change_email(p_doctor, p_changes ->> 'email') WHERE p_changes ? 'email';
    UPDATE doctor SET
        full_name = wanted.full_name,
        phone = wanted.phone,
        specialty = wanted.specialty,
        experience_years = wanted.experience_years,
        timezone = wanted.timezone,
        slot_minutes = wanted.slot_minutes,
        buffer_minutes = wanted.buffer_minutes,
        max_appointments = wanted.max_appointments,
        fee = wanted.fee,
        currency = wanted.currency
    WHERE account_id = p_doctor
    RETURNING * INTO practice;
    affected := ARRAY(
        SELECT a FROM settle_affected(
            ARRAY(SELECT id FROM stranded_appointments(practice, clock_timestamp()) WHERE practice.timezone <> was.timezone),
            'The doctor''s time zone has changed.',
            p_cancel
        ) AS a
    );
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION change_practice(integer, jsonb, boolean) IS
'Changes a doctor''s email, profile, zone, slot and buffer length, cap, fee or currency ({column: value}) and returns the appointments that a new zone strands, canceled if so told; else the commit is refused.';
REVOKE EXECUTE ON FUNCTION change_practice(integer, jsonb, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION change_practice(integer, jsonb, boolean) TO booking_app;

-- A slot is free if it is on the doctor's grid, inside the booking window, not taken, owed to the waitlist or time off, and the
-- doctor is verified and below the cap.
CREATE OR REPLACE FUNCTION free_slots(
    p_doctor integer, p_from timestamptz, p_to timestamptz, at_ timestamptz DEFAULT now()
) RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT u.starts_at, u.ends_at
    FROM (
        SELECT d, reserved_slots(account_id, at_) AS owed FROM doctor AS d
        WHERE account_id = p_doctor
        OFFSET 0 -- asked once, not for each slot
    ) AS o
    CROSS JOIN policy AS p
    CROSS JOIN LATERAL untaken_slots(o.d, p_from, p_to, at_) AS u
    WHERE is_verified(o.d, p)
        AND appointment_doctor_cap(active_appointments(p_doctor, at_) + cardinality(o.owed), o.d) IS NULL
        AND (cardinality(o.owed) = 0 OR NOT tstzrange(u.starts_at, u.ends_at) && ANY (o.owed))
    ORDER BY u.starts_at
$$;
COMMENT ON FUNCTION free_slots(integer, timestamptz, timestamptz, timestamptz) IS
'The slots of a doctor that start in [from, to) and could be booked at an instant (default: now), in order.';
REVOKE EXECUTE ON FUNCTION free_slots(integer, timestamptz, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION free_slots(integer, timestamptz, timestamptz, timestamptz)
TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION untaken_slots(d doctor, p_from timestamptz, p_to timestamptz, at_ timestamptz)
RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT g.starts_at, g.ends_at
    FROM grid_slots(d, greatest(p_from, at_), least(p_to, at_ + interval '361 hours')) AS g
    WHERE appointment_booking_window(g.starts_at, at_) IS NULL
        AND NOT is_taken(d.account_id, tstzrange(g.starts_at, g.ends_at), at_)
$$;
COMMENT ON FUNCTION untaken_slots(doctor, timestamptz, timestamptz, timestamptz) IS
'The slots of a doctor inside the booking window that start in [from, to) and that nobody has at an instant, in no order.';

CREATE OR REPLACE FUNCTION grid_slots(d doctor, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT s.starts_at, s.ends_at
    FROM generate_series(
        (p_from AT TIME ZONE d.timezone)::date::timestamp, (p_to AT TIME ZONE d.timezone)::date::timestamp, interval '1 day'
    ) AS day
    INNER JOIN working_hours AS w ON w.doctor_id = d.account_id AND w.weekday = extract(isodow FROM day)
    CROSS JOIN LATERAL working_interval(w.start_minute, w.end_minute, d.timezone, day::date) AS i
    CROSS JOIN LATERAL interval_slots(i, d.timezone, d.slot_minutes, d.buffer_minutes, p_from, p_to) AS s
$$;
COMMENT ON FUNCTION grid_slots(doctor, timestamptz, timestamptz) IS
'The slots of a doctor''s working hours that start in [from, to), taken or not, in no order.';

CREATE OR REPLACE FUNCTION interval_slots(
    i working_span, zone text, slot_minutes integer, buffer_minutes integer, p_from timestamptz, p_to timestamptz
) RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT s, s + g.length
    FROM (
        SELECT
            make_interval(mins => slot_minutes) AS length,
            make_interval(mins => slot_minutes + buffer_minutes) AS step,
            (slot_minutes + buffer_minutes) * 60 AS step_seconds
    ) AS g
    CROSS JOIN LATERAL generate_series(
        -- the first step that is not before p_from
        i.starts_at + g.step * greatest(0, ceil(extract(epoch FROM p_from - i.starts_at) / g.step_seconds))::float8,
        i.ends_at - g.length,
        g.step
    ) AS s
    WHERE s < p_to AND slot_fits(i, zone, s, s + g.length)
$$;
COMMENT ON FUNCTION interval_slots(working_span, text, integer, integer, timestamptz, timestamptz) IS
'The slots of one interval that start in [from, to), in order.';

CREATE OR REPLACE FUNCTION is_taken(p_doctor integer, slot tstzrange, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT is_time_off(p_doctor, slot) OR EXISTS (
        SELECT FROM appointment AS a
        WHERE a.doctor_id = p_doctor AND a.status IN ('offered', 'pending', 'confirmed') AND a.during && slot
            AND appointment_is_active(a.status, a.hold_expires_at, upper(a.during), at_)
    )
$$;
COMMENT ON FUNCTION is_taken(integer, tstzrange, timestamptz) IS
'Whether a doctor is away, or has an appointment that is active at an instant, at any moment of a time.';

CREATE OR REPLACE FUNCTION is_time_off(p_doctor integer, slot tstzrange) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM time_off WHERE doctor_id = p_doctor AND during && slot)
$$;
COMMENT ON FUNCTION is_time_off(integer, tstzrange) IS 'Whether a doctor is away at any moment of a time.';

-- What to take instead: the slots nearest to a wish that whoever wished could have.
CREATE OR REPLACE FUNCTION nearest_free_slots(
    p_patient integer, p_doctor integer, p_start timestamptz, p_appointment integer, p_limit integer
) RETURNS TABLE (starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT starts_at, ends_at FROM (
        SELECT starts_at, ends_at FROM (
            SELECT starts_at, ends_at FROM (
                SELECT g.starts_at, g.ends_at
                FROM doctor AS d
                CROSS JOIN LATERAL grid_slots(d, now(), now() + interval '361 hours') AS g
                WHERE d.account_id = p_doctor
                    -- asked first and once: a full doctor, after whose last slot there is a rush, refuses most of all
                    AND NOT EXISTS (
                        SELECT FROM explain_booking(p_patient, p_doctor, p_start, p_appointment) AS e
                        WHERE is_broken_at_any_start(e.rule)
                    )
                -- seconds, because an interval between far-off instants is out of range
                ORDER BY abs(extract(epoch FROM g.starts_at) - extract(epoch FROM p_start)), g.starts_at
                OFFSET 0 -- keeps the costly looks below out of the sort: they stop at the limits
            ) AS nearest_first
            WHERE NOT is_taken(p_doctor, tstzrange(starts_at, ends_at), now())
            LIMIT 50 -- whoever can have none of these has a trouble that another time does not solve
        ) AS untaken
        WHERE NOT EXISTS (SELECT FROM explain_booking(p_patient, p_doctor, starts_at, p_appointment))
        LIMIT p_limit
    ) AS nearest
    ORDER BY starts_at
$$;
COMMENT ON FUNCTION nearest_free_slots(integer, integer, timestamptz, integer, integer) IS
'Up to so many slots of a doctor, nearest to an instant, in order of time, that a patient could book now, or move an appointment to.';
REVOKE EXECUTE ON FUNCTION nearest_free_slots(integer, integer, timestamptz, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION nearest_free_slots(integer, integer, timestamptz, integer, integer) TO booking_app;

CREATE OR REPLACE FUNCTION is_broken_at_any_start(rule text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT rule IN ('appointment_status_transition', 'appointment_doctor_verified', 'appointment_doctor_cap')
$$;
COMMENT ON FUNCTION is_broken_at_any_start(text) IS
'Whether who breaks a rule of booking by taking one slot of a doctor would break it by taking any other.';

CREATE OR REPLACE FUNCTION replace_working_hours(p_doctor integer, p_week jsonb, p_cancel boolean)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
BEGIN
    PERFORM act_as('doctor', p_doctor);
    DELETE FROM working_hours WHERE doctor_id = p_doctor;
    INSERT INTO working_hours (doctor_id, weekday, start_minute, end_minute)
    SELECT p_doctor, weekday, start_minute, end_minute
    FROM jsonb_to_recordset(p_week) AS w (weekday smallint, start_minute smallint, end_minute smallint);
    RETURN QUERY SELECT * FROM settle_affected(
        ARRAY(SELECT id FROM stranded_appointments(d, clock_timestamp())), 'The doctor''s working hours have changed.', p_cancel
    );
END
$$;
COMMENT ON FUNCTION replace_working_hours(integer, jsonb, boolean) IS
'Replaces a doctor''s week ([{weekday, start_minute, end_minute}]) and returns the appointments it strands, canceled if so told; else the commit is refused.';
REVOKE EXECUTE ON FUNCTION replace_working_hours(integer, jsonb, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION replace_working_hours(integer, jsonb, boolean) TO booking_app;

-- The earliest free slots of many doctors: day by day, in order, until enough are found.
CREATE OR REPLACE FUNCTION search_free_slots(
    p_specialty text, p_from timestamptz, p_to timestamptz, p_limit integer,
    p_after timestamptz DEFAULT '-infinity', p_after_doctor integer DEFAULT 0
) RETURNS TABLE (doctor integer, starts_at timestamptz, ends_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    at_ timestamptz := now();
    from_ timestamptz := greatest(p_from, p_after, at_);
    to_ timestamptz := least(p_to, at_ + interval '361 hours');
    until_ timestamptz;
    bookable doctors_with_same_grid[] := doctors_below_cap(p_specialty, at_);
    missing integer := p_limit;
    looked_at integer[] := ARRAY[]::integer[];
    kept tstzrange[] := ARRAY[]::tstzrange[]; -- for the waitlists of those looked at,
    kept_by integer[] := ARRAY[]::integer[]; -- each by this doctor
    theirs tstzrange[];
BEGIN
    IF cardinality(bookable) = 0 THEN
        RETURN;
    END IF;
    WHILE missing > 0 AND from_ < to_ LOOP
        until_ := least(from_ + interval '24 hours', to_);
        FOR doctor, starts_at, ends_at IN
        SELECT c.doctor, c.starts_at, c.ends_at
        FROM (
            SELECT u.doctor, s.starts_at, s.ends_at
            FROM (
                SELECT h.doctors, s.starts_at, s.ends_at
                FROM shared_hours(bookable, from_) AS h
                CROSS JOIN LATERAL working_interval(h.start_minute, h.end_minute, h.zone, h.day) AS i
                CROSS JOIN LATERAL interval_slots(i, h.zone, h.slot_minutes, h.buffer_minutes, from_, until_) AS s
                ORDER BY s.starts_at
            ) AS s
            CROSS JOIN LATERAL unnest(s.doctors) AS u (doctor)
            ORDER BY s.starts_at, u.doctor
            OFFSET 0 -- keeps the costly look below out of the sort: it stops when there are enough
        ) AS c
        WHERE (c.starts_at, c.doctor) > (p_after, p_after_doctor)
            AND appointment_booking_window(c.starts_at, at_) IS NULL
            AND NOT is_taken(c.doctor, tstzrange(c.starts_at, c.ends_at), at_)
        ORDER BY c.starts_at, c.doctor
        LOOP
            IF doctor <> ALL (looked_at) THEN -- a look at a waitlist costs more than all of a doctor's slots
                theirs := reserved_times(doctor, at_);
                looked_at := looked_at || doctor;
                kept := kept || theirs;
                kept_by := kept_by || array_fill(doctor, ARRAY[cardinality(theirs)]);
            END IF;
            CONTINUE WHEN EXISTS (
                SELECT FROM unnest(kept, kept_by) AS k (slot, by_)
                WHERE k.by_ = doctor AND k.slot && tstzrange(starts_at, ends_at)
            );
            RETURN NEXT;
            missing := missing - 1;
            EXIT WHEN missing = 0;
        END LOOP;
        from_ := until_;
    END LOOP;
END
$$;
COMMENT ON FUNCTION search_free_slots(text, timestamptz, timestamptz, integer, timestamptz, integer) IS
'The earliest free slots that start in [from, to) of all doctors, or of a specialty in any case, up to a number; behind a start and doctor, if given.';
REVOKE EXECUTE ON FUNCTION search_free_slots(text, timestamptz, timestamptz, integer, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_free_slots(text, timestamptz, timestamptz, integer, timestamptz, integer) TO booking_app, booking_admin;

-- It is planned for the specialty that is asked for, or for none: one plan for both could not use the index.
CREATE OR REPLACE FUNCTION doctors_below_cap(p_specialty text, at_ timestamptz) RETURNS doctors_with_same_grid[]
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    RETURN ARRAY(
        SELECT (d.timezone, d.slot_minutes, d.buffer_minutes, array_agg(d.account_id))::doctors_with_same_grid
        FROM doctor AS d
        CROSS JOIN policy AS p
        WHERE (p_specialty IS NULL OR lower(d.specialty) = lower(p_specialty))
            AND is_verified(d, p)
            AND CASE
                -- who is full has the last seat or a later one taken, if any: that spares most doctors the costlier look
                WHEN d.max_appointments = 0 OR EXISTS (SELECT FROM appointment WHERE doctor_id = d.account_id AND seat >= d.max_appointments)
                    THEN appointment_doctor_cap(active_appointments(d.account_id, at_), d) IS NULL
                ELSE true
            END
        GROUP BY d.timezone, d.slot_minutes, d.buffer_minutes
    );
END
$$;
COMMENT ON FUNCTION doctors_below_cap(text, timestamptz) IS
'The doctors, all or of a specialty in any case, who take appointments and are below their cap at an instant.';

-- Many doctors work the same hours in the same steps: their grid is computed once. Each day is looked up in the index, for all
-- doctors at once: that reads no more of it than what they need, be it ten doctors or ten thousand, with one plan for all.
CREATE OR REPLACE FUNCTION shared_hours(p_doctors doctors_with_same_grid[], p_from timestamptz)
RETURNS TABLE (
    zone text, day date, start_minute integer, end_minute integer, slot_minutes integer, buffer_minutes integer, doctors integer[]
)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT d.zone, z.day, w.start_minute::integer, w.end_minute::integer, d.slot_minutes, d.buffer_minutes, w.doctors
    FROM unnest(p_doctors) AS d
    CROSS JOIN LATERAL (
        SELECT (p_from AT TIME ZONE d.zone)::date + ahead.n AS day
        FROM (VALUES (0), (1), (2)) AS ahead (n) -- 24 hours from 23:30 on reach into the day after next if clocks go forward
        WHERE (p_from AT TIME ZONE d.zone)::date + ahead.n <= ((p_from + interval '24 hours') AT TIME ZONE d.zone)::date
    ) AS z
    CROSS JOIN LATERAL (
        SELECT h.start_minute, h.end_minute, array_agg(h.doctor_id) AS doctors
        FROM working_hours AS h
        WHERE h.weekday = extract(isodow FROM z.day)::smallint AND h.doctor_id = ANY (d.doctors)
        GROUP BY h.start_minute, h.end_minute
    ) AS w;
END
$$;
COMMENT ON FUNCTION shared_hours(doctors_with_same_grid[], timestamptz) IS
'The intervals of working hours on the days that the 24 hours from an instant on touch, each with those of the doctors who share it and its steps.';

-- What a change of the schedule would strand is named, or canceled and told in the same transaction; the rest is the constraints'.
CREATE OR REPLACE FUNCTION settle_affected(p_affected integer[], p_reason text, p_cancel boolean)
RETURNS SETOF api_appointment
LANGUAGE plpgsql AS $$
BEGIN
    IF p_cancel THEN
        PERFORM cancel_chosen('doctor', p_affected, p_reason, false);
    END IF;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = ANY (p_affected) ORDER BY appointment_date, id;
END
$$;
COMMENT ON FUNCTION settle_affected(integer[], text, boolean) IS
'Cancels what a change of the schedule affects if so told, and returns it.';

CREATE OR REPLACE FUNCTION slot_fits(i working_span, zone text, starts_at timestamptz, ends_at timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT starts_at >= i.starts_at AND ends_at <= i.ends_at
        -- what a change of clocks pushed out of the interval is not worked;
        -- the last millisecond, because the end itself may already read as the next hour
        AND starts_at AT TIME ZONE zone >= i.local_start
        AND (ends_at - interval '1 ms') AT TIME ZONE zone < i.local_end
$$;
COMMENT ON FUNCTION slot_fits(working_span, text, timestamptz, timestamptz) IS
'Whether a slot lies within an interval of working hours, by the instants and by the doctor''s clock.';

CREATE OR REPLACE FUNCTION stranded_appointments(d doctor, at_ timestamptz) RETURNS SETOF appointment
LANGUAGE sql STABLE AS $$
    SELECT a.* FROM held_appointments(d.account_id, at_) AS a
    WHERE NOT EXISTS (
        SELECT FROM working_hours AS w,
            working_interval(w.start_minute, w.end_minute, d.timezone, (lower(a.during) AT TIME ZONE d.timezone)::date) AS i
        WHERE w.doctor_id = d.account_id
            AND w.weekday = extract(isodow FROM lower(a.during) AT TIME ZONE d.timezone)
            -- within the hours; on the grid it need not be, for it may outlive a change of slot length
            AND slot_fits(i, d.timezone, lower(a.during), upper(a.during))
    )
$$;
COMMENT ON FUNCTION stranded_appointments(doctor, timestamptz) IS
'A doctor''s future appointments at whose time the doctor does not work.';

-- Time off is decided under the doctor's lock, and checked at the end of the transaction: cancel-and-block is one act in either order.
CREATE OR REPLACE FUNCTION tg_time_off__lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_doctor(NEW.doctor_id);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_time_off__lock() IS 'Takes the doctor''s lock before time off is entered.';

CREATE OR REPLACE FUNCTION tg_time_off__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    t time_off;
BEGIN
    SELECT * INTO t FROM time_off WHERE id = NEW.id; -- as the transaction leaves it, which may be not at all
    PERFORM refuse('time_off_no_appointment', time_off_no_appointment(t, clock_timestamp()));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_time_off__rules() IS 'Applies time_off_no_appointment.';

-- Hours and zone are changed under the doctor's lock, and checked at the end of the transaction: the week may be replaced row by row.
CREATE OR REPLACE FUNCTION tg_working_hours__lock() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- a doctor who is being deleted takes their hours along
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM doctor WHERE account_id = OLD.doctor_id) THEN
        RETURN OLD;
    END IF;
    PERFORM lock_doctor(CASE TG_OP WHEN 'DELETE' THEN OLD.doctor_id ELSE NEW.doctor_id END);
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION tg_working_hours__lock() IS 'Takes the doctor''s lock before hours change.';

CREATE OR REPLACE FUNCTION tg_working_hours__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor;
BEGIN
    SELECT * INTO d FROM doctor WHERE account_id = CASE TG_TABLE_NAME
        WHEN 'doctor' THEN (to_jsonb(NEW) ->> 'account_id')::integer
        ELSE (to_jsonb(OLD) ->> 'doctor_id')::integer
    END;
    PERFORM refuse('working_hours_cover_appointments', working_hours_cover_appointments(d, clock_timestamp()));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_working_hours__rules() IS 'Applies working_hours_cover_appointments.';

-- Time off never covers an appointment that somebody holds: cancel or move it first, or in the same transaction.
CREATE OR REPLACE FUNCTION time_off_no_appointment(t time_off, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('Appointments at that time: %s, the first at %s.', count(*), utc_text(min(lower(during))))
    FROM held_appointments(t.doctor_id, at_)
    WHERE during && t.during
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION time_off_no_appointment(time_off, timestamptz) IS
'Time off never covers an appointment that a patient holds. Why a time cannot be taken off, seen from an instant; NULL: it can.';

-- A change of hours or of zone never leaves an appointment outside the hours: cancel it in the same transaction, or keep them.
CREATE OR REPLACE FUNCTION working_hours_cover_appointments(d doctor, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('Appointments outside the working hours: %s, the first at %s.', count(*), utc_text(min(lower(during))))
    FROM stranded_appointments(d, at_)
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION working_hours_cover_appointments(doctor, timestamptz) IS
'A change of hours leaves no appointment outside them. Why a doctor''s hours cannot be as they are, seen from an instant; NULL: they can.';

-- Working hours are local: on a day when the clocks change, an interval is as long as it really is.
CREATE OR REPLACE FUNCTION working_interval(start_minute integer, end_minute integer, zone text, day date) RETURNS working_span
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (
        (day + make_interval(mins => start_minute)) AT TIME ZONE zone,
        (day + make_interval(mins => end_minute)) AT TIME ZONE zone,
        day + make_interval(mins => start_minute),
        day + make_interval(mins => end_minute)
    )::working_span
$$;
COMMENT ON FUNCTION working_interval(integer, integer, text, date) IS
'Where an interval of working hours lies on one day in a zone. Slots step through it in elapsed time.';

-- A doctor's public profile. Whoever could not be booked by anybody, because not verified or erased, is not there.
CREATE OR REPLACE VIEW api_doctor AS
SELECT
    d.account_id AS id,
    d.full_name,
    d.specialty,
    d.experience_years,
    d.phone,
    d.timezone,
    d.slot_minutes,
    d.fee,
    d.currency
FROM doctor AS d
-- not a join, of which the planner would expect next to nothing
WHERE is_verified(d, (SELECT p FROM policy AS p)) AND NOT is_erased(d.account_id);
COMMENT ON VIEW api_doctor IS 'Doctors as the API shows them to everybody.';
GRANT SELECT ON api_doctor TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION barred_patient(p_patient integer, p_is_new boolean) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN status = 'erased' THEN 'There is no such patient any more.'
        WHEN status = 'disabled' AND p_is_new THEN 'This patient''s account is disabled.'
    END
    FROM account WHERE id = p_patient
$$;
COMMENT ON FUNCTION barred_patient(integer, boolean) IS
'Why something, new or not, cannot be about a patient: what a disabled one has booked may still be moved. NULL: it can.';

-- The old address stays until the new one is proven: a slip locks nobody out, and a thief cannot have the mails turned.
CREATE OR REPLACE FUNCTION change_email(p_account integer, p_email text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    a account;
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account FOR NO KEY UPDATE;
    IF p_email = a.pending_email THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM account WHERE lower(email) = lower(p_email) AND id <> p_account) THEN
        -- said at once, as it would be when the address is proven
        RAISE EXCEPTION USING ERRCODE = 'unique_violation', CONSTRAINT = 'account_email_unique',
            MESSAGE = 'An account with this email exists already.';
    END IF;
    UPDATE account SET pending_email = p_email WHERE id = p_account;
    DELETE FROM account_token WHERE account_id = p_account AND purpose = 'email_verification';
    INSERT INTO notification (kind, account_id) VALUES ('email_verification', p_account);
    IF a.email_verified_at IS NOT NULL THEN
        INSERT INTO notification (kind, account_id, snapshot)
        VALUES ('email_changing', p_account, jsonb_build_object('email', a.email));
    END IF;
END
$$;
COMMENT ON FUNCTION change_email(integer, text) IS
'Has a code mailed to an account''s new address, which is the account''s once it is proven, and tells a proven old one.';

-- Hashes are verified by the API and told to it alone, of one account at a time: its role cannot select them.
CREATE OR REPLACE FUNCTION password_hash_of(p_account integer) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT password_hash FROM account WHERE id = p_account
$$;
COMMENT ON FUNCTION password_hash_of(integer) IS
'The hash that an account''s password is verified against; NULL if there is no such account any more.';
REVOKE EXECUTE ON FUNCTION password_hash_of(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION password_hash_of(integer) TO booking_app;

CREATE OR REPLACE FUNCTION change_password(p_account integer, p_old_hash text, p_new_hash text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE id = p_account AND password_hash = p_old_hash AND status = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM set_password(p_account, p_new_hash);
    RETURN true;
END
$$;
COMMENT ON FUNCTION change_password(integer, text, text) IS
'Replaces a password hash that still is the one verified, with what follows; false if it is another by now.';
REVOKE EXECUTE ON FUNCTION change_password(integer, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION change_password(integer, text, text) TO booking_app;

-- A patient changes their profile; a new email is first to be proven.
CREATE OR REPLACE FUNCTION change_patient(p_patient integer, p_changes jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was patient;
    wanted patient;
BEGIN
    SELECT * INTO was FROM patient WHERE account_id = p_patient FOR NO KEY UPDATE;
    wanted := jsonb_populate_record(was, p_changes);
    UPDATE patient SET full_name = wanted.full_name, phone = wanted.phone, timezone = wanted.timezone
    WHERE account_id = p_patient;
    PERFORM change_email(p_patient, p_changes ->> 'email') WHERE p_changes ? 'email';
END
$$;
COMMENT ON FUNCTION change_patient(integer, jsonb) IS 'Changes a patient''s email or profile ({column: value}).';
REVOKE EXECUTE ON FUNCTION change_patient(integer, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION change_patient(integer, jsonb) TO booking_app;

-- A doctor's fee and currency are among those the policy allows.
CREATE OR REPLACE FUNCTION doctor_fee_allowed(d doctor, p policy) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN d.fee > p.max_fee THEN format('The fee may be at most %s.', p.max_fee)
        WHEN d.currency <> ALL (p.currencies)
            THEN format('The currency must be one of %s.', array_to_string(p.currencies, ', '))
    END
$$;
COMMENT ON FUNCTION doctor_fee_allowed(doctor, policy) IS 'A doctor''s fee and currency are among those the policy allows. Why a doctor may not charge so; NULL: they may.';

-- Whoever deletes their account first cancels what lies ahead, by the rules for anybody; then only their id is left.
CREATE OR REPLACE FUNCTION erase_patient(p_patient integer, p_password_hash text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT is_password(p_patient, p_password_hash) THEN
        RETURN false;
    END IF;
    PERFORM lock_patient_with_doctors(p_patient);
    PERFORM cancel_as_patient(p_patient, id) FROM upcoming_appointments(p_patient);
    PERFORM leave_waitlist(p_patient, id) FROM live_entries(p_patient);
    PERFORM erase_account(p_patient, p_password_hash, 'patient');
    UPDATE patient SET full_name = 'Former patient', phone = '', timezone = 'UTC' WHERE account_id = p_patient;
    RETURN true;
END
$$;
COMMENT ON FUNCTION erase_patient(integer, text) IS
'Cancels a patient''s (account id) appointments, leaves the waitlists and erases who they are; false if this is no longer the password''s hash. Raises the broken rule, as appointment_cancel_notice.';
REVOKE EXECUTE ON FUNCTION erase_patient(integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_patient(integer, text) TO booking_app;

CREATE OR REPLACE FUNCTION erase_doctor(p_doctor integer, p_password_hash text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT is_password(p_doctor, p_password_hash) THEN
        RETURN false;
    END IF;
    PERFORM lock_doctor(p_doctor);
    -- first, so that nothing is announced as free
    DELETE FROM working_hours WHERE doctor_id = p_doctor;
    DELETE FROM time_off WHERE doctor_id = p_doctor;
    PERFORM cancel_chosen(
        'doctor',
        ARRAY(SELECT id FROM held_appointments(p_doctor, clock_timestamp()) ORDER BY id),
        'The doctor no longer takes appointments here.', false
    );
    PERFORM serve_waitlist(p_doctor); -- which takes back what was on offer
    PERFORM act_as('doctor', p_doctor);
    PERFORM end_waitlist_entries(p_doctor);
    PERFORM erase_account(p_doctor, p_password_hash, 'doctor');
    UPDATE doctor SET
        full_name = 'Former doctor', phone = '', specialty = '', experience_years = 0, timezone = 'UTC', max_appointments = 0,
        verified_at = NULL
    WHERE account_id = p_doctor;
    RETURN true;
END
$$;
COMMENT ON FUNCTION erase_doctor(integer, text) IS
'Cancels a doctor''s (account id) appointments, ends the waiting for them and erases who they are; false if this is no longer the password''s hash.';
REVOKE EXECUTE ON FUNCTION erase_doctor(integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_doctor(integer, text) TO booking_app;

CREATE OR REPLACE FUNCTION is_password(p_account integer, p_password_hash text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM account WHERE id = p_account AND password_hash = p_password_hash AND status = 'active')
$$;
COMMENT ON FUNCTION is_password(integer, text) IS 'Whether an active account has this password hash.';

CREATE OR REPLACE FUNCTION end_waitlist_entries(p_doctor integer) RETURNS void
LANGUAGE sql AS $$
    WITH ended AS (
        UPDATE waitlist_entry SET status = 'lapsed'
        WHERE doctor_id = p_doctor AND status IN ('waiting', 'offered', 'paused')
        RETURNING id, patient_id
    )
    INSERT INTO notification (kind, account_id, waitlist_entry_id, snapshot)
    SELECT 'waiting_ended', e.patient_id, min(e.id), jsonb_build_object('doctor', d.full_name)
    FROM ended AS e
    INNER JOIN doctor AS d ON d.account_id = p_doctor
    GROUP BY e.patient_id, d.full_name
$$;
COMMENT ON FUNCTION end_waitlist_entries(integer) IS 'Ends the waiting for a doctor who is leaving, and tells those who waited. The doctor must be locked.';

-- Mails that go out later need names and addresses that are gone by then: each keeps what it needs until it is sent.
CREATE OR REPLACE FUNCTION erase_account(p_account integer, p_password_hash text, p_role text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    a account;
    full_name text := coalesce(
        (SELECT d.full_name FROM doctor AS d WHERE d.account_id = p_account),
        (SELECT p.full_name FROM patient AS p WHERE p.account_id = p_account)
    );
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account AND password_hash = p_password_hash AND status = 'active' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'The password has just been changed; try again.';
    END IF;
    UPDATE notification SET status = 'skipped', outcome = 'the account is erased', snapshot = NULL
    WHERE account_id = p_account AND status = 'queued' AND created_at < now();
    INSERT INTO notification (kind, account_id) VALUES ('account_erased', p_account);
    UPDATE notification SET snapshot = jsonb_build_object('email', a.email, 'recipient', full_name)
    WHERE account_id = p_account AND status = 'queued';
    UPDATE notification AS n SET snapshot = coalesce(n.snapshot, '{}') || jsonb_build_object(p_role, full_name)
    FROM appointment AS o
    WHERE n.appointment_id = o.id AND n.status = 'queued' AND (o.doctor_id = p_account OR o.patient_id = p_account);
    PERFORM clear_cancel_reasons(p_account);
    DELETE FROM refresh_token WHERE account_id = p_account;
    DELETE FROM account_token WHERE account_id = p_account;
    DELETE FROM calendar_feed WHERE account_id = p_account;
    DELETE FROM receipt WHERE account_id = p_account;
    PERFORM act_as(p_role, p_account);
    UPDATE account SET
        status = 'erased',
        generation = generation + 1,
        username = NULL,
        email = NULL,
        email_verified_at = NULL,
        pending_email = NULL,
        password_hash = NULL
    WHERE id = p_account;
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION erase_account(integer, text, text) IS
'Erases an account but for its id, ends its logins, and skips its mails, but for those about the erasure. What lies ahead must have ended.';

CREATE OR REPLACE FUNCTION clear_cancel_reasons(p_account integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM act_as('purge');
    -- not what this transaction has said, which is yet to be mailed
    UPDATE appointment SET cancel_reason = NULL
    WHERE (doctor_id = p_account OR patient_id = p_account) AND cancel_reason IS NOT NULL AND updated_at < now();
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION clear_cancel_reasons(integer) IS 'Forgets why appointments of an account were canceled, in people''s own words.';

CREATE OR REPLACE FUNCTION not_cancelable(p_patient integer) RETURNS SETOF api_appointment
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT api.*
    FROM upcoming_appointments(p_patient) AS a
    INNER JOIN api_appointment AS api ON a.id = api.id
    WHERE appointment_cancel_notice('patient', a.cancel_deadline, clock_timestamp()) IS NOT NULL
    ORDER BY api.appointment_date, api.id
$$;
COMMENT ON FUNCTION not_cancelable(integer) IS 'The appointments ahead of a patient that they can no longer cancel, and so not leave either.';
REVOKE EXECUTE ON FUNCTION not_cancelable(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION not_cancelable(integer) TO booking_app;

-- Whoever asks is told everything that is held about them, as it is at one moment; of secrets only that there are some.
CREATE OR REPLACE FUNCTION export_account(p_account integer) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT jsonb_build_object(
        'appointments', (
            SELECT coalesce(jsonb_agg(to_jsonb(api) || jsonb_build_object(
                'canceled_by', a.canceled_by, 'cancel_reason', a.cancel_reason
            ) ORDER BY a.id), '[]')
            FROM appointment AS a
            INNER JOIN api_appointment AS api ON a.id = api.id
            WHERE a.doctor_id = p_account OR a.patient_id = p_account
        ),
        'waitlist', (SELECT coalesce(jsonb_agg(w ORDER BY w.id), '[]') FROM waitlist_entry AS w WHERE w.patient_id = p_account),
        'offers', (SELECT coalesce(jsonb_agg(o ORDER BY o.id), '[]') FROM api_offer AS o WHERE o.patient = p_account),
        'payments', (
            SELECT coalesce(jsonb_agg(p ORDER BY p.id), '[]')
            FROM payment AS p
            INNER JOIN appointment AS a ON p.appointment_id = a.id
            WHERE a.patient_id = p_account
        ),
        'refunds', (
            SELECT coalesce(jsonb_agg(r ORDER BY r.id), '[]')
            FROM refund AS r
            INNER JOIN payment AS p ON r.payment_id = p.id
            INNER JOIN appointment AS a ON p.appointment_id = a.id
            WHERE a.patient_id = p_account
        ),
        'notifications', (
            SELECT coalesce(jsonb_agg(n ORDER BY n.id), '[]') FROM notification AS n WHERE n.account_id = p_account
        ),
        'working_hours', (
            SELECT coalesce(jsonb_agg(h ORDER BY h.weekday, h.start_minute), '[]') FROM working_hours AS h WHERE h.doctor_id = p_account
        ),
        'time_off', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'id', t.id, 'start', lower(t.during), 'end', upper(t.during), 'reason', t.reason, 'created_at', t.created_at
            ) ORDER BY t.id), '[]')
            FROM time_off AS t
            WHERE t.doctor_id = p_account
        ),
        'sessions', (
            SELECT coalesce(jsonb_agg(s ORDER BY s.started_at), '[]')
            FROM (
                SELECT
                    min(created_at) AS started_at,
                    max(used_at) AS last_used_at,
                    max(expires_at) AS expires_at,
                    max(revoked_at) AS ended_at
                FROM refresh_token
                WHERE account_id = p_account
                GROUP BY family
            ) AS s
        ),
        'mailed_codes', (
            SELECT coalesce(jsonb_agg(t ORDER BY t.created_at), '[]')
            FROM (SELECT purpose, email, created_at, expires_at FROM account_token WHERE account_id = p_account) AS t
        ),
        'calendar_links', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('created_at', f.created_at)), '[]')
            FROM calendar_feed AS f
            WHERE f.account_id = p_account
        ),
        'history', (
            SELECT coalesce(jsonb_agg(jsonb_build_object(
                'object_kind', h.object_kind, 'object_id', h.object_id, 'number', h.number, 'changed_at', h.changed_at,
                'acted_as', h.acted_as, 'account', h.account_id, 'changes', history_changes(h)
            ) ORDER BY h.changed_at, h.object_kind, h.object_id), '[]')
            FROM history_of_account(p_account) AS h
        ),
        'idempotency_keys', (
            SELECT coalesce(jsonb_agg(r ORDER BY r.created_at), '[]')
            FROM (SELECT route, key, created_at FROM receipt WHERE account_id = p_account) AS r
        )
    )
$$;
COMMENT ON FUNCTION export_account(integer) IS
'Everything held about an account, but for the account and its profile themselves; nothing that lets anybody in.';
REVOKE EXECUTE ON FUNCTION export_account(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION export_account(integer) TO booking_app;

CREATE OR REPLACE FUNCTION history_of_account(p_account integer) RETURNS SETOF history
LANGUAGE sql STABLE AS $$
    WITH held AS (
        SELECT id FROM appointment WHERE doctor_id = p_account OR patient_id = p_account
    ), paid AS (
        SELECT p.id FROM payment AS p INNER JOIN appointment AS a ON p.appointment_id = a.id WHERE a.patient_id = p_account
    ), things AS (
        SELECT 'account' AS object_kind, p_account AS object_id
        UNION ALL
        SELECT 'appointment' AS object_kind, id AS object_id FROM held
        UNION ALL
        SELECT 'waitlist_entry' AS object_kind, id AS object_id FROM waitlist_entry WHERE patient_id = p_account
        UNION ALL
        SELECT 'payment' AS object_kind, id AS object_id FROM paid
        UNION ALL
        SELECT 'refund' AS object_kind, r.id AS object_id FROM refund AS r INNER JOIN paid ON r.payment_id = paid.id
    )
    SELECT h.* FROM things AS t
    INNER JOIN history AS h ON t.object_kind = h.object_kind AND t.object_id = h.object_id
$$;
COMMENT ON FUNCTION history_of_account(integer) IS
'What became of an account, its appointments, waiting, payments and refunds.';

CREATE OR REPLACE FUNCTION lock_patient_with_doctors(p_patient integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    doctors integer[] := doctors_of(p_patient);
BEGIN
    PERFORM FROM doctor WHERE account_id = ANY (doctors) ORDER BY account_id FOR NO KEY UPDATE;
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = p_patient;
    IF NOT doctors_of(p_patient) <@ doctors THEN
        -- whom they have booked meanwhile would now be locked out of turn
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'This patient has just booked; try again.';
    END IF;
END
$$;
COMMENT ON FUNCTION lock_patient_with_doctors(integer) IS
'Locks the doctors with whom a patient has something ahead, in order, and then the patient, who so books nothing more.';

CREATE OR REPLACE FUNCTION doctors_of(p_patient integer) RETURNS integer[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT doctor_id), '{}')
    FROM (SELECT doctor_id FROM upcoming_appointments(p_patient) UNION ALL SELECT doctor_id FROM live_entries(p_patient)) AS ahead
$$;
COMMENT ON FUNCTION doctors_of(integer) IS 'The doctors with whom a patient has an appointment ahead, or for whom they wait.';

-- A mail about an account goes to the account's address; one that is to prove an address, to the address it is to prove.
CREATE OR REPLACE FUNCTION mail_address(a account, p_kind text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN p_kind = 'email_verification'
            THEN coalesce(a.pending_email, CASE WHEN a.email_verified_at IS NULL THEN a.email END)
        ELSE a.email
    END
$$;
COMMENT ON FUNCTION mail_address(account, text) IS 'Where a kind of mail to an account goes; NULL: nowhere, as there is nothing to prove.';
GRANT EXECUTE ON FUNCTION mail_address(account, text) TO booking_app;

CREATE OR REPLACE FUNCTION queue_code_mail(p_account integer, p_kind text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO notification (kind, account_id)
    SELECT p_kind, a.id FROM account AS a
    WHERE a.id = p_account AND a.status = 'active' AND mail_address(a, p_kind) IS NOT NULL AND NOT EXISTS (
        -- whoever asks often gets one a minute, so that nobody's mailbox can be flooded
        SELECT FROM notification AS n
        WHERE n.account_id = p_account AND n.kind = p_kind
            AND (n.status = 'queued' OR n.created_at > clock_timestamp() - interval '1 min')
    )
$$;
COMMENT ON FUNCTION queue_code_mail(integer, text) IS
'Queues a mail with a code for an active account, unless one is on its way or went out within the last minute.';

CREATE OR REPLACE FUNCTION require_login(p_account integer, p_generation integer) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM account WHERE id = p_account AND generation = p_generation AND status = 'active') THEN
        RAISE 'account % has no login of generation %', p_account, p_generation USING ERRCODE = 'U0401';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION require_login(integer, integer) IS
'True if an account''s access tokens of a generation are good still; else raises U0401, for the statement that asks it first.';
GRANT EXECUTE ON FUNCTION require_login(integer, integer) TO booking_app;

CREATE OR REPLACE FUNCTION request_password_reset(p_email text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM queue_code_mail((SELECT id FROM account WHERE lower(email) = lower(p_email)), 'password_reset');
    -- writes to disk whether or not there was a mail to queue, so that the time it takes tells nothing
    PERFORM pg_logical_emit_message(true, 'password_reset', '');
END
$$;
COMMENT ON FUNCTION request_password_reset(text) IS
'Has a code to set a new password mailed to the account of an address, if there is one; nobody learns which.';
REVOKE EXECUTE ON FUNCTION request_password_reset(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION request_password_reset(text) TO booking_app;

CREATE OR REPLACE FUNCTION password_reset_of(p_hash bytea) RETURNS TABLE (username text, email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.username, a.email
    FROM account_token AS t
    INNER JOIN account AS a ON t.account_id = a.id
    WHERE t.token_hash = p_hash AND t.purpose = 'password_reset' AND t.expires_at > clock_timestamp()
$$;
COMMENT ON FUNCTION password_reset_of(bytea) IS
'What the new password that a code (SHA-256) is for must not be; no row if there is no such code.';
REVOKE EXECUTE ON FUNCTION password_reset_of(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION password_reset_of(bytea) TO booking_app;

CREATE OR REPLACE FUNCTION reset_password(p_hash bytea, p_new_hash text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    a account := use_account_token(p_hash, 'password_reset');
BEGIN
    IF a.id IS NULL THEN
        RETURN false;
    END IF;
    -- whoever has the code reads the address
    UPDATE account SET email_verified_at = coalesce(email_verified_at, clock_timestamp()) WHERE id = a.id;
    PERFORM set_password(a.id, p_new_hash);
    RETURN true;
END
$$;
COMMENT ON FUNCTION reset_password(bytea, text) IS
'Sets the password of the account that a mailed code (SHA-256) is for, with what follows; false if the code is not good.';
REVOKE EXECUTE ON FUNCTION reset_password(bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reset_password(bytea, text) TO booking_app;

CREATE OR REPLACE FUNCTION revoke_sessions(p_account integer, p_family uuid) RETURNS void
LANGUAGE sql AS $$
    UPDATE account SET generation = generation + 1 WHERE id = p_account;
    UPDATE refresh_token SET revoked_at = clock_timestamp()
    WHERE account_id = p_account AND (p_family IS NULL OR family = p_family) AND revoked_at IS NULL;
$$;
COMMENT ON FUNCTION revoke_sessions(integer, uuid) IS
'Ends a family of refresh tokens of an account, or with NULL all of them, and revokes all its access tokens: whoever is still logged in exchanges a refresh token for new ones.';

CREATE OR REPLACE FUNCTION rotate_refresh_token(p_old bytea, p_new bytea)
RETURNS TABLE (account_id integer, role text, generation integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    t refresh_token;
BEGIN
    -- the account first, as everywhere, so that two writers never wait for each other
    PERFORM FROM account AS a INNER JOIN refresh_token AS r ON r.account_id = a.id WHERE r.token_hash = p_old FOR NO KEY UPDATE OF a;
    SELECT * INTO t FROM refresh_token AS r WHERE r.token_hash = p_old;
    IF NOT FOUND OR t.revoked_at IS NOT NULL OR t.expires_at <= clock_timestamp() THEN
        RETURN;
    END IF;
    IF t.used_at IS NOT NULL THEN
        PERFORM revoke_sessions(t.account_id, t.family);
        RETURN;
    END IF;
    UPDATE refresh_token AS r SET used_at = clock_timestamp() WHERE r.token_hash = p_old;
    INSERT INTO refresh_token (token_hash, account_id, family, expires_at)
    VALUES (p_new, t.account_id, t.family, clock_timestamp() + interval '336 hours');
    RETURN QUERY SELECT a.id, a.role, a.generation FROM account AS a WHERE a.id = t.account_id AND a.status = 'active';
END
$$;
COMMENT ON FUNCTION rotate_refresh_token(bytea, bytea) IS
'Exchanges a refresh token (SHA-256) for the next and returns whose it is; no row if it is not good any more. A second use ends the whole family and revokes the account''s access tokens.';
REVOKE EXECUTE ON FUNCTION rotate_refresh_token(bytea, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rotate_refresh_token(bytea, bytea) TO booking_app;

-- A new password, whoever sets it, ends every login and every other way in, and its owner is told.
CREATE OR REPLACE FUNCTION set_password(p_account integer, p_new_hash text) RETURNS void
LANGUAGE sql AS $$
    -- an address that is not proven yet may be that of whoever has to be kept out
    UPDATE account SET password_hash = p_new_hash, pending_email = NULL WHERE id = p_account;
    SELECT revoke_sessions(p_account, NULL);
    -- first, so that no worker makes another code
    UPDATE notification SET status = 'skipped', outcome = 'the password has been changed since'
    WHERE account_id = p_account AND kind = 'password_reset' AND status = 'queued';
    DELETE FROM account_token WHERE account_id = p_account AND purpose = 'password_reset';
    INSERT INTO notification (kind, account_id) VALUES ('password_changed', p_account);
$$;
COMMENT ON FUNCTION set_password(integer, text) IS
'Replaces a password hash, ends all logins, mailed codes and a change of address under way, and tells the account''s owner. The account must be locked.';

-- A login lasts as long as its refresh tokens are exchanged, each once. Whoever uses one twice ends it for everybody who
-- has one of the family: of thief and victim, nobody can say which is which.
CREATE OR REPLACE FUNCTION start_session(p_account integer, p_password_hash text, p_token_hash bytea) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    -- the password may have been changed while it was being verified
    WITH a AS (
        SELECT id, generation FROM account
        WHERE id = p_account AND password_hash = p_password_hash AND status = 'active'
        FOR NO KEY UPDATE
    ), t AS (
        INSERT INTO refresh_token (token_hash, account_id, family, expires_at)
        SELECT p_token_hash, id, gen_random_uuid(), clock_timestamp() + interval '336 hours' FROM a
    )
    SELECT generation FROM a
$$;
COMMENT ON FUNCTION start_session(integer, text, bytea) IS
'Starts a login with a first refresh token (SHA-256), good for 14 days; returns the account''s generation, NULL if the password is that no more.';
REVOKE EXECUTE ON FUNCTION start_session(integer, text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION start_session(integer, text, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION log_out(p_account integer, p_token_hash bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM account WHERE id = p_account FOR NO KEY UPDATE;
    IF p_token_hash IS NULL THEN
        PERFORM revoke_sessions(p_account, NULL);
    ELSE
        PERFORM revoke_sessions(p_account, coalesce(
            (SELECT family FROM refresh_token WHERE token_hash = p_token_hash AND account_id = p_account),
            gen_random_uuid() -- a token that is not theirs ends nobody's login
        ));
    END IF;
END
$$;
COMMENT ON FUNCTION log_out(integer, bytea) IS
'Ends the login of a refresh token (SHA-256), or with NULL all logins of an account.';
REVOKE EXECUTE ON FUNCTION log_out(integer, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log_out(integer, bytea) TO booking_app;

CREATE OR REPLACE FUNCTION sweep_refresh_tokens() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM refresh_token WHERE expires_at < clock_timestamp()
$$;
COMMENT ON FUNCTION sweep_refresh_tokens() IS 'Forgets refresh tokens that nobody could use any more.';
REVOKE EXECUTE ON FUNCTION sweep_refresh_tokens() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_refresh_tokens() TO booking_app, booking_admin;

-- A doctor who names no fee or currency charges the policy's; nobody charges what the policy does not allow.
CREATE OR REPLACE FUNCTION tg_doctor__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p policy;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.fee, NEW.currency) IS NOT DISTINCT FROM (OLD.fee, OLD.currency) THEN
        RETURN NEW;
    END IF;
    SELECT * INTO p FROM policy;
    NEW.fee := coalesce(NEW.fee, p.default_fee);
    NEW.currency := coalesce(NEW.currency, p.default_currency);
    PERFORM refuse('doctor_fee_allowed', doctor_fee_allowed(NEW, p));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_doctor__rules() IS 'Fills in and checks what a doctor charges.';

-- Whoever has the code of a mail reads that address: it is good once, for a while, and for what it was mailed for.
-- The code itself is kept nowhere: the worker makes it when it sends the mail, a new one at each attempt.
CREATE OR REPLACE FUNCTION account_token_lifetime(p_purpose text) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE p_purpose WHEN 'email_verification' THEN interval '72 hours' WHEN 'password_reset' THEN interval '1 hour' END
$$;
COMMENT ON FUNCTION account_token_lifetime(text) IS 'How long a mailed code is good; NULL: such a mail has none.';
GRANT EXECUTE ON FUNCTION account_token_lifetime(text) TO booking_app;

CREATE OR REPLACE FUNCTION use_account_token(p_hash bytea, p_purpose text) RETURNS account
LANGUAGE plpgsql AS $$
DECLARE
    a account;
BEGIN
    -- the account first, as everywhere; of two who come with one code, the second finds it gone
    SELECT * INTO a FROM account
    WHERE id = (SELECT account_id FROM account_token WHERE token_hash = p_hash)
    FOR NO KEY UPDATE;
    DELETE FROM account_token
    WHERE token_hash = p_hash AND purpose = p_purpose AND expires_at > clock_timestamp()
        AND a.status = 'active' AND email = mail_address(a, p_purpose);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM account_token WHERE account_id = a.id AND purpose = p_purpose;
    RETURN a;
END
$$;
COMMENT ON FUNCTION use_account_token(bytea, text) IS
'Uses a mailed code (SHA-256) up, with all others for the same, and returns its account, locked; NULL if it is not good.';

CREATE OR REPLACE FUNCTION verify_email(p_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    a account := use_account_token(p_hash, 'email_verification');
BEGIN
    UPDATE account SET
        email = coalesce(pending_email, email),
        pending_email = NULL,
        email_verified_at = clock_timestamp()
    WHERE id = a.id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    -- what was mailed to the address before opens nothing any more
    DELETE FROM account_token WHERE account_id = a.id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION verify_email(bytea) IS
'Takes a mailed code (SHA-256) for proof of the address it was mailed to, which is the account''s from then on; false if the code is not good.';
REVOKE EXECUTE ON FUNCTION verify_email(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION verify_email(bytea) TO booking_app;

CREATE OR REPLACE FUNCTION request_email_verification(p_account integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT queue_code_mail(p_account, 'email_verification')
$$;
COMMENT ON FUNCTION request_email_verification(integer) IS 'Has a code mailed to the address that an account has yet to prove, if there is one.';
REVOKE EXECUTE ON FUNCTION request_email_verification(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION request_email_verification(integer) TO booking_app;

-- An offer as the API answers it; one whose time is over has expired, whether or not a sweep has written it.
CREATE OR REPLACE VIEW api_offer AS
SELECT
    o.id,
    o.waitlist_entry_id AS waitlist_entry,
    a.doctor_id AS doctor,
    w.patient_id AS patient,
    o.appointment_id AS appointment,
    lower(a.during) AS appointment_date,
    upper(a.during) AS ends_at,
    a.fee,
    a.currency,
    CASE WHEN o.status IN ('queued', 'sent') AND o.expires_at <= now() THEN 'expired' ELSE o.status END AS status,
    o.expires_at,
    o.created_at
FROM offer AS o
INNER JOIN waitlist_entry AS w ON o.waitlist_entry_id = w.id
INNER JOIN appointment AS a ON o.appointment_id = a.id;
COMMENT ON VIEW api_offer IS 'Offers as the API shows them, with the slot and what it costs.';
GRANT SELECT ON api_offer TO booking_app, booking_admin, booking_auditor;

-- A waitlist entry as the API answers it. Ahead of an entry are the live ones before it in line that could take the same slot.
CREATE OR REPLACE VIEW api_waitlist_entry AS
SELECT
    w.id,
    w.doctor_id AS doctor,
    w.patient_id AS patient,
    w.desired_date,
    w.earliest_time,
    w.latest_time,
    w.min_notice_minutes,
    w.status,
    CASE
        WHEN w.status IN ('waiting', 'offered', 'paused') THEN (
            SELECT count(*) + 1 FROM waitlist_entry AS o
            WHERE o.doctor_id = w.doctor_id AND (o.priority_class, o.id) < (w.priority_class, w.id)
                AND o.status IN ('waiting', 'offered', 'paused')
                AND (o.desired_date IS NULL OR w.desired_date IS NULL OR o.desired_date = w.desired_date)
        )
    END AS position,
    w.created_at
FROM waitlist_entry AS w;
COMMENT ON VIEW api_waitlist_entry IS 'Waitlist entries as the API shows them; position 1 is first in line, none once ended.';
GRANT SELECT ON api_waitlist_entry TO booking_app, booking_admin, booking_auditor;

-- Whoever claims first has the slot: it becomes their hold, or is confirmed if it costs nothing.
CREATE OR REPLACE FUNCTION claim_offer(p_patient integer, p_offer integer) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    o offer := lock_offer(p_patient, p_offer);
BEGIN
    IF o.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM refuse('offer_superseded', offer_superseded(o, clock_timestamp()));
    PERFORM act_as('patient', p_patient);
    UPDATE offer SET status = 'accepted' WHERE id = o.id;
    UPDATE appointment SET patient_id = p_patient, status = CASE WHEN fee = 0 THEN 'confirmed' ELSE 'pending' END
    WHERE id = o.appointment_id AND status = 'offered';
    PERFORM refuse('offer_superseded', CASE WHEN NOT FOUND THEN 'Somebody else was faster.' END);
    PERFORM act_as('system'); -- what becomes of the others is not the patient's doing
    PERFORM supersede_other_offers(o);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_appointment WHERE id = o.appointment_id;
END
$$;
COMMENT ON FUNCTION claim_offer(integer, integer) IS
'A patient (account id) accepts an offer; no row if it is not theirs. Raises the broken rule, offer_superseded if somebody was faster.';
REVOKE EXECUTE ON FUNCTION claim_offer(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_offer(integer, integer) TO booking_app;

CREATE OR REPLACE FUNCTION lock_offer(p_patient integer, p_offer integer) RETURNS offer
LANGUAGE plpgsql AS $$
DECLARE
    o offer;
BEGIN
    SELECT f.* INTO o FROM offer AS f INNER JOIN waitlist_entry AS w ON f.waitlist_entry_id = w.id
    WHERE f.id = p_offer AND w.patient_id = p_patient;
    PERFORM lock_doctor_of(o.appointment_id);
    SELECT * INTO o FROM offer WHERE id = o.id; -- as it stands after the wait
    RETURN o;
END
$$;
COMMENT ON FUNCTION lock_offer(integer, integer) IS
'Locks the doctor of a patient''s offer, under whose lock every offer changes, and returns the offer; NULL if it is not theirs.';

CREATE OR REPLACE FUNCTION supersede_other_offers(o offer) RETURNS void
LANGUAGE sql AS $$
    UPDATE offer SET status = 'superseded'
    WHERE appointment_id = o.appointment_id AND id <> o.id AND status IN ('queued', 'sent');
    -- they may be in line for another slot
    SELECT serve_waitlist(doctor_id) FROM appointment WHERE id = o.appointment_id AND has_waitlist(doctor_id);
$$;
COMMENT ON FUNCTION supersede_other_offers(offer) IS 'Ends the other offers of a slot that is claimed, and sees to those who had them.';

CREATE OR REPLACE FUNCTION decline_offer(p_patient integer, p_offer integer) RETURNS SETOF api_offer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    o offer := lock_offer(p_patient, p_offer);
BEGIN
    IF o.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM refuse('offer_superseded', offer_superseded(o, clock_timestamp()));
    PERFORM act_as('patient', p_patient);
    UPDATE offer SET status = 'declined' WHERE id = o.id;
    PERFORM serve_waitlist(doctor_id) FROM appointment WHERE id = o.appointment_id;
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_offer WHERE id = o.id;
END
$$;
COMMENT ON FUNCTION decline_offer(integer, integer) IS
'A patient (account id) lets a slot pass and stays in line; no row if the offer is not theirs. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION decline_offer(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION decline_offer(integer, integer) TO booking_app;

CREATE OR REPLACE FUNCTION has_claim(w waitlist_entry, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT w.status = 'offered' AND EXISTS (
        SELECT FROM offer AS o INNER JOIN appointment AS a ON o.appointment_id = a.id
        WHERE o.waitlist_entry_id = w.id AND o.status = 'accepted' AND a.status = 'pending'
            AND appointment_is_active(a.status, a.hold_expires_at, upper(a.during), at_)
    )
$$;
COMMENT ON FUNCTION has_claim(waitlist_entry, timestamptz) IS
'Whether the patient has claimed a slot by this entry that is held and not paid for at an instant.';

CREATE OR REPLACE FUNCTION has_waitlist(p_doctor integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM waitlist_entry WHERE doctor_id = p_doctor AND status IN ('waiting', 'offered'))
$$;
COMMENT ON FUNCTION has_waitlist(integer) IS 'Whether anybody waits for a doctor: all that a booking costs where nobody does.';

-- A patient waits for a slot with a doctor who is full.
CREATE OR REPLACE FUNCTION join_waitlist(
    p_patient integer, p_doctor integer, p_date date,
    p_earliest time DEFAULT NULL, p_latest time DEFAULT NULL, p_notice_minutes integer DEFAULT 0
) RETURNS SETOF api_waitlist_entry
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    new_id integer;
BEGIN
    PERFORM act_as('patient', p_patient);
    INSERT INTO waitlist_entry (doctor_id, patient_id, desired_date, earliest_time, latest_time, min_notice_minutes)
    VALUES (p_doctor, p_patient, p_date, p_earliest, p_latest, p_notice_minutes)
    RETURNING id INTO new_id;
    PERFORM serve_waitlist(p_doctor); -- a slot that is on offer may be offered to them, too
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = new_id;
END
$$;
COMMENT ON FUNCTION join_waitlist(integer, integer, date, time, time, integer) IS
'Puts a patient on a doctor''s waitlist for a day in the doctor''s zone, or any day if NULL, at certain times of day and with some notice. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION join_waitlist(integer, integer, date, time, time, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION join_waitlist(integer, integer, date, time, time, integer) TO booking_app;

-- A patient stops waiting, for good or for a while, and may say what they wait for; what they let go is for the others.
CREATE OR REPLACE FUNCTION leave_waitlist(p_patient integer, p_entry integer) RETURNS SETOF api_waitlist_entry
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM change_entry_status(p_patient, p_entry, 'left')
$$;
COMMENT ON FUNCTION leave_waitlist(integer, integer) IS
'Ends a patient''s (account id) waitlist entry; no row if it is not theirs. Raises the broken rule if it has ended.';
REVOKE EXECUTE ON FUNCTION leave_waitlist(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leave_waitlist(integer, integer) TO booking_app;

CREATE OR REPLACE FUNCTION pause_waitlist(p_patient integer, p_entry integer) RETURNS SETOF api_waitlist_entry
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM change_entry_status(p_patient, p_entry, 'paused')
$$;
COMMENT ON FUNCTION pause_waitlist(integer, integer) IS
'Offers a patient (account id) nothing until they resume, and keeps their place; no row if the entry is not theirs.';
REVOKE EXECUTE ON FUNCTION pause_waitlist(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pause_waitlist(integer, integer) TO booking_app;

CREATE OR REPLACE FUNCTION resume_waitlist(p_patient integer, p_entry integer) RETURNS SETOF api_waitlist_entry
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM change_entry_status(p_patient, p_entry, 'waiting')
$$;
COMMENT ON FUNCTION resume_waitlist(integer, integer) IS
'Ends the pause of a patient''s (account id) waitlist entry; no row if it is not theirs.';
REVOKE EXECUTE ON FUNCTION resume_waitlist(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION resume_waitlist(integer, integer) TO booking_app;

CREATE OR REPLACE FUNCTION change_entry_status(p_patient integer, p_entry integer, p_status text) RETURNS SETOF api_waitlist_entry
LANGUAGE plpgsql AS $$
DECLARE
    w waitlist_entry := lock_entry(p_patient, p_entry);
BEGIN
    IF w.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM act_as('patient', p_patient);
    UPDATE offer SET status = 'declined'
    WHERE waitlist_entry_id = w.id AND status IN ('queued', 'sent') AND p_status <> 'waiting';
    -- who is offered a slot is not paused
    UPDATE waitlist_entry SET status = p_status WHERE id = w.id AND NOT (status = 'offered' AND p_status = 'waiting');
    PERFORM serve_waitlist(w.doctor_id);
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = w.id;
END
$$;
COMMENT ON FUNCTION change_entry_status(integer, integer, text) IS
'Changes the status of a patient''s waitlist entry, ends its offer, and sees to the others in line; no row if it is not theirs.';

CREATE OR REPLACE FUNCTION lock_entry(p_patient integer, p_entry integer) RETURNS waitlist_entry
LANGUAGE plpgsql AS $$
DECLARE
    w waitlist_entry;
BEGIN
    SELECT * INTO w FROM waitlist_entry WHERE id = p_entry AND patient_id = p_patient;
    PERFORM FROM doctor WHERE account_id = w.doctor_id FOR NO KEY UPDATE;
    SELECT * INTO w FROM waitlist_entry WHERE id = w.id;
    RETURN w;
END
$$;
COMMENT ON FUNCTION lock_entry(integer, integer) IS
'Locks the doctor of a patient''s waitlist entry and returns the entry; NULL if it is not theirs.';

CREATE OR REPLACE FUNCTION live_entries(p_patient integer) RETURNS SETOF waitlist_entry
LANGUAGE sql STABLE AS $$
    SELECT * FROM waitlist_entry WHERE patient_id = p_patient AND status IN ('waiting', 'offered', 'paused') ORDER BY id
$$;
COMMENT ON FUNCTION live_entries(integer) IS 'Where a patient waits.';

-- The link in an offer's mail proves who claims: its token is known to the mail alone, here only its hash is.
CREATE OR REPLACE FUNCTION offer_by_token(p_token_hash bytea) RETURNS TABLE (
    id integer, patient integer, doctor text, timezone text, appointment integer, starts_at timestamptz, ends_at timestamptz,
    fee numeric, currency text, status text, expires_at timestamptz,
    appointment_status text, hold_expires_at timestamptz, cancel_deadline timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT
        o.id, o.patient, d.full_name, p.timezone, o.appointment, o.appointment_date, o.ends_at,
        o.fee, o.currency, o.status, o.expires_at, a.status, a.hold_expires_at, a.cancel_deadline
    FROM offer_token AS t
    INNER JOIN api_offer AS o ON t.offer_id = o.id
    INNER JOIN api_appointment AS a ON o.appointment = a.id
    INNER JOIN doctor AS d ON o.doctor = d.account_id
    INNER JOIN patient AS p ON o.patient = p.account_id
    WHERE t.token_hash = p_token_hash
$$;
COMMENT ON FUNCTION offer_by_token(bytea) IS
'The offer that a token (SHA-256) is for, as its page shows it; no row if there is none.';
REVOKE EXECUTE ON FUNCTION offer_by_token(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION offer_by_token(bytea) TO booking_app;

-- What is offered, to whom, in which wave and until when never changes.
CREATE OR REPLACE FUNCTION offer_immutable(was offer, becomes offer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN (was.id, was.appointment_id, was.waitlist_entry_id, was.wave, was.expires_at, was.created_at)
            <> (becomes.id, becomes.appointment_id, becomes.waitlist_entry_id, becomes.wave, becomes.expires_at, becomes.created_at)
            THEN 'Only the status of an offer changes.'
    END
$$;
COMMENT ON FUNCTION offer_immutable(offer, offer) IS
'What is offered, to whom, in which wave and until when never changes. Why one row may not become the other; NULL: nothing that must stay has changed.';

-- Who is to have which slot: everyone in line, in order, a slot on offer or else a free one, which then is owed to them.
CREATE OR REPLACE FUNCTION offer_plan(d doctor, p_freed tstzrange, at_ timestamptz)
RETURNS TABLE (entry_id integer, appointment_id integer, slot tstzrange)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    room integer := CASE WHEN is_verified(d, p) THEN d.max_appointments - active_appointments(d.account_id, at_) ELSE 0 END
        FROM policy AS p;
    free tstzrange[]; -- not looked for before somebody may have one: a doctor may have hundreds
    among tstzrange;
    given integer[] := ARRAY[]::integer[];
    w waitlist_entry;
BEGIN
    FOR w IN SELECT * FROM entries_in_line(d.account_id, at_) LOOP
        entry_id := w.id;
        appointment_id := NULL;
        SELECT o.id, o.during INTO appointment_id, slot FROM slot_on_offer(w, d, given, at_) AS o;
        IF appointment_id IS NOT NULL THEN
            given := given || appointment_id;
            RETURN NEXT;
        ELSIF room > 0 THEN
            among := CASE WHEN has_unused_offer(w, at_) THEN p_freed ELSE '(,)' END;
            CONTINUE WHEN among IS NULL;
            free := coalesce(free, slots_to_offer(d, p_freed, at_), '{}');
            slot := first_matching_slot(w, d, among, free, at_);
            IF slot IS NOT NULL THEN
                room := room - 1;
                free := ARRAY(
                    SELECT f.slot FROM unnest(free) WITH ORDINALITY AS f (slot, n)
                    WHERE NOT f.slot && offer_plan.slot ORDER BY f.n
                );
                RETURN NEXT;
            END IF;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION offer_plan(doctor, tstzrange, timestamptz) IS
'For each waitlist entry of a doctor that can be served at an instant its slot: one on offer (an appointment), or a free one (no appointment yet). Of free ones first those that have just come free; those within p_freed also for who has let others pass.';

-- Looks no further than it must: a doctor may have hundreds of free slots, and a look costs queries.
CREATE OR REPLACE FUNCTION first_matching_slot(w waitlist_entry, d doctor, span tstzrange, free tstzrange[], at_ timestamptz)
RETURNS tstzrange
LANGUAGE plpgsql STABLE AS $$
DECLARE
    slot tstzrange;
BEGIN
    FOREACH slot IN ARRAY free LOOP
        IF span @> slot AND slot_matches_entry(w, d, slot, at_) THEN
            RETURN slot;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION first_matching_slot(waitlist_entry, doctor, tstzrange, tstzrange[], timestamptz) IS
'The first of a doctor''s free slots within a span that suits a waitlist entry, or null.';

CREATE OR REPLACE FUNCTION entries_in_line(p_doctor integer, at_ timestamptz) RETURNS SETOF waitlist_entry
LANGUAGE sql STABLE AS $$
    SELECT w.* FROM waitlist_entry AS w
    WHERE w.doctor_id = p_doctor AND w.status IN ('waiting', 'offered') AND NOT has_claim(w, at_)
        AND NOT is_disabled(w.patient_id)
    ORDER BY w.priority_class, w.id
$$;
COMMENT ON FUNCTION entries_in_line(integer, timestamptz) IS
'The entries that a doctor''s slots go to, first in line first: not those that are paused, of a disabled account, or have claimed a slot and not paid yet.';

CREATE OR REPLACE FUNCTION slot_on_offer(w waitlist_entry, d doctor, given integer[], at_ timestamptz) RETURNS SETOF appointment
LANGUAGE sql STABLE AS $$
    SELECT a.* FROM appointment AS a
    LEFT JOIN offer AS o ON o.appointment_id = a.id AND o.waitlist_entry_id = w.id
        AND o.status IN ('queued', 'sent') AND o.expires_at > at_
    WHERE a.doctor_id = d.account_id AND a.status = 'offered' AND a.id <> ALL (given)
        AND CASE WHEN o.id IS NULL THEN slot_matches_entry(w, d, a.during, at_) ELSE true END
    ORDER BY o.id NULLS LAST, a.id
    LIMIT 1
$$;
COMMENT ON FUNCTION slot_on_offer(waitlist_entry, doctor, integer[], timestamptz) IS
'The slot on offer, not given to others, that is offered to an entry, or else the first that suits it.';

CREATE OR REPLACE FUNCTION slots_to_offer(d doctor, p_freed tstzrange, at_ timestamptz) RETURNS tstzrange[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg(slot ORDER BY coalesce(p_freed @> slot, false) OR slot = ANY (given_up) DESC, slot)
    FROM (SELECT given_up_slots(d.account_id, at_) AS given_up OFFSET 0) AS g
    CROSS JOIN LATERAL untaken_slots(d, at_, 'infinity', at_) AS u
    CROSS JOIN LATERAL (SELECT tstzrange(u.starts_at, u.ends_at) AS slot) AS s
$$;
COMMENT ON FUNCTION slots_to_offer(doctor, tstzrange, timestamptz) IS
'A doctor''s slots that nobody has at an instant: those that have just come free, then the others, each in order of time.';

CREATE OR REPLACE FUNCTION given_up_slots(p_doctor integer, at_ timestamptz) RETURNS tstzrange[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(during), '{}') FROM appointment
    WHERE doctor_id = p_doctor AND lower(during) > at_ AND (
        status IN ('canceled', 'expired') AND updated_at >= now()
        OR status = 'pending' AND hold_expires_at <= at_
    )
$$;
COMMENT ON FUNCTION given_up_slots(integer, timestamptz) IS
'The times of a doctor''s appointments that this transaction has ended, or whose hold has lapsed and nobody has written that down.';

-- Each place that a doctor regains is offered once to everybody in line; then it is the public's, with all its slots.
-- It is regained when its appointment ends, whenever that is written down.
CREATE OR REPLACE FUNCTION has_unused_offer(w waitlist_entry, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM offer AS o
        WHERE o.waitlist_entry_id = w.id AND o.status IN ('accepted', 'declined', 'expired')
            AND NOT EXISTS (
                SELECT FROM appointment AS since
                CROSS JOIN LATERAL least(
                    CASE WHEN since.seat IS NULL THEN since.updated_at END, since.hold_expires_at, upper(since.during)
                ) AS ended_at
                WHERE since.doctor_id = w.doctor_id AND since.id <> o.appointment_id AND since.patient_id IS NOT NULL
                    AND lower(since.during) > o.created_at - interval '8 h' -- the longest visit
                    AND ended_at > o.created_at AND ended_at <= at_
            )
    )
$$;
COMMENT ON FUNCTION has_unused_offer(waitlist_entry, timestamptz) IS
'Whether a waitlist entry made no use of an offer, and no appointment with the doctor has ended since, up to an instant.';

-- An offer is queued, then sent; it is accepted, declined, expired or superseded once, sent or not, and stays so.
CREATE OR REPLACE FUNCTION offer_status_transition(old_status text, new_status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN (old_status, new_status) = ('queued', 'sent') THEN NULL
        WHEN old_status IN ('queued', 'sent') AND new_status IN ('accepted', 'declined', 'expired', 'superseded') THEN NULL
        ELSE format('An offer that is %s cannot become %s.', old_status, new_status)
    END
$$;
COMMENT ON FUNCTION offer_status_transition(text, text) IS 'An offer is answered, or ends, once. Why an offer may not take a status; NULL: it may.';

-- An offer is good until its time is over or somebody else has the slot.
CREATE OR REPLACE FUNCTION offer_superseded(o offer, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN o.status = 'superseded' THEN 'Somebody else was faster, or the slot is no more. You keep your place in line.'
        WHEN o.status = 'expired' OR o.status IN ('queued', 'sent') AND o.expires_at <= at_
            THEN format('This offer was good until %s. You keep your place in line.', utc_text(o.expires_at))
    END
$$;
COMMENT ON FUNCTION offer_superseded(offer, timestamptz) IS 'An offer is good until its time is over or somebody else has the slot. Why an offer is no longer good at an instant; NULL: it is, or was answered.';

-- Offers go out in waves, each twice as large: all who wait hear soon, the first in line hear first.
CREATE OR REPLACE FUNCTION wave_delay(lead interval) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT least(greatest(lead / 48, interval '10 min'), interval '1 h')
$$;
COMMENT ON FUNCTION wave_delay(interval) IS 'How long after a wave the next one follows, for a slot that starts so far ahead.';

CREATE OR REPLACE FUNCTION present_wave(a appointment, at_ timestamptz) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT CASE
            WHEN at_ < o.created_at + wave_delay(lower(a.during) - o.created_at)
                AND EXISTS (SELECT FROM offer AS l WHERE l.appointment_id = a.id AND l.status IN ('queued', 'sent'))
                THEN o.wave
            ELSE o.wave + 1
        END
        FROM offer AS o WHERE o.appointment_id = a.id
        ORDER BY o.wave DESC, o.id
        LIMIT 1
    ), 1)
$$;
COMMENT ON FUNCTION present_wave(appointment, timestamptz) IS
'Which wave whoever is offered a slot at an instant belongs to: the last, until its time is over or nobody in it is left.';

CREATE OR REPLACE FUNCTION offer_wave(a appointment, d doctor, at_ timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    wave_ integer := present_wave(a, at_);
    places integer := (SELECT (offer_first_wave * 2 ^ least(wave_ - 1, 16))::integer FROM policy)
        - (SELECT count(*)::integer FROM offer WHERE appointment_id = a.id AND wave = wave_);
BEGIN
    PERFORM make_offer(a, next_, wave_, at_)
    FROM (
        SELECT w FROM next_in_line(a, d, at_) AS w LIMIT greatest(places, 0)
    ) AS n (next_);
    -- it has been looked at; from now on it is its end that matters
    UPDATE offer SET due_at = expires_at
    WHERE appointment_id = a.id AND status IN ('queued', 'sent') AND due_at <= at_;
END
$$;
COMMENT ON FUNCTION offer_wave(appointment, doctor, timestamptz) IS 'Offers a slot to as many more as its present wave takes.';

CREATE OR REPLACE FUNCTION next_in_line(a appointment, d doctor, at_ timestamptz) RETURNS SETOF waitlist_entry
LANGUAGE sql STABLE AS $$
    SELECT (w).* FROM (
        SELECT DISTINCT ON (w.patient_id) w
        FROM entries_in_line(a.doctor_id, at_) AS w
        WHERE w.status = 'waiting' AND slot_matches_entry(w, d, a.during, at_)
        ORDER BY w.patient_id, w.priority_class, w.id
    ) AS of_each
    ORDER BY (w).priority_class, (w).id
$$;
COMMENT ON FUNCTION next_in_line(appointment, doctor, timestamptz) IS
'Who can be offered a slot next, first in line first; each patient once.';

CREATE OR REPLACE FUNCTION make_offer(a appointment, w waitlist_entry, p_wave integer, at_ timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO offer (appointment_id, waitlist_entry_id, wave, created_at, due_at, expires_at)
    SELECT a.id, w.id, p_wave, at_, least(at_ + pause, ends), least(at_ + p.offer_waves * pause, ends)
    FROM policy AS p, (SELECT wave_delay(lower(a.during) - at_) AS pause, lower(a.during) - offer_notice(w) AS ends) AS t
$$;
COMMENT ON FUNCTION make_offer(appointment, waitlist_entry, integer, timestamptz) IS
'Offers a slot to an entry, for policy.offer_waves times the time from this wave to the next, or until the start is too near.';

CREATE OR REPLACE FUNCTION open_offer(p_patient integer, p_doctor integer, p_start timestamptz) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT o.id
    FROM waitlist_entry AS w
    INNER JOIN offer AS o ON o.waitlist_entry_id = w.id
    INNER JOIN appointment AS a ON o.appointment_id = a.id
    WHERE w.patient_id = p_patient AND w.doctor_id = p_doctor AND w.status = 'offered' AND lower(a.during) = p_start
        AND o.status IN ('queued', 'sent') AND o.expires_at > clock_timestamp()
$$;
COMMENT ON FUNCTION open_offer(integer, integer, timestamptz) IS
'The offer by which a patient can claim a doctor''s slot that starts at an instant; NULL: there is none.';

CREATE OR REPLACE FUNCTION prefer_slots(
    p_patient integer, p_entry integer, p_earliest time, p_latest time, p_notice_minutes integer
) RETURNS SETOF api_waitlist_entry
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    w waitlist_entry := lock_entry(p_patient, p_entry);
BEGIN
    UPDATE waitlist_entry SET earliest_time = p_earliest, latest_time = p_latest, min_notice_minutes = p_notice_minutes
    WHERE id = w.id;
    PERFORM serve_waitlist(w.doctor_id) WHERE w.id IS NOT NULL;
    RETURN QUERY SELECT * FROM api_waitlist_entry WHERE id = w.id;
END
$$;
COMMENT ON FUNCTION prefer_slots(integer, integer, time, time, integer) IS
'Says at which times of the doctor''s day a patient''s (account id) slot should start, and how long before that an offer must come; no row if the entry is not theirs. An offer that is made stays.';
REVOKE EXECUTE ON FUNCTION prefer_slots(integer, integer, time, time, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prefer_slots(integer, integer, time, time, integer) TO booking_app;

CREATE OR REPLACE FUNCTION reserved_slots(p_doctor integer, at_ timestamptz) RETURNS tstzrange[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF NOT has_waitlist(p_doctor) THEN
        RETURN ARRAY[]::tstzrange[];
    END IF;
    RETURN ARRAY(
        SELECT p.slot FROM doctor AS d CROSS JOIN LATERAL offer_plan(d, NULL, at_) AS p
        WHERE d.account_id = p_doctor AND active_appointments(p_doctor, at_) < d.max_appointments
            AND p.appointment_id IS NULL
    );
END
$$;
COMMENT ON FUNCTION reserved_slots(integer, timestamptz) IS
'The slots of a doctor that are free but belong to the waitlist, because the clock has just freed them: the sweep will offer them within seconds.';

CREATE OR REPLACE FUNCTION reserved_times(p_doctor integer, at_ timestamptz) RETURNS tstzrange[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    owed tstzrange[] := reserved_slots(p_doctor, at_);
BEGIN
    -- the last seats are theirs, too
    IF cardinality(owed) > 0 AND (SELECT max_appointments FROM doctor WHERE account_id = p_doctor)
        <= active_appointments(p_doctor, at_) + cardinality(owed)
    THEN
        RETURN ARRAY['(,)'::tstzrange];
    END IF;
    RETURN owed;
END
$$;
COMMENT ON FUNCTION reserved_times(integer, timestamptz) IS
'The times in which nobody can book a free slot of a doctor, because it, or the seat that it takes, belongs to the waitlist.';

-- Whatever a doctor has regained is offered to those in line before anybody else can have it, in waves.
CREATE OR REPLACE FUNCTION serve_waitlist(p_doctor integer, p_freed tstzrange DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    d doctor := lock_doctor(p_doctor);
    at_ timestamptz := clock_timestamp();
    actor text := current_setting('booking.actor', true);
BEGIN
    PERFORM act_as('system');
    PERFORM end_offers(d, at_);
    PERFORM withdraw_slots(d, at_);
    FOR look IN 1..3 LOOP -- what is not settled by then is left to the sweep
        EXIT WHEN NOT make_planned_offers(d, p_freed, at_);
    END LOOP;
    PERFORM act_as(coalesce(actor, ''));
END
$$;
COMMENT ON FUNCTION serve_waitlist(integer, tstzrange) IS
'Brings a doctor''s offers up to date: ends those whose time is over, withdraws slots that are no more, offers what is free. Safe at any time, any number of times.';

CREATE OR REPLACE FUNCTION end_offers(d doctor, at_ timestamptz) RETURNS void
LANGUAGE sql AS $$
    UPDATE offer AS o SET status = 'expired'
    FROM waitlist_entry AS w
    WHERE w.id = o.waitlist_entry_id AND w.doctor_id = d.account_id AND w.status = 'offered'
        AND o.status IN ('queued', 'sent') AND o.expires_at <= at_;
    -- a claim that was not paid for, or was given up, leaves its patient where they were in line
    UPDATE waitlist_entry AS w SET status = 'waiting'
    WHERE w.doctor_id = d.account_id AND w.status = 'offered' AND NOT has_claim(w, at_)
        AND NOT EXISTS (SELECT FROM offer AS o WHERE o.waitlist_entry_id = w.id AND o.status IN ('queued', 'sent'));
$$;
COMMENT ON FUNCTION end_offers(doctor, timestamptz) IS
'Ends a doctor''s offers whose time is over, and returns entries to their place whose claim came to nothing.';

CREATE OR REPLACE FUNCTION withdraw_slots(d doctor, at_ timestamptz) RETURNS void
LANGUAGE sql AS $$
    SELECT release_slot(a.id)
    FROM appointment AS a
    CROSS JOIN policy AS p
    WHERE a.doctor_id = d.account_id AND a.status = 'offered' AND (
        NOT is_verified(d, p)
        OR lower(a.during) - p.offer_min_notice <= at_
        OR appointment_within_working_hours(d, a.during) IS NOT NULL
        -- a cap that was lowered takes back what nobody has yet, the newest first
        OR (SELECT count(*) FROM appointment AS n WHERE n.doctor_id = d.account_id AND n.status = 'offered' AND n.id >= a.id)
        <= active_appointments(d.account_id, at_) - d.max_appointments
    )
    ORDER BY a.id
$$;
COMMENT ON FUNCTION withdraw_slots(doctor, timestamptz) IS
'Releases the slots on offer that start too soon, are no slots any more, exceed the cap, or are of a doctor who may take no appointments.';

CREATE OR REPLACE FUNCTION release_slot(p_appointment integer) RETURNS void
LANGUAGE sql AS $$
    UPDATE appointment SET status = 'released' WHERE id = p_appointment AND status = 'offered';
    UPDATE offer SET status = CASE WHEN expires_at <= clock_timestamp() THEN 'expired' ELSE 'superseded' END
    WHERE appointment_id = p_appointment AND status IN ('queued', 'sent');
$$;
COMMENT ON FUNCTION release_slot(integer) IS 'A slot on offer is nobody''s any more, nor is any offer of it good.';

CREATE OR REPLACE FUNCTION make_planned_offers(d doctor, p_freed tstzrange, at_ timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    planned record;
    needed integer[] := ARRAY[]::integer[];
BEGIN
    FOR planned IN SELECT * FROM offer_plan(d, p_freed, at_) LOOP
        IF planned.appointment_id IS NULL THEN
            INSERT INTO appointment (doctor_id, during, status) VALUES (d.account_id, planned.slot, 'offered')
            RETURNING id INTO planned.appointment_id;
        END IF;
        needed := needed || planned.appointment_id::integer;
        PERFORM make_offer(a, w, present_wave(a, at_), at_)
        FROM appointment AS a, waitlist_entry AS w
        WHERE a.id = planned.appointment_id AND w.id = planned.entry_id AND w.status = 'waiting';
    END LOOP;
    PERFORM offer_wave(a, d, at_) FROM appointment AS a WHERE doctor_id = d.account_id AND status = 'offered' ORDER BY id;
    UPDATE appointment AS a SET status = 'released'
    WHERE doctor_id = d.account_id AND status = 'offered' AND id <> ALL (needed)
        AND NOT EXISTS (SELECT FROM offer AS o WHERE o.appointment_id = a.id AND o.status IN ('queued', 'sent'));
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION make_planned_offers(doctor, tstzrange, timestamptz) IS
'Puts on offer what the plan says, begins the waves that are due, and releases slots that nobody is left for; whether there were any.';

CREATE OR REPLACE FUNCTION serve_waitlist_once(p_doctor integer, p_freed tstzrange) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    seq text := (SELECT format('%s of %s', booking_seq, p_doctor) FROM doctor WHERE account_id = p_doctor);
BEGIN
    IF seq = current_setting('booking.served', true) THEN
        RETURN; -- another row of the same act has seen to all of it
    END IF;
    PERFORM serve_waitlist(p_doctor, p_freed);
    PERFORM set_config('booking.served', format('%s of %s', booking_seq, p_doctor), true)
    FROM doctor WHERE account_id = p_doctor;
END
$$;
COMMENT ON FUNCTION serve_waitlist_once(integer, tstzrange) IS
'Serves a doctor''s waitlist unless that has been done since the transaction''s last change of the doctor''s schedule.';

-- A slot suits whoever waits if it is on their day and at their time of day, far enough ahead, new to them, and they are free.
CREATE OR REPLACE FUNCTION slot_matches_entry(w waitlist_entry, d doctor, slot tstzrange, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN matches_preferences(w, d, slot, at_)
            THEN NOT was_offered(w, slot) AND patient_is_free(w.patient_id, slot, at_)
        ELSE false
    END
$$;
COMMENT ON FUNCTION slot_matches_entry(waitlist_entry, doctor, tstzrange, timestamptz) IS
'Whether a slot of a doctor can be offered to a waitlist entry at an instant.';

CREATE OR REPLACE FUNCTION matches_preferences(w waitlist_entry, d doctor, slot tstzrange, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT coalesce(w.desired_date = local_start::date, true)
        AND coalesce(w.earliest_time <= local_start::time, true)
        AND coalesce(w.latest_time >= local_start::time, true)
        AND lower(slot) - offer_notice(w) > at_
    FROM (SELECT lower(slot) AT TIME ZONE d.timezone AS local_start) AS s
$$;
COMMENT ON FUNCTION matches_preferences(waitlist_entry, doctor, tstzrange, timestamptz) IS
'Whether a slot is what an entry waits for: its day, its time of day, and early enough to hear of.';

CREATE OR REPLACE FUNCTION offer_notice(w waitlist_entry) RETURNS interval
LANGUAGE sql STABLE AS $$
    SELECT greatest(offer_min_notice, make_interval(mins => w.min_notice_minutes)) FROM policy
$$;
COMMENT ON FUNCTION offer_notice(waitlist_entry) IS
'How long before a slot starts an entry must be able to claim it: policy.offer_min_notice, or longer if the patient says so.';

-- Whoever let a slot pass is not asked again, until somebody has had it since.
CREATE OR REPLACE FUNCTION was_offered(w waitlist_entry, slot tstzrange) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM offer AS o
        INNER JOIN waitlist_entry AS e ON o.waitlist_entry_id = e.id
        INNER JOIN appointment AS a ON o.appointment_id = a.id
        WHERE e.patient_id = w.patient_id AND a.doctor_id = w.doctor_id AND a.during = slot
            AND o.status IN ('queued', 'sent', 'accepted', 'declined', 'expired')
            AND NOT EXISTS (
                SELECT FROM appointment AS since
                WHERE since.doctor_id = w.doctor_id AND since.patient_id IS NOT NULL AND since.during && slot
                    AND CASE WHEN since.id = a.id
                        THEN since.status = 'canceled' AND o.status <> 'accepted' -- a claim by somebody else
                        ELSE since.created_at > o.created_at
                    END
            )
    )
$$;
COMMENT ON FUNCTION was_offered(waitlist_entry, tstzrange) IS
'Whether the patient of an entry has, or had and did not make use of, an offer of this slot. An offer that somebody else was faster to claim does not count.';

CREATE OR REPLACE FUNCTION patient_is_free(p_patient integer, slot tstzrange, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM appointment AS a
        WHERE a.patient_id = p_patient AND a.status IN ('pending', 'confirmed') AND a.during && slot
            AND appointment_is_active(a.status, a.hold_expires_at, upper(a.during), at_)
    )
$$;
COMMENT ON FUNCTION patient_is_free(integer, tstzrange, timestamptz) IS
'Whether a patient has no active appointment at any moment of a time.';

-- What an act frees is offered to the waitlist by the act's own transaction, when it is about to end: blocked time is none.
CREATE OR REPLACE FUNCTION tg_appointment__waitlist() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF has_waitlist(NEW.doctor_id) THEN
        PERFORM serve_waitlist_once(NEW.doctor_id, OLD.during);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_appointment__waitlist() IS 'Serves the waitlist of a doctor whose appointment was canceled or moved.';

CREATE OR REPLACE FUNCTION tg_offer__entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.status = 'queued' THEN
        UPDATE waitlist_entry SET status = 'offered' WHERE id = NEW.waitlist_entry_id AND status = 'waiting';
        PERFORM notify_of_offer('slot_offered', NEW);
        -- seconds matter: whoever is first has it
        PERFORM pg_notify('booking_outbox', '');
    ELSIF NEW.status IN ('declined', 'expired', 'superseded') AND OLD.status IN ('queued', 'sent') THEN
        UPDATE waitlist_entry SET status = 'waiting' WHERE id = NEW.waitlist_entry_id AND status = 'offered';
        IF OLD.status = 'sent' AND NEW.status <> 'declined' THEN
            PERFORM notify_of_offer('offer_' || NEW.status, NEW);
        END IF;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_offer__entry() IS
'Keeps the entry''s status in step with its offer, and tells the patient of an offer, and of the end of one that they have heard of.';

CREATE OR REPLACE FUNCTION notify_of_offer(p_kind text, o offer) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, offer_id)
    SELECT p_kind, w.patient_id, a.id, a.version, o.id
    FROM waitlist_entry AS w, appointment AS a
    WHERE w.id = o.waitlist_entry_id AND a.id = o.appointment_id
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION notify_of_offer(text, offer) IS 'Queues one mail about an offer to whom it is made.';

-- An offer ends once; whoever did not accept it is in line again, at their place.
CREATE OR REPLACE FUNCTION tg_offer__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM refuse('offer_immutable', offer_immutable(OLD, NEW));
    IF NEW.status <> OLD.status OR OLD.status NOT IN ('queued', 'sent') THEN
        PERFORM refuse('offer_status_transition', offer_status_transition(OLD.status, NEW.status));
        NEW.updated_at := clock_timestamp();
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_offer__rules() IS 'Applies every rule of an offer that a constraint cannot declare.';

CREATE OR REPLACE FUNCTION tg_schedule__waitlist() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed jsonb := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END);
    p_doctor integer := coalesce(changed ->> 'doctor_id', changed ->> 'account_id')::integer;
    freed tstzrange := CASE TG_TABLE_NAME WHEN 'time_off' THEN (to_jsonb(OLD) ->> 'during')::tstzrange ELSE '(,)'::tstzrange END;
BEGIN
    IF TG_OP = 'DELETE' AND upper(freed) <= clock_timestamp() THEN
        RETURN NULL; -- what is over frees nothing
    END IF;
    IF EXISTS (SELECT FROM doctor WHERE account_id = p_doctor)
        AND (has_waitlist(p_doctor) OR EXISTS (SELECT FROM appointment WHERE doctor_id = p_doctor AND status = 'offered'))
    THEN
        PERFORM serve_waitlist_once(p_doctor, freed);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_schedule__waitlist() IS
'Offers what a change of a doctor''s schedule frees, and withdraws slots on offer that it takes away.';

CREATE OR REPLACE FUNCTION tg_waitlist_entry__offers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE offer SET status = CASE NEW.status WHEN 'left' THEN 'declined' WHEN 'lapsed' THEN 'expired' ELSE 'superseded' END
    WHERE waitlist_entry_id = NEW.id AND status IN ('queued', 'sent');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_waitlist_entry__offers() IS 'Waiting that ends takes its offer along.';

-- Joining is decided under the doctor's lock, so that a slot freed at the same moment is seen by one side or the other.
CREATE OR REPLACE FUNCTION tg_waitlist_entry__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor;
    p policy;
    at_ timestamptz;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('waitlist_entry_immutable', waitlist_entry_immutable(OLD, NEW));
        IF NEW.status <> OLD.status OR OLD.status NOT IN ('waiting', 'offered', 'paused') THEN
            PERFORM refuse('waitlist_entry_status_transition', waitlist_entry_status_transition(OLD.status, NEW.status));
        END IF;
        RETURN NEW;
    END IF;
    d := lock_doctor(NEW.doctor_id);
    -- as for a booking: whoever is erasing the patient at this moment is waited for
    UPDATE patient SET booking_seq = booking_seq + 1 WHERE account_id = NEW.patient_id;
    PERFORM refuse('waitlist_entry_patient_id_fkey', barred_patient(NEW.patient_id, true));
    PERFORM refuse('waitlist_entry_doctor_id_fkey', CASE WHEN is_erased(NEW.doctor_id) THEN 'There is no such doctor any more.' END);
    at_ := clock_timestamp();
    NEW.created_at := at_;
    NEW.priority_class := CASE WHEN was_canceled_by_doctor(NEW, at_) THEN 1::smallint ELSE 2::smallint END;
    PERFORM refuse('waitlist_entry_status_transition', waitlist_entry_status_transition(NULL, NEW.status));
    SELECT * INTO p FROM policy;
    PERFORM refuse('appointment_doctor_verified', appointment_doctor_verified(d, p));
    PERFORM refuse('waitlist_desired_date_window', waitlist_desired_date_window(d, NEW.desired_date, at_));
    PERFORM refuse('waitlist_only_when_full', waitlist_only_when_full(d, NEW.desired_date, at_));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_waitlist_entry__rules() IS 'Applies every rule of a waitlist entry that a constraint cannot declare.';

CREATE OR REPLACE FUNCTION was_canceled_by_doctor(w waitlist_entry, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM appointment
        WHERE patient_id = w.patient_id AND doctor_id = w.doctor_id AND canceled_by = 'doctor'
            AND updated_at > at_ - interval '360 hours'
    )
$$;
COMMENT ON FUNCTION was_canceled_by_doctor(waitlist_entry, timestamptz) IS
'Whether the doctor has canceled an appointment of this patient within the last 15 days (360 hours): then they are served first.';

-- The day a patient waits for lies inside the 15-day booking window, by the doctor's calendar.
CREATE OR REPLACE FUNCTION waitlist_desired_date_window(d doctor, desired_date date, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN desired_date NOT BETWEEN first_day AND last_day
            THEN format('The desired date must be from %s to %s.', first_day, last_day)
    END
    FROM (
        SELECT
            (at_ AT TIME ZONE d.timezone)::date AS first_day,
            ((at_ + interval '360 hours') AT TIME ZONE d.timezone)::date AS last_day
    ) AS w
$$;
COMMENT ON FUNCTION waitlist_desired_date_window(doctor, date, timestamptz) IS
'One waits for a day of the next 15, or for any. Why a day cannot be waited for at an instant; NULL: it can, or no day is given.';

-- Doctor, patient, desired date and place in line of a waitlist entry never change.
CREATE OR REPLACE FUNCTION waitlist_entry_immutable(was waitlist_entry, becomes waitlist_entry) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN (was.id, was.doctor_id, was.patient_id, was.priority_class, was.created_at)
            <> (becomes.id, becomes.doctor_id, becomes.patient_id, becomes.priority_class, becomes.created_at)
            OR was.desired_date IS DISTINCT FROM becomes.desired_date
            THEN 'Only the status and the preferences of a waitlist entry change. Leave, and join again.'
    END
$$;
COMMENT ON FUNCTION waitlist_entry_immutable(waitlist_entry, waitlist_entry) IS
'Doctor, patient, day and place in line of a waitlist entry never change. Why one row may not become the other; NULL: nothing that must stay has changed.';

-- A waitlist entry begins as waiting, changes only by the steps of its life, and never after it has ended.
CREATE OR REPLACE FUNCTION waitlist_entry_status_transition(old_status text, new_status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status = 'waiting' THEN NULL
        WHEN (old_status, new_status) IN (
            ('waiting', 'offered'), ('offered', 'waiting'), ('waiting', 'paused'), ('paused', 'waiting'),
            ('waiting', 'fulfilled'), ('offered', 'fulfilled'), ('paused', 'fulfilled'),
            ('waiting', 'left'), ('offered', 'left'), ('paused', 'left'),
            ('waiting', 'lapsed'), ('offered', 'lapsed'), ('paused', 'lapsed')
        ) THEN NULL
        WHEN old_status IS NULL THEN format('A waitlist entry cannot begin as %s.', new_status)
        ELSE format('A waitlist entry that is %s cannot become %s.', old_status, new_status)
    END
$$;
COMMENT ON FUNCTION waitlist_entry_status_transition(text, text) IS
'A waitlist entry changes only by the steps of its life, and never after it has ended. Why an entry (old status NULL: a new one) may not take a status; NULL: it may.';

-- What the clock, or whoever did not say so, has changed about a doctor's offers is found by the sweep.
CREATE OR REPLACE FUNCTION waitlist_is_due(p_doctor integer, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM appointment AS a WHERE a.doctor_id = p_doctor AND a.status = 'offered' AND slot_is_due(a, at_)
    ) OR EXISTS (
        SELECT FROM waitlist_entry AS w
        WHERE w.doctor_id = p_doctor AND w.status = 'offered' AND NOT has_claim(w, at_)
            AND NOT EXISTS (SELECT FROM offer AS o WHERE o.waitlist_entry_id = w.id AND o.status IN ('queued', 'sent'))
    ) OR cardinality(reserved_slots(p_doctor, at_)) > 0
$$;
COMMENT ON FUNCTION waitlist_is_due(integer, timestamptz) IS
'Whether serve_waitlist() has something to do for a doctor at an instant: an offer whose time has come, a claim that came to nothing, a slot that is owed.';
REVOKE EXECUTE ON FUNCTION waitlist_is_due(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION waitlist_is_due(integer, timestamptz) TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION slot_is_due(a appointment, at_ timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT lower(a.during) - offer_min_notice <= at_ OR NOT EXISTS (
        SELECT FROM offer AS o WHERE o.appointment_id = a.id AND o.status IN ('queued', 'sent')
    ) OR EXISTS (
        SELECT FROM offer AS o WHERE o.appointment_id = a.id AND o.status IN ('queued', 'sent') AND o.due_at <= at_
    )
    FROM policy
$$;
COMMENT ON FUNCTION slot_is_due(appointment, timestamptz) IS
'Whether a slot on offer is to be looked at: it starts too soon, nobody is offered it, or an offer of it is due.';

-- A patient joins the waitlist only when the doctor has no free slot on that day (no day given: none in the window).
CREATE OR REPLACE FUNCTION waitlist_only_when_full(d doctor, desired_date date, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT format('This doctor has a free slot at %s: book it.', utc_text(starts_at))
    FROM free_slots(
        d.account_id,
        coalesce(desired_date::timestamp AT TIME ZONE d.timezone, '-infinity'),
        coalesce((desired_date + 1)::timestamp AT TIME ZONE d.timezone, 'infinity'),
        at_
    )
    LIMIT 1
$$;
COMMENT ON FUNCTION waitlist_only_when_full(doctor, date, timestamptz) IS
'One waits only for a doctor who has no free slot. Why there is nothing to wait for at an instant; NULL: the doctor is full.';

-- A payment as the API answers it.
CREATE OR REPLACE VIEW api_payment AS
SELECT
    p.id AS payment_id,
    p.order_id AS paypal_order,
    p.appointment_id,
    a.patient_id AS patient,
    p.amount,
    p.currency,
    p.status,
    CASE WHEN p.status IN ('created', 'approved') THEN p.approval_url END AS approval_url,
    p.refund_total - coalesce(r.completed, 0.00) AS refund_requested,
    coalesce(r.completed, 0.00) AS refunded,
    p.created_at,
    p.updated_at
FROM payment AS p
INNER JOIN appointment AS a ON p.appointment_id = a.id
LEFT JOIN LATERAL (
    SELECT sum(f.amount) AS completed FROM refund AS f WHERE f.payment_id = p.id AND f.status = 'completed'
) AS r ON true;
COMMENT ON VIEW api_payment IS 'Payments as the API shows them, with what is going back and what has gone back.';
GRANT SELECT ON api_payment TO booking_app, booking_admin, booking_auditor;

-- Money is taken only for a slot that is held: the hold is extended first, or a lapsed one taken again.
CREATE OR REPLACE FUNCTION begin_capture(
    p_payment integer, p_payer text, p_amount numeric, p_currency text, p_reference text
) RETURNS TABLE (request_id uuid, rule text, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment := lock_payment(p_payment);
    hold_end timestamptz;
BEGIN
    IF pay.status NOT IN ('created', 'approved') THEN
        RETURN;
    END IF;
    IF (pay.amount, pay.currency::text, pay.reference::text) IS DISTINCT FROM (p_amount, p_currency, p_reference) THEN
        UPDATE payment SET status = 'failed', attention = 'PayPal''s order is not the one that was made for this payment.'
        WHERE id = p_payment;
        rule := 'payment_amount_matches_fee';
        why := 'The order at PayPal is not this payment''s.';
        RETURN NEXT;
        RETURN;
    END IF;
    UPDATE payment SET status = 'approved', payer_id = p_payer WHERE id = p_payment;
    BEGIN
        hold_end := hold_for_capture(pay, clock_timestamp() + capture_time());
        UPDATE payment SET status = 'capturing', capture_request_id = gen_random_uuid(), hold_expires_at = hold_end
        WHERE id = p_payment
        RETURNING capture_request_id INTO request_id;
    EXCEPTION WHEN check_violation OR exclusion_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
        PERFORM give_up_capture(pay);
    END;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION begin_capture(integer, text, numeric, text, text) IS
'Before a capture: checks PayPal''s order against the payment, secures the slot, and returns the PayPal-Request-Id to capture with; or the rule in the way, and nothing may be captured. No row: somebody else is at it, or it is done.';
REVOKE EXECUTE ON FUNCTION begin_capture(integer, text, numeric, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION begin_capture(integer, text, numeric, text, text) TO booking_app;

CREATE OR REPLACE FUNCTION resume_capture(p_payment integer) RETURNS TABLE (request_id uuid, rule text, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    IF pay.status IS DISTINCT FROM 'capturing' THEN
        RETURN;
    END IF;
    BEGIN
        PERFORM hold_for_capture(pay, clock_timestamp() + capture_time());
        request_id := pay.capture_request_id;
    EXCEPTION WHEN check_violation OR exclusion_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
        PERFORM give_up_capture(pay);
    END;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION resume_capture(integer) IS
'Before a capture that was cut short is asked for once more: secures the slot anew, which may be gone by now. Returns what begin_capture() does. No row: it is done.';
REVOKE EXECUTE ON FUNCTION resume_capture(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION resume_capture(integer) TO booking_app;

CREATE OR REPLACE FUNCTION capture_time() RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT interval '10 min'
$$;
COMMENT ON FUNCTION capture_time() IS 'Longer than a capture takes, with all that is tried again.';

CREATE OR REPLACE FUNCTION give_up_capture(pay payment) RETURNS void
LANGUAGE sql AS $$
    UPDATE payment SET status = CASE pay.status WHEN 'capturing' THEN 'failed' ELSE 'canceled' END WHERE id = pay.id;
    -- whoever approved the order may believe that they have paid; of a cancellation they are told by that
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, payment_id)
    SELECT 'payment_too_late', patient_id, id, version, pay.id FROM appointment
    WHERE id = pay.appointment_id
        AND appointment_status(status, hold_expires_at, upper(during), clock_timestamp()) = 'expired'
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION give_up_capture(payment) IS 'Ends a payment of which nothing was taken, and tells the patient.';

-- The worker looks at what PayPal may have decided meanwhile: what is due, one payment by one worker at a time.
CREATE OR REPLACE VIEW payment_to_settle AS
SELECT id AS payment_id FROM payment WHERE due_at <= now()
UNION
SELECT payment_id FROM refund WHERE status IN ('requested', 'pending') AND due_at <= now();
COMMENT ON VIEW payment_to_settle IS 'Payments about which PayPal is to be asked, or told of a refund.';
GRANT SELECT ON payment_to_settle TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION claim_payment(p_payment integer, p_lease interval) RETURNS SETOF payment
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE payment SET due_at = clock_timestamp() + p_lease
    WHERE id = (
        SELECT id FROM payment WHERE id = p_payment AND due_at <= clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING *
$$;
COMMENT ON FUNCTION claim_payment(integer, interval) IS
'Takes a due payment for the length of the lease; no row if another has it or nothing is due.';
REVOKE EXECUTE ON FUNCTION claim_payment(integer, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_payment(integer, interval) TO booking_app;

CREATE OR REPLACE FUNCTION finish_payment_check(p_payment integer, p_claimed timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE payment SET
        -- by then PayPal's order has ended, too
        status = CASE WHEN status IN ('created', 'approved') AND created_at < clock_timestamp() - interval '6 hours'
            THEN 'canceled' ELSE status END,
        due_at = clock_timestamp() + CASE
            WHEN status IN ('created', 'approved', 'capturing')
                THEN greatest(interval '30 s', (clock_timestamp() - created_at) / 4)
            WHEN status = 'pending_review' THEN interval '10 min'
        END
    WHERE id = p_payment AND due_at = p_claimed -- else it has moved on, or there is news of it
$$;
COMMENT ON FUNCTION finish_payment_check(integer, timestamptz) IS
'Says when to look at a payment next, after a look that was claimed until an instant and found nothing new.';
REVOKE EXECUTE ON FUNCTION finish_payment_check(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION finish_payment_check(integer, timestamptz) TO booking_app;

CREATE OR REPLACE FUNCTION claim_refund(p_refund integer, p_lease interval)
RETURNS TABLE (status text, request_id uuid, paypal_id text, capture_id text, reference uuid, amount numeric, currency text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE refund AS r SET attempts = r.attempts + 1, due_at = clock_timestamp() + p_lease
    FROM payment AS p
    WHERE r.payment_id = p.id AND r.id = (
        SELECT id FROM refund
        WHERE id = p_refund AND status IN ('requested', 'pending') AND due_at <= clock_timestamp()
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING r.status, r.request_id, r.paypal_id, p.capture_id, p.reference, r.amount, p.currency::text
$$;
COMMENT ON FUNCTION claim_refund(integer, interval) IS
'Takes a due refund for the length of the lease; no row if another has it or it is done.';
REVOKE EXECUTE ON FUNCTION claim_refund(integer, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_refund(integer, interval) TO booking_app;

CREATE OR REPLACE FUNCTION record_refund(p_refund integer, p_paypal text, p_status text, p_outcome text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM lock_payment(payment_id) FROM refund WHERE id = p_refund;
    UPDATE refund SET
        paypal_id = coalesce(p_paypal, paypal_id),
        status = p_status,
        outcome = p_outcome,
        due_at = CASE
            WHEN due_at <= clock_timestamp() THEN due_at -- there has been news of it since it was claimed
            -- 1, 2, 4 ... minutes, up to 6 hours
            ELSE clock_timestamp() + least(interval '1 min' * power(2, greatest(attempts - 1, 0)), interval '6 hours')
        END
    WHERE id = p_refund AND status IN ('requested', 'pending');
END
$$;
COMMENT ON FUNCTION record_refund(integer, text, text, text) IS
'Writes down how a refund stands (requested, pending, completed or failed) and why; unless it is over, it is looked at again later.';
REVOKE EXECUTE ON FUNCTION record_refund(integer, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_refund(integer, text, text, text) TO booking_app;

-- A patient begins to pay: the row is there before PayPal is asked, so that nothing PayPal does is unknown here.
CREATE OR REPLACE FUNCTION create_payment(p_patient integer, p_appointment integer, p_amount numeric, p_currency text)
RETURNS SETOF payment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    a appointment;
BEGIN
    IF NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment AND patient_id = p_patient) THEN
        RETURN;
    END IF;
    PERFORM lock_doctor_of(p_appointment);
    SELECT * INTO a FROM appointment WHERE id = p_appointment;
    -- here, because the column would round the amount first
    PERFORM refuse('payment_amount_matches_fee', payment_amount_matches_fee(a, p_amount, p_currency));
    -- asked twice, the same payment is answered: two orders could both be approved
    RETURN QUERY SELECT * FROM payment
        WHERE appointment_id = p_appointment AND status IN ('created', 'approved')
            AND payment_appointment_payable(a, clock_timestamp()) IS NULL;
    IF NOT FOUND THEN
        PERFORM act_as('patient', p_patient);
        RETURN QUERY INSERT INTO payment (appointment_id, amount, currency)
            VALUES (p_appointment, p_amount, p_currency) RETURNING *;
        PERFORM act_as('');
    END IF;
END
$$;
COMMENT ON FUNCTION create_payment(integer, integer, numeric, text) IS
'Begins, or finds, the payment of a patient''s (account id) appointment; no row if it is not theirs. Raises the broken rule.';
REVOKE EXECUTE ON FUNCTION create_payment(integer, integer, numeric, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_payment(integer, integer, numeric, text) TO booking_app;

CREATE OR REPLACE FUNCTION record_order(p_payment integer, p_order text, p_approval_url text) RETURNS SETOF api_payment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- two requests that began together got the same order: they sent the same PayPal-Request-Id
    UPDATE payment SET order_id = p_order, approval_url = p_approval_url WHERE id = p_payment AND order_id IS NULL;
    RETURN QUERY SELECT * FROM api_payment WHERE payment_id = p_payment;
END
$$;
COMMENT ON FUNCTION record_order(integer, text, text) IS 'Keeps the order that PayPal made for a payment.';
REVOKE EXECUTE ON FUNCTION record_order(integer, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_order(integer, text, text) TO booking_app;

CREATE OR REPLACE FUNCTION end_hold_extension(pay payment) RETURNS void
LANGUAGE sql AS $$
    SELECT extend_hold(pay.appointment_id, pay.hold_expires_at)
    FROM appointment
    WHERE id = pay.appointment_id AND status = 'pending' AND hold_expires_at > clock_timestamp()
$$;
COMMENT ON FUNCTION end_hold_extension(payment) IS 'Nothing was taken: the hold ends when it would have ended.';

CREATE OR REPLACE FUNCTION record_decline(p_payment integer, p_request uuid, p_approval_url text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    -- only of the attempt that was declined: another may be running by now
    IF pay.status = 'capturing' AND pay.capture_request_id = p_request THEN
        PERFORM end_hold_extension(pay);
        UPDATE payment SET status = 'created', approval_url = coalesce(p_approval_url, approval_url) WHERE id = p_payment;
    END IF;
END
$$;
COMMENT ON FUNCTION record_decline(integer, uuid, text) IS
'The payer''s means of payment was declined: another may be chosen, at the given address, while the hold lives.';
REVOKE EXECUTE ON FUNCTION record_decline(integer, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_decline(integer, uuid, text) TO booking_app;

CREATE OR REPLACE FUNCTION end_payment(p_payment integer, p_why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    IF pay.status IN ('created', 'approved', 'capturing') THEN
        PERFORM end_hold_extension(pay) WHERE pay.status = 'capturing';
        UPDATE payment SET status = 'failed', attention = p_why WHERE id = p_payment;
    END IF;
END
$$;
COMMENT ON FUNCTION end_payment(integer, text) IS 'PayPal refuses for good to take this payment; why, if somebody should know.';
REVOKE EXECUTE ON FUNCTION end_payment(integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_payment(integer, text) TO booking_app;

-- A patient who will not pay gives the slot back at once, however near its start.
CREATE OR REPLACE FUNCTION give_up_hold(p_patient integer, p_order text) RETURNS SETOF api_payment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment;
BEGIN
    SELECT p.* INTO pay FROM payment AS p INNER JOIN appointment AS a ON p.appointment_id = a.id
    WHERE p.order_id = p_order AND a.patient_id = p_patient;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    pay := lock_payment(pay.id);
    PERFORM refuse('payment_status_transition', too_late_to_give_up(pay.appointment_id));
    PERFORM act_as('payer', p_patient);
    -- a hold that has lapsed already needs no giving up
    UPDATE appointment SET status = 'canceled'
    WHERE id = pay.appointment_id AND status = 'pending' AND hold_expires_at > clock_timestamp();
    UPDATE payment SET status = 'canceled' WHERE id = pay.id AND status <> 'failed';
    PERFORM act_as('');
    RETURN QUERY SELECT * FROM api_payment WHERE payment_id = pay.id;
END
$$;
COMMENT ON FUNCTION give_up_hold(integer, text) IS
'Cancels the unpaid hold that a PayPal order was to pay, and the payment unless it has failed; no row if it is not the patient''s (account id).';
REVOKE EXECUTE ON FUNCTION give_up_hold(integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION give_up_hold(integer, text) TO booking_app;

CREATE OR REPLACE FUNCTION too_late_to_give_up(p_appointment integer) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN status IN ('capturing', 'pending_review')
            THEN 'This payment is being taken: wait for its end, or cancel the appointment.'
        WHEN status = 'refunded' THEN 'This payment has been made, and refunded.'
        WHEN refund_total > 0 THEN 'This payment has been made, and its money is on the way back.'
        ELSE 'This payment has been made: to get the money back, cancel the appointment.'
    END
    FROM payment
    -- whichever payment it is that pays: an earlier one may have failed
    WHERE appointment_id = p_appointment AND status NOT IN ('created', 'approved', 'canceled', 'failed')
    LIMIT 1
$$;
COMMENT ON FUNCTION too_late_to_give_up(integer) IS
'Why an appointment''s hold can no longer be given up, as it is paid or about to be; NULL: it can.';

CREATE OR REPLACE FUNCTION hold_for_capture(pay payment, p_until timestamptz) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    a appointment := appointment_to_pay(pay);
BEGIN
    -- whether another payment is being taken is asked where this one begins to be
    IF a.status <> 'pending' THEN
        PERFORM refuse('payment_appointment_payable', payment_appointment_payable(a, clock_timestamp()));
    END IF;
    PERFORM extend_hold(a.id, greatest(a.hold_expires_at, p_until));
    RETURN a.hold_expires_at;
END
$$;
COMMENT ON FUNCTION hold_for_capture(payment, timestamptz) IS
'Makes sure that a payment''s slot is held until an instant, for the money is being taken, and returns when the hold would have ended. Raises the rule that is in the way.';

CREATE OR REPLACE FUNCTION appointment_to_pay(pay payment) RETURNS appointment
LANGUAGE plpgsql AS $$
DECLARE
    held_id integer := pay.appointment_id;
    a appointment;
BEGIN
    SELECT * INTO a FROM appointment WHERE id = held_id;
    IF appointment_status(a.status, a.hold_expires_at, upper(a.during), clock_timestamp()) = 'expired' THEN
        held_id := retake_slot(pay);
        SELECT * INTO a FROM appointment WHERE id = held_id;
    END IF;
    RETURN a;
END
$$;
COMMENT ON FUNCTION appointment_to_pay(payment) IS
'The appointment that a payment is for, its slot taken again if the hold has lapsed. Raises the rule that is in the way.';

CREATE OR REPLACE FUNCTION extend_hold(p_appointment integer, p_until timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM act_as('payment');
    UPDATE appointment SET hold_expires_at = p_until WHERE id = p_appointment AND status = 'pending';
    IF NOT FOUND THEN
        -- its patient's booking elsewhere, which need not lock this doctor, has just retired it
        RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = 'The hold has just ended; try again.';
    END IF;
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION extend_hold(integer, timestamptz) IS
'Sets the end of a live hold, for a payment that is being taken; never beyond the start.';

CREATE OR REPLACE FUNCTION retake_slot(pay payment) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    new_id integer;
BEGIN
    -- a lapsed hold's place is the waitlist's first
    PERFORM serve_waitlist(doctor_id) FROM appointment WHERE id = pay.appointment_id AND has_waitlist(doctor_id);
    PERFORM act_as('payment');
    -- before the hold is retired: its patient, who is booking elsewhere, would wait for that, and we for them
    UPDATE patient SET booking_seq = booking_seq + 1
    WHERE account_id = (SELECT patient_id FROM appointment WHERE id = pay.appointment_id);
    PERFORM retire_appointments(doctor_id, patient_id, clock_timestamp()) FROM appointment WHERE id = pay.appointment_id;
    INSERT INTO appointment (doctor_id, patient_id, during)
    SELECT doctor_id, patient_id, during FROM appointment WHERE id = pay.appointment_id AND status = 'expired'
    RETURNING id INTO new_id;
    UPDATE payment SET appointment_id = new_id WHERE id = pay.id;
    PERFORM act_as('');
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION retake_slot(payment) IS
'Books a payment''s slot again after its hold has lapsed, has the payment pay for that, and returns its id. Raises the rule that is in the way.';

-- A payment is locked after its doctor, like everything that touches an appointment.
CREATE OR REPLACE FUNCTION lock_payment(p_payment integer) RETURNS payment
LANGUAGE plpgsql AS $$
DECLARE
    pay payment;
BEGIN
    -- its appointment may change, when a lapsed hold is taken again, but not the doctor
    PERFORM lock_doctor_of(appointment_id) FROM payment WHERE id = p_payment;
    SELECT * INTO pay FROM payment WHERE id = p_payment FOR NO KEY UPDATE;
    RETURN pay;
END
$$;
COMMENT ON FUNCTION lock_payment(integer) IS
'Locks a payment''s doctor, then the payment, and returns it as it stands after the wait.';

-- What is paid is the fee recorded on the appointment, in its currency.
CREATE OR REPLACE FUNCTION payment_amount_matches_fee(a appointment, amount numeric, currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN amount IS DISTINCT FROM a.fee OR currency IS DISTINCT FROM a.currency::text
            THEN format('This appointment costs %s.', money_text(a.fee, a.currency))
    END
$$;
COMMENT ON FUNCTION payment_amount_matches_fee(appointment, numeric, text) IS
'What is paid is the fee recorded on the appointment, in its currency. Why an amount of money is not the price of an appointment; NULL: it is.';

-- An appointment is paid while its hold lives, and once.
CREATE OR REPLACE FUNCTION payment_appointment_payable(a appointment, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN s.status = 'expired' THEN 'The hold on this slot has lapsed. Book it again to pay for it.'
        WHEN s.status <> 'pending' THEN format('This appointment is %s: there is nothing to pay.', replace(s.status, '_', '-'))
        WHEN EXISTS (
            SELECT FROM payment WHERE appointment_id = a.id AND status IN ('capturing', 'pending_review')
        ) THEN 'A payment for this appointment is being taken already.'
    END
    FROM appointment_status(a.status, a.hold_expires_at, upper(a.during), at_) AS s (status)
$$;
COMMENT ON FUNCTION payment_appointment_payable(appointment, timestamptz) IS
'An appointment is paid while its hold lives, and once. Why nobody can begin to pay for an appointment at an instant; NULL: they can.';

-- Money that needs a person: what the worker cannot put right without guessing.
CREATE OR REPLACE VIEW payment_attention AS
SELECT
    p.id AS payment_id,
    p.appointment_id,
    p.attention AS why
FROM payment AS p
WHERE p.attention IS NOT NULL
UNION ALL
SELECT
    r.payment_id,
    p.appointment_id,
    'The refund has failed: ' || coalesce(r.outcome, 'no reason given') AS why
FROM refund AS r
INNER JOIN payment AS p ON r.payment_id = p.id
WHERE r.status = 'failed' AND p.refund_total < p.amount
UNION ALL
SELECT
    NULL AS payment_id,
    a.id AS appointment_id,
    'The appointment is confirmed without a payment.' AS why
FROM appointment AS a
WHERE a.status = 'confirmed' AND appointment_confirmed_is_paid(a) IS NOT NULL
UNION ALL
SELECT
    p.id AS payment_id,
    p.appointment_id,
    'PayPal has not decided for three days.' AS why
FROM payment AS p
WHERE p.status IN ('capturing', 'pending_review') AND p.updated_at < now() - interval '72 hours';
COMMENT ON VIEW payment_attention IS 'Payments and appointments that do not fit together, and why; an admin clears payment.attention.';
GRANT SELECT ON payment_attention TO booking_app, booking_admin, booking_auditor;
GRANT EXECUTE ON FUNCTION appointment_confirmed_is_paid(appointment) TO booking_app, booking_admin, booking_auditor;

-- What a payment is of, its amount and its names at PayPal never change; a lapsed hold that is taken again takes its
-- payment along, to the same doctor, patient and time.
CREATE OR REPLACE FUNCTION payment_immutable(was payment, becomes payment, by_hand boolean) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT 'These columns of a payment cannot be changed: ' || string_agg(name, ', ' ORDER BY name) || '.'
    FROM (
        VALUES
        ('id', was.id <> becomes.id),
        ('amount', was.amount <> becomes.amount),
        ('currency', was.currency <> becomes.currency),
        ('reference', was.reference <> becomes.reference),
        ('order_id', was.order_id <> becomes.order_id OR becomes.order_id IS NULL AND was.order_id IS NOT NULL),
        ('capture_id', was.capture_id <> becomes.capture_id OR becomes.capture_id IS NULL AND was.capture_id IS NOT NULL),
        ('created_at', was.created_at <> becomes.created_at),
        ('updated_at', was.updated_at <> becomes.updated_at),
        ('refund_total', was.refund_total <> becomes.refund_total AND by_hand),
        -- decided once, when the money is there
        (
            'without_slot',
            was.without_slot <> becomes.without_slot AND (becomes.status <> 'captured' OR was.status = 'captured')
        ),
        (
            'appointment_id',
            was.appointment_id <> becomes.appointment_id AND NOT EXISTS (
                SELECT FROM appointment AS a
                INNER JOIN appointment AS b
                    ON a.doctor_id = b.doctor_id AND a.patient_id = b.patient_id AND a.during = b.during
                WHERE a.id = was.appointment_id AND b.id = becomes.appointment_id AND a.status = 'expired'
            )
        )
    ) AS changes (name, changed)
    WHERE changed
$$;
COMMENT ON FUNCTION payment_immutable(payment, payment, boolean) IS
'What a payment is of, its amount and its names at PayPal never change. Why one row may not become the other, by hand or by the trigger that adds up refunds; NULL: nothing that must stay has changed.';

-- A payment goes forward only. Money that PayPal has taken, or is about to take, is a fact, whatever was thought of the
-- payment before.
CREATE OR REPLACE FUNCTION payment_status_transition(old_status text, new_status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status <> 'created' THEN format('A payment cannot begin as %s.', new_status)
        WHEN old_status IS NULL OR old_status = new_status THEN NULL
        WHEN (old_status, new_status) IN (
            ('created', 'approved'), ('approved', 'capturing'),
            ('capturing', 'created'), -- the payer's means of payment was declined; another may be chosen
            ('created', 'canceled'), ('approved', 'canceled'),
            ('created', 'failed'), ('approved', 'failed'), ('capturing', 'failed'), ('pending_review', 'failed'),
            ('captured', 'partially_refunded'), ('captured', 'refunded'), ('partially_refunded', 'refunded')
        ) THEN NULL
        WHEN new_status IN ('pending_review', 'captured') AND old_status NOT IN ('captured', 'partially_refunded', 'refunded')
            THEN NULL
        ELSE format('A payment that is %s cannot become %s.', replace(old_status, '_', ' '), replace(new_status, '_', ' '))
    END
$$;
COMMENT ON FUNCTION payment_status_transition(text, text) IS
'A payment only goes forward. Why a payment (old status NULL: a new one) may not take a status; NULL: it may.';

CREATE OR REPLACE FUNCTION receive_webhook(p_event text, p_kind text, p_names text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ours integer := (
        SELECT id FROM payment WHERE order_id = ANY (p_names)
        UNION ALL
        SELECT id FROM payment WHERE capture_id = ANY (p_names)
        UNION ALL
        SELECT payment_id FROM refund WHERE paypal_id = ANY (p_names)
        UNION ALL
        SELECT id FROM payment
        WHERE reference = ANY (ARRAY(SELECT name::uuid FROM unnest(p_names) AS name WHERE name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'))
        LIMIT 1
    );
BEGIN
    -- before the event refers to it: whoever is writing the capture's id down would wait for that, and we for them
    PERFORM FROM payment WHERE id = ours FOR NO KEY UPDATE;
    INSERT INTO webhook_event (id, kind, payment_id) VALUES (p_event, p_kind, ours) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        UPDATE payment SET due_at = clock_timestamp() WHERE id = ours;
        UPDATE refund SET due_at = clock_timestamp() WHERE payment_id = ours AND status = 'pending';
    END IF;
END
$$;
COMMENT ON FUNCTION receive_webhook(text, text, text[]) IS
'Keeps an event of PayPal''s, once, and has the payment looked at that one of the names in it (order, capture, refund, our reference) is of.';
REVOKE EXECUTE ON FUNCTION receive_webhook(text, text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION receive_webhook(text, text, text[]) TO booking_app;

CREATE OR REPLACE FUNCTION reconcile_payments() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    orphan integer;
    orphans integer := 0;
BEGIN
    FOR orphan IN
        SELECT p.id FROM payment AS p
        INNER JOIN appointment AS a ON p.appointment_id = a.id
        WHERE p.status IN ('captured', 'partially_refunded') AND p.refund_total < p.amount
            AND a.status IN ('pending', 'canceled', 'expired', 'released')
            AND NOT EXISTS (SELECT FROM refund WHERE payment_id = p.id AND status = 'failed')
        ORDER BY p.id
    LOOP
        PERFORM request_refund(orphan, 'slot_lost');
        orphans := orphans + 1;
    END LOOP;
    RETURN orphans;
END
$$;
COMMENT ON FUNCTION reconcile_payments() IS
'Has money paid back that was captured for an appointment that is not confirmed; how many payments. Nothing is left to find unless triggers were off.';
REVOKE EXECUTE ON FUNCTION reconcile_payments() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reconcile_payments() TO booking_app, booking_admin;

-- What PayPal says of a capture is written down with what follows from it, all in one transaction.
CREATE OR REPLACE FUNCTION record_capture(
    p_payment integer, p_capture text, p_status text, p_amount numeric, p_currency text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pay payment := lock_payment(p_payment);
BEGIN
    CASE
        WHEN p_status IN ('REFUNDED', 'PARTIALLY_REFUNDED') AND pay.refund_total > 0 THEN
            NULL; -- ours; each refund is asked about by itself
        WHEN pay.status IN ('captured', 'partially_refunded', 'refunded') THEN
            -- not of what is only late news: somebody asked before it was completed
            UPDATE payment SET attention = format('PayPal says that capture %s is %s.', p_capture, p_status)
            WHERE id = p_payment AND p_status NOT IN ('COMPLETED', 'PENDING');
        WHEN p_status IN ('DECLINED', 'FAILED') THEN
            PERFORM end_capture(pay);
        WHEN (pay.amount, pay.currency::text) IS DISTINCT FROM (p_amount, p_currency) THEN
            UPDATE payment SET attention = format('PayPal captured %s (%s).', money_text(p_amount, p_currency), p_capture)
            WHERE id = p_payment;
        WHEN p_status = 'COMPLETED' THEN
            PERFORM settle_capture(pay, p_capture);
        WHEN p_status = 'PENDING' THEN
            PERFORM await_review(pay, p_capture);
        ELSE
            UPDATE payment SET attention = format('PayPal says that capture %s is %s.', p_capture, p_status)
            WHERE id = p_payment;
    END CASE;
END
$$;
COMMENT ON FUNCTION record_capture(integer, text, text, numeric, text) IS
'Writes down PayPal''s capture (its status as PayPal says it): confirms the appointment, keeps it held under review, ends the payment, or pays the money back if the slot is gone.';
REVOKE EXECUTE ON FUNCTION record_capture(integer, text, text, numeric, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_capture(integer, text, text, numeric, text) TO booking_app;

CREATE OR REPLACE FUNCTION settle_capture(pay payment, p_capture text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        UPDATE payment SET status = 'captured', capture_id = p_capture, attention = NULL WHERE id = pay.id;
        PERFORM confirm_paid(pay);
    EXCEPTION WHEN check_violation OR exclusion_violation OR unique_violation THEN
        -- the slot is gone, or paid for already: the money goes back
        UPDATE payment SET status = 'captured', capture_id = p_capture, without_slot = true, attention = NULL
        WHERE id = pay.id;
        PERFORM request_refund(pay.id, 'slot_lost');
        INSERT INTO notification (kind, account_id, appointment_id, appointment_version, payment_id)
        SELECT 'refund_requested', patient_id, id, version, pay.id FROM appointment WHERE id = pay.appointment_id
        ON CONFLICT DO NOTHING;
    END;
END
$$;
COMMENT ON FUNCTION settle_capture(payment, text) IS
'Money was taken: confirms the appointment, or else has all of it paid back and says so.';

CREATE OR REPLACE FUNCTION confirm_paid(pay payment) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    a appointment := appointment_to_pay(pay);
BEGIN
    PERFORM act_as('payment');
    UPDATE appointment SET status = 'confirmed' WHERE id = a.id;
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION confirm_paid(payment) IS
'Confirms the appointment that a payment is for, taking its slot again if the hold has lapsed. Raises the rule that is in the way.';

CREATE OR REPLACE FUNCTION await_review(pay payment, p_capture text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    hold_end timestamptz;
BEGIN
    IF pay.status = 'pending_review' THEN
        RETURN;
    END IF;
    UPDATE payment SET status = 'pending_review', capture_id = p_capture WHERE id = pay.id;
    hold_end := hold_for_capture(pay, clock_timestamp() + make_interval(hours => (SELECT review_hours FROM policy)));
    UPDATE payment SET hold_expires_at = hold_end WHERE id = pay.id AND pay.status <> 'capturing';
EXCEPTION
    WHEN unique_violation THEN
        UPDATE payment SET attention = format('PayPal is deciding on a second payment, by capture %s.', p_capture)
        WHERE id = pay.id;
    WHEN check_violation OR exclusion_violation THEN
        -- the slot is gone: should the money be taken, it goes back
        UPDATE payment SET status = 'pending_review', capture_id = p_capture WHERE id = pay.id;
END
$$;
COMMENT ON FUNCTION await_review(payment, text) IS
'PayPal has not decided: keeps the slot, if it can still be had, for policy.review_hours at most.';

CREATE OR REPLACE FUNCTION end_capture(pay payment) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF pay.status IN ('capturing', 'pending_review') THEN
        PERFORM end_hold_extension(pay);
        UPDATE payment SET status = 'failed' WHERE id = pay.id;
    END IF;
END
$$;
COMMENT ON FUNCTION end_capture(payment) IS 'PayPal took nothing: ends a payment that was being taken; any other knew it already.';

-- What a refund is of, how much it is and its names at PayPal never change: under another request id it could be made twice.
CREATE OR REPLACE FUNCTION refund_immutable(was refund, becomes refund) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'These columns of a refund cannot be changed: ' || string_agg(name, ', ' ORDER BY name) || '.'
    FROM (
        VALUES
        ('id', was.id <> becomes.id),
        ('payment_id', was.payment_id <> becomes.payment_id),
        ('amount', was.amount <> becomes.amount),
        ('request_id', was.request_id <> becomes.request_id),
        ('paypal_id', was.paypal_id <> becomes.paypal_id OR becomes.paypal_id IS NULL AND was.paypal_id IS NOT NULL),
        ('created_at', was.created_at <> becomes.created_at)
    ) AS changes (name, changed)
    WHERE changed
$$;
COMMENT ON FUNCTION refund_immutable(refund, refund) IS
'What a refund is of, its amount and its names at PayPal never change. Why one row may not become the other; NULL: nothing that must stay has changed.';

-- A refund is requested, perhaps pending at PayPal, and then completed or failed. What failed is not asked for again: to the
-- same request PayPal gives the same answer, so that only another refund can follow.
CREATE OR REPLACE FUNCTION refund_status_transition(old_status text, new_status text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN old_status IS NULL AND new_status <> 'requested' THEN format('A refund cannot begin as %s.', new_status)
        WHEN old_status IS NULL OR old_status = new_status THEN NULL
        WHEN (old_status, new_status) IN (
            ('requested', 'pending'), ('requested', 'completed'), ('requested', 'failed'),
            ('pending', 'completed'), ('pending', 'failed')
        ) THEN NULL
        ELSE format('A refund that is %s cannot become %s.', old_status, new_status)
    END
$$;
COMMENT ON FUNCTION refund_status_transition(text, text) IS
'A refund only goes forward. Why a refund (old status NULL: a new one) may not take a status; NULL: it may.';

-- A refund is requested in the transaction that calls for it, and performed by a worker, as often as it takes.
CREATE OR REPLACE FUNCTION request_refund(p_payment integer, p_reason text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO refund (payment_id, amount, reason)
    SELECT id, amount - refund_total, p_reason FROM payment
    WHERE id = p_payment AND status IN ('captured', 'partially_refunded') AND refund_total < amount
    FOR NO KEY UPDATE
$$;
COMMENT ON FUNCTION request_refund(integer, text) IS 'Has everything paid back that was captured and is not on its way back.';

CREATE OR REPLACE FUNCTION cancel_payments(p_appointment integer) RETURNS void
LANGUAGE sql AS $$
    SELECT request_refund(id, 'appointment_canceled') FROM payment WHERE appointment_id = p_appointment;
    UPDATE payment SET status = 'canceled' WHERE appointment_id = p_appointment AND status IN ('created', 'approved');
$$;
COMMENT ON FUNCTION cancel_payments(integer) IS
'An appointment is canceled: what was paid goes back in full, what was not paid yet is no longer payable.';

-- What a payment may be and become, and when the worker asks PayPal about it next.
CREATE OR REPLACE FUNCTION tg_payment__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    at_ timestamptz := clock_timestamp();
    a appointment;
BEGIN
    PERFORM refuse(
        'payment_status_transition',
        payment_status_transition(CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status)
    );
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('payment_immutable', payment_immutable(OLD, NEW, pg_trigger_depth() = 1));
    END IF;
    SELECT * INTO a FROM appointment WHERE id = NEW.appointment_id;
    IF TG_OP = 'INSERT' OR NEW.appointment_id <> OLD.appointment_id THEN
        PERFORM refuse('payment_amount_matches_fee', payment_amount_matches_fee(a, NEW.amount, NEW.currency));
    END IF;
    IF TG_OP = 'INSERT' OR NEW.status = 'capturing' AND OLD.status <> 'capturing' THEN
        PERFORM refuse('payment_appointment_payable', payment_appointment_payable(a, at_));
    END IF;
    IF TG_OP = 'INSERT' THEN
        NEW.created_at := at_;
    END IF;
    IF TG_OP = 'INSERT' OR NEW.status <> OLD.status THEN
        NEW.updated_at := at_;
        NEW.due_at := next_look(CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status, NEW.due_at, at_);
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_payment__rules() IS
'Applies every rule of a payment that a constraint cannot declare, and sets the columns that nobody else may.';

CREATE OR REPLACE FUNCTION next_look(old_status text, new_status text, due_at timestamptz, at_ timestamptz)
RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        -- by the end of the pause whoever is taking it has ended or died
        WHEN new_status = 'capturing' THEN at_ + interval '60 s'
        -- news came while what was news before was being looked at: it may be of later
        WHEN due_at <= at_ THEN due_at
        ELSE at_ + CASE
            WHEN new_status = 'created' THEN interval '30 s' -- whoever approves may never come back to say so
            WHEN new_status = 'approved' THEN interval '0 s'
            WHEN new_status = 'pending_review' THEN interval '10 min'
            -- a capture that was asked for and seemed lost may still have been made
            WHEN new_status = 'failed' AND old_status = 'capturing' THEN interval '10 min'
        END
    END
$$;
COMMENT ON FUNCTION next_look(text, text, timestamptz, timestamptz) IS
'When the worker asks PayPal about a payment that has just changed its status; NULL: there is nothing to ask.';

-- Refunds are added up on their payment, under its lock, so that they never exceed the capture.
CREATE OR REPLACE FUNCTION tg_refund__rules() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was numeric := CASE WHEN TG_OP = 'UPDATE' AND OLD.status <> 'failed' THEN OLD.amount ELSE 0 END;
    becomes numeric := CASE WHEN NEW.status <> 'failed' THEN NEW.amount ELSE 0 END;
BEGIN
    PERFORM refuse(
        'refund_status_transition',
        refund_status_transition(CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status)
    );
    IF TG_OP = 'UPDATE' THEN
        PERFORM refuse('refund_immutable', refund_immutable(OLD, NEW));
    END IF;
    -- not if it stays as it is: a worker's claim would lock the refund before its payment
    IF was <> becomes THEN
        UPDATE payment SET refund_total = refund_total - was + becomes WHERE id = NEW.payment_id;
    END IF;
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION tg_refund__rules() IS 'Transition, what never changes, and the payment''s sum of refunds.';

CREATE OR REPLACE FUNCTION tg_refund__settle() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    back numeric := (SELECT sum(amount) FROM refund WHERE payment_id = NEW.payment_id AND status = 'completed');
BEGIN
    UPDATE payment SET status = CASE WHEN back = amount THEN 'refunded' ELSE 'partially_refunded' END
    WHERE id = NEW.payment_id;
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version, payment_id)
    SELECT 'refund_completed', a.patient_id, a.id, a.version, p.id
    FROM payment AS p
    INNER JOIN appointment AS a ON p.appointment_id = a.id
    WHERE p.id = NEW.payment_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_refund__settle() IS 'Says on the payment how much went back, and tells the patient.';

-- Mails about appointments and waiting reach a person in the order of events: none overtakes an earlier one that is to be tried again.
CREATE OR REPLACE FUNCTION blocked_until(n notification) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT max(e.due_at)
    FROM notification AS e
    WHERE e.account_id = n.account_id AND e.id < n.id AND e.status = 'queued' AND e.attempts > 0
        -- codes expire, and may go to another address: they neither wait nor are waited for
        AND coalesce(e.appointment_id, e.waitlist_entry_id) IS NOT NULL
        AND coalesce(n.appointment_id, n.waitlist_entry_id) IS NOT NULL
        AND notification_stale(e) IS NULL
$$;
COMMENT ON FUNCTION blocked_until(notification) IS
'Until when a mail waits for earlier ones to the same account that were tried in vain or are being sent; NULL: it does not.';

-- A worker takes a due mail for a while; if the worker dies, the lease ends and another takes it.
CREATE OR REPLACE FUNCTION refunds_of(p_appointments integer[]) RETURNS text[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(money_text(total, currency) ORDER BY currency), '{}')
    FROM (
        SELECT p.currency, sum(r.amount) AS total
        FROM refund AS r
        INNER JOIN payment AS p ON r.payment_id = p.id
        WHERE p.appointment_id = ANY (p_appointments) AND r.status <> 'failed'
        GROUP BY p.currency
    ) AS back
$$;
COMMENT ON FUNCTION refunds_of(integer[]) IS 'What goes back of appointments'' payments, a sum for each currency.';
GRANT EXECUTE ON FUNCTION refunds_of(integer[]) TO booking_app;

CREATE OR REPLACE FUNCTION calendar_entries(p_appointments integer[]) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'uid', calendar_uid, 'version', version, 'starts_at', lower(during), 'ends_at', upper(during)
    ) ORDER BY lower(during)), '[]')
    FROM appointment
    -- one that keeps the end of a hold was never confirmed, so no calendar knows of it
    WHERE id = ANY (p_appointments) AND status IN ('confirmed', 'canceled') AND hold_expires_at IS NULL
$$;
COMMENT ON FUNCTION calendar_entries(integer[]) IS 'Appointments as calendars know them, in order; none that was never confirmed.';
GRANT EXECUTE ON FUNCTION calendar_entries(integer[]) TO booking_app;

CREATE OR REPLACE VIEW notification_message AS
SELECT
    n.id,
    n.kind,
    n.message_id,
    calendar_entries(a.id || n.also) AS calendar,
    coalesce(n.snapshot ->> 'email', mail_address(r, n.kind)) AS email,
    -- nobody is to have a stranger greeted with words of their own
    CASE WHEN n.kind <> 'email_verification' THEN coalesce(n.snapshot ->> 'recipient', rd.full_name, rp.full_name) END AS recipient,
    coalesce(rd.timezone, rp.timezone) AS timezone,
    r.role AS recipient_role,
    coalesce(n.snapshot ->> 'doctor', d.full_name) AS doctor,
    coalesce(n.snapshot ->> 'patient', p.full_name) AS patient,
    lower(a.during) AS starts_at,
    upper(a.during) AS ends_at,
    lower(n.slot) AS moved_from,
    array(SELECT lower(o.during) FROM appointment AS o WHERE o.id = any(n.also) ORDER BY 1) AS also_canceled,
    a.cancel_deadline,
    a.hold_expires_at,
    a.canceled_by,
    a.cancel_reason,
    n.request_id,
    money_text(pay.amount, pay.currency) AS payment,
    refunds_of(a.id || n.also) AS refunds,
    r.status = 'erased' AS recipient_erased,
    account_token_lifetime(n.kind) AS code_lifetime,
    f.id AS offer_id,
    f.expires_at AS offer_expires_at,
    money_text(a.fee, a.currency) AS fee,
    money_text(paid.amount, paid.currency) AS paid,
    paid.capture_id,
    w.id AS waitlist_entry,
    w.position,
    w.desired_date
FROM notification AS n
INNER JOIN account AS r ON n.account_id = r.id
LEFT JOIN doctor AS rd ON r.id = rd.account_id
LEFT JOIN patient AS rp ON r.id = rp.account_id
LEFT JOIN appointment AS a ON n.appointment_id = a.id
LEFT JOIN api_waitlist_entry AS w ON n.waitlist_entry_id = w.id
LEFT JOIN doctor AS d ON coalesce(a.doctor_id, w.doctor) = d.account_id
LEFT JOIN patient AS p ON a.patient_id = p.account_id
LEFT JOIN payment AS pay ON n.payment_id = pay.id
LEFT JOIN payment AS paid
    ON
        a.id = paid.appointment_id AND NOT paid.without_slot
        AND paid.status IN ('captured', 'partially_refunded', 'refunded') -- one at most: payment_one_capture
LEFT JOIN offer AS f ON n.offer_id = f.id;
COMMENT ON VIEW notification_message IS 'Everything a mail''s template may say; of an appointment nothing where it is about the account.';
GRANT SELECT ON notification_message TO booking_app;

CREATE OR REPLACE FUNCTION claim_notification(p_id bigint, p_lease interval, p_code bytea DEFAULT NULL) RETURNS SETOF notification_message
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    n notification;
    stale text;
    turn timestamptz;
    letter notification_message;
BEGIN
    SELECT * INTO n FROM notification
    WHERE id = p_id AND status = 'queued' AND due_at <= clock_timestamp()
    FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    stale := notification_stale(n);
    IF stale IS NOT NULL THEN
        UPDATE notification SET status = 'skipped', outcome = stale, snapshot = NULL WHERE id = p_id;
        RETURN;
    END IF;
    turn := blocked_until(n);
    IF turn IS NOT NULL THEN
        -- due when that one is: rows that wait are not looked at again and again
        UPDATE notification SET due_at = greatest(due_at, turn) WHERE id = p_id;
        RETURN;
    END IF;
    UPDATE notification SET attempts = attempts + 1, due_at = clock_timestamp() + p_lease WHERE id = p_id;
    SELECT * INTO letter FROM notification_message WHERE id = p_id;
    IF letter.code_lifetime IS NOT NULL THEN
        -- of each attempt, for nobody knows which of them arrives
        INSERT INTO account_token (token_hash, account_id, purpose, email, expires_at)
        VALUES (p_code, n.account_id, n.kind, letter.email, clock_timestamp() + letter.code_lifetime);
    END IF;
    IF n.kind = 'slot_offered' AND p_code IS NOT NULL THEN
        INSERT INTO offer_token (token_hash, offer_id) VALUES (p_code, n.offer_id);
    END IF;
    RETURN NEXT letter;
END
$$;
COMMENT ON FUNCTION claim_notification(bigint, interval, bytea) IS
'Takes a due mail for the length of the lease and returns its letter, in which the code of a given SHA-256 is good if it needs one, as an offer''s link does; no row if another has it, it is done, it is stale (then skipped), or it is not its turn (then put off).';
REVOKE EXECUTE ON FUNCTION claim_notification(bigint, interval, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_notification(bigint, interval, bytea) TO booking_app;

-- What became of a mail: sent, to be tried again ever later, or failed for good after 30 attempts, which take about a day.
CREATE OR REPLACE FUNCTION notification_sent(p_id bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE notification SET status = 'sent', sent_at = clock_timestamp(), outcome = NULL, snapshot = NULL
    WHERE id = p_id AND status = 'queued';
    UPDATE offer SET status = 'sent'
    WHERE id = (SELECT offer_id FROM notification WHERE id = p_id AND kind = 'slot_offered') AND status = 'queued'
$$;
COMMENT ON FUNCTION notification_sent(bigint) IS 'The mail server took it.';
REVOKE EXECUTE ON FUNCTION notification_sent(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notification_sent(bigint) TO booking_app;

CREATE OR REPLACE FUNCTION notification_failed(p_id bigint, p_why text, p_permanent boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE notification SET
        outcome = left(p_why, 500),
        status = CASE WHEN p_permanent OR attempts >= 30 THEN 'failed' ELSE 'queued' END,
        -- 5 s, 10 s, 20 s ... up to an hour, each with up to a quarter more so that retries spread out
        due_at = clock_timestamp()
            + least(interval '5 s' * power(2, attempts - 1), interval '1 hour') * (1 + random() / 4)
    WHERE id = p_id AND status = 'queued'
$$;
COMMENT ON FUNCTION notification_failed(bigint, text, boolean) IS
'An attempt failed and why; it is tried again later unless the failure is permanent or was the thirtieth.';
REVOKE EXECUTE ON FUNCTION notification_failed(bigint, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notification_failed(bigint, text, boolean) TO booking_app;

-- A mail that is no longer true is not sent.
CREATE OR REPLACE FUNCTION notification_stale(n notification) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN coalesce(n.snapshot ->> 'email', mail_address(r, n.kind)) IS NULL THEN 'there is nowhere to send it'
        WHEN n.kind = 'waitlist_joined'
            THEN (SELECT 'the waiting has ended' FROM waitlist_entry
                WHERE id = n.waitlist_entry_id AND status NOT IN ('waiting', 'offered', 'paused'))
        WHEN n.appointment_id IS NULL THEN NULL
        WHEN n.payment_id IS NOT NULL THEN NULL -- what became of money stays true
        WHEN n.kind = 'slot_offered'
            THEN (SELECT 'the offer has been ' || status FROM api_offer WHERE id = n.offer_id AND status NOT IN ('queued', 'sent'))
        WHEN n.offer_id IS NOT NULL THEN NULL -- an offer that has ended stays so
        WHEN a.version <> n.appointment_version THEN 'the appointment has changed since'
        ELSE scheduled_notification_stale(n.kind, a, clock_timestamp())
    END
    FROM account AS r
    LEFT JOIN appointment AS a ON a.id = n.appointment_id
    WHERE r.id = n.account_id
$$;
COMMENT ON FUNCTION notification_stale(notification) IS 'Why a mail would say what is no longer so; NULL: it is true.';

CREATE OR REPLACE FUNCTION scheduled_notification_stale(p_kind text, a appointment, at_ timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_kind = 'appointment_reminder' AND lower(a.during) <= at_ THEN 'the appointment has begun'
        WHEN p_kind IN ('appointment_held', 'hold_lapsing') AND a.hold_expires_at <= at_ THEN 'the hold has lapsed'
        WHEN p_kind IN ('appointment_held', 'hold_lapsing') AND EXISTS (
            SELECT FROM payment WHERE appointment_id = a.id AND status IN ('capturing', 'pending_review')
        ) THEN 'the payment is being made'
    END
$$;
COMMENT ON FUNCTION scheduled_notification_stale(text, appointment, timestamptz) IS
'Why what was planned to be said of an appointment need not be said at an instant, although it has not changed; NULL: it is to be said.';

CREATE OR REPLACE FUNCTION queue_scheduled_notifications(p_limit integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mails integer;
BEGIN
    WITH due AS (
        SELECT appointment_id, kind FROM coming_mail
        WHERE due_at <= clock_timestamp()
        ORDER BY due_at
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED -- another worker is at it, or the appointment is changing
    ), taken AS (
        DELETE FROM coming_mail AS c USING due AS d
        WHERE c.appointment_id = d.appointment_id AND c.kind = d.kind
        RETURNING c.appointment_id, c.kind, c.appointment_version, c.due_at
    )
    INSERT INTO notification (kind, account_id, appointment_id, appointment_version)
    SELECT t.kind, a.patient_id, a.id, t.appointment_version
    FROM taken AS t
    INNER JOIN appointment AS a ON t.appointment_id = a.id
    ORDER BY t.due_at
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS mails = ROW_COUNT;
    RETURN mails;
END
$$;
COMMENT ON FUNCTION queue_scheduled_notifications(integer) IS
'Puts up to so many planned mails that are due into the outbox, each once; how many. Safe at any time, by any number of workers.';
REVOKE EXECUTE ON FUNCTION queue_scheduled_notifications(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_scheduled_notifications(integer) TO booking_app, booking_admin;

-- What a patient is to be told later is planned by the event, and goes into the outbox when it is due and still so.
CREATE OR REPLACE FUNCTION schedule_notifications(was appointment, a appointment) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    at_ timestamptz := clock_timestamp();
BEGIN
    IF a.version IS NOT DISTINCT FROM was.version THEN
        RETURN;
    END IF;
    -- what was planned was about an older version
    DELETE FROM coming_mail WHERE appointment_id = a.id;
    IF a.status = 'pending' THEN
        -- in a minute: whoever pays at once hears of the confirmation only
        PERFORM schedule_notification('appointment_held', a, at_ + interval '1 min') WHERE was.status IS DISTINCT FROM 'pending';
        PERFORM schedule_notification('hold_lapsing', a, a.hold_expires_at - (a.hold_expires_at - at_) / 3);
    ELSIF a.status = 'confirmed' THEN
        PERFORM schedule_notification('appointment_reminder', a, lower(a.during) - p.reminder_lead)
        FROM policy AS p
        WHERE lower(a.during) - p.reminder_lead > at_; -- else they have just been told
    END IF;
END
$$;
COMMENT ON FUNCTION schedule_notifications(appointment, appointment) IS
'Plans what a patient is to be told later of an appointment as it is now, in place of what was planned: until when it is held, that a third of that time is left, and that the visit is near.';

CREATE OR REPLACE FUNCTION schedule_notification(p_kind text, a appointment, p_due timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO coming_mail (appointment_id, kind, appointment_version, due_at) VALUES (a.id, p_kind, a.version, p_due)
$$;
COMMENT ON FUNCTION schedule_notification(text, appointment, timestamptz) IS 'Plans one mail to an appointment''s patient.';

-- Whoever must know of a change is written into the outbox by the change's own transaction.
CREATE OR REPLACE FUNCTION tg_appointment__outbox() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    is_active boolean := NEW.seat IS NOT NULL;
BEGIN
    IF booking_actor() = 'purge' THEN
        RETURN NULL; -- of which nobody need hear
    END IF;
    IF NEW.status = 'confirmed' AND (TG_OP = 'INSERT' OR OLD.status <> 'confirmed') THEN
        PERFORM notify_account('appointment_confirmed', NEW, NEW.patient_id);
        PERFORM notify_account('appointment_confirmed', NEW, NEW.doctor_id);
    ELSIF NEW.status = 'canceled' THEN
        PERFORM cancel_payments(NEW.id);
        PERFORM notify_account('appointment_canceled', NEW, NEW.patient_id);
        -- an unpaid hold was never announced to the doctor, and a doctor knows of their own cancellation
        IF OLD.status = 'confirmed' AND NEW.canceled_by <> 'doctor' THEN
            PERFORM notify_account('appointment_canceled', NEW, NEW.doctor_id);
        END IF;
    ELSIF TG_OP = 'UPDATE' AND is_active AND NEW.during <> OLD.during THEN
        PERFORM notify_account('appointment_rescheduled', NEW, NEW.patient_id, last_notified_time(NEW, NEW.patient_id, OLD.during));
        IF NEW.status = 'confirmed' AND booking_actor() <> 'doctor' THEN
            PERFORM notify_account('appointment_rescheduled', NEW, NEW.doctor_id, last_notified_time(NEW, NEW.doctor_id, OLD.during));
        END IF;
    END IF;
    PERFORM schedule_notifications(CASE WHEN TG_OP = 'UPDATE' THEN OLD END, NEW);
    IF TG_OP = 'UPDATE' AND booking_actor() IN ('doctor', 'admin') AND NEW.status <> 'completed' THEN
        -- a patient may be on the way: tell them in seconds, not at the next sweep
        PERFORM pg_notify('booking_outbox', '');
    END IF;
    -- a claim answers its patient's waiting only once it is paid for
    IF TG_OP = 'INSERT' OR NEW.status = 'confirmed' AND OLD.status <> 'confirmed' AND was_claimed(NEW.id) THEN
        PERFORM fulfil_waitlist(NEW);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_appointment__outbox() IS
'Queues the mails that a booking, a confirmation, a move or a cancellation calls for, and ends waiting that a booking answers.';

CREATE OR REPLACE FUNCTION notify_account(
    p_kind text, a appointment, p_account integer, p_old_time tstzrange DEFAULT NULL
) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO notification AS n (kind, account_id, appointment_id, appointment_version, slot, batch)
    VALUES (p_kind, p_account, a.id, a.version, p_old_time, nullif(current_setting('booking.batch', true), '')::uuid)
    ON CONFLICT (batch, account_id) WHERE batch IS NOT NULL DO UPDATE SET also = n.also || excluded.appointment_id
$$;
COMMENT ON FUNCTION notify_account(text, appointment, integer, tstzrange) IS
'Queues one mail to one account about this version of an appointment; within a batch, adds it to the account''s one mail.';

CREATE OR REPLACE FUNCTION last_notified_time(a appointment, p_account integer, p_old_time tstzrange) RETURNS tstzrange
LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        -- of several moves in a row only the last is mailed; the others are skipped as stale
        SELECT slot FROM notification
        WHERE appointment_id = a.id AND account_id = p_account AND kind = 'appointment_rescheduled'
            AND status = 'queued' AND slot <> a.during
        ORDER BY id
        LIMIT 1
    ), p_old_time)
$$;
COMMENT ON FUNCTION last_notified_time(appointment, integer, tstzrange) IS
'The time of an appointment that an account knows of: where it was before the first move that is not mailed yet.';

CREATE OR REPLACE FUNCTION fulfil_waitlist(a appointment) RETURNS void
LANGUAGE sql AS $$
    UPDATE waitlist_entry AS w SET status = 'fulfilled'
    FROM doctor AS d
    WHERE d.account_id = a.doctor_id AND w.doctor_id = a.doctor_id AND w.patient_id = a.patient_id
        AND w.status IN ('waiting', 'offered', 'paused')
        AND (w.desired_date IS NULL OR w.desired_date = (lower(a.during) AT TIME ZONE d.timezone)::date)
$$;
COMMENT ON FUNCTION fulfil_waitlist(appointment) IS
'Ends the live waitlist entries that a patient''s new appointment answers.';

CREATE OR REPLACE FUNCTION was_claimed(p_appointment integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM offer WHERE appointment_id = p_appointment AND status = 'accepted')
$$;
COMMENT ON FUNCTION was_claimed(integer) IS 'Whether an appointment came about by an offer.';

-- Whoever joins a waitlist has it in writing: the mail is queued by the transaction that puts them in line.
CREATE OR REPLACE FUNCTION tg_waitlist_entry__outbox() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO notification (kind, account_id, waitlist_entry_id) VALUES ('waitlist_joined', NEW.patient_id, NEW.id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_waitlist_entry__outbox() IS 'Queues the mail to a patient who has begun to wait.';

CREATE OR REPLACE FUNCTION history_changes(h history) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_agg(jsonb_build_object('field', key, 'was', coalesce(h.was -> key, 'null'), 'becomes', value) ORDER BY key)
    FROM jsonb_each(h.becomes)
    WHERE CASE WHEN h.was IS NULL THEN value <> 'null' ELSE h.was ? key END
$$;
COMMENT ON FUNCTION history_changes(history) IS 'What a record says that changed: [{field, was, becomes}].';
GRANT EXECUTE ON FUNCTION history_changes(history) TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE VIEW api_appointment_history AS
SELECT
    h.object_id AS appointment,
    a.doctor_id AS doctor,
    a.patient_id AS patient,
    h.number,
    h.changed_at,
    h.acted_as,
    h.account_id,
    history_changes(h) AS changes
FROM history AS h
INNER JOIN appointment AS a ON h.object_id = a.id
WHERE h.object_kind = 'appointment';
COMMENT ON VIEW api_appointment_history IS 'What became of appointments, as the API tells their parties.';
GRANT SELECT ON api_appointment_history TO booking_app, booking_admin, booking_auditor;

-- History keeps ids, times and statuses, and numbers of the policy: nothing that people said, and nothing that anybody must forget.
CREATE OR REPLACE FUNCTION history_of(a appointment) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'doctor', a.doctor_id, 'patient', a.patient_id, 'appointment_date', utc_text(lower(a.during)),
        'ends_at', utc_text(upper(a.during)), 'status', a.status, 'hold_expires_at', utc_text(a.hold_expires_at),
        'cancel_deadline', utc_text(a.cancel_deadline), 'canceled_by', a.canceled_by
    )
$$;
COMMENT ON FUNCTION history_of(appointment) IS 'What history keeps of an appointment, as the API names it.';

CREATE OR REPLACE FUNCTION history_of(w waitlist_entry) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'doctor', w.doctor_id, 'patient', w.patient_id, 'desired_date', to_char(w.desired_date, 'YYYY-MM-DD'), 'status', w.status
    )
$$;
COMMENT ON FUNCTION history_of(waitlist_entry) IS 'What history keeps of a waitlist entry, as the API names it.';

CREATE OR REPLACE FUNCTION history_of(p payment) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object(
        'appointment', p.appointment_id, 'status', p.status, 'without_slot', p.without_slot,
        'needs_attention', p.attention IS NOT NULL
    )
$$;
COMMENT ON FUNCTION history_of(payment) IS 'What history keeps of a payment.';

CREATE OR REPLACE FUNCTION history_of(r refund) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('payment', r.payment_id, 'status', r.status)
$$;
COMMENT ON FUNCTION history_of(refund) IS 'What history keeps of a refund.';

CREATE OR REPLACE FUNCTION history_of(a account) RETURNS jsonb
LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('role', a.role, 'status', a.status)
$$;
COMMENT ON FUNCTION history_of(account) IS 'What history keeps of an account.';

CREATE OR REPLACE FUNCTION history_of(p policy) RETURNS jsonb
LANGUAGE sql STABLE SET intervalstyle = 'postgres' AS $$
    SELECT to_jsonb(p) - 'id'
$$;
COMMENT ON FUNCTION history_of(policy) IS 'What history keeps of the policy: all of it.';

-- Whatever becomes of a thing is written down in the same transaction, whoever does it, and never changed again.
-- One chain cannot fork: whoever changes a row holds its lock to the end of the transaction, a writer who waited for it
-- sees the record it left (or fails, with a snapshot that is too old), and no number is given twice (history_pkey).
CREATE OR REPLACE FUNCTION tg_any__history() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    was jsonb;
    becomes jsonb := history_of(NEW);
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was := history_of(OLD);
        IF was = becomes THEN
            RETURN NULL; -- nothing that history keeps
        END IF;
    END IF;
    PERFORM record_change(TG_TABLE_NAME, NEW.id::integer, was, becomes);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tg_any__history() IS 'Records what a row is from now on, and what it was, as far as that changed.';

CREATE OR REPLACE FUNCTION record_change(p_kind text, p_id integer, p_was jsonb, p_becomes jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    h history;
    last_hash bytea;
BEGIN
    SELECT number, hash INTO h.number, last_hash FROM history
    WHERE object_kind = p_kind AND object_id = p_id
    ORDER BY number DESC LIMIT 1;
    h.object_kind := p_kind;
    h.object_id := p_id;
    h.number := coalesce(h.number, 0) + 1;
    h.changed_at := clock_timestamp();
    h.transaction_id := pg_current_xact_id()::text::bigint;
    h.database_role := session_user;
    h.acted_as := recorded_actor();
    h.account_id := acting_account();
    h.was := (SELECT jsonb_object_agg(key, value) FROM jsonb_each(p_was) WHERE value <> p_becomes -> key);
    h.becomes := p_becomes;
    h.hash := history_hash(h, last_hash);
    INSERT INTO history SELECT h.*;
END
$$;
COMMENT ON FUNCTION record_change(text, integer, jsonb, jsonb) IS
'Adds a record to the chain of an object, whose row must be locked.';

-- Text that depends on no setting, so that a chain holds wherever it is restored.
CREATE OR REPLACE FUNCTION history_hash(h history, last_hash bytea) RETURNS bytea
LANGUAGE sql STABLE AS $$
    SELECT sha256(coalesce(last_hash, '') || convert_to(jsonb_build_array(
        h.object_kind, h.object_id, h.number, extract(EPOCH FROM h.changed_at), h.transaction_id, h.database_role,
        h.acted_as, h.account_id, h.was, h.becomes
    )::text, 'UTF8'))
$$;
COMMENT ON FUNCTION history_hash(history, bytea) IS 'The hash of a record that comes behind one with the given hash, or first.';

CREATE OR REPLACE FUNCTION recorded_actor() RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN split_part(current_setting('booking.actor', true), ':', 1) <> '' THEN booking_actor()
        -- what the API and the worker do on nobody's behalf
        WHEN session_user = 'booking_app' THEN 'system'
        ELSE 'admin'
    END
$$;
COMMENT ON FUNCTION recorded_actor() IS 'How whoever is writing at this moment acts, for the record.';

CREATE OR REPLACE FUNCTION acting_account() RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT nullif(split_part(current_setting('booking.actor', true), ':', 2), '')::integer
$$;
COMMENT ON FUNCTION acting_account() IS 'The account on whose request somebody is writing at this moment, if it is anybody''s.';

-- What people said, and who paid with what, is forgotten 30 days after it has served; what is good for nothing, at once.
-- docs/privacy.md says of every column how long it is kept. Each call takes a part, so that no table is locked for long.
CREATE OR REPLACE FUNCTION purge_personal_data(p_limit integer DEFAULT 5000) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    before timestamptz := clock_timestamp() - interval '720 hours';
BEGIN
    RETURN purge_reasons(before, p_limit) + purge_mails(before, p_limit) + purge_payments(before, p_limit) + purge_codes(before, p_limit);
END
$$;
COMMENT ON FUNCTION purge_personal_data(integer) IS
'Forgets personal data that is 30 days old and serves no more, some thousand rows of each kind; returns how many rows it took, 0 when none is left.';
REVOKE EXECUTE ON FUNCTION purge_personal_data(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_personal_data(integer) TO booking_app, booking_admin;

CREATE OR REPLACE FUNCTION purge_reasons(p_before timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    reasons integer;
    absences integer;
BEGIN
    PERFORM act_as('purge');
    UPDATE appointment SET cancel_reason = NULL WHERE id IN (
        SELECT id FROM appointment WHERE cancel_reason IS NOT NULL AND updated_at < p_before
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS reasons = ROW_COUNT;
    PERFORM act_as('');
    DELETE FROM time_off WHERE id IN (
        SELECT id FROM time_off WHERE upper(during) < p_before
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS absences = ROW_COUNT;
    RETURN reasons + absences;
END
$$;
COMMENT ON FUNCTION purge_reasons(timestamptz, integer) IS
'Forgets why appointments were canceled, and time off that is over.';

CREATE OR REPLACE FUNCTION purge_mails(p_before timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    mails integer;
BEGIN
    UPDATE notification SET outcome = NULL, snapshot = NULL, request_id = NULL WHERE id IN (
        SELECT id FROM notification
        WHERE status <> 'queued' AND (outcome IS NOT NULL OR snapshot IS NOT NULL OR request_id IS NOT NULL)
            AND created_at < p_before
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS mails = ROW_COUNT;
    RETURN mails;
END
$$;
COMMENT ON FUNCTION purge_mails(timestamptz, integer) IS
'Forgets of mails all but that there were some; what they said is kept nowhere anyway.';

CREATE OR REPLACE FUNCTION purge_payments(p_before timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    payers integer;
    events integer;
BEGIN
    UPDATE payment SET payer_id = NULL, approval_url = NULL WHERE id IN (
        SELECT id FROM payment
        WHERE (payer_id IS NOT NULL OR approval_url IS NOT NULL) AND updated_at < p_before AND due_at IS NULL
            AND status IN ('captured', 'partially_refunded', 'refunded', 'canceled', 'failed')
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS payers = ROW_COUNT;
    DELETE FROM webhook_event WHERE id IN (
        SELECT id FROM webhook_event WHERE received_at < p_before
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS events = ROW_COUNT;
    RETURN payers + events;
END
$$;
COMMENT ON FUNCTION purge_payments(timestamptz, integer) IS
'Forgets who paid at PayPal, and PayPal''s news; amounts and PayPal''s names of order, capture and refund stay for the books.';

CREATE OR REPLACE FUNCTION purge_codes(p_before timestamptz, p_limit integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    codes integer;
    links integer;
    addresses integer;
BEGIN
    DELETE FROM account_token WHERE token_hash IN (
        SELECT token_hash FROM account_token WHERE expires_at < clock_timestamp()
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS codes = ROW_COUNT;
    DELETE FROM offer_token WHERE token_hash IN (
        SELECT token_hash FROM offer_token WHERE created_at < p_before
        LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS links = ROW_COUNT;
    UPDATE account SET pending_email = NULL WHERE id IN (
        SELECT a.id FROM account AS a
        WHERE a.pending_email IS NOT NULL
            AND NOT EXISTS (SELECT FROM account_token AS t WHERE t.account_id = a.id AND t.email = a.pending_email)
            AND NOT EXISTS (
                SELECT FROM notification AS n
                WHERE n.account_id = a.id AND n.kind = 'email_verification' AND n.status = 'queued'
            )
        LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS addresses = ROW_COUNT;
    RETURN codes + links + addresses;
END
$$;
COMMENT ON FUNCTION purge_codes(timestamptz, integer) IS
'Forgets mailed codes and links that are good no more, and addresses that nobody can prove any more.';

-- What no request announces, the clock does: the sweep writes it down, one doctor in each transaction.
CREATE OR REPLACE VIEW doctor_to_sweep AS
WITH waited_for AS MATERIALIZED ( -- else each entry asks whether its doctor's waitlist is due
    SELECT doctor_id FROM waitlist_entry WHERE status IN ('waiting', 'offered')
    UNION
    SELECT doctor_id FROM appointment WHERE status = 'offered'
)

SELECT doctor_id FROM appointment WHERE status = 'pending' AND hold_expires_at <= now()
UNION
SELECT doctor_id FROM appointment WHERE status = 'confirmed' AND upper(during) <= now()
UNION
SELECT w.doctor_id
FROM waitlist_entry AS w
INNER JOIN doctor AS d ON w.doctor_id = d.account_id
WHERE w.status IN ('waiting', 'offered', 'paused') AND w.desired_date < (now() AT TIME ZONE d.timezone)::date
UNION
SELECT doctor_id FROM waited_for WHERE waitlist_is_due(doctor_id, now());
COMMENT ON VIEW doctor_to_sweep IS
'Doctors with lapsed holds, finished visits, waitlist entries whose day has passed, offers that are due, or slots that the waitlist is owed.';
GRANT SELECT ON doctor_to_sweep TO booking_app, booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION sweep_doctor(p_doctor integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    d doctor;
BEGIN
    -- a doctor whom somebody is booking at this moment is left to the next sweep, rather than waited for
    PERFORM FROM doctor WHERE account_id = p_doctor FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM act_as('system');
    d := lock_doctor(p_doctor);
    PERFORM retire_appointments(p_doctor, NULL, clock_timestamp());
    WITH ended AS (
        UPDATE waitlist_entry SET status = 'lapsed'
        WHERE doctor_id = p_doctor AND status IN ('waiting', 'offered', 'paused')
            AND desired_date < (clock_timestamp() AT TIME ZONE d.timezone)::date
        RETURNING id, patient_id
    )
    INSERT INTO notification (kind, account_id, waitlist_entry_id, snapshot)
    SELECT 'waiting_lapsed', patient_id, id, jsonb_build_object('doctor', d.full_name) FROM ended ORDER BY id;
    PERFORM serve_waitlist(p_doctor);
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION sweep_doctor(integer) IS
'Retires a doctor''s lapsed holds and finished visits, ends waiting for days gone by and brings offers up to date; nothing if the doctor is locked. Safe at any time, any number of times.';
REVOKE EXECUTE ON FUNCTION sweep_doctor(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sweep_doctor(integer) TO booking_app, booking_admin;

-- What has been going on, and whose doing it was, in words.
CREATE OR REPLACE FUNCTION history_text(p_was jsonb, p_becomes jsonb) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT string_agg(
        CASE
            WHEN p_was IS NULL THEN format('%s: %s', key, value)
            ELSE format('%s: %s -> %s', key, coalesce(p_was ->> key, 'none'), coalesce(value, 'none'))
        END,
        ', ' ORDER BY key
    )
    FROM jsonb_each_text(p_becomes)
    WHERE CASE WHEN p_was IS NULL THEN value IS NOT NULL ELSE p_was ? key END
$$;
COMMENT ON FUNCTION history_text(jsonb, jsonb) IS 'What a record of history says that changed, in words.';
GRANT EXECUTE ON FUNCTION history_text(jsonb, jsonb) TO booking_admin, booking_auditor;

-- One branch for each kind, so that what is asked of one doctor or patient is found by an index.
CREATE OR REPLACE VIEW admin.activity AS
SELECT
    changed_at,
    CASE
        WHEN account_id IS NOT NULL THEN acted_as || ' ' || account_id
        WHEN acted_as = 'admin' THEN database_role
        ELSE acted_as
    END AS who,
    replace(object_kind, '_', ' ') || ' ' || object_id AS what,
    history_text(was, becomes) AS changes,
    doctor,
    patient,
    object_kind,
    object_id,
    number,
    transaction_id
FROM (
    SELECT
        h.*,
        a.doctor_id AS doctor,
        a.patient_id AS patient
    FROM history AS h
    INNER JOIN appointment AS a ON h.object_id = a.id
    WHERE h.object_kind = 'appointment'
    UNION ALL
    SELECT
        h.*,
        w.doctor_id AS doctor,
        w.patient_id AS patient
    FROM history AS h
    INNER JOIN waitlist_entry AS w ON h.object_id = w.id
    WHERE h.object_kind = 'waitlist_entry'
    UNION ALL
    SELECT
        h.*,
        paid_visit.doctor_id AS doctor,
        paid_visit.patient_id AS patient
    FROM history AS h
    INNER JOIN payment AS paid ON h.object_id = paid.id
    INNER JOIN appointment AS paid_visit ON paid.appointment_id = paid_visit.id
    WHERE h.object_kind = 'payment'
    UNION ALL
    SELECT
        h.*,
        refunded_visit.doctor_id AS doctor,
        refunded_visit.patient_id AS patient
    FROM history AS h
    INNER JOIN refund AS r ON h.object_id = r.id
    INNER JOIN payment AS refunded ON r.payment_id = refunded.id
    INNER JOIN appointment AS refunded_visit ON refunded.appointment_id = refunded_visit.id
    WHERE h.object_kind = 'refund'
    UNION ALL
    SELECT
        h.*,
        d.account_id AS doctor,
        NULL AS patient
    FROM history AS h
    INNER JOIN doctor AS d ON h.object_id = d.account_id
    WHERE h.object_kind = 'account'
    UNION ALL
    SELECT
        h.*,
        NULL AS doctor,
        p.account_id AS patient
    FROM history AS h
    INNER JOIN patient AS p ON h.object_id = p.account_id
    WHERE h.object_kind = 'account'
    UNION ALL
    SELECT
        h.*,
        NULL AS doctor,
        NULL AS patient
    FROM history AS h
    WHERE h.object_kind = 'policy'
) AS h
ORDER BY changed_at DESC, object_kind ASC, object_id ASC, number DESC;
COMMENT ON VIEW admin.activity IS
'What has changed, the newest first. Ask for a doctor, a patient, one thing (object_kind and object_id), or a range of changed_at.';
COMMENT ON COLUMN admin.activity.changed_at IS 'When.';
COMMENT ON COLUMN admin.activity.who IS 'Whose doing it was: an account by its id, a login at psql by its name, payment for what follows from one, or system for the service by itself.';
COMMENT ON COLUMN admin.activity.what IS 'What changed, with its number.';
COMMENT ON COLUMN admin.activity.changes IS 'What became of it: old -> new; only what is new where it began.';
COMMENT ON COLUMN admin.activity.doctor IS 'The account id of the doctor whom it concerns.';
COMMENT ON COLUMN admin.activity.patient IS 'The account id of the patient whom it concerns.';
COMMENT ON COLUMN admin.activity.object_kind IS 'The table of what changed.';
COMMENT ON COLUMN admin.activity.object_id IS 'Its id there; of the policy 1.';
COMMENT ON COLUMN admin.activity.number IS 'The record''s place in the history of that thing.';
COMMENT ON COLUMN admin.activity.transaction_id IS 'What changed together has the same one.';
GRANT SELECT ON admin.activity TO booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION admin.bulk_cancel(
    doctor integer, day date, reason text DEFAULT NULL, block boolean DEFAULT FALSE, dry_run boolean DEFAULT FALSE
) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM refuse_input(no_doctor(bulk_cancel.doctor), 'SELECT doctor, doctor_name FROM admin.doctor_load; shows who there is.');
    RETURN QUERY SELECT * FROM bulk_cancel_by('admin', bulk_cancel.doctor, NULL, day, reason, block, dry_run);
END
$$;
COMMENT ON FUNCTION admin.bulk_cancel(integer, date, text, boolean, boolean) IS
'Cancels everything that patients hold with a doctor on a day of the doctor''s calendar, or with NULL on every day, that has not begun: all or nothing, one mail a person. With block those times are taken off instead of offered to the waitlist; a dry run only lists. Returns the appointments.';
REVOKE EXECUTE ON FUNCTION admin.bulk_cancel(integer, date, text, boolean, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.bulk_cancel(integer, date, text, boolean, boolean) TO booking_admin;

-- An admin cancels for whom a rule ties to a deadline; mails, refund and waitlist follow as from anybody's cancellation.
CREATE OR REPLACE FUNCTION admin.cancel_appointment(id integer, reason text DEFAULT NULL, block boolean DEFAULT FALSE)
RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
    rule text;
    why text;
BEGIN
    PERFORM refuse_input(no_appointment(p_id), 'SELECT * FROM admin.day_sheet WHERE doctor = ... shows a doctor''s appointments.');
    PERFORM lock_doctor_of(p_id);
    PERFORM cancel_together('admin', ARRAY[p_id], reason, block);
    RETURN QUERY SELECT a.* FROM api_appointment AS a WHERE a.id = p_id;
EXCEPTION WHEN check_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
    PERFORM refuse_with_hint(
        SQLSTATE, rule, why, format('SELECT * FROM admin.day_sheet WHERE appointment = %s; shows how it stands.', p_id)
    );
END
$$;
COMMENT ON FUNCTION admin.cancel_appointment(integer, text, boolean) IS
'Cancels an appointment that has not begun, at any time before its start: what was paid goes back in full, patient and doctor are mailed (with the reason, if given), and the slot goes to the waitlist. With block the time is taken off instead. Returns the appointment.';
REVOKE EXECUTE ON FUNCTION admin.cancel_appointment(integer, text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.cancel_appointment(integer, text, boolean) TO booking_admin;

-- Who comes to whom on a day, as the doctor's calendar and clock show it.
CREATE OR REPLACE VIEW admin.day_sheet AS
SELECT
    a.id AS appointment,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    (lower(a.during) AT TIME ZONE d.timezone)::date AS day,
    (lower(a.during) AT TIME ZONE d.timezone)::time AS starts,
    (upper(a.during) AT TIME ZONE d.timezone)::time AS ends,
    appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) AS status,
    a.patient_id AS patient,
    p.full_name AS patient_name,
    p.phone AS patient_phone,
    money_text(a.fee, a.currency) AS fee,
    (SELECT y.status FROM payment AS y WHERE y.appointment_id = a.id ORDER BY y.id DESC LIMIT 1) AS payment,
    a.canceled_by,
    a.cancel_reason,
    lower(a.during) AS starts_at,
    d.timezone
FROM appointment AS a
INNER JOIN doctor AS d ON a.doctor_id = d.account_id
LEFT JOIN patient AS p ON a.patient_id = p.account_id
WHERE a.status NOT IN ('released', 'expired')
ORDER BY a.doctor_id, lower(a.during), a.id;
COMMENT ON VIEW admin.day_sheet IS
'Appointments, past and to come, canceled ones included, in order of doctor and time. Ask for a doctor and a day, a patient, or, for a day of all doctors, a range of starts_at.';
COMMENT ON COLUMN admin.day_sheet.appointment IS 'The appointment''s number, for admin.cancel_appointment() and admin.reschedule_appointment().';
COMMENT ON COLUMN admin.day_sheet.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.day_sheet.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.day_sheet.day IS 'The day of the doctor''s calendar.';
COMMENT ON COLUMN admin.day_sheet.starts IS 'When it starts by the doctor''s clock.';
COMMENT ON COLUMN admin.day_sheet.ends IS 'When it ends by the doctor''s clock.';
COMMENT ON COLUMN admin.day_sheet.status IS 'The status that counts now: a lapsed hold reads expired, a finished visit completed.';
COMMENT ON COLUMN admin.day_sheet.patient IS 'The patient''s account id; none while the slot is on offer to the waitlist.';
COMMENT ON COLUMN admin.day_sheet.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.day_sheet.patient_phone IS 'The patient''s telephone.';
COMMENT ON COLUMN admin.day_sheet.fee IS 'What it costs.';
COMMENT ON COLUMN admin.day_sheet.payment IS 'How far the newest payment for it is; none: nobody has begun to pay.';
COMMENT ON COLUMN admin.day_sheet.canceled_by IS 'patient, doctor or admin.';
COMMENT ON COLUMN admin.day_sheet.cancel_reason IS 'What the canceling side said, if anything.';
COMMENT ON COLUMN admin.day_sheet.starts_at IS 'When it starts, as an instant: what to ask by for all doctors at once.';
COMMENT ON COLUMN admin.day_sheet.timezone IS 'The doctor''s time zone.';
GRANT SELECT ON admin.day_sheet TO booking_admin, booking_auditor;

-- Whom an admin shuts out is out at once and everywhere; what they have booked stays, because somebody relies on it.
CREATE OR REPLACE FUNCTION admin.disable_account(id integer, reason text) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
    who text := (SELECT a.role FROM account AS a WHERE a.id = p_id);
BEGIN
    PERFORM refuse_input(
        CASE WHEN trim(coalesce(reason, '')) = '' THEN 'Why? No reason is given.' END,
        'Say it in a few words: other admins see it in account.disabled_reason, its owner does not.'
    );
    PERFORM act_as('admin');
    -- before the account, as everywhere; whoever is just booking is waited for
    IF who = 'doctor' THEN
        PERFORM lock_doctor(p_id);
    ELSIF who = 'patient' THEN
        PERFORM lock_patient_with_doctors(p_id);
    END IF;
    PERFORM refuse_input(wrong_status(p_id, 'active'), 'SELECT id, username, status, disabled_reason FROM account; shows who there is.');
    UPDATE account AS a SET status = 'disabled', disabled_reason = reason WHERE a.id = p_id;
    PERFORM revoke_sessions(p_id, NULL);
    DELETE FROM account_token AS t WHERE t.account_id = p_id;
    UPDATE doctor AS d SET disabled_at = clock_timestamp() WHERE d.account_id = p_id; -- which takes back what is on offer
    PERFORM end_offers_of(p_id);
    PERFORM act_as('');
    RETURN QUERY
        SELECT api.* FROM api_appointment AS api
        WHERE api.id IN (SELECT h.id FROM held_appointments(p_id, clock_timestamp()) AS h)
            OR api.id IN (SELECT u.id FROM upcoming_appointments(p_id) AS u)
        ORDER BY api.appointment_date, api.id;
END
$$;
COMMENT ON FUNCTION admin.disable_account(integer, text) IS
'Shuts an account out: it cannot log in, all its logins, mailed codes and links end at once, and nothing new is booked with or by it. A disabled doctor is not listed and what was on offer is withdrawn; a disabled patient keeps their places in line, and is offered nothing. What is booked already STAYS and is returned: end it by admin.cancel_appointment() or admin.bulk_cancel(). The reason is for admins alone.';
REVOKE EXECUTE ON FUNCTION admin.disable_account(integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.disable_account(integer, text) TO booking_admin;

CREATE OR REPLACE FUNCTION admin.enable_account(id integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
BEGIN
    PERFORM act_as('admin');
    PERFORM lock_doctor(d.account_id) FROM doctor AS d WHERE d.account_id = p_id;
    PERFORM refuse_input(wrong_status(p_id, 'disabled'), 'SELECT id, username FROM account WHERE status = ''disabled''; shows whom this is for.');
    UPDATE account AS a SET status = 'active', disabled_reason = NULL WHERE a.id = p_id;
    UPDATE doctor AS d SET disabled_at = NULL WHERE d.account_id = p_id;
    PERFORM act_as('');
END
$$;
COMMENT ON FUNCTION admin.enable_account(integer) IS
'Undoes admin.disable_account(): its owner may log in anew, as nothing of before is good any more, and book or be booked.';
REVOKE EXECUTE ON FUNCTION admin.enable_account(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.enable_account(integer) TO booking_admin;

CREATE OR REPLACE FUNCTION wrong_status(p_account integer, p_status text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    a account;
BEGIN
    SELECT * INTO a FROM account WHERE id = p_account FOR NO KEY UPDATE;
    RETURN CASE
        WHEN p_account IS NULL THEN 'Which account? None is given.'
        WHEN a.id IS NULL THEN format('There is no account %s.', p_account)
        WHEN a.status <> p_status THEN format('Account %s is %s.', p_account, a.status)
    END;
END
$$;
COMMENT ON FUNCTION wrong_status(integer, text) IS 'Locks an account and says why it is not one of this status; NULL: it is.';

CREATE OR REPLACE FUNCTION end_offers_of(p_patient integer) RETURNS void
LANGUAGE sql AS $$
    UPDATE offer AS o SET status = 'declined'
    FROM waitlist_entry AS w
    WHERE w.id = o.waitlist_entry_id AND w.patient_id = p_patient AND o.status IN ('queued', 'sent');
    SELECT serve_waitlist(d.account_id) FROM doctor AS d
    WHERE d.account_id IN (SELECT doctor_id FROM live_entries(p_patient)) ORDER BY d.account_id;
$$;
COMMENT ON FUNCTION end_offers_of(integer) IS
'Ends what is offered to a patient, and offers it to the others in line. The doctors must be locked.';

-- How full each doctor is, and when the next patient could come.
CREATE OR REPLACE VIEW admin.doctor_load AS
SELECT
    d.account_id AS doctor,
    d.full_name AS doctor_name,
    d.specialty,
    is_verified(d, (SELECT p FROM policy AS p)) AS takes_bookings,
    c.active,
    d.max_appointments AS cap,
    c.active || '/' || d.max_appointments AS load,
    c.holds,
    c.on_offer,
    (SELECT count(*) FROM waitlist_entry AS w WHERE w.doctor_id = d.account_id AND w.status IN ('waiting', 'offered', 'paused')) AS waiting,
    (SELECT min(s.starts_at) FROM free_slots(d.account_id, now(), now() + interval '361 hours') AS s) AS next_free_slot
FROM doctor AS d
CROSS JOIN LATERAL (
    SELECT
        count(*) AS active,
        count(*) FILTER (WHERE a.status = 'pending') AS holds,
        count(*) FILTER (WHERE a.status = 'offered') AS on_offer
    FROM appointment AS a
    WHERE a.doctor_id = d.account_id AND a.seat IS NOT NULL
        AND appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) IN ('offered', 'pending', 'confirmed')
) AS c;
COMMENT ON VIEW admin.doctor_load IS
'Every doctor with the places taken and left. Ask for one doctor, or order by active; next_free_slot of thousands of doctors takes seconds.';
COMMENT ON COLUMN admin.doctor_load.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.doctor_load.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.doctor_load.specialty IS 'The doctor''s specialty.';
COMMENT ON COLUMN admin.doctor_load.takes_bookings IS 'Whether the doctor is verified, or the policy does not ask.';
COMMENT ON COLUMN admin.doctor_load.active IS 'Places taken: appointments ahead, live holds and slots on offer.';
COMMENT ON COLUMN admin.doctor_load.cap IS 'Most places at once: the doctor''s own cap, never above 30.';
COMMENT ON COLUMN admin.doctor_load.load IS 'active/cap.';
COMMENT ON COLUMN admin.doctor_load.holds IS 'Of the active ones those that wait for a payment.';
COMMENT ON COLUMN admin.doctor_load.on_offer IS 'Of the active ones those that are on offer to the waitlist.';
COMMENT ON COLUMN admin.doctor_load.waiting IS 'Live entries on the doctor''s waitlist.';
COMMENT ON COLUMN admin.doctor_load.next_free_slot IS 'The first slot that anybody could book now; none: no free slot within 15 days.';
GRANT SELECT ON admin.doctor_load TO booking_admin, booking_auditor;

-- Why a patient cannot have a slot, rule by rule, as a booking at this moment would find it.
CREATE OR REPLACE FUNCTION admin.explain_refusal(doctor integer, patient integer, start timestamptz)
RETURNS TABLE (rule text, ok boolean, why text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found_ jsonb;
BEGIN
    PERFORM refuse_input(
        -- CASE, not WHERE: with constants alone it is called when planned
        CASE WHEN num_nulls(doctor, patient, start) > 0 THEN 'Doctor, patient and start are all needed.' END,
        'SELECT * FROM admin.explain_refusal(1, 2, ''2030-01-31 09:00+00''); account ids are in the views doctor_load and day_sheet.'
    );
    BEGIN
        -- what the clock has freed goes to the waitlist before anybody is booked: done as book() does, and undone
        PERFORM serve_waitlist(explain_refusal.doctor) WHERE has_waitlist(explain_refusal.doctor);
        found_ := jsonb_agg(r) FROM rules_with_people(explain_refusal.doctor, explain_refusal.patient, start) AS r;
        RAISE EXCEPTION USING ERRCODE = 'BK000', MESSAGE = 'undone';
    EXCEPTION WHEN SQLSTATE 'BK000' THEN
        RETURN QUERY SELECT r.rule, r.ok, r.why FROM jsonb_to_recordset(found_) AS r (rule text, ok boolean, why text);
    END;
END
$$;
COMMENT ON FUNCTION admin.explain_refusal(integer, integer, timestamptz) IS
'Every rule of booking in the order in which a refusal names the first that is broken: ok, or broken and why, for this doctor, patient and start (account ids) at this moment; ok is unknown where there is nothing to look at. A slot on offer to the patient is theirs. Changes nothing.';
REVOKE EXECUTE ON FUNCTION admin.explain_refusal(integer, integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.explain_refusal(integer, integer, timestamptz) TO booking_admin;

CREATE OR REPLACE FUNCTION rules_with_people(p_doctor integer, p_patient integer, p_start timestamptz)
RETURNS TABLE (rule text, ok boolean, why text)
LANGUAGE sql STABLE AS $$
    SELECT r.rule, r.why IS NULL, r.why
    FROM (
        VALUES
        ('appointment_doctor_id_fkey', no_doctor(p_doctor)),
        ('appointment_patient_id_fkey', coalesce(no_patient(p_patient), barred_patient(p_patient, true)))
    ) AS r (rule, why)
    UNION ALL
    SELECT r.rule, r.why IS NULL, r.why FROM booking_rules(p_patient, p_doctor, p_start, NULL) AS r
    UNION ALL
    SELECT r.rule, NULL, 'Without a doctor there is nothing to look at.'
    FROM slot_rules(NULL, NULL, NULL, NULL, NULL, NULL) AS r
    WHERE no_doctor(p_doctor) IS NOT NULL
$$;
COMMENT ON FUNCTION rules_with_people(integer, integer, timestamptz) IS
'What booking_rules() says of a booking, and whether there are such people.';

CREATE OR REPLACE FUNCTION no_patient(p_patient integer) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_patient IS NULL THEN 'Which patient? None is given.'
        WHEN NOT EXISTS (SELECT FROM patient WHERE account_id = p_patient) THEN format('There is no patient %s.', p_patient)
    END
$$;
COMMENT ON FUNCTION no_patient(integer) IS 'Why a number is no patient''s; NULL: it is one''s.';

-- Which slots are held by a booking that is not paid for yet.
CREATE OR REPLACE VIEW admin.holds AS
SELECT
    a.id AS appointment,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    a.patient_id AS patient,
    p.full_name AS patient_name,
    lower(a.during) AS starts_at,
    a.hold_expires_at AS expires_at,
    date_trunc('second', a.hold_expires_at - now()) AS remaining,
    money_text(a.fee, a.currency) AS fee,
    y.id AS payment,
    y.status AS payment_status,
    y.order_id AS paypal_order
FROM appointment AS a
INNER JOIN doctor AS d ON a.doctor_id = d.account_id
INNER JOIN patient AS p ON a.patient_id = p.account_id
LEFT JOIN LATERAL (
    SELECT
        l.id,
        l.status,
        l.order_id
    FROM payment AS l
    WHERE l.appointment_id = a.id
    ORDER BY l.id DESC
    LIMIT 1
) AS y ON true
WHERE a.status = 'pending' AND a.hold_expires_at > now()
ORDER BY a.hold_expires_at;
COMMENT ON VIEW admin.holds IS
'Live holds, those that lapse first first. Ask for all, a doctor or a patient.';
COMMENT ON COLUMN admin.holds.appointment IS 'The appointment''s number.';
COMMENT ON COLUMN admin.holds.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.holds.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.holds.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.holds.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.holds.starts_at IS 'When the appointment would start.';
COMMENT ON COLUMN admin.holds.expires_at IS 'Until when the slot is held.';
COMMENT ON COLUMN admin.holds.remaining IS 'How long that is from now.';
COMMENT ON COLUMN admin.holds.fee IS 'What is to be paid.';
COMMENT ON COLUMN admin.holds.payment IS 'The newest payment for it; none: the patient has not begun to pay.';
COMMENT ON COLUMN admin.holds.payment_status IS 'How far that is.';
COMMENT ON COLUMN admin.holds.paypal_order IS 'PayPal''s order, as its own pages name it.';
GRANT SELECT ON admin.holds TO booking_admin, booking_auditor;

CREATE OR REPLACE FUNCTION no_appointment(p_appointment integer) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_appointment IS NULL THEN 'Which appointment? None is given.'
        WHEN NOT EXISTS (SELECT FROM appointment WHERE id = p_appointment) THEN format('There is no appointment %s.', p_appointment)
    END
$$;
COMMENT ON FUNCTION no_appointment(integer) IS 'Why a number is no appointment''s; NULL: it is one''s.';

CREATE OR REPLACE FUNCTION no_doctor(p_doctor integer) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN p_doctor IS NULL THEN 'Which doctor? None is given.'
        WHEN NOT EXISTS (SELECT FROM doctor WHERE account_id = p_doctor) THEN format('There is no doctor %s.', p_doctor)
    END
$$;
COMMENT ON FUNCTION no_doctor(integer) IS 'Why a number is no doctor''s; NULL: it is one''s.';

-- What is on offer to whom at this moment.
CREATE OR REPLACE VIEW admin.offers AS
SELECT
    o.id AS offer,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    o.appointment_id AS appointment,
    lower(a.during) AS starts_at,
    o.waitlist_entry_id AS entry,
    w.patient_id AS patient,
    p.full_name AS patient_name,
    o.wave,
    o.status,
    o.expires_at,
    o.due_at AS next_look,
    o.created_at
FROM offer AS o
INNER JOIN appointment AS a ON o.appointment_id = a.id
INNER JOIN waitlist_entry AS w ON o.waitlist_entry_id = w.id
INNER JOIN doctor AS d ON a.doctor_id = d.account_id
INNER JOIN patient AS p ON w.patient_id = p.account_id
WHERE o.status IN ('queued', 'sent') AND o.expires_at > now()
ORDER BY a.doctor_id, o.appointment_id, o.wave, o.id;
COMMENT ON VIEW admin.offers IS
'Offers that can be accepted now, slot by slot. Ask for a doctor, a patient or an appointment.';
COMMENT ON COLUMN admin.offers.offer IS 'The offer''s number.';
COMMENT ON COLUMN admin.offers.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.offers.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.offers.appointment IS 'The slot, an appointment without a patient.';
COMMENT ON COLUMN admin.offers.starts_at IS 'When the slot starts.';
COMMENT ON COLUMN admin.offers.entry IS 'The waitlist entry it is offered to.';
COMMENT ON COLUMN admin.offers.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.offers.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.offers.wave IS '1 for those who heard first; each wave is twice as large.';
COMMENT ON COLUMN admin.offers.status IS 'queued: its mail is not sent yet; sent.';
COMMENT ON COLUMN admin.offers.expires_at IS 'Good until then, unless somebody else is faster.';
COMMENT ON COLUMN admin.offers.next_look IS 'When the next wave is due, or this offer''s end.';
COMMENT ON COLUMN admin.offers.created_at IS 'When it was made.';
GRANT SELECT ON admin.offers TO booking_admin, booking_auditor;

-- Money that needs a person, with all that is known about it.
CREATE OR REPLACE VIEW admin.payments_attention AS
SELECT
    t.why,
    t.payment_id AS payment,
    (SELECT max(r.id) FROM refund AS r WHERE r.payment_id = t.payment_id AND r.status = 'failed') AS failed_refund,
    t.appointment_id AS appointment,
    a.doctor_id AS doctor,
    d.full_name AS doctor_name,
    a.patient_id AS patient,
    p.full_name AS patient_name,
    lower(a.during) AS starts_at,
    appointment_status(a.status, a.hold_expires_at, upper(a.during), now()) AS appointment_status,
    y.status AS payment_status,
    money_text(coalesce(y.amount, a.fee), a.currency) AS amount,
    money_text(coalesce(y.refund_total, 0.00), a.currency) AS refunds,
    y.order_id AS paypal_order,
    y.capture_id AS paypal_capture,
    y.updated_at AS since
FROM payment_attention AS t
INNER JOIN appointment AS a ON t.appointment_id = a.id
INNER JOIN doctor AS d ON a.doctor_id = d.account_id
LEFT JOIN patient AS p ON a.patient_id = p.account_id
LEFT JOIN payment AS y ON t.payment_id = y.id;
COMMENT ON VIEW admin.payments_attention IS
'Money that the worker cannot put right without guessing. Look it up at PayPal by paypal_order or paypal_capture; ask for a failed refund once more by admin.retry_refund(failed_refund); when it is settled, UPDATE payment SET attention = NULL WHERE id = ... takes the row away.';
COMMENT ON COLUMN admin.payments_attention.why IS 'What is wrong.';
COMMENT ON COLUMN admin.payments_attention.payment IS 'The payment''s number; none: there is no payment where there should be one.';
COMMENT ON COLUMN admin.payments_attention.failed_refund IS 'The refund that has failed, for admin.retry_refund().';
COMMENT ON COLUMN admin.payments_attention.appointment IS 'The appointment that was to be paid.';
COMMENT ON COLUMN admin.payments_attention.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.payments_attention.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.payments_attention.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.payments_attention.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.payments_attention.starts_at IS 'When the appointment starts.';
COMMENT ON COLUMN admin.payments_attention.appointment_status IS 'The appointment''s status that counts now.';
COMMENT ON COLUMN admin.payments_attention.payment_status IS 'How far the payment is.';
COMMENT ON COLUMN admin.payments_attention.amount IS 'What was to be paid.';
COMMENT ON COLUMN admin.payments_attention.refunds IS 'What is back or on its way back.';
COMMENT ON COLUMN admin.payments_attention.paypal_order IS 'PayPal''s order.';
COMMENT ON COLUMN admin.payments_attention.paypal_capture IS 'PayPal''s capture: the money taken.';
COMMENT ON COLUMN admin.payments_attention.since IS 'When the payment''s status last changed.';
GRANT SELECT ON admin.payments_attention TO booking_admin, booking_auditor;

-- Whoever asks at psql for what cannot be is told why, and what to do instead.
CREATE OR REPLACE FUNCTION refuse_input(why text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF why IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = why, HINT = hint;
    END IF;
END
$$;
COMMENT ON FUNCTION refuse_input(text, text) IS
'Raises invalid_parameter_value with a hint, unless why is NULL: there is nothing wrong.';

CREATE OR REPLACE FUNCTION refuse_with_hint(code text, rule text, why text, hint text) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = code, CONSTRAINT = rule, MESSAGE = why, HINT = hint;
END
$$;
COMMENT ON FUNCTION refuse_with_hint(text, text, text, text) IS
'Raises what a rule has refused once more, under the same SQLSTATE and name, with a hint for whoever sits at psql.';

CREATE OR REPLACE FUNCTION admin.requeue_notification(id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE notification AS n SET status = 'queued', attempts = 0, due_at = clock_timestamp()
    WHERE n.id = requeue_notification.id AND n.status = 'failed';
    PERFORM refuse_input(
        coalesce(
            (SELECT format('Mail %s is %s, not failed.', n.id, n.status) FROM notification AS n WHERE n.id = requeue_notification.id),
            format('There is no mail %s.', coalesce(requeue_notification.id::text, '(none is given)'))
        ),
        'SELECT id, outcome FROM admin.undelivered WHERE status = ''failed''; lists those that can be tried again.'
    ) WHERE NOT FOUND;
    PERFORM pg_notify('booking_outbox', '');
END
$$;
COMMENT ON FUNCTION admin.requeue_notification(bigint) IS
'Has a failed mail tried again at once, as if for the first time. If what it says is no longer true by then, it is skipped.';
REVOKE EXECUTE ON FUNCTION admin.requeue_notification(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.requeue_notification(bigint) TO booking_admin;

-- An admin moves an appointment by the rules for everybody; its patient may cancel until the new start, as after a doctor's move.
CREATE OR REPLACE FUNCTION admin.reschedule_appointment(id integer, start timestamptz) RETURNS SETOF api_appointment
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    p_id ALIAS FOR id;
    rule text;
    why text;
BEGIN
    PERFORM refuse_input(no_appointment(p_id), 'SELECT * FROM admin.day_sheet WHERE doctor = ... shows a doctor''s appointments.');
    PERFORM refuse_input('Where to? No start is given.', slots_hint(p_id, now())) WHERE start IS NULL;
    PERFORM lock_doctor_of(p_id);
    PERFORM act_as('admin');
    PERFORM move_appointment(p_id, start);
    PERFORM act_as('');
    RETURN QUERY SELECT a.* FROM api_appointment AS a WHERE a.id = p_id;
EXCEPTION WHEN check_violation OR exclusion_violation THEN
    GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME, why = MESSAGE_TEXT;
    PERFORM refuse_with_hint(SQLSTATE, rule, why, slots_hint(p_id, start));
END
$$;
COMMENT ON FUNCTION admin.reschedule_appointment(integer, timestamptz) IS
'Moves an appointment that has not begun to the slot of its doctor that starts at an instant: it keeps its number and payment, patient and doctor are mailed, the patient may cancel until the new start, and the old slot goes to the waitlist. Returns the appointment.';
REVOKE EXECUTE ON FUNCTION admin.reschedule_appointment(integer, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.reschedule_appointment(integer, timestamptz) TO booking_admin;

CREATE OR REPLACE FUNCTION slots_hint(p_appointment integer, p_start timestamptz) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        'Free slots near it: ' || (
            SELECT string_agg(s.starts_at::text, ', ' ORDER BY s.starts_at)
            FROM nearest_free_slots(a.patient_id, a.doctor_id, p_start, a.id, 3) AS s
        ) || '.',
        format('SELECT * FROM admin.day_sheet WHERE appointment = %s; shows how it stands.', a.id)
    )
    FROM appointment AS a WHERE a.id = p_appointment
$$;
COMMENT ON FUNCTION slots_hint(integer, timestamptz) IS
'To which slots near an instant an appointment could be moved, in the session''s time zone; if to none, where to look.';

-- To the same request PayPal gives the same answer, so what has failed is asked for once more as another refund.
CREATE OR REPLACE FUNCTION admin.retry_refund(id integer) RETURNS SETOF refund
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    r refund;
BEGIN
    SELECT f.* INTO r FROM refund AS f WHERE f.id = retry_refund.id;
    PERFORM refuse_input(
        format('There is no refund %s.', coalesce(retry_refund.id::text, '(none is given)')),
        'SELECT refund, why FROM admin.payments_attention; lists those that have failed.'
    ) WHERE r.id IS NULL;
    PERFORM lock_payment(r.payment_id);
    SELECT f.* INTO r FROM refund AS f WHERE f.id = r.id FOR NO KEY UPDATE; -- as it stands after the wait
    PERFORM refuse_input(format('Refund %s is completed: the money is back.', r.id), 'There is nothing to be done.')
    WHERE r.status = 'completed';
    IF r.status = 'failed' THEN
        PERFORM refuse_input(
            format('Nothing is left of payment %s that is not back or on its way back.', r.payment_id),
            format('SELECT * FROM refund WHERE payment_id = %s; shows the refund that followed.', r.payment_id)
        ) WHERE NOT EXISTS (
            SELECT FROM payment AS p
            WHERE p.id = r.payment_id AND p.status IN ('captured', 'partially_refunded') AND p.refund_total < p.amount
        );
        PERFORM request_refund(r.payment_id, r.reason);
    ELSE
        UPDATE refund AS f SET due_at = clock_timestamp() WHERE f.id = r.id;
    END IF;
    RETURN QUERY SELECT f.* FROM refund AS f WHERE f.payment_id = r.payment_id AND f.id >= r.id ORDER BY f.id DESC LIMIT 1;
END
$$;
COMMENT ON FUNCTION admin.retry_refund(integer) IS
'Has the worker ask PayPal within seconds: by a new refund, of all that is not back or on its way back, if this one has failed, else about this one. Returns the refund that is now under way.';
REVOKE EXECUTE ON FUNCTION admin.retry_refund(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.retry_refund(integer) TO booking_admin;

-- Every rule there is, from what the database itself knows of it and from how the API answers it.
CREATE OR REPLACE VIEW admin.rule_catalogue AS
WITH declared AS (
    SELECT
        conname AS of_rule,
        CASE contype WHEN 'c' THEN 'check' WHEN 'f' THEN 'foreign key' WHEN 'u' THEN 'unique' ELSE 'exclusion' END AS kind,
        conrelid::regclass::text AS on_table,
        pg_get_constraintdef(oid) AS definition,
        coalesce(
            obj_description(oid, 'pg_constraint'),
            CASE contype WHEN 'f' THEN format('Each %s belongs to a %s that there is.', conrelid::regclass, confrelid::regclass) END
        ) AS sentence
    FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'u', 'x')
    UNION ALL
    SELECT
        c.relname AS of_rule,
        'unique index' AS kind,
        i.indrelid::regclass::text AS on_table,
        pg_get_indexdef(i.indexrelid) AS definition,
        obj_description(c.oid, 'pg_class') AS sentence
    FROM pg_index AS i
    INNER JOIN pg_class AS c ON i.indexrelid = c.oid
    WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u'))
),

predicate AS (
    SELECT
        p.proname AS of_rule,
        btrim(p.prosrc, E' \n') AS body,
        -- the rule first, then what the function answers
        substring(obj_description(p.oid, 'pg_proc') FROM '^.*?\.(?= |$)') AS sentence
    FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.prorettype = 'text'::regtype
),

raised AS (
    SELECT
        r.rule,
        string_agg(p.proname || '()', ', ' ORDER BY p.proname) AS by_functions
    FROM rule_answer AS r
    INNER JOIN pg_proc AS p ON p.pronamespace = 'public'::regnamespace AND strpos(p.prosrc, quote_literal(r.rule)) > 0
    WHERE p.prorettype <> 'boolean'::regtype -- such a function only asks which rule it is
    GROUP BY r.rule
)

SELECT
    r.rule,
    coalesce(d.sentence, p.sentence) AS sentence,
    concat_ws(' and ', d.kind, CASE WHEN f.rule IS NOT NULL THEN 'trigger' END) AS kind,
    r.http_status,
    concat_ws('; ', 'table ' || d.on_table, f.by_functions) AS enforced_by,
    concat_ws(E'\n', d.definition, p.body) AS definition,
    r.title
FROM rule_answer AS r
LEFT JOIN declared AS d ON r.rule = d.of_rule
LEFT JOIN predicate AS p ON r.rule = p.of_rule
LEFT JOIN raised AS f ON r.rule = f.rule
ORDER BY r.rule;
COMMENT ON VIEW admin.rule_catalogue IS
'Every rule: what it says, what enforces it, and how the API answers who breaks it. docs/rules.md has it with the tests that prove it.';
COMMENT ON COLUMN admin.rule_catalogue.rule IS 'The constraint''s name, which a refusal carries: the API''s error code.';
COMMENT ON COLUMN admin.rule_catalogue.sentence IS 'What it says.';
COMMENT ON COLUMN admin.rule_catalogue.kind IS 'What PostgreSQL knows it as; trigger: functions raise it, which triggers call.';
COMMENT ON COLUMN admin.rule_catalogue.http_status IS 'The API''s answer; 500 where nothing that a client sends can break it.';
COMMENT ON COLUMN admin.rule_catalogue.enforced_by IS 'The table that declares it, and the functions that raise it.';
COMMENT ON COLUMN admin.rule_catalogue.definition IS 'The constraint or index, and what the function of the rule''s name answers.';
COMMENT ON COLUMN admin.rule_catalogue.title IS 'How the API says it to a client.';
GRANT SELECT ON admin.rule_catalogue TO booking_admin, booking_auditor;

-- Every number that may be tuned has a parameter; what it may be is the table's constraints' to say.
CREATE OR REPLACE FUNCTION admin.set_policy(
    hold_minutes integer DEFAULT NULL,
    review_hours integer DEFAULT NULL,
    patient_hold_limit integer DEFAULT NULL,
    reminder_lead interval DEFAULT NULL,
    require_verified_doctor boolean DEFAULT NULL,
    offer_first_wave integer DEFAULT NULL,
    offer_min_notice interval DEFAULT NULL,
    offer_waves integer DEFAULT NULL,
    default_fee numeric DEFAULT NULL,
    default_currency text DEFAULT NULL,
    max_fee numeric DEFAULT NULL,
    currencies text[] DEFAULT NULL
) RETURNS SETOF policy
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    rule text;
BEGIN
    RETURN QUERY UPDATE policy AS p SET
        hold_minutes = coalesce(set_policy.hold_minutes, p.hold_minutes),
        review_hours = coalesce(set_policy.review_hours, p.review_hours),
        patient_hold_limit = coalesce(set_policy.patient_hold_limit, p.patient_hold_limit),
        reminder_lead = coalesce(set_policy.reminder_lead, p.reminder_lead),
        require_verified_doctor = coalesce(set_policy.require_verified_doctor, p.require_verified_doctor),
        offer_first_wave = coalesce(set_policy.offer_first_wave, p.offer_first_wave),
        offer_min_notice = coalesce(set_policy.offer_min_notice, p.offer_min_notice),
        offer_waves = coalesce(set_policy.offer_waves, p.offer_waves),
        default_fee = coalesce(set_policy.default_fee, p.default_fee),
        default_currency = coalesce(set_policy.default_currency, p.default_currency),
        max_fee = coalesce(set_policy.max_fee, p.max_fee),
        currencies = coalesce(set_policy.currencies, p.currencies)
    RETURNING p.*;
EXCEPTION
    WHEN check_violation THEN
        GET STACKED DIAGNOSTICS rule = CONSTRAINT_NAME;
        PERFORM refuse_with_hint(
            SQLSTATE, rule, format('The policy stays as it is: %s does not allow this.', rule),
            'It must hold that ' || (SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = rule) || '.'
        );
    WHEN numeric_value_out_of_range OR string_data_right_truncation THEN
        PERFORM refuse_input(format('The policy stays as it is: %s.', SQLERRM), '\d+ policy shows what each column may be.');
END
$$;
COMMENT ON FUNCTION admin.set_policy(
    integer, integer, integer, interval, boolean, integer, interval, integer, numeric, text, numeric, text[]
) IS
'Sets whichever numbers are named, as in admin.set_policy(hold_minutes => 20), and leaves the others; \d+ policy explains each. Returns the policy, which without a parameter is only shown. What is booked, held or offered already keeps what it was promised.';
REVOKE EXECUTE ON FUNCTION admin.set_policy(
    integer, integer, integer, interval, boolean, integer, interval, integer, numeric, text, numeric, text[]
) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.set_policy(
    integer, integer, integer, interval, boolean, integer, interval, integer, numeric, text, numeric, text[]
) TO booking_admin;

-- A mail that nobody could be given is seen, and can be tried again.
CREATE OR REPLACE VIEW admin.undelivered AS
SELECT
    n.id,
    n.kind,
    n.account_id,
    n.appointment_id,
    n.status,
    n.attempts,
    n.outcome,
    n.due_at,
    n.created_at,
    n.request_id
FROM notification AS n
WHERE n.status = 'failed' OR (n.status = 'queued' AND n.attempts > 0);
COMMENT ON VIEW admin.undelivered IS
'Mails that have failed for good, and those that were tried in vain so far (due_at: when next) or are being sent.';
COMMENT ON COLUMN admin.undelivered.id IS 'The mail''s number, for admin.requeue_notification().';
COMMENT ON COLUMN admin.undelivered.kind IS 'Which mail.';
COMMENT ON COLUMN admin.undelivered.account_id IS 'Who should get it.';
COMMENT ON COLUMN admin.undelivered.appointment_id IS 'What it is about; none: the account itself.';
COMMENT ON COLUMN admin.undelivered.status IS 'failed: given up; queued: to be tried again, or being sent.';
COMMENT ON COLUMN admin.undelivered.attempts IS 'How often it was tried.';
COMMENT ON COLUMN admin.undelivered.outcome IS 'What the last attempt met.';
COMMENT ON COLUMN admin.undelivered.due_at IS 'When it is tried next.';
COMMENT ON COLUMN admin.undelivered.created_at IS 'When the event happened.';
COMMENT ON COLUMN admin.undelivered.request_id IS 'The X-Request-ID of the act that called for it, which the logs name, too.';
GRANT SELECT ON admin.undelivered TO booking_admin, booking_auditor;

-- Whether a doctor is one, a person finds out. What is booked already stays, whatever they find.
CREATE OR REPLACE FUNCTION admin.verify_doctor(doctor integer, is_verified boolean DEFAULT true) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    since timestamptz;
BEGIN
    PERFORM refuse_with_hint('foreign_key_violation', 'appointment_doctor_id_fkey', why, 'SELECT account_id, full_name FROM doctor; shows who there is.')
    FROM no_doctor(verify_doctor.doctor) AS n (why) WHERE why IS NOT NULL;
    PERFORM lock_doctor(verify_doctor.doctor);
    UPDATE doctor AS d SET verified_at = CASE WHEN verify_doctor.is_verified THEN coalesce(d.verified_at, clock_timestamp()) END
    WHERE d.account_id = verify_doctor.doctor
    RETURNING d.verified_at INTO since;
    RETURN since;
END
$$;
COMMENT ON FUNCTION admin.verify_doctor(integer, boolean) IS
'Says that an account is of a real doctor, who so is listed and booked; or with false no longer: what is booked stays. Returns since when.';
REVOKE EXECUTE ON FUNCTION admin.verify_doctor(integer, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.verify_doctor(integer, boolean) TO booking_admin;

-- What somebody has taken out of history or written over is found by the numbers and hashes of its chain; what was taken off
-- a chain's end, or done with triggers off, by what the thing itself is now.
CREATE OR REPLACE VIEW history_now AS
SELECT
    'appointment' AS object_kind,
    id AS object_id,
    history_of(a) AS is_now
FROM appointment AS a
UNION ALL
SELECT
    'waitlist_entry' AS object_kind,
    id AS object_id,
    history_of(w) AS is_now
FROM waitlist_entry AS w
UNION ALL
SELECT
    'payment' AS object_kind,
    id AS object_id,
    history_of(p) AS is_now
FROM payment AS p
UNION ALL
SELECT
    'refund' AS object_kind,
    id AS object_id,
    history_of(r) AS is_now
FROM refund AS r
UNION ALL
SELECT
    'account' AS object_kind,
    id AS object_id,
    history_of(a) AS is_now
FROM account AS a
UNION ALL
SELECT
    'policy' AS object_kind,
    id::integer AS object_id,
    history_of(p) AS is_now
FROM policy AS p;
COMMENT ON VIEW history_now IS 'What history would keep of everything as it is now.';

CREATE OR REPLACE FUNCTION admin.verify_history()
RETURNS TABLE (object_kind text, object_id integer, number integer, finding text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH linked AS (
        SELECT
            h AS record,
            coalesce(lag(h.number) OVER chain, 0) AS last_number,
            lag(h.hash) OVER chain AS last_hash,
            lead(h.number) OVER chain IS NULL AS is_last
        FROM history AS h
        WINDOW chain AS (PARTITION BY h.object_kind, h.object_id ORDER BY h.number)
    )
    SELECT (record).object_kind, (record).object_id, (record).number, CASE
        WHEN (record).number <> last_number + 1 THEN format('Records %s to %s are missing.', last_number + 1, (record).number - 1)
        ELSE 'The record is not as it was written, or the one before it.'
    END
    FROM linked
    WHERE (record).number <> last_number + 1 OR (record).hash <> history_hash(record, last_hash)
    UNION ALL
    SELECT
        coalesce((l.record).object_kind, n.object_kind), coalesce((l.record).object_id, n.object_id), (l.record).number,
        CASE
            WHEN l.record IS NULL THEN 'It has no history.'
            WHEN n.is_now IS NULL THEN 'It is gone.'
            ELSE 'It is not what its last record says.'
        END
    FROM (SELECT record FROM linked WHERE is_last) AS l
    FULL OUTER JOIN history_now AS n
        ON (l.record).object_kind = n.object_kind AND (l.record).object_id = n.object_id
    WHERE (l.record).becomes IS DISTINCT FROM n.is_now
    ORDER BY 1, 2, 3
$$;
COMMENT ON FUNCTION admin.verify_history() IS
'What in history is not as it was written: records that are missing or changed, and things that are not what their last record says. No row: all is well. Reads all of it.';
REVOKE EXECUTE ON FUNCTION admin.verify_history() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION admin.verify_history() TO booking_admin, booking_auditor;

-- Who waits for whom, in the order in which they are served.
CREATE OR REPLACE VIEW admin.waitlist AS
SELECT
    w.id AS entry,
    w.doctor_id AS doctor,
    d.full_name AS doctor_name,
    api.position,
    w.patient_id AS patient,
    p.full_name AS patient_name,
    w.status,
    w.priority_class,
    w.desired_date,
    w.earliest_time,
    w.latest_time,
    w.min_notice_minutes,
    w.created_at
FROM waitlist_entry AS w
INNER JOIN api_waitlist_entry AS api ON w.id = api.id
INNER JOIN doctor AS d ON w.doctor_id = d.account_id
INNER JOIN patient AS p ON w.patient_id = p.account_id
WHERE w.status IN ('waiting', 'offered', 'paused')
ORDER BY w.doctor_id, w.priority_class, w.id;
COMMENT ON VIEW admin.waitlist IS
'Live waitlist entries, first in line first. Ask for a doctor or a patient.';
COMMENT ON COLUMN admin.waitlist.entry IS 'The entry''s number.';
COMMENT ON COLUMN admin.waitlist.doctor IS 'The doctor''s account id.';
COMMENT ON COLUMN admin.waitlist.doctor_name IS 'The doctor''s name.';
COMMENT ON COLUMN admin.waitlist.position IS '1 is first of those who could take the same slot.';
COMMENT ON COLUMN admin.waitlist.patient IS 'The patient''s account id.';
COMMENT ON COLUMN admin.waitlist.patient_name IS 'The patient''s name.';
COMMENT ON COLUMN admin.waitlist.status IS 'waiting; offered: a slot is on offer to them, or claimed and not paid yet; paused by the patient.';
COMMENT ON COLUMN admin.waitlist.priority_class IS '1: this doctor canceled on them lately; 2: everybody else.';
COMMENT ON COLUMN admin.waitlist.desired_date IS 'The day of the doctor''s calendar that they wait for; none: any.';
COMMENT ON COLUMN admin.waitlist.earliest_time IS 'A slot starts then or later by the doctor''s clock; none: as early as may be.';
COMMENT ON COLUMN admin.waitlist.latest_time IS 'A slot starts then or earlier by the doctor''s clock; none: as late as may be.';
COMMENT ON COLUMN admin.waitlist.min_notice_minutes IS 'How long before its start they must hear of a slot, minutes.';
COMMENT ON COLUMN admin.waitlist.created_at IS 'When they joined.';
GRANT SELECT ON admin.waitlist TO booking_admin, booking_auditor;

REVOKE ALL ON account FROM booking_app, booking_admin, booking_auditor;
-- all but the hash of the password, which password_hash_of() tells, of one account at a time
GRANT SELECT (id, username, email, email_verified_at, pending_email, role, status, generation, created_at) ON account TO booking_app;
GRANT SELECT (id, username, email, email_verified_at, role, status, disabled_reason, created_at) ON account
TO booking_admin, booking_auditor;
GRANT INSERT (username, email, password_hash, role) ON account TO booking_app;

COMMENT ON INDEX account_username_unique IS 'Usernames differ by more than their case.';
COMMENT ON INDEX account_email_unique IS 'Email addresses differ by more than their case.';
COMMENT ON CONSTRAINT account_username_valid ON account IS 'A username has 1 to 150 letters, digits or any of _.@+-.';
COMMENT ON CONSTRAINT account_email_valid ON account IS 'An email address looks like one.';
COMMENT ON CONSTRAINT account_pending_email_valid ON account IS 'A new email address looks like one.';
COMMENT ON CONSTRAINT account_role_valid ON account IS 'An account is a doctor''s or a patient''s.';
COMMENT ON CONSTRAINT account_erased_is_empty ON account IS 'Of an erased account only the id is left, and of no other.';
COMMENT ON CONSTRAINT account_status_valid ON account IS 'An account has a status that there is.';
COMMENT ON CONSTRAINT account_id_role_unique ON account IS 'An account has one role, to which its profile refers.';

-- By name before every other AFTER trigger, so that what a change leads to is recorded behind it.
CREATE OR REPLACE TRIGGER tg_account__history
AFTER INSERT OR UPDATE ON account
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_account__history ON account IS 'Records the account''s role and status.';

COMMENT ON CONSTRAINT account_token_purpose_valid ON account_token IS 'A mailed code is for something that there is.';

REVOKE ALL ON alembic_version FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON alembic_version TO booking_app, booking_admin, booking_auditor;

REVOKE ALL ON appointment FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON appointment TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (doctor_id, patient_id, during), UPDATE (status, during, cancel_reason) ON appointment TO booking_admin;

-- Each rule in a sentence, for those that are declared; the others' are in the comments of their functions. What a foreign
-- key that nothing a client sends can break refers to says enough by itself.
COMMENT ON CONSTRAINT appointment_doctor_no_overlap ON appointment IS 'A doctor is never double-booked, nor by overlapping times.';
COMMENT ON CONSTRAINT appointment_patient_no_overlap ON appointment IS 'A patient is never in two places at once.';
COMMENT ON CONSTRAINT appointment_doctor_cap ON appointment IS 'A doctor has at most 30 active appointments, each on a seat of its own, or fewer if the doctor says so.';
COMMENT ON INDEX appointment_doctor_seat IS 'No two active appointments of a doctor have the same seat.';
COMMENT ON CONSTRAINT appointment_doctor_id_fkey ON appointment IS 'Only doctors are booked.';
COMMENT ON CONSTRAINT appointment_patient_id_fkey ON appointment IS 'Only patients book.';
COMMENT ON CONSTRAINT appointment_canceled_by_valid ON appointment IS 'A canceled appointment says which side canceled it, and no other does.';
COMMENT ON CONSTRAINT appointment_during_valid ON appointment IS 'An appointment has a beginning and an end, and is not empty.';
COMMENT ON CONSTRAINT appointment_hold_has_end ON appointment IS 'A hold ends at some time.';
COMMENT ON CONSTRAINT appointment_patient_iff_claimed ON appointment IS 'An appointment has a patient, unless it is only on offer.';
COMMENT ON CONSTRAINT appointment_seat_iff_active ON appointment IS 'An appointment has a seat while it is active, and no longer.';
COMMENT ON CONSTRAINT appointment_status_valid ON appointment IS 'An appointment has a status that there is.';

CREATE OR REPLACE TRIGGER tg_appointment__rules
BEFORE INSERT OR UPDATE ON appointment
FOR EACH ROW EXECUTE FUNCTION tg_appointment__rules();
COMMENT ON TRIGGER tg_appointment__rules ON appointment IS
'Lock the doctor, read the clock, then: transition, window, hours, overlap, hold limit, cap and seat, notice, payment.';

CREATE OR REPLACE TRIGGER tg_appointment__actor
BEFORE INSERT OR UPDATE ON appointment
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_appointment__actor ON appointment IS 'Whoever writes here directly acts as admin.';

CREATE OR REPLACE TRIGGER tg_appointment__history
AFTER INSERT OR UPDATE ON appointment
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_appointment__history ON appointment IS 'Records who, when and what status.';

CREATE OR REPLACE TRIGGER tg_appointment__outbox
AFTER INSERT OR UPDATE ON appointment
FOR EACH ROW EXECUTE FUNCTION tg_appointment__outbox();
COMMENT ON TRIGGER tg_appointment__outbox ON appointment IS 'Writes the outbox in the transaction of the event.';

-- A retired row is left out: its writer need not hold the doctor's lock, so the sweep sees to what it frees.
DROP TRIGGER IF EXISTS tg_appointment__waitlist ON appointment;
CREATE CONSTRAINT TRIGGER tg_appointment__waitlist
AFTER UPDATE ON appointment DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.seat IS NOT NULL AND (NEW.status = 'canceled' OR NEW.during <> OLD.during))
EXECUTE FUNCTION tg_appointment__waitlist();
COMMENT ON TRIGGER tg_appointment__waitlist ON appointment IS 'At the end of the transaction: a canceled or moved appointment''s place goes to the waitlist.';

COMMENT ON INDEX calendar_feed_token_unique IS 'Every calendar link is another.';

COMMENT ON CONSTRAINT coming_mail_kind_valid ON coming_mail IS 'A mail that is to come is of a kind that there is.';

REVOKE ALL ON doctor FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON doctor TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (
    account_id, full_name, phone, timezone, specialty, experience_years,
    slot_minutes, buffer_minutes, fee, currency, max_appointments
) ON doctor TO booking_app;
GRANT UPDATE (timezone, slot_minutes, buffer_minutes, max_appointments, fee, currency) ON doctor TO booking_admin;

COMMENT ON CONSTRAINT doctor_account_id_fkey ON doctor IS 'A doctor''s profile is of a doctor''s account.';
COMMENT ON CONSTRAINT doctor_timezone_fkey ON doctor IS 'A doctor''s time zone is one of the IANA database.';
COMMENT ON CONSTRAINT doctor_fee_valid ON doctor IS 'A fee is not negative.';
COMMENT ON CONSTRAINT doctor_fee_has_no_minor_unit ON doctor IS 'A fee has no decimals in a currency that has none.';
COMMENT ON CONSTRAINT doctor_slot_minutes_valid ON doctor IS 'A slot lasts 5 to 480 minutes.';
COMMENT ON CONSTRAINT doctor_buffer_minutes_valid ON doctor IS 'A buffer lasts 0 to 480 minutes.';
COMMENT ON CONSTRAINT doctor_max_appointments_valid ON doctor IS 'A doctor takes 0 to 30 appointments at a time.';
COMMENT ON CONSTRAINT doctor_experience_years_valid ON doctor IS 'A doctor has 0 to 80 years of experience.';

CREATE OR REPLACE TRIGGER tg_doctor__rules
BEFORE INSERT OR UPDATE OF fee, currency ON doctor
FOR EACH ROW EXECUTE FUNCTION tg_doctor__rules();
COMMENT ON TRIGGER tg_doctor__rules ON doctor IS 'Fee and currency: the policy''s where none is given, and only allowed ones.';

DROP TRIGGER IF EXISTS tg_doctor__hours ON doctor;
CREATE CONSTRAINT TRIGGER tg_doctor__hours
AFTER UPDATE OF timezone ON doctor DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.timezone <> NEW.timezone) EXECUTE FUNCTION tg_working_hours__rules();
COMMENT ON TRIGGER tg_doctor__hours ON doctor IS 'At the end of the transaction: a new zone leaves no appointment outside the hours.';

DROP TRIGGER IF EXISTS tg_doctor__waitlist ON doctor;
CREATE CONSTRAINT TRIGGER tg_doctor__waitlist
AFTER UPDATE ON doctor DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (
    (OLD.timezone, OLD.slot_minutes, OLD.buffer_minutes, OLD.max_appointments, OLD.verified_at, OLD.disabled_at)
    IS DISTINCT FROM (NEW.timezone, NEW.slot_minutes, NEW.buffer_minutes, NEW.max_appointments, NEW.verified_at, NEW.disabled_at)
)
EXECUTE FUNCTION tg_schedule__waitlist();
COMMENT ON TRIGGER tg_doctor__waitlist ON doctor IS 'At the end of the transaction: slots on offer are withdrawn, or new ones offered.';

REVOKE ALL ON history FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON history TO booking_admin, booking_auditor;

REVOKE ALL ON notification FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON notification TO booking_app, booking_admin, booking_auditor;

COMMENT ON CONSTRAINT notification_appointment_known ON notification IS 'A mail about an appointment says about which version of it.';
COMMENT ON INDEX notification_batch IS 'One act is told each account in one mail.';
COMMENT ON CONSTRAINT notification_kind_valid ON notification IS 'A mail is of a kind that there is.';
COMMENT ON INDEX notification_once IS 'An account is told of one version of an appointment once.';
COMMENT ON CONSTRAINT notification_status_valid ON notification IS 'A mail has a status that there is.';

REVOKE ALL ON offer FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON offer TO booking_app, booking_admin, booking_auditor;

COMMENT ON INDEX offer_one_live IS 'Nobody who waits has two offers at once.';
COMMENT ON CONSTRAINT offer_status_valid ON offer IS 'An offer has a status that there is.';
COMMENT ON CONSTRAINT offer_wave_valid ON offer IS 'Waves of offers are counted from 1.';

CREATE OR REPLACE TRIGGER tg_offer__entry
AFTER INSERT OR UPDATE OF status ON offer
FOR EACH ROW EXECUTE FUNCTION tg_offer__entry();
COMMENT ON TRIGGER tg_offer__entry ON offer IS 'The entry and the mails follow.';

CREATE OR REPLACE TRIGGER tg_offer__rules
BEFORE UPDATE ON offer
FOR EACH ROW EXECUTE FUNCTION tg_offer__rules();
COMMENT ON TRIGGER tg_offer__rules ON offer IS 'What never changes, then the transition.';

REVOKE ALL ON patient FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON patient TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (account_id, full_name, phone, timezone) ON patient TO booking_app;

COMMENT ON CONSTRAINT patient_account_id_fkey ON patient IS 'A patient''s profile is of a patient''s account.';
COMMENT ON CONSTRAINT patient_timezone_fkey ON patient IS 'A patient''s time zone is one of the IANA database.';

REVOKE ALL ON payment FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON payment TO booking_app, booking_admin, booking_auditor;
GRANT UPDATE (attention) ON payment TO booking_admin;

COMMENT ON INDEX payment_one_capture IS 'An appointment is paid once.';
COMMENT ON CONSTRAINT payment_refund_within_capture ON payment IS 'Refunds never exceed what was paid.';
COMMENT ON CONSTRAINT payment_amount_valid ON payment IS 'A payment is of more than nothing.';
COMMENT ON CONSTRAINT payment_capture_known ON payment IS 'What was taken is known by PayPal''s name for it.';
COMMENT ON CONSTRAINT payment_capture_unique ON payment IS 'A capture at PayPal pays once.';
COMMENT ON CONSTRAINT payment_order_unique ON payment IS 'An order at PayPal is of one payment.';
COMMENT ON CONSTRAINT payment_reference_unique ON payment IS 'Every payment has a reference of its own.';
COMMENT ON CONSTRAINT payment_status_valid ON payment IS 'A payment has a status that there is.';

CREATE OR REPLACE TRIGGER tg_payment__history
AFTER INSERT OR UPDATE ON payment
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_payment__history ON payment IS 'Records the payment''s status.';

CREATE OR REPLACE TRIGGER tg_payment__rules
BEFORE INSERT OR UPDATE ON payment
FOR EACH ROW EXECUTE FUNCTION tg_payment__rules();
COMMENT ON TRIGGER tg_payment__rules ON payment IS 'Transition, what never changes, amount, hold; then the next look.';

REVOKE ALL ON policy FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON policy TO booking_app, booking_admin, booking_auditor;
GRANT UPDATE (
    hold_minutes, review_hours, patient_hold_limit, reminder_lead, require_verified_doctor, offer_first_wave, offer_min_notice, offer_waves,
    default_fee, default_currency, max_fee, currencies
) ON policy TO booking_admin;

COMMENT ON CONSTRAINT policy_default_currency_valid ON policy IS 'The default currency is one of those allowed.';
COMMENT ON CONSTRAINT policy_default_fee_valid ON policy IS 'The default fee is neither negative nor above the highest.';
COMMENT ON CONSTRAINT policy_hold_minutes_valid ON policy IS 'A hold lasts 1 to 1440 minutes.';
COMMENT ON CONSTRAINT policy_max_fee_valid ON policy IS 'The highest fee is 0 to 1000000.';
COMMENT ON CONSTRAINT policy_offer_first_wave_valid ON policy IS 'The first wave of offers goes to 1 to 100 patients.';
COMMENT ON CONSTRAINT policy_offer_min_notice_valid ON policy IS 'A slot is offered to the waitlist up to 0 to 72 hours before it begins.';
COMMENT ON CONSTRAINT policy_offer_waves_valid ON policy IS 'An offer is good for 1 to 24 waves.';
COMMENT ON CONSTRAINT policy_one_row ON policy IS 'There is one policy.';
COMMENT ON CONSTRAINT policy_patient_hold_limit_valid ON policy IS 'A patient may have 1 to 30 unpaid holds.';
COMMENT ON CONSTRAINT policy_reminder_lead_valid ON policy IS 'Patients are reminded 1 to 168 hours before.';
COMMENT ON CONSTRAINT policy_review_hours_valid ON policy IS 'A slot is kept for 1 to 336 hours while PayPal reviews a payment.';

CREATE OR REPLACE TRIGGER tg_policy__actor
BEFORE UPDATE ON policy
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_policy__actor ON policy IS 'Whoever writes here directly acts as admin.';

CREATE OR REPLACE TRIGGER tg_policy__history
AFTER INSERT OR UPDATE ON policy
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_policy__history ON policy IS 'Records every number of the policy.';

REVOKE ALL ON refund FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON refund TO booking_app, booking_admin, booking_auditor;

COMMENT ON CONSTRAINT refund_amount_valid ON refund IS 'A refund is of more than nothing.';
COMMENT ON CONSTRAINT refund_paypal_unique ON refund IS 'A refund at PayPal is of one refund here.';
COMMENT ON CONSTRAINT refund_status_valid ON refund IS 'A refund has a status that there is.';

CREATE OR REPLACE TRIGGER tg_refund__history
AFTER INSERT OR UPDATE ON refund
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_refund__history ON refund IS 'Records the refund''s status.';

CREATE OR REPLACE TRIGGER tg_refund__rules
BEFORE INSERT OR UPDATE ON refund
FOR EACH ROW EXECUTE FUNCTION tg_refund__rules();
COMMENT ON TRIGGER tg_refund__rules ON refund IS 'Transition, what never changes, and payment_refund_within_capture by the payment''s sum.';

CREATE OR REPLACE TRIGGER tg_refund__settle
AFTER UPDATE ON refund
FOR EACH ROW WHEN (new.status = 'completed' AND old.status <> 'completed')
EXECUTE FUNCTION tg_refund__settle();
COMMENT ON TRIGGER tg_refund__settle ON refund IS 'A completed refund changes its payment and is mailed.';

REVOKE ALL ON time_off FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON time_off TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (doctor_id, during, reason), DELETE ON time_off TO booking_admin;

COMMENT ON CONSTRAINT time_off_during_valid ON time_off IS 'Time off has a beginning and an end, and is not empty.';
COMMENT ON CONSTRAINT time_off_doctor_id_fkey ON time_off IS 'Time off is a doctor''s.';

CREATE OR REPLACE TRIGGER tg_time_off__lock
BEFORE INSERT OR UPDATE ON time_off
FOR EACH ROW EXECUTE FUNCTION tg_time_off__lock();
COMMENT ON TRIGGER tg_time_off__lock ON time_off IS 'The doctor''s lock, as for every change of the schedule.';

DROP TRIGGER IF EXISTS tg_time_off__rules ON time_off;
CREATE CONSTRAINT TRIGGER tg_time_off__rules
AFTER INSERT OR UPDATE ON time_off DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION tg_time_off__rules();
COMMENT ON TRIGGER tg_time_off__rules ON time_off IS 'At the end of the transaction: no appointment that somebody holds is covered.';

DROP TRIGGER IF EXISTS tg_time_off__waitlist ON time_off;
CREATE CONSTRAINT TRIGGER tg_time_off__waitlist
AFTER INSERT OR UPDATE OR DELETE ON time_off DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION tg_schedule__waitlist();
COMMENT ON TRIGGER tg_time_off__waitlist ON time_off IS 'At the end of the transaction: slots on offer are withdrawn, or new ones offered.';

REVOKE ALL ON time_zone FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON time_zone TO booking_app, booking_admin, booking_auditor;
GRANT INSERT ON time_zone TO booking_admin;

REVOKE ALL ON waitlist_entry FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON waitlist_entry TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (doctor_id, patient_id, desired_date), UPDATE (status) ON waitlist_entry TO booking_admin;

COMMENT ON INDEX waitlist_entry_unique IS 'Nobody waits twice for the same doctor and day.';
COMMENT ON CONSTRAINT waitlist_entry_doctor_id_fkey ON waitlist_entry IS 'One waits for doctors only.';
COMMENT ON CONSTRAINT waitlist_entry_patient_id_fkey ON waitlist_entry IS 'Only patients wait.';
COMMENT ON CONSTRAINT waitlist_entry_times_valid ON waitlist_entry IS 'The earliest time that suits is not after the latest.';
COMMENT ON CONSTRAINT waitlist_entry_min_notice_minutes_valid ON waitlist_entry IS 'The notice that an offer must give is 0 to 21600 minutes.';
COMMENT ON CONSTRAINT waitlist_entry_priority_class_valid ON waitlist_entry IS 'A waitlist entry is of the first or the second class.';
COMMENT ON CONSTRAINT waitlist_entry_status_valid ON waitlist_entry IS 'A waitlist entry has a status that there is.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__actor
BEFORE INSERT OR UPDATE ON waitlist_entry
FOR EACH STATEMENT EXECUTE FUNCTION tg_any__actor();
COMMENT ON TRIGGER tg_waitlist_entry__actor ON waitlist_entry IS 'Whoever writes here directly acts as admin.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__history
AFTER INSERT OR UPDATE ON waitlist_entry
FOR EACH ROW EXECUTE FUNCTION tg_any__history();
COMMENT ON TRIGGER tg_waitlist_entry__history ON waitlist_entry IS 'Records who waits for whom, and the status.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__outbox
AFTER INSERT ON waitlist_entry
FOR EACH ROW EXECUTE FUNCTION tg_waitlist_entry__outbox();
COMMENT ON TRIGGER tg_waitlist_entry__outbox ON waitlist_entry IS 'Writes the outbox in the transaction of the event.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__offers
AFTER UPDATE OF status ON waitlist_entry
FOR EACH ROW WHEN (old.status = 'offered' AND new.status IN ('fulfilled', 'left', 'lapsed'))
EXECUTE FUNCTION tg_waitlist_entry__offers();
COMMENT ON TRIGGER tg_waitlist_entry__offers ON waitlist_entry IS 'Whoever no longer waits is no longer offered anything.';

CREATE OR REPLACE TRIGGER tg_waitlist_entry__rules
BEFORE INSERT OR UPDATE ON waitlist_entry
FOR EACH ROW EXECUTE FUNCTION tg_waitlist_entry__rules();
COMMENT ON TRIGGER tg_waitlist_entry__rules ON waitlist_entry IS
'Lock the doctor, read the clock, then: transition, doctor verified, date inside the window, doctor full.';

REVOKE ALL ON webhook_event FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON webhook_event TO booking_app, booking_admin, booking_auditor;

REVOKE ALL ON working_hours FROM booking_app, booking_admin, booking_auditor;
GRANT SELECT ON working_hours TO booking_app, booking_admin, booking_auditor;
GRANT INSERT (doctor_id, weekday, start_minute, end_minute) ON working_hours TO booking_app;
GRANT INSERT (doctor_id, weekday, start_minute, end_minute), DELETE ON working_hours TO booking_admin;

COMMENT ON CONSTRAINT working_hours_no_overlap ON working_hours IS 'A doctor''s working hours never overlap.';
COMMENT ON CONSTRAINT working_hours_weekday_valid ON working_hours IS 'A weekday is 1 (Monday) to 7 (Sunday).';
COMMENT ON CONSTRAINT working_hours_minutes_valid ON working_hours IS 'Working hours begin before they end, within one day.';
COMMENT ON CONSTRAINT working_hours_doctor_id_fkey ON working_hours IS 'Working hours are a doctor''s.';

CREATE OR REPLACE TRIGGER tg_working_hours__lock
BEFORE INSERT OR UPDATE OR DELETE ON working_hours
FOR EACH ROW EXECUTE FUNCTION tg_working_hours__lock();
COMMENT ON TRIGGER tg_working_hours__lock ON working_hours IS 'The doctor''s lock, as for every change of the schedule.';

DROP TRIGGER IF EXISTS tg_working_hours__rules ON working_hours;
CREATE CONSTRAINT TRIGGER tg_working_hours__rules
AFTER UPDATE OR DELETE ON working_hours DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION tg_working_hours__rules();
COMMENT ON TRIGGER tg_working_hours__rules ON working_hours IS 'At the end of the transaction: no appointment is left outside the hours.';

DROP TRIGGER IF EXISTS tg_working_hours__waitlist ON working_hours;
CREATE CONSTRAINT TRIGGER tg_working_hours__waitlist
AFTER INSERT OR UPDATE OR DELETE ON working_hours DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION tg_schedule__waitlist();
COMMENT ON TRIGGER tg_working_hours__waitlist ON working_hours IS 'At the end of the transaction: slots on offer are withdrawn, or new ones offered.';

INSERT INTO policy DEFAULT VALUES ON CONFLICT DO NOTHING;

-- The zones of the IANA time zone database 2026f, as far as this PostgreSQL can compute with them.
-- A list, not pg_timezone_names: that view also has names that are no zones, and fails as a whole where one of the
-- system's files cannot be read.
DO $$
DECLARE
    zone text;
BEGIN
    FOR zone IN SELECT regexp_split_to_table(trim($zones$
        Africa/Abidjan Africa/Accra Africa/Addis_Ababa Africa/Algiers Africa/Asmara Africa/Asmera Africa/Bamako
        Africa/Bangui Africa/Banjul Africa/Bissau Africa/Blantyre Africa/Brazzaville Africa/Bujumbura Africa/Cairo
        Africa/Casablanca Africa/Ceuta Africa/Conakry Africa/Dakar Africa/Dar_es_Salaam Africa/Djibouti Africa/Douala
        Africa/El_Aaiun Africa/Freetown Africa/Gaborone Africa/Harare Africa/Johannesburg Africa/Juba Africa/Kampala
        Africa/Khartoum Africa/Kigali Africa/Kinshasa Africa/Lagos Africa/Libreville Africa/Lome Africa/Luanda
        Africa/Lubumbashi Africa/Lusaka Africa/Malabo Africa/Maputo Africa/Maseru Africa/Mbabane Africa/Mogadishu
        Africa/Monrovia Africa/Nairobi Africa/Ndjamena Africa/Niamey Africa/Nouakchott Africa/Ouagadougou
        Africa/Porto-Novo Africa/Sao_Tome Africa/Timbuktu Africa/Tripoli Africa/Tunis Africa/Windhoek America/Adak
        America/Anchorage America/Anguilla America/Antigua America/Araguaina America/Argentina/Buenos_Aires
        America/Argentina/Catamarca America/Argentina/ComodRivadavia America/Argentina/Cordoba America/Argentina/Jujuy
        America/Argentina/La_Rioja America/Argentina/Mendoza America/Argentina/Rio_Gallegos America/Argentina/Salta
        America/Argentina/San_Juan America/Argentina/San_Luis America/Argentina/Tucuman America/Argentina/Ushuaia
        America/Aruba America/Asuncion America/Atikokan America/Atka America/Bahia America/Bahia_Banderas
        America/Barbados America/Belem America/Belize America/Blanc-Sablon America/Boa_Vista America/Bogota
        America/Boise America/Buenos_Aires America/Cambridge_Bay America/Campo_Grande America/Cancun America/Caracas
        America/Catamarca America/Cayenne America/Cayman America/Chicago America/Chihuahua America/Ciudad_Juarez
        America/Coral_Harbour America/Cordoba America/Costa_Rica America/Coyhaique America/Creston America/Cuiaba
        America/Curacao America/Danmarkshavn America/Dawson America/Dawson_Creek America/Denver America/Detroit
        America/Dominica America/Edmonton America/Eirunepe America/El_Salvador America/Ensenada America/Fort_Nelson
        America/Fort_Wayne America/Fortaleza America/Glace_Bay America/Godthab America/Goose_Bay America/Grand_Turk
        America/Grenada America/Guadeloupe America/Guatemala America/Guayaquil America/Guyana America/Halifax
        America/Havana America/Hermosillo America/Indiana/Indianapolis America/Indiana/Knox America/Indiana/Marengo
        America/Indiana/Petersburg America/Indiana/Tell_City America/Indiana/Vevay America/Indiana/Vincennes
        America/Indiana/Winamac America/Indianapolis America/Inuvik America/Iqaluit America/Jamaica America/Jujuy
        America/Juneau America/Kentucky/Louisville America/Kentucky/Monticello America/Knox_IN America/Kralendijk
        America/La_Paz America/Lima America/Los_Angeles America/Louisville America/Lower_Princes America/Maceio
        America/Managua America/Manaus America/Marigot America/Martinique America/Matamoros America/Mazatlan
        America/Mendoza America/Menominee America/Merida America/Metlakatla America/Mexico_City America/Miquelon
        America/Moncton America/Monterrey America/Montevideo America/Montreal America/Montserrat America/Nassau
        America/New_York America/Nipigon America/Nome America/Noronha America/North_Dakota/Beulah
        America/North_Dakota/Center America/North_Dakota/New_Salem America/Nuuk America/Ojinaga America/Panama
        America/Pangnirtung America/Paramaribo America/Phoenix America/Port-au-Prince America/Port_of_Spain
        America/Porto_Acre America/Porto_Velho America/Puerto_Rico America/Punta_Arenas America/Rainy_River
        America/Rankin_Inlet America/Recife America/Regina America/Resolute America/Rio_Branco America/Rosario
        America/Santa_Isabel America/Santarem America/Santiago America/Santo_Domingo America/Sao_Paulo
        America/Scoresbysund America/Shiprock America/Sitka America/St_Barthelemy America/St_Johns America/St_Kitts
        America/St_Lucia America/St_Thomas America/St_Vincent America/Swift_Current America/Tegucigalpa America/Thule
        America/Thunder_Bay America/Tijuana America/Toronto America/Tortola America/Vancouver America/Virgin
        America/Whitehorse America/Winnipeg America/Yakutat America/Yellowknife Antarctica/Casey Antarctica/Davis
        Antarctica/DumontDUrville Antarctica/Macquarie Antarctica/Mawson Antarctica/McMurdo Antarctica/Palmer
        Antarctica/Rothera Antarctica/South_Pole Antarctica/Syowa Antarctica/Troll Antarctica/Vostok
        Arctic/Longyearbyen Asia/Aden Asia/Almaty Asia/Amman Asia/Anadyr Asia/Aqtau Asia/Aqtobe Asia/Ashgabat
        Asia/Ashkhabad Asia/Atyrau Asia/Baghdad Asia/Bahrain Asia/Baku Asia/Bangkok Asia/Barnaul Asia/Beirut
        Asia/Bishkek Asia/Brunei Asia/Calcutta Asia/Chita Asia/Choibalsan Asia/Chongqing Asia/Chungking Asia/Colombo
        Asia/Dacca Asia/Damascus Asia/Dhaka Asia/Dili Asia/Dubai Asia/Dushanbe Asia/Famagusta Asia/Gaza Asia/Harbin
        Asia/Hebron Asia/Ho_Chi_Minh Asia/Hong_Kong Asia/Hovd Asia/Irkutsk Asia/Istanbul Asia/Jakarta Asia/Jayapura
        Asia/Jerusalem Asia/Kabul Asia/Kamchatka Asia/Karachi Asia/Kashgar Asia/Kathmandu Asia/Katmandu Asia/Khandyga
        Asia/Kolkata Asia/Krasnoyarsk Asia/Kuala_Lumpur Asia/Kuching Asia/Kuwait Asia/Macao Asia/Macau Asia/Magadan
        Asia/Makassar Asia/Manila Asia/Muscat Asia/Nicosia Asia/Novokuznetsk Asia/Novosibirsk Asia/Omsk Asia/Oral
        Asia/Phnom_Penh Asia/Pontianak Asia/Pyongyang Asia/Qatar Asia/Qostanay Asia/Qyzylorda Asia/Rangoon Asia/Riyadh
        Asia/Saigon Asia/Sakhalin Asia/Samarkand Asia/Seoul Asia/Shanghai Asia/Singapore Asia/Srednekolymsk
        Asia/Taipei Asia/Tashkent Asia/Tbilisi Asia/Tehran Asia/Tel_Aviv Asia/Thimbu Asia/Thimphu Asia/Tokyo
        Asia/Tomsk Asia/Ujung_Pandang Asia/Ulaanbaatar Asia/Ulan_Bator Asia/Urumqi Asia/Ust-Nera Asia/Vientiane
        Asia/Vladivostok Asia/Yakutsk Asia/Yangon Asia/Yekaterinburg Asia/Yerevan Atlantic/Azores Atlantic/Bermuda
        Atlantic/Canary Atlantic/Cape_Verde Atlantic/Faeroe Atlantic/Faroe Atlantic/Jan_Mayen Atlantic/Madeira
        Atlantic/Reykjavik Atlantic/South_Georgia Atlantic/St_Helena Atlantic/Stanley Australia/ACT Australia/Adelaide
        Australia/Brisbane Australia/Broken_Hill Australia/Canberra Australia/Currie Australia/Darwin Australia/Eucla
        Australia/Hobart Australia/LHI Australia/Lindeman Australia/Lord_Howe Australia/Melbourne Australia/NSW
        Australia/North Australia/Perth Australia/Queensland Australia/South Australia/Sydney Australia/Tasmania
        Australia/Victoria Australia/West Australia/Yancowinna Brazil/Acre Brazil/DeNoronha Brazil/East Brazil/West
        CET CST6CDT Canada/Atlantic Canada/Central Canada/Eastern Canada/Mountain Canada/Newfoundland Canada/Pacific
        Canada/Saskatchewan Canada/Yukon Chile/Continental Chile/EasterIsland Cuba EET EST EST5EDT Egypt Eire Etc/GMT
        Etc/GMT+0 Etc/GMT+1 Etc/GMT+10 Etc/GMT+11 Etc/GMT+12 Etc/GMT+2 Etc/GMT+3 Etc/GMT+4 Etc/GMT+5 Etc/GMT+6
        Etc/GMT+7 Etc/GMT+8 Etc/GMT+9 Etc/GMT-0 Etc/GMT-1 Etc/GMT-10 Etc/GMT-11 Etc/GMT-12 Etc/GMT-13 Etc/GMT-14
        Etc/GMT-2 Etc/GMT-3 Etc/GMT-4 Etc/GMT-5 Etc/GMT-6 Etc/GMT-7 Etc/GMT-8 Etc/GMT-9 Etc/GMT0 Etc/Greenwich Etc/UCT
        Etc/UTC Etc/Universal Etc/Zulu Europe/Amsterdam Europe/Andorra Europe/Astrakhan Europe/Athens Europe/Belfast
        Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Bucharest Europe/Budapest
        Europe/Busingen Europe/Chisinau Europe/Copenhagen Europe/Dublin Europe/Gibraltar Europe/Guernsey
        Europe/Helsinki Europe/Isle_of_Man Europe/Istanbul Europe/Jersey Europe/Kaliningrad Europe/Kiev Europe/Kirov
        Europe/Kyiv Europe/Lisbon Europe/Ljubljana Europe/London Europe/Luxembourg Europe/Madrid Europe/Malta
        Europe/Mariehamn Europe/Minsk Europe/Monaco Europe/Moscow Europe/Nicosia Europe/Oslo Europe/Paris
        Europe/Podgorica Europe/Prague Europe/Riga Europe/Rome Europe/Samara Europe/San_Marino Europe/Sarajevo
        Europe/Saratov Europe/Simferopol Europe/Skopje Europe/Sofia Europe/Stockholm Europe/Tallinn Europe/Tirane
        Europe/Tiraspol Europe/Ulyanovsk Europe/Uzhgorod Europe/Vaduz Europe/Vatican Europe/Vienna Europe/Vilnius
        Europe/Volgograd Europe/Warsaw Europe/Zagreb Europe/Zaporozhye Europe/Zurich GB GB-Eire GMT GMT+0 GMT-0 GMT0
        Greenwich HST Hongkong Iceland Indian/Antananarivo Indian/Chagos Indian/Christmas Indian/Cocos Indian/Comoro
        Indian/Kerguelen Indian/Mahe Indian/Maldives Indian/Mauritius Indian/Mayotte Indian/Reunion Iran Israel
        Jamaica Japan Kwajalein Libya MET MST MST7MDT Mexico/BajaNorte Mexico/BajaSur Mexico/General NZ NZ-CHAT Navajo
        PRC PST8PDT Pacific/Apia Pacific/Auckland Pacific/Bougainville Pacific/Chatham Pacific/Chuuk Pacific/Easter
        Pacific/Efate Pacific/Enderbury Pacific/Fakaofo Pacific/Fiji Pacific/Funafuti Pacific/Galapagos
        Pacific/Gambier Pacific/Guadalcanal Pacific/Guam Pacific/Honolulu Pacific/Johnston Pacific/Kanton
        Pacific/Kiritimati Pacific/Kosrae Pacific/Kwajalein Pacific/Majuro Pacific/Marquesas Pacific/Midway
        Pacific/Nauru Pacific/Niue Pacific/Norfolk Pacific/Noumea Pacific/Pago_Pago Pacific/Palau Pacific/Pitcairn
        Pacific/Pohnpei Pacific/Ponape Pacific/Port_Moresby Pacific/Rarotonga Pacific/Saipan Pacific/Samoa
        Pacific/Tahiti Pacific/Tarawa Pacific/Tongatapu Pacific/Truk Pacific/Wake Pacific/Wallis Pacific/Yap Poland
        Portugal ROC ROK Singapore Turkey UCT US/Alaska US/Aleutian US/Arizona US/Central US/East-Indiana US/Eastern
        US/Hawaii US/Indiana-Starke US/Michigan US/Mountain US/Pacific US/Samoa UTC Universal W-SU WET Zulu
    $zones$, E' \n'), '\s+')
    LOOP
        BEGIN
            PERFORM now() AT TIME ZONE zone;
            INSERT INTO time_zone (name) VALUES (zone) ON CONFLICT DO NOTHING;
        EXCEPTION WHEN invalid_parameter_value THEN
            NULL; -- this PostgreSQL's data is older
        END;
    END LOOP;
END
$$;
