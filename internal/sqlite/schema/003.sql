-- When a response has to be looked at again, the target that it is about, and the log of all records.
ALTER TABLE responses ADD COLUMN wake TEXT;
ALTER TABLE responses ADD COLUMN resource TEXT NOT NULL DEFAULT '';

UPDATE responses SET resource = concat_ws('/', json_extract(body, '$.target.account'), json_extract(body, '$.target.region'),
  json_extract(body, '$.target.type'), json_extract(body, '$.target.id'))
WHERE json_extract(body, '$.target.id') <> '';

CREATE INDEX responses_by_wake ON responses (wake) WHERE wake IS NOT NULL;
CREATE INDEX responses_by_resource ON responses (resource, applied) WHERE applied IS NOT NULL;
CREATE INDEX responses_by_time_applied ON responses (applied) WHERE applied IS NOT NULL;
CREATE INDEX responses_by_state ON responses (state, created, id);

-- record is the rowid of the record: they are logged in the order in which they were written.
CREATE TABLE log (
  n        INTEGER PRIMARY KEY NOT NULL,
  record   INTEGER NOT NULL UNIQUE,
  response TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  hash     TEXT NOT NULL,
  UNIQUE (response, seq)
) STRICT;

CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log BEGIN
  SELECT RAISE(ABORT, 'the log is only ever added to');
END;

CREATE TRIGGER log_is_not_shortened BEFORE DELETE ON log BEGIN
  SELECT RAISE(ABORT, 'the log is only ever added to');
END;

CREATE TABLE checkpoints (
  length INTEGER PRIMARY KEY NOT NULL,
  text   BLOB NOT NULL
) STRICT;

CREATE TABLE words (
  name TEXT PRIMARY KEY NOT NULL,
  word TEXT NOT NULL
) STRICT;
