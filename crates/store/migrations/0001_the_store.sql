-- Times are RFC 3339 in UTC with nine digits, so that text order is time order. JSON is text.
-- Nothing here is SQLite's own except the next line: "umsy", by which a store is known from other databases.
PRAGMA application_id = 1970107257;

CREATE TABLE stamps (
    organization TEXT NOT NULL PRIMARY KEY,
    stamps       TEXT NOT NULL
);

CREATE TABLE starts (
    organization TEXT NOT NULL,
    class        TEXT NOT NULL,
    times        TEXT NOT NULL,
    PRIMARY KEY (organization, class)
);

CREATE TABLE pauses (
    organization TEXT NOT NULL PRIMARY KEY,
    until        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    who          TEXT NOT NULL,
    at           TEXT NOT NULL
);

CREATE TABLE runs (
    id            TEXT NOT NULL PRIMARY KEY,
    organization  TEXT NOT NULL,
    command       TEXT NOT NULL,
    started_at    TEXT NOT NULL,
    configuration TEXT NOT NULL,
    config_path   TEXT NOT NULL,
    version       TEXT NOT NULL,
    ended_at      TEXT,
    exit_code     INTEGER,
    plan_id       TEXT,
    summary       TEXT,
    report        TEXT
);
CREATE INDEX runs_of ON runs (organization, id);

CREATE TABLE changes (
    run      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    change   TEXT NOT NULL,
    PRIMARY KEY (run, position)
);

CREATE TABLE commands (
    run         TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    command     TEXT NOT NULL,
    intended_at TEXT,
    verdict     TEXT,
    settled_at  TEXT,
    PRIMARY KEY (run, position)
);

-- Accounts of commands that left, or may have left, and of which nothing is known yet.
CREATE TABLE unsettled (
    run          TEXT NOT NULL,
    command      INTEGER NOT NULL,
    account_key  TEXT NOT NULL,
    organization TEXT NOT NULL,
    at           TEXT NOT NULL,
    account      TEXT NOT NULL,
    PRIMARY KEY (run, command, account_key),
    FOREIGN KEY (run, command) REFERENCES commands (run, position) ON DELETE CASCADE
);
CREATE INDEX unsettled_of ON unsettled (organization, account_key);

CREATE TABLE snapshots (
    organization TEXT NOT NULL PRIMARY KEY,
    read_at      TEXT NOT NULL,
    digest       TEXT NOT NULL,
    body         TEXT NOT NULL
);

CREATE TABLE absences (
    organization TEXT NOT NULL,
    account      TEXT NOT NULL,
    since        TEXT NOT NULL,
    PRIMARY KEY (organization, account)
);

CREATE TABLE links (
    organization TEXT NOT NULL,
    anchor       TEXT NOT NULL,
    adobe_id     TEXT NOT NULL,
    email        TEXT NOT NULL,
    dn           TEXT NOT NULL,
    seen_at      TEXT NOT NULL,
    PRIMARY KEY (organization, anchor)
);

CREATE TABLE plans (
    id           TEXT NOT NULL PRIMARY KEY,
    organization TEXT NOT NULL,
    at           TEXT NOT NULL,
    plan         TEXT NOT NULL
);

CREATE TABLE approvals (
    organization TEXT NOT NULL,
    plan         TEXT NOT NULL,
    who          TEXT NOT NULL,
    at           TEXT NOT NULL,
    until        TEXT NOT NULL,
    PRIMARY KEY (organization, plan)
);

-- Changes that were sent under an approval: each is used up once.
CREATE TABLE used_changes (
    organization TEXT NOT NULL,
    plan         TEXT NOT NULL,
    change       TEXT NOT NULL,
    at           TEXT NOT NULL,
    PRIMARY KEY (organization, plan, change),
    FOREIGN KEY (organization, plan) REFERENCES approvals (organization, plan) ON DELETE CASCADE
);

CREATE TABLE baselines (
    organization  TEXT NOT NULL PRIMARY KEY,
    configuration TEXT NOT NULL,
    at            TEXT NOT NULL,
    made_by       TEXT NOT NULL
);
