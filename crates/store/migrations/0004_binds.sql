-- Binds that a directory refused in a row: more of them would lock the account. Accounts belong to a directory, not to an
-- organization.
CREATE TABLE refused_binds (
    server   TEXT NOT NULL,
    identity TEXT NOT NULL,
    refusals INTEGER NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (server, identity)
);
