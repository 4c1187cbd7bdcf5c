-- The audit log: a mirror of the ledgers' events. Times are epoch milliseconds; no codes, no whole numbers.
CREATE TABLE event (
  id TEXT PRIMARY KEY NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  recipient TEXT NOT NULL,
  country TEXT,
  to_masked TEXT NOT NULL,
  verification_id TEXT,
  message_id TEXT,
  purpose TEXT,
  channel TEXT,
  provider TEXT,
  provider_id TEXT,
  provider_request_id TEXT,
  status TEXT,
  reason TEXT,
  latency_ms INTEGER,
  client TEXT,
  request_id TEXT
) WITHOUT ROWID;

-- Newest first, of everything, of one recipient, of one type; and the daily sweep.
CREATE INDEX event_at ON event (at, id);
CREATE INDEX event_recipient ON event (recipient, at, id);
CREATE INDEX event_type ON event (type, at, id);
