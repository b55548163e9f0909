-- Who may connect: devices (name = device id) and users, one name for one of them. The secret itself is nowhere.
-- Whoever listens on `sluice_credentials` is told the name of each that changed, in the moment it is committed:
-- a running Sluice closes the connections of what was revoked.
CREATE TABLE credentials (
  name        text        PRIMARY KEY,
  role        text        NOT NULL CHECK (role IN ('device', 'dashboard', 'operator', 'admin')),
  label       text,
  type        text,
  secret_hash text        NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  rotated_at  timestamptz NOT NULL DEFAULT now(),
  revoked_at  timestamptz
);

CREATE FUNCTION sluice_tell_credential() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('sluice_credentials', coalesce(NEW.name, OLD.name));
  RETURN NULL;
END
$$;

CREATE TRIGGER credentials_changed AFTER INSERT OR UPDATE OR DELETE ON credentials
  FOR EACH ROW EXECUTE FUNCTION sluice_tell_credential();
