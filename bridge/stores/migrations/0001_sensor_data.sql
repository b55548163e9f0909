-- Readings, one row each, partitioned by month of `ts` (UTC). Columns and their order: core/copy-row.ts.
-- Nothing here refuses what the core accepts: numbers are doubles, times may be any, and partitions for
-- months nobody foresaw are made when the first row for them comes.
CREATE TABLE sensor_data (
  device_id        text             NOT NULL,
  boot             text,
  seq              bigint,
  ts               timestamptz      NOT NULL,
  received_at      timestamptz      NOT NULL,
  ts_source        text             NOT NULL,
  device_uptime_ms double precision,
  temperature      double precision,
  humidity         double precision,
  distance         double precision,
  light_level      integer,
  pressure         double precision,
  altitude         double precision,
  co2_level        double precision,
  custom           jsonb
) PARTITION BY RANGE (ts);

CREATE INDEX sensor_data_device_ts ON sensor_data (device_id, ts DESC);

-- Late rows (backfill, or a clock that is off by more than a minute): what is newest by time of receipt
-- cannot be found near the end of the index above. A live row costs this index nothing. The condition
-- is written the same way in postgres-history.ts; the planner compares them.
CREATE INDEX sensor_data_late ON sensor_data (device_id, received_at DESC)
  WHERE received_at - ts > interval '1 minute' OR ts - received_at > interval '1 minute';
