-- A page of the responses of a rule or of an account: without these, one that has few or none walks through all.
CREATE INDEX responses_by_rule ON responses (rule, created, id);
CREATE INDEX responses_by_account ON responses (account, created, id);

-- What is due comes in the order of its time, and then of its id.
DROP INDEX responses_by_wake;
CREATE INDEX responses_by_wake ON responses (wake, id) WHERE wake IS NOT NULL;
