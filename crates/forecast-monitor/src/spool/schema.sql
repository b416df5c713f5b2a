-- The spool's tables. Times are whole milliseconds since 1970, UTC; dates are ISO text, which
-- sorts as dates do.

-- One row a forecast: `state` is 0 while it waits, 1 when it was delivered, 2 when it was set
-- aside because it cannot be read. An id is never used again, so that it names one forecast
-- also after that one is gone.
CREATE TABLE forecasts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    version INTEGER NOT NULL,
    origin TEXT NOT NULL,
    kind TEXT NOT NULL,
    answers_from TEXT NOT NULL,
    issued_at_ms INTEGER NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,
    UNIQUE (model, version, origin, kind)
) STRICT;
CREATE INDEX waiting ON forecasts (answers_from, id) WHERE state = 0;
CREATE INDEX by_state ON forecasts (state, kind, issued_at_ms);

-- What was forecast. Apart from the row above, so that a damaged page of these, which are
-- nearly all of the file, can still be marked up there.
CREATE TABLE payloads (
    id INTEGER PRIMARY KEY,
    digest BLOB NOT NULL,
    json TEXT NOT NULL
) STRICT;

CREATE TABLE labels (
    version INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (version, key)
) STRICT;

CREATE TABLE service (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- Requests by day; `n_delivered` is what `n` was when it was delivered last.
CREATE TABLE counts (
    version INTEGER NOT NULL,
    day TEXT NOT NULL,
    n INTEGER NOT NULL,
    n_delivered INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (version, day)
) STRICT;
