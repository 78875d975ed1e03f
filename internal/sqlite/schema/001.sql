-- The body of a response or a record is its JSON, and the whole truth about it. The other columns are copies of parts of it, to
-- find and to order by, and for a person with the sqlite3 shell. Times are text in UTC with nine decimals, so that they sort.

CREATE TABLE responses (
  id       TEXT PRIMARY KEY NOT NULL,
  key      TEXT NOT NULL,
  state    TEXT NOT NULL,
  created  TEXT NOT NULL,
  updated  TEXT NOT NULL,
  account  TEXT NOT NULL,
  rule     TEXT NOT NULL,
  playbook TEXT NOT NULL,
  target   TEXT NOT NULL,
  body     TEXT NOT NULL
) STRICT;

CREATE INDEX responses_by_key ON responses (key, created, id);
CREATE INDEX responses_by_age ON responses (created, id);

CREATE TABLE records (
  response TEXT NOT NULL REFERENCES responses (id),
  seq      INTEGER NOT NULL,
  at       TEXT NOT NULL,
  kind     TEXT NOT NULL,
  text     TEXT NOT NULL,
  body     TEXT NOT NULL,
  PRIMARY KEY (response, seq)
) STRICT;

CREATE TRIGGER records_are_not_changed BEFORE UPDATE ON records BEGIN
  SELECT RAISE(ABORT, 'records are only ever added');
END;

CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records BEGIN
  SELECT RAISE(ABORT, 'records are only ever added');
END;

-- REPLACE deletes without asking the trigger above. It meets this one first, as does a gap.
CREATE TRIGGER records_follow_each_other BEFORE INSERT ON records
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM records WHERE response = NEW.response) BEGIN
  SELECT RAISE(ABORT, 'records are only ever added, each with the next number');
END;

CREATE TABLE leases (
  resource TEXT PRIMARY KEY NOT NULL,
  holder   TEXT NOT NULL,
  expires  TEXT NOT NULL
) STRICT;

CREATE TABLE holds (
  key TEXT PRIMARY KEY NOT NULL,
  why TEXT NOT NULL
) STRICT;

CREATE TABLE sources (
  digest TEXT PRIMARY KEY NOT NULL,
  text   BLOB NOT NULL
) STRICT;
