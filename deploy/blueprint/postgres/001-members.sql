-- Runs once in each tenant's database, in schema app, as its owner. The tenant's application may read and write the rows; the tables stay the platform's.
CREATE TABLE members (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL,
  "joinedAt" timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX members_email_key ON members (lower(email));
CREATE INDEX members_email_search ON members USING gin (email extensions.gin_trgm_ops);

CREATE TABLE settings (
  key text PRIMARY KEY,
  value jsonb NOT NULL
);
INSERT INTO settings (key, value) VALUES ('locale', '"en"'), ('theme', '"light"');
