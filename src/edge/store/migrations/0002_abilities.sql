-- What probes have found out about endpoints; the newest counts. `endpoint` is a SHA-256 of its identity.
CREATE TABLE abilities (
    endpoint BLOB PRIMARY KEY,
    json TEXT NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
