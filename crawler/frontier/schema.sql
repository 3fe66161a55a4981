-- The frontier on one machine. A target is one row from its acceptance to its end; it never moves, its state does:
-- delayed (due is set), queued (neither), leased (lease is set).
BEGIN IMMEDIATE;

CREATE TABLE IF NOT EXISTS seen (fingerprint INTEGER PRIMARY KEY);

CREATE TABLE IF NOT EXISTS targets (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    priority INTEGER NOT NULL,
    position INTEGER NOT NULL,      -- order among equals; what goes back to the head counts downwards
    due REAL,                       -- epoch seconds, while it waits for them
    lease TEXT,
    worker TEXT,
    started REAL,
    expires REAL,
    attempt INTEGER NOT NULL,
    expiries INTEGER NOT NULL DEFAULT 0,
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    gap REAL NOT NULL,
    report TEXT,
    item INTEGER,                   -- its row in items, when it came of a report
    body BLOB NOT NULL              -- the target as it was added, msgpack
);
CREATE INDEX IF NOT EXISTS queued ON targets (host, priority, position) WHERE due IS NULL AND lease IS NULL;
CREATE INDEX IF NOT EXISTS delayed ON targets (due, position) WHERE due IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS leased ON targets (lease) WHERE lease IS NOT NULL;
CREATE INDEX IF NOT EXISTS expiring ON targets (expires) WHERE lease IS NOT NULL;

CREATE TABLE IF NOT EXISTS hosts (
    host TEXT PRIMARY KEY,
    next_at REAL NOT NULL,          -- epoch seconds; nobody asks it earlier
    holder TEXT,                    -- the worker that has leases of it
    queued INTEGER NOT NULL DEFAULT 0,
    delayed INTEGER NOT NULL DEFAULT 0,
    leased INTEGER NOT NULL DEFAULT 0,
    address TEXT,                   -- where it was settled, while anything of it is known
    occupied TEXT                   -- that address, while the holder may ask it there and nobody else may
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ready ON hosts (next_at) WHERE holder IS NULL AND queued > 0;
CREATE INDEX IF NOT EXISTS held ON hosts (holder) WHERE holder IS NOT NULL;
CREATE INDEX IF NOT EXISTS idle ON hosts (next_at) WHERE queued = 0 AND delayed = 0 AND leased = 0;
CREATE INDEX IF NOT EXISTS occupied ON hosts (occupied, holder) WHERE occupied IS NOT NULL;

CREATE TABLE IF NOT EXISTS resting_addresses (address TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;

-- Figures of a site have an empty report, those of a report an empty site where they are of all its sites.
CREATE TABLE IF NOT EXISTS standing (
    report TEXT NOT NULL,
    site TEXT NOT NULL,
    known INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    leased INTEGER NOT NULL,
    PRIMARY KEY (report, site)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS counts (
    report TEXT NOT NULL,
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,           -- empty for none: NULLs are all different in a key
    count INTEGER NOT NULL,
    PRIMARY KEY (report, site, kind, outcome, reason)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS budgets (
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    most INTEGER NOT NULL,
    PRIMARY KEY (site, kind)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS rounds (
    site TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    began_at REAL NOT NULL,
    interval REAL NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0,
    pictures INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS reports (
    id TEXT PRIMARY KEY,
    received REAL NOT NULL,
    most INTEGER NOT NULL,
    accepted INTEGER NOT NULL DEFAULT 0,
    body BLOB NOT NULL              -- the report, msgpack
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS items (
    id INTEGER PRIMARY KEY,
    report TEXT NOT NULL,
    fingerprint INTEGER NOT NULL,
    sealed_address TEXT,
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    at REAL NOT NULL,
    inside INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS items_of ON items (report, id);

CREATE TABLE IF NOT EXISTS revisits (
    fingerprint INTEGER PRIMARY KEY,
    site TEXT NOT NULL,
    due REAL NOT NULL,
    body BLOB NOT NULL              -- the target, msgpack
);
CREATE INDEX IF NOT EXISTS revisits_due ON revisits (due);

CREATE TABLE IF NOT EXISTS passed (
    site TEXT NOT NULL,
    reason TEXT NOT NULL,
    digest TEXT NOT NULL,
    at REAL NOT NULL,
    report TEXT,
    body BLOB NOT NULL,             -- the record, msgpack
    PRIMARY KEY (site, reason, digest)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS passed_at ON passed (site, reason, at, digest);
CREATE TABLE IF NOT EXISTS passed_counts (
    site TEXT NOT NULL,
    reason TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (site, reason)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS halts (scope TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO totals VALUES ('tail', 0), ('head', 0), ('leases', 0);

PRAGMA user_version = 2;
COMMIT;
