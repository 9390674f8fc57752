-- Batches given to a provider: written before one is created there, so that none is forgotten.
CREATE TABLE batch (
    tag BLOB PRIMARY KEY, -- what it is known by before the provider has named it
    provider TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    remote_id TEXT, -- NULL: not known (yet)
    ended INTEGER NOT NULL,
    created_unix_ms INTEGER NOT NULL,
    keys BLOB NOT NULL -- call keys, 32 bytes each, in the order of its requests
) STRICT;

CREATE INDEX batch_open ON batch (tag) WHERE ended = 0;

PRAGMA user_version = 3;
