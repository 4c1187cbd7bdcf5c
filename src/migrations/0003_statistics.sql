-- What statistics are made of: one row for each text and for each verification, merged from their events in whatever order
-- these come. '' stands for what no event has said. `at` is when it was counted: the day it belongs to; while no event has
-- said that, the time of the earliest one, negated, so that no span of time holds the row and the sweep still finds it.
-- The key keeps a span of time together, so statistics read one stretch of the table and need no index of their own.
CREATE TABLE text (
  at INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  country TEXT NOT NULL,
  purpose TEXT NOT NULL,
  channel TEXT NOT NULL,
  outcome INTEGER NOT NULL,
  reason TEXT NOT NULL,
  witness INTEGER NOT NULL,
  provider TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  rank INTEGER NOT NULL,
  status TEXT NOT NULL,
  error TEXT NOT NULL,
  delivered_at INTEGER,
  segments INTEGER NOT NULL,
  cost INTEGER NOT NULL,
  currency TEXT NOT NULL,
  -- Reconciliation: how many of its times to ask Twilio are over, and when the next one is. NULL: nothing is left to ask, or
  -- nobody. 4 is the rank of the first status after which a carrier has no more to say.
  asked INTEGER NOT NULL DEFAULT 0,
  ask_at INTEGER AS (
    CASE WHEN at > 0 AND provider = 'twilio' AND provider_id <> '' AND (rank < 4 OR currency = '') THEN
      at + CASE asked WHEN 0 THEN 900000 WHEN 1 THEN 3600000 WHEN 2 THEN 21600000 WHEN 3 THEN 86400000
        WHEN 4 THEN 259200000 END
    END
  ) VIRTUAL,
  PRIMARY KEY (at, id)
) WITHOUT ROWID;

CREATE INDEX text_ask ON text (ask_at) WHERE ask_at IS NOT NULL;

CREATE TABLE verification (
  at INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  country TEXT NOT NULL,
  purpose TEXT NOT NULL,
  sent_at INTEGER NOT NULL,
  channel TEXT NOT NULL,
  provider TEXT NOT NULL,
  approved_at INTEGER,
  PRIMARY KEY (at, id)
) WITHOUT ROWID;

-- Refusals are counted from their events.
CREATE INDEX event_refused ON event (at, type, reason, country, purpose, channel)
  WHERE type IN ('verification.refused', 'message.refused');
