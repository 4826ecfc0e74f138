-- Nearly every night sees all links together: whether some were not is asked each time, and answered without reading them.
CREATE INDEX links_seen_apart ON links (organization) WHERE seen_at <> '';
