-- Changes of a command that ended otherwise than the command as a whole (JSON): what was carried out of one that Adobe
-- refused in part, and whom a group's command left out.
ALTER TABLE commands ADD COLUMN exceptions TEXT;

-- Where Adobe has said that a group's command takes ten entries in each direction.
CREATE TABLE list_limits (
    organization TEXT NOT NULL PRIMARY KEY,
    at           TEXT NOT NULL
);
