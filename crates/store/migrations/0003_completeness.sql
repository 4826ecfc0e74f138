-- Members of directory groups whom nobody can read, and with whom somebody approved a plan: they freeze nothing any more.
CREATE TABLE accepted_members (
    organization TEXT NOT NULL,
    group_name   TEXT NOT NULL,
    member       TEXT NOT NULL,
    who          TEXT NOT NULL,
    at           TEXT NOT NULL,
    PRIMARY KEY (organization, group_name, member)
);

-- How many people the last complete reads gave, and how many of them each mapped group listed.
CREATE TABLE reads (
    organization  TEXT NOT NULL,
    configuration TEXT NOT NULL,
    at            TEXT NOT NULL,
    counts        TEXT NOT NULL,
    PRIMARY KEY (organization, configuration, at)
);
