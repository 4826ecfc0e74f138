-- What a run has to remember beyond the next one, and what people may ask about one person.
-- A former email or DN of a link has its `last_seen`; the present one has none, for it is the link's `seen_at`: a run
-- that finds nothing new then writes one column of each link and nothing else.
ALTER TABLE links ADD COLUMN identity TEXT;

CREATE TABLE link_history (
    organization TEXT NOT NULL,
    anchor       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    value        TEXT NOT NULL,
    first_seen   TEXT NOT NULL,
    last_seen    TEXT,
    PRIMARY KEY (organization, anchor, kind, value),
    FOREIGN KEY (organization, anchor) REFERENCES links (organization, anchor) ON DELETE CASCADE
);

INSERT INTO link_history (organization, anchor, kind, value, first_seen)
SELECT organization, anchor, 'dn', dn, seen_at FROM links;

-- Emails are folded by the program: what stands here is moved into `link_history` when the store is opened.
CREATE TABLE unfolded (
    organization TEXT NOT NULL,
    anchor       TEXT NOT NULL,
    email        TEXT NOT NULL,
    seen_at      TEXT NOT NULL,
    PRIMARY KEY (organization, anchor)
);

INSERT INTO unfolded (organization, anchor, email, seen_at)
SELECT organization, anchor, email, seen_at FROM links;

-- Memberships that we gave and nobody took since, as far as we know.
CREATE TABLE given (
    organization TEXT NOT NULL,
    account_key  TEXT NOT NULL,
    group_key    TEXT NOT NULL,
    group_name   TEXT NOT NULL,
    at           TEXT NOT NULL,
    PRIMARY KEY (organization, account_key, group_key)
);

-- Accounts whose email a run changed: its later commands were planned under the former key.
CREATE TABLE renamed (
    run         TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    account_key TEXT NOT NULL,
    new_key     TEXT NOT NULL,
    PRIMARY KEY (run, account_key)
);

ALTER TABLE absences ADD COLUMN reads INTEGER NOT NULL DEFAULT 1;
ALTER TABLE absences ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE absences ADD COLUMN evidence TEXT;
ALTER TABLE absences ADD COLUMN last_read TEXT NOT NULL DEFAULT '';
UPDATE absences SET last_read = since;

CREATE TABLE orders (
    organization TEXT NOT NULL,
    account      TEXT NOT NULL,
    email        TEXT NOT NULL,
    word         TEXT NOT NULL,
    until        TEXT,
    who          TEXT NOT NULL,
    at           TEXT NOT NULL,
    PRIMARY KEY (organization, account)
);

CREATE TABLE departures (
    organization TEXT NOT NULL,
    email_key    TEXT NOT NULL,
    email        TEXT NOT NULL,
    at           TEXT NOT NULL,
    group_names  TEXT NOT NULL,
    PRIMARY KEY (organization, email_key)
);

CREATE TABLE failing (
    organization TEXT NOT NULL,
    fingerprint  TEXT NOT NULL,
    runs         INTEGER NOT NULL,
    since        TEXT NOT NULL,
    at           TEXT NOT NULL,
    code         TEXT NOT NULL,
    message      TEXT NOT NULL,
    digest       TEXT NOT NULL,
    change       TEXT NOT NULL,
    PRIMARY KEY (organization, fingerprint)
);

CREATE TABLE created (
    organization    TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    account         TEXT NOT NULL,
    at              TEXT NOT NULL,
    invisible_since TEXT,
    PRIMARY KEY (organization, fingerprint)
);

ALTER TABLE runs ADD COLUMN execution TEXT;
ALTER TABLE runs ADD COLUMN dropped TEXT;

-- Whom a change is about, so that all that ever happened to an account is found without reading every journal.
ALTER TABLE changes ADD COLUMN account_id TEXT;
ALTER TABLE changes ADD COLUMN email TEXT;
-- A key is `organization/jane@example.com`, folded. Only rows of the former schema pass here, so SQLite's JSON is at hand.
UPDATE changes
SET account_id = json_extract(change, '$.target.user.id'),
    email = substr(json_extract(change, '$.target.user.key'), instr(json_extract(change, '$.target.user.key'), '/') + 1)
WHERE json_extract(change, '$.target.user.key') IS NOT NULL;
CREATE INDEX changes_of_id ON changes (account_id);
CREATE INDEX changes_of_email ON changes (email);
