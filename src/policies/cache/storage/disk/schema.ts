/** Incremented with every change of the tables: a file of another version starts empty. */
export const SCHEMA_VERSION = 2;

export const TABLES = `
  CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    bytes BLOB NOT NULL,
    sum INTEGER NOT NULL,
    soft INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
  );
  CREATE INDEX records_by_expiry ON records (expires_at);
  CREATE INDEX records_by_use ON records (used_at);
  CREATE TABLE names (
    name TEXT NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (name, record)
  ) WITHOUT ROWID;
  CREATE INDEX names_by_record ON names (record);
  CREATE TABLE purges (
    epoch INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    origin TEXT NOT NULL,
    own INTEGER NOT NULL
  );
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

export const DROP_TABLES = `
  DROP TABLE IF EXISTS records;
  DROP TABLE IF EXISTS tags;
  DROP TABLE IF EXISTS names;
  DROP TABLE IF EXISTS purges;
`;
