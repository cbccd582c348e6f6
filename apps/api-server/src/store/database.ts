import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { ApiServerError } from '../errors/api-server-error.ts';
import { migrations } from './migrations.ts';

/** Name of the store's one file in the data directory (SQLite keeps a `-wal` file beside it while it is open). */
export const STORE_FILE = 'danube.db';

/** Opens the store of a data directory, creating and migrating it as needed. One process at a time can have it open. */
export const openDatabase = (dataDir: string): Database => {
  const memory = dataDir === ':memory:';
  const place = memory ? 'The store in memory' : `The store ${JSON.stringify(join(dataDir, STORE_FILE))}`;
  let sqlite: DatabaseSync | undefined;
  try {
    if (!memory) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    sqlite = new DatabaseSync(memory ? dataDir : join(dataDir, STORE_FILE), { timeout: 0 });
    configure(sqlite);
    migrate(sqlite, place);
    return new Database(sqlite);
  } catch (error) {
    sqlite?.close();
    throw explain(error, place);
  }
};

/** An open SQLite database: prepared statements, transactions. */
export class Database {
  readonly #sqlite: DatabaseSync;
  #isInTransaction = false;

  constructor(sqlite: DatabaseSync) {
    this.#sqlite = sqlite;
  }

  prepare(sql: string): StatementSync {
    return this.#sqlite.prepare(sql);
  }

  /** Runs `work` in one transaction: all of it is durable when this returns, and nothing of it when it throws. */
  transaction<T>(work: () => T): T {
    if (this.#isInTransaction) return work();
    this.#sqlite.exec('BEGIN IMMEDIATE');
    this.#isInTransaction = true;
    try {
      const result = work();
      this.#sqlite.exec('COMMIT');
      return result;
    } catch (error) {
      // A failed COMMIT (disk full) has rolled back already.
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK');
      throw error;
    } finally {
      this.#isInTransaction = false;
    }
  }

  close(): void {
    this.#sqlite.close();
  }
}

// Exclusive locking: a second api-server on the same file would run every job twice. `synchronous = FULL` makes a
// commit survive a power cut, which is what "durable before 201" promises (https://sqlite.org/pragma.html#pragma_synchronous).
const configure = (sqlite: DatabaseSync): void => {
  sqlite.exec('PRAGMA locking_mode = EXCLUSIVE');
  sqlite.exec('PRAGMA journal_mode = WAL');
  sqlite.exec('PRAGMA synchronous = FULL');
  sqlite.exec('PRAGMA foreign_keys = ON');
};

const migrate = (sqlite: DatabaseSync, place: string): void => {
  const version = Number(sqlite.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > migrations.length) {
    throw new ApiServerError(
      'STORE_NEWER',
      `${place} has version ${version}, and this program knows ${migrations.length}`,
    );
  }
  sqlite.exec('BEGIN EXCLUSIVE');
  for (const sql of migrations.slice(version)) sqlite.exec(sql);
  sqlite.exec(`PRAGMA user_version = ${migrations.length}`);
  sqlite.exec('COMMIT');
};

// https://sqlite.org/rescode.html
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

const explain = (error: unknown, place: string): unknown => {
  if (error instanceof ApiServerError) return error;
  const { errcode, code, message } = error as { errcode?: number; code?: string; message?: string };
  if (errcode === SQLITE_BUSY) return new ApiServerError('STORE_IN_USE', `${place} is in use`, { cause: error });
  if (errcode === SQLITE_CORRUPT || errcode === SQLITE_NOTADB)
    return new ApiServerError('STORE_UNREADABLE', `${place} is damaged (${message})`, { cause: error });
  const why = code === undefined || code === 'ERR_SQLITE_ERROR' ? message : code;
  return new ApiServerError('DATA_DIR_UNUSABLE', `${place} cannot be opened (${why})`, { cause: error });
};
