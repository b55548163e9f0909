-- Every request to a buzzer. Ids are reserved in blocks: what is left of one at a restart is skipped.
CREATE SEQUENCE buzzer_request_ids AS bigint;

CREATE TABLE buzzer_requests (
  id           bigint           PRIMARY KEY,
  device_id    text             NOT NULL,
  status       text             NOT NULL,
  duration_ms  double precision NOT NULL,
  requested_at timestamptz      NOT NULL,
  expires_at   timestamptz      NOT NULL,
  delivered_at timestamptz,
  buzzed_at    timestamptz,
  created_at   timestamptz      NOT NULL,
  updated_at   timestamptz      NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX buzzer_requests_newest ON buzzer_requests (device_id, id DESC);
CREATE INDEX buzzer_requests_pending ON buzzer_requests (requested_at) WHERE status = 'pending';
