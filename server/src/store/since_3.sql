-- What version 4 adds to version 3: what each statement's digest is over, document and hash of each pushed change, so that
-- authorship can be shown though some of them were refused or known. Absent in older statements.

ALTER TABLE statement ADD COLUMN pushed BLOB;
