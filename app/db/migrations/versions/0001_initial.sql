CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE account (
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
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
	object_id BIGINT NOT NULL, 
	number INTEGER NOT NULL, 
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	transaction_id BIGINT NOT NULL, 
	database_role TEXT NOT NULL, 
	acted_as TEXT NOT NULL, 
	account_id BIGINT, 
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

CREATE TABLE repeatable_sql (
	file TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	release TEXT NOT NULL, 
	applied_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT repeatable_sql_pkey PRIMARY KEY (file)
);

COMMENT ON TABLE repeatable_sql IS 'The files of repeatable SQL, as they were last run; a changed one is run again.';

COMMENT ON COLUMN repeatable_sql.file IS 'Its path below app/db/sql.';

COMMENT ON COLUMN repeatable_sql.hash IS 'SHA-256 of the file, in hexadecimal.';

COMMENT ON COLUMN repeatable_sql.release IS 'The release that ran it.';

COMMENT ON COLUMN repeatable_sql.applied_at IS 'When it was run.';

CREATE TABLE schema_release (
	release TEXT NOT NULL, 
	oldest_program TEXT NOT NULL, 
	applied_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT schema_release_pkey PRIMARY KEY (release)
);

COMMENT ON TABLE schema_release IS 'The releases that have migrated this database; the last one counts.';

COMMENT ON COLUMN schema_release.release IS 'Its number.';

COMMENT ON COLUMN schema_release.oldest_program IS 'The oldest program that may run on its schema.';

COMMENT ON COLUMN schema_release.applied_at IS 'When its migration ended.';

CREATE TABLE time_zone (
	name TEXT NOT NULL, 
	CONSTRAINT time_zone_pkey PRIMARY KEY (name)
);

COMMENT ON TABLE time_zone IS 'The IANA time zones that this PostgreSQL can compute with.';

COMMENT ON COLUMN time_zone.name IS 'IANA name, e.g. Europe/Berlin.';

CREATE TABLE account_token (
	token_hash BYTEA NOT NULL, 
	account_id BIGINT NOT NULL, 
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
	account_id BIGINT NOT NULL, 
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
	account_id BIGINT NOT NULL, 
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
	account_id BIGINT NOT NULL, 
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
	account_id BIGINT NOT NULL, 
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
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	doctor_id BIGINT NOT NULL, 
	patient_id BIGINT, 
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
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	doctor_id BIGINT NOT NULL, 
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
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	doctor_id BIGINT NOT NULL, 
	patient_id BIGINT NOT NULL, 
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
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	doctor_id BIGINT NOT NULL, 
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

CREATE TABLE offer (
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	appointment_id BIGINT NOT NULL, 
	waitlist_entry_id BIGINT NOT NULL, 
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
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	appointment_id BIGINT NOT NULL, 
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

CREATE TABLE scheduled_notification (
	appointment_id BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	appointment_version INTEGER NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT scheduled_notification_pkey PRIMARY KEY (appointment_id, kind), 
	CONSTRAINT scheduled_notification_kind_valid CHECK (kind IN ('appointment_held', 'hold_lapsing', 'appointment_reminder')), 
	CONSTRAINT scheduled_notification_appointment_id_fkey FOREIGN KEY(appointment_id) REFERENCES appointment (id)
);

CREATE INDEX scheduled_notification_due ON scheduled_notification (due_at);

COMMENT ON TABLE scheduled_notification IS 'A mail to an appointment''s patient that is not due yet, unless something changes until then.';

COMMENT ON COLUMN scheduled_notification.kind IS 'Which mail.';

COMMENT ON COLUMN scheduled_notification.appointment_version IS 'It is about this version and no other.';

COMMENT ON COLUMN scheduled_notification.due_at IS 'When it goes into the outbox.';

CREATE TABLE notification (
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	kind TEXT NOT NULL, 
	account_id BIGINT NOT NULL, 
	appointment_id BIGINT, 
	appointment_version INTEGER, 
	waitlist_entry_id BIGINT, 
	offer_id BIGINT, 
	payment_id BIGINT, 
	slot TSTZRANGE, 
	snapshot JSONB, 
	batch UUID, 
	also BIGINT[] DEFAULT '{}' NOT NULL, 
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
	offer_id BIGINT NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT offer_token_pkey PRIMARY KEY (token_hash), 
	CONSTRAINT offer_token_offer_id_fkey FOREIGN KEY(offer_id) REFERENCES offer (id)
);

CREATE INDEX offer_token_of_offer ON offer_token (offer_id);

COMMENT ON TABLE offer_token IS 'What the link in an offer''s mail proves; each attempt to send the mail has its own.';

COMMENT ON COLUMN offer_token.token_hash IS 'SHA-256; the token itself is kept nowhere.';

COMMENT ON COLUMN offer_token.created_at IS 'When the mail was written.';

CREATE TABLE receipt (
	account_id BIGINT NOT NULL, 
	route TEXT NOT NULL, 
	key TEXT NOT NULL, 
	fingerprint BYTEA NOT NULL, 
	status SMALLINT, 
	answer BYTEA, 
	payment_id BIGINT, 
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
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	payment_id BIGINT NOT NULL, 
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
	payment_id BIGINT, 
	received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	CONSTRAINT webhook_event_pkey PRIMARY KEY (id), 
	CONSTRAINT webhook_event_payment_id_fkey FOREIGN KEY(payment_id) REFERENCES payment (id)
);

COMMENT ON TABLE webhook_event IS 'PayPal''s news, each once. It only says what to ask about: the payment it names is looked up.';

COMMENT ON COLUMN webhook_event.id IS 'PayPal''s id of the event.';

COMMENT ON COLUMN webhook_event.kind IS 'PayPal''s event_type.';

COMMENT ON COLUMN webhook_event.payment_id IS 'None: about something that is not ours.';

COMMENT ON COLUMN webhook_event.received_at IS 'When it came.';
