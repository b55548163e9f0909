-- Numbers below it may have been stored by another spool than `writer`, whose own memory does not have them: a row of
-- the boot with such a number is looked for before it is stored (bridge/stores/boot-writers.ts). 0: there is none.
ALTER TABLE device_boots ADD COLUMN others_below bigint NOT NULL DEFAULT 0;

-- Which of these have moved is not known; lease_from and the 1,000 numbers of a lease: 0006_device_boots.sql.
UPDATE device_boots SET others_below = lease_from + 1000 WHERE writer IS NOT NULL;
