-- Removals that were sent, for the limits of a day and a week. Whatever somebody had approved counts nothing.
ALTER TABLE changes ADD COLUMN lifted INTEGER NOT NULL DEFAULT 0;

CREATE TABLE removals (
    run          TEXT NOT NULL,
    position     INTEGER NOT NULL,
    organization TEXT NOT NULL,
    class        TEXT NOT NULL,
    adobe_group  TEXT,
    at           TEXT NOT NULL,
    PRIMARY KEY (run, position)
);
CREATE INDEX removals_by_time ON removals (organization, at);
