-- Readings that a replay of dead letters has stored. They came past the spool: its windows do not know them, so the
-- sink asks here when a board sends one of them after all. Rows are kept for a week: stores/replayed-readings.ts.
CREATE TABLE replayed_readings (
  device_id   text        NOT NULL,
  boot        text        NOT NULL,
  seq         bigint      NOT NULL,
  replayed_at timestamptz NOT NULL,
  PRIMARY KEY (device_id, boot, seq)
);
CREATE INDEX replayed_readings_age ON replayed_readings (replayed_at);
