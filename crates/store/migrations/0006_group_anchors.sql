-- Which entries the mapped groups of a directory were, so that a group is followed when it is renamed, and another one of
-- its name is noticed. `directory` is empty where the configuration has only one.
CREATE TABLE group_anchors (
    organization TEXT NOT NULL,
    directory    TEXT NOT NULL,
    group_name   TEXT NOT NULL,
    anchor       TEXT NOT NULL,
    dn           TEXT NOT NULL,
    first_seen   TEXT NOT NULL,
    last_seen    TEXT NOT NULL,
    PRIMARY KEY (organization, directory, group_name)
);
