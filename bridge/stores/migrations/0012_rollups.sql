-- Readings by the minute and by the hour, kept by stores/rollups.ts: for each number a device sends, how many there
-- were, their sum, least, greatest and last. What is here is exactly what the raw rows give, or it is not read:
--   minutes before minute_from and from minute_to on are not made yet,
--   hours from hour_to on neither,
--   and an hour of a device with a mark has got readings since it was made.
-- All three are read from the rows of the finer table instead.
CREATE TABLE series (
  id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  device_id text    NOT NULL,
  -- A column of sensor_data in the spelling of the readings (lightLevel), or a key of custom.
  metric    text    NOT NULL,
  UNIQUE (device_id, metric)
);

CREATE TABLE readings_minute (
  series  integer          NOT NULL,
  count   integer          NOT NULL,
  start   timestamptz      NOT NULL,
  sum     double precision NOT NULL,
  min     double precision NOT NULL,
  max     double precision NOT NULL,
  last    double precision NOT NULL,
  -- Of the last one: milliseconds after `start`.
  last_ms integer          NOT NULL,
  PRIMARY KEY (series, start)
) PARTITION BY RANGE (start);

CREATE TABLE readings_hour (LIKE readings_minute, PRIMARY KEY (series, start)) PARTITION BY RANGE (start);

-- One row. `-infinity` in minute_from: there is no older reading.
CREATE TABLE rollup_state (
  is_only     boolean     PRIMARY KEY DEFAULT true CHECK (is_only),
  minute_from timestamptz NOT NULL,
  minute_to   timestamptz NOT NULL,
  hour_to     timestamptz NOT NULL
);
-- minute_from is the start of an hour always: the hours from there on are whole.
INSERT INTO rollup_state (minute_from, minute_to, hour_to)
SELECT hour, hour, hour FROM (SELECT date_trunc('hour', now(), 'UTC') AS hour) AS this;

-- Readings of this device and hour were stored after the minutes they belong to may have been made. Appended in the
-- transaction that stores the readings, taken away in the one that makes the hour anew.
CREATE TABLE rollup_marks (
  id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  device_id text        NOT NULL,
  hour      timestamptz NOT NULL
);
CREATE INDEX rollup_marks_device ON rollup_marks (device_id, hour);

-- Months of readings that were dropped for their age, `2026_01`: what comes for one of them later is added to the minutes
-- and hours that are there, which can't be made anew. Minutes go in their own time; null: not yet.
CREATE TABLE dropped_months (
  month              text        PRIMARY KEY,
  dropped_at         timestamptz NOT NULL DEFAULT now(),
  minutes_dropped_at timestamptz
);

-- What came for a dropped month, detached from sensor_data while it is added, device by device; dropped at the end.
CREATE TABLE late_months (
  name      text PRIMARY KEY,
  month     text NOT NULL,
  -- The last one that was added.
  device_id text NOT NULL DEFAULT ''
);

-- Rows that a spool stores with an older `ts` are marked. It moves in the batches of the spool itself, so that whoever
-- reads it knows: what is below it and has no mark is committed. Null: all rows are marked.
ALTER TABLE ingest_cursor ADD COLUMN live_from timestamptz;
