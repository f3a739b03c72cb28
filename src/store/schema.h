/*
 * schema.h - the tables of state.db, as the steps that led to them.
 *
 * A step is never changed once it was released; a new one goes to the end.
 * The number of steps that a file has seen is its user_version.
 */
#ifndef HOBNAIL_STORE_SCHEMA_H
#define HOBNAIL_STORE_SCHEMA_H

static const char *const schema_steps[] = {
    /* 1: the first tables.  Addresses are numbers; `state`, `kind`, `phase`,
     * `firmware` and `arch` are the values of their enums, which only grow at
     * their ends. */
    "CREATE TABLE leases ("
    "  ip INTEGER PRIMARY KEY,"
    "  mac INTEGER NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL,"
    "  hostname BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE hosts ("
    "  mac INTEGER PRIMARY KEY,"
    "  uuid BLOB NOT NULL,"
    "  firmware INTEGER NOT NULL,"
    "  arch INTEGER NOT NULL,"
    "  ip INTEGER NOT NULL,"
    "  first_seen INTEGER NOT NULL,"
    "  last_seen INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE images ("
    "  path BLOB PRIMARY KEY,"
    "  id TEXT NOT NULL UNIQUE,"
    "  dev INTEGER NOT NULL,"
    "  ino INTEGER NOT NULL,"
    "  size INTEGER NOT NULL,"
    "  mtime_ns INTEGER NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  why BLOB NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE events ("
    "  seq INTEGER PRIMARY KEY,"
    "  time INTEGER NOT NULL,"
    "  kind INTEGER NOT NULL,"
    "  phase INTEGER NOT NULL,"
    "  mac INTEGER NOT NULL,"
    "  ip INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL,"
    "  total INTEGER NOT NULL,"
    "  duration_ms INTEGER NOT NULL,"
    "  image BLOB NOT NULL,"
    "  file BLOB NOT NULL,"
    "  note BLOB NOT NULL"
    ") STRICT;",
};

#endif
