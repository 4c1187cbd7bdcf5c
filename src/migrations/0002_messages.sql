-- What a text is billed as, and what it cost: a decimal number of a currency (ISO 4217).
ALTER TABLE event ADD COLUMN segments INTEGER;
ALTER TABLE event ADD COLUMN cost TEXT;
ALTER TABLE event ADD COLUMN currency TEXT;
