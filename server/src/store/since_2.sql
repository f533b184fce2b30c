-- What version 3 adds to version 2: how many bytes each vault has pushed on the day that is open.

ALTER TABLE vault_cursor ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
