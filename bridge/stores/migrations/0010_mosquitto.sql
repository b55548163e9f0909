-- The hash of a secret as Mosquitto's password file has it, made from the same secret when it was new: null for what
-- is older, since a scrypt hash cannot be turned into one. And the role of a broker beside Sluice.
ALTER TABLE credentials
  ADD COLUMN mosquitto_hash text,
  DROP CONSTRAINT credentials_role_check,
  ADD CONSTRAINT credentials_role_check CHECK (role IN ('device', 'dashboard', 'operator', 'bridge', 'admin'));
