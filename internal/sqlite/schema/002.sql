-- When a response began to be applied, to count what a rule did in the last hour. NULL where it was not.
ALTER TABLE responses ADD COLUMN applied TEXT;

-- Those that are there already: their times have a zone and no fixed number of decimals. A zero time is in the year 1.
UPDATE responses SET applied = strftime('%Y-%m-%dT%H:%M:%f', json_extract(body, '$.times.applied')) || '000000Z'
WHERE json_extract(body, '$.times.applied') >= '0002';

CREATE INDEX responses_by_applied ON responses (rule, applied, account) WHERE applied IS NOT NULL;
