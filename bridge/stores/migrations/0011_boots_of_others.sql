-- Once a spool has taken the boot over: no row that another spool stored has a `seq` above this one; null: no spool
-- has. Of boots that were taken over before it was written down nobody knows: they are taken over once more.
ALTER TABLE device_boots ADD COLUMN others_to bigint;
UPDATE device_boots SET writer = NULL WHERE writer IS NOT NULL;
