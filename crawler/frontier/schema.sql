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
    leased INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ready ON hosts (next_at) WHERE holder IS NULL AND queued > 0;
CREATE INDEX IF NOT EXISTS held ON hosts (holder) WHERE holder IS NOT NULL;
CREATE INDEX IF NOT EXISTS idle ON hosts (next_at) WHERE queued = 0 AND delayed = 0 AND leased = 0;

CREATE TABLE IF NOT EXISTS counts (
    site TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,           -- empty for none: NULLs are all different in a key
    count INTEGER NOT NULL,
    PRIMARY KEY (site, kind, outcome, reason)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO totals VALUES ('accepted', 0), ('tail', 0), ('head', 0), ('leases', 0);

PRAGMA user_version = 1;
COMMIT;
