-- A journal of schema version 2, as SQL. Never edited: it stands for files that users have.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA application_id = 0x686B6374;
PRAGMA user_version = 2;
CREATE TABLE deliveries(
    seq INTEGER PRIMARY KEY,
    received_us INTEGER NOT NULL,
    peer TEXT NOT NULL,
    provider TEXT,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    event TEXT,
    delivery_id TEXT,
    subject TEXT,
    dedup_key TEXT,
    duplicate_of INTEGER,
    body_bytes INTEGER NOT NULL,
    status INTEGER,
    answered_by TEXT,
    took_us INTEGER
);
CREATE TABLE contents(
    seq INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    head BLOB NOT NULL,
    body BLOB NOT NULL
);
CREATE TABLE attempts(
    seq INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    target TEXT NOT NULL,
    number INTEGER NOT NULL,
    started_us INTEGER NOT NULL,
    took_us INTEGER NOT NULL,
    status INTEGER,
    failure TEXT,
    detail TEXT,
    body_bytes INTEGER,
    head BLOB,
    body BLOB,
    PRIMARY KEY(seq, ordinal)
) WITHOUT ROWID;
CREATE TABLE outbox(
    seq INTEGER NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('pending', 'dead', 'missed')),
    tries INTEGER NOT NULL,
    due_us INTEGER NOT NULL,
    first_failed_us INTEGER,
    PRIMARY KEY(seq, target)
) WITHOUT ROWID;
CREATE INDEX outbox_pending ON outbox(target, seq) WHERE state = 'pending';
CREATE TABLE interviews(
    seq INTEGER PRIMARY KEY,
    fetched_us INTEGER NOT NULL,
    object BLOB NOT NULL
);
CREATE TABLE vendor_cache(
    name TEXT PRIMARY KEY,
    fetched_us INTEGER NOT NULL,
    answer BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE journal(last_seq INTEGER NOT NULL);
INSERT INTO journal(last_seq) VALUES (0);
INSERT INTO deliveries VALUES (1, 1760000000000001, '127.0.0.1:40000', 'koji', 'mismatch', 'for a test', 'interview.completed', 'd-1', 'A study', NULL, NULL, 7, 200, 'policy', 150);
INSERT INTO contents VALUES (1, 11, X'504f5354202f686f6f6b7320485454502f312e310d0a486f73743a206c6f63616c686f73740d0a582d4c6174696e3a20636166e90d0a0d0a', X'7b226e223a317d');
INSERT INTO deliveries VALUES (2, 1760000000000002, '127.0.0.1:40000', 'koji', 'verified', 'for a test', 'interview.completed', 'd-2', 'A study', 'k2', NULL, 7, 200, 'policy', 150);
INSERT INTO contents VALUES (2, 11, X'504f5354202f686f6f6b7320485454502f312e310d0a486f73743a206c6f63616c686f73740d0a582d4c6174696e3a20636166e90d0a0d0a', X'7b226e223a327d');
INSERT INTO deliveries VALUES (3, 1760000000000003, '127.0.0.1:40000', 'koji', 'verified', 'for a test', 'interview.completed', 'd-3', 'A study', 'k2', 2, 8, 200, 'policy', 150);
INSERT INTO contents VALUES (3, 11, X'504f5354202f686f6f6b7320485454502f312e310d0a486f73743a206c6f63616c686f73740d0a582d4c6174696e3a20636166e90d0a0d0a', X'7b226e223a337dff');
INSERT INTO attempts VALUES (3, 1, 'http://localhost:3000/hooks', 1, 1760000000000100, 900, 500, NULL, NULL, 2, X'436f6e74656e742d547970653a20746578742f706c61696e0d0a', X'6f6b');
INSERT INTO outbox VALUES (3, 'http://localhost:3000', 'pending', 1, 1760000001000100, 1760000000000100);
UPDATE journal SET last_seq = 7;
INSERT INTO interviews VALUES (3, 1760000000000200, X'7b7d');
