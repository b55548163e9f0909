-- Every boot of a device that has rows with a `seq`, and where to look for one of them: there is no index by `seq`
-- (it would cost a COPY more than half its time again). Written together with the rows; one row changes once
-- for 1,000 readings (core/seen-boot.ts: LEASE_NUMBERS).
--   oldest       no row of the boot has an older `ts`
--   lease_from   no row has a `seq` of lease_from + 1000 or above
--   lease_since  no row with a `seq` of lease_from or above has an older `ts`
-- A row of defaults says that nothing is known of them: right, and slow.
CREATE TABLE device_boots (
  device_id   text        NOT NULL,
  boot        text        NOT NULL,
  first_seen  timestamptz NOT NULL DEFAULT now(),
  oldest      timestamptz NOT NULL DEFAULT '-infinity',
  lease_from  bigint      NOT NULL DEFAULT 9007199254740991,
  lease_since timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (device_id, boot)
) WITH (fillfactor = 80);

INSERT INTO device_boots (device_id, boot, first_seen, oldest, lease_from, lease_since)
SELECT DISTINCT ON (device_id, boot) device_id, boot,
  min(first_seen) OVER (PARTITION BY device_id, boot), min(since) OVER (PARTITION BY device_id, boot),
  block * 1000, since
FROM (
  SELECT device_id, boot, seq / 1000 AS block, min(received_at) AS first_seen, min(ts) AS since
  FROM sensor_data WHERE boot IS NOT NULL AND seq IS NOT NULL GROUP BY device_id, boot, seq / 1000
) AS blocks
ORDER BY device_id, boot, block DESC;
