-- Every night asks for the links that were not seen with all the others; hardly one of a million is like that.
CREATE INDEX links_apart ON links (organization) WHERE seen_at <> '';
