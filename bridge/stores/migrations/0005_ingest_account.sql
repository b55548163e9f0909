-- What became of a spool's rows, counted in the transaction of the COPY that stores them: the database's side of the
-- balance sheet. Numbers of rows, `first_row` … "row" - 1; null until a version that counts has moved the cursor.
ALTER TABLE ingest_cursor
  ADD COLUMN first_row    bigint,
  ADD COLUMN "row"        bigint,
  ADD COLUMN readings     bigint NOT NULL DEFAULT 0,
  ADD COLUMN dead_letters bigint NOT NULL DEFAULT 0,
  ADD COLUMN deduplicated bigint NOT NULL DEFAULT 0,
  ADD COLUMN lost         bigint NOT NULL DEFAULT 0;
