-- Which spool stored rows of the boot last, where several nodes write to these tables (bridge/stores/boot-writers.ts);
-- null: a node that is alone, or nobody knows.
ALTER TABLE device_boots ADD COLUMN writer text;
