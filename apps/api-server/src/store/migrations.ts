/**
 * What brings a store from one version to the next; the version is SQLite's `user_version`. Entries are never changed
 * once released: a change of the schema is a new entry at the end.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    pipeline TEXT NOT NULL,
    pipeline_id TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    attempt INTEGER NOT NULL DEFAULT 1,
    cancel_requested_at TEXT,
    log_complete INTEGER NOT NULL DEFAULT 1,
    pod_uid TEXT,
    progress TEXT,
    created_at TEXT NOT NULL,
    taken_at TEXT,
    started_at TEXT,
    finished_at TEXT,
    acked_seq INTEGER NOT NULL DEFAULT 0,
    last_position INTEGER NOT NULL DEFAULT 0,
    idempotency_key TEXT UNIQUE,
    request_hash TEXT
  ) STRICT;
  CREATE INDEX jobs_by_state ON jobs (state, number);

  CREATE TABLE steps (
    job INTEGER NOT NULL REFERENCES jobs (number),
    step INTEGER NOT NULL,
    view TEXT NOT NULL,
    PRIMARY KEY (job, step)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE log (
    job INTEGER NOT NULL REFERENCES jobs (number),
    position INTEGER NOT NULL,
    type TEXT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (job, position)
  ) STRICT;

  CREATE TABLE canary (id INTEGER PRIMARY KEY CHECK (id = 1), written_at TEXT NOT NULL) STRICT;

  CREATE TABLE retries (
    job INTEGER NOT NULL REFERENCES jobs (number),
    attempt INTEGER NOT NULL,
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (job, attempt)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX retries_by_time ON retries (at);
  `,
  // A coordinator that was told to end has said so; whether its log is complete.
  'ALTER TABLE jobs ADD COLUMN told_to_end INTEGER',
];
