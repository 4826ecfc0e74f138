-- How many accounts Adobe counts and never lists, as somebody approved: technical accounts.
CREATE TABLE surpluses (
    organization TEXT NOT NULL PRIMARY KEY,
    accounts     INTEGER NOT NULL,
    who          TEXT NOT NULL,
    at           TEXT NOT NULL
);
