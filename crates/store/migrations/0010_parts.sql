-- The users of a snapshot stand in parts: nobody needs all of it in one piece, and SQLite takes a value of one gigabyte at
-- most. A snapshot of the former schema has its users in `snapshots.body` and no part, and stays as it is until the next.
CREATE TABLE snapshot_parts (
    organization TEXT    NOT NULL,
    part         INTEGER NOT NULL,
    digest       TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    PRIMARY KEY (organization, part)
);

-- When the links were last seen whose own `seen_at` is empty: nearly all of them, every night. A night that finds what the
-- last one found then writes one row, and not one for each person.
CREATE TABLE seen_together (
    organization TEXT NOT NULL PRIMARY KEY,
    at           TEXT NOT NULL
);

-- Hardly one of a million rows has a `last_seen`, and every night asks for them.
CREATE INDEX link_history_former ON link_history (last_seen) WHERE last_seen IS NOT NULL;
