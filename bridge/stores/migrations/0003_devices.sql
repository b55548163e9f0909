-- The registry. What a board reports of itself is kept as doubles: boards send fractions and worse.
CREATE TABLE devices (
  device_id       text             PRIMARY KEY,
  name            text             NOT NULL,
  type            text,
  ip_address      text,
  capabilities    jsonb            NOT NULL,
  reported_status text             NOT NULL,
  connection      text             NOT NULL,
  connection_at   timestamptz      NOT NULL,
  last_seen       timestamptz      NOT NULL,
  has_readings    boolean          NOT NULL,
  uptime_ms       double precision NOT NULL,
  free_heap       double precision NOT NULL,
  wifi_rssi       double precision NOT NULL,
  errors          double precision NOT NULL,
  created_at      timestamptz      NOT NULL,
  updated_at      timestamptz      NOT NULL
) WITH (fillfactor = 70);
