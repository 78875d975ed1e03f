-- When the source of a response's finding is to be told what became of it. NULL where there is nothing to tell.
ALTER TABLE responses ADD COLUMN untold TEXT;

-- Those that wait to be told already: their times have a zone and no fixed number of decimals.
UPDATE responses SET untold = strftime('%Y-%m-%dT%H:%M:%f', json_extract(body, '$.untold.next')) || '000000Z'
WHERE json_extract(body, '$.untold.next') IS NOT NULL;

CREATE INDEX responses_by_untold ON responses (untold, id) WHERE untold IS NOT NULL;
