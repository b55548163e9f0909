-- How far each spool is stored; moved in the transaction of the COPY that stores its rows.
CREATE TABLE ingest_cursor (
  spool_id   text        PRIMARY KEY,
  "offset"   bigint      NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

-- What could not become a reading, raw, with the reason. Columns of the COPY: core/copy-row.ts.
CREATE TABLE dead_letters (
  id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received_at timestamptz NOT NULL,
  topic       text        NOT NULL,
  client_id   text,
  device_id   text,
  reason      text        NOT NULL,
  detail      text        NOT NULL,
  payload     bytea       NOT NULL
);
