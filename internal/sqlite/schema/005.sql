-- What a response answers, and how: its finding, answer, target and plan. Most of its steps leave them as they are, and they are many
-- times longer than the rest, so they are written only where they change. The body of the response is now the rest.
CREATE TABLE plans (
  response TEXT PRIMARY KEY NOT NULL REFERENCES responses (id),
  body     TEXT NOT NULL
) STRICT;

-- The SHA-256 of the plan's body: by it a step knows that it has not changed. Empty where it was not taken yet.
ALTER TABLE responses ADD COLUMN planned TEXT NOT NULL DEFAULT '';

INSERT INTO plans (response, body)
SELECT id, json_object('finding', json_extract(body, '$.finding'), 'answer', json_extract(body, '$.answer'),
  'target', json_extract(body, '$.target'), 'plan', json_extract(body, '$.plan'))
FROM responses;

UPDATE responses SET body = json_remove(body, '$.finding', '$.answer', '$.target', '$.plan');
