-- The newest dead letters of one device, among however many of others.
CREATE INDEX dead_letters_device ON dead_letters (device_id, id) WHERE device_id IS NOT NULL;
