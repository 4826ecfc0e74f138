-- Where a configuration names several directories: when each was last read whole, what its part of the configuration meant
-- then, and which of the wanted groups it had.
CREATE TABLE directories (
    organization TEXT NOT NULL,
    name         TEXT NOT NULL,
    meaning      TEXT NOT NULL,
    read_at      TEXT NOT NULL,
    group_names  TEXT NOT NULL,
    PRIMARY KEY (organization, name)
);

-- Whom each of them has ever given, by Adobe's id of the account (`id`) and by folded address (`name`): nobody of these
-- loses anything while it cannot be read.
CREATE TABLE directory_people (
    organization TEXT NOT NULL,
    directory    TEXT NOT NULL,
    kind         TEXT NOT NULL,
    value        TEXT NOT NULL,
    PRIMARY KEY (organization, directory, kind, value)
);
