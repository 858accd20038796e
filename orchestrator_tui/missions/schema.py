"""The store's tables.

``mission`` is the narrow hot row that every change rewrites; texts live beside it. Partial indexes hold only the
missions of one live state, so that a claim costs the same among ten missions and a million.
"""

SCHEMA_VERSION = 4

_MISSIONS = """
CREATE TABLE mission(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  priority INTEGER NOT NULL,
  type TEXT NOT NULL,
  role TEXT,
  state TEXT NOT NULL,
  dependencies INTEGER NOT NULL,
  unmet INTEGER NOT NULL,                 -- dependencies that are not completed
  attempts INTEGER NOT NULL DEFAULT 0,
  forgiven INTEGER NOT NULL DEFAULT 0,    -- attempts that no longer count against the budget
  max_retries INTEGER,
  timeout_ms INTEGER,
  undelivered INTEGER NOT NULL DEFAULT 0,
  agent_id INTEGER,
  reserved_for INTEGER,
  lease TEXT,
  nonce TEXT,
  fence TEXT,
  spent_ms INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER);
CREATE INDEX mission_pending ON mission(priority, seq) WHERE state = 'pending';
CREATE INDEX mission_pending_role ON mission(role, priority, seq) WHERE state = 'pending';
CREATE INDEX mission_retrying ON mission(not_before) WHERE state = 'retrying';
CREATE INDEX mission_blocked ON mission(priority, seq) WHERE state = 'blocked';
CREATE INDEX mission_claimed ON mission(agent_id) WHERE state IN ('assigned', 'running');
CREATE INDEX mission_reserved ON mission(reserved_for) WHERE reserved_for IS NOT NULL;
CREATE INDEX mission_open ON mission(priority, seq) WHERE ended_at IS NULL;
CREATE INDEX mission_ended ON mission(ended_at, seq) WHERE ended_at IS NOT NULL;

CREATE TABLE payload(
  seq INTEGER PRIMARY KEY REFERENCES mission,
  fingerprint TEXT NOT NULL,
  prompt TEXT NOT NULL,
  context TEXT);
CREATE TABLE outcome(
  seq INTEGER PRIMARY KEY REFERENCES mission,
  output TEXT,
  error_code TEXT,
  error_message TEXT,
  reported_duration_ms INTEGER,
  tokens_in INTEGER NOT NULL DEFAULT 0,
  tokens_out INTEGER NOT NULL DEFAULT 0);
CREATE TABLE attempt(
  seq INTEGER NOT NULL REFERENCES mission,
  n INTEGER NOT NULL,
  agent_id INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  code TEXT,
  message TEXT,
  PRIMARY KEY(seq, n)) WITHOUT ROWID;

CREATE TABLE dependency(
  child INTEGER NOT NULL REFERENCES mission,
  parent INTEGER NOT NULL REFERENCES mission,
  position INTEGER NOT NULL,
  PRIMARY KEY(child, parent)) WITHOUT ROWID;
CREATE INDEX dependency_parent ON dependency(parent, child);
CREATE TABLE broken(                      -- blocked missions and the failed or cancelled ones that block them
  child INTEGER NOT NULL REFERENCES mission,
  root INTEGER NOT NULL REFERENCES mission,
  PRIMARY KEY(child, root)) WITHOUT ROWID;

CREATE TABLE stat(state TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER stat_insert AFTER INSERT ON mission BEGIN
  INSERT INTO stat VALUES(new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;
CREATE TRIGGER stat_update AFTER UPDATE OF state ON mission WHEN old.state <> new.state BEGIN
  UPDATE stat SET n = n - 1 WHERE state = old.state;
  INSERT INTO stat VALUES(new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1; END;

CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE agent(id INTEGER PRIMARY KEY, role TEXT NOT NULL, record TEXT NOT NULL);
"""

_USAGE = """
CREATE TABLE request(                     -- requests that are counted, for as long as they may be told again
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  agent_id INTEGER NOT NULL,
  mission INTEGER,
  turn TEXT,
  conversation TEXT,
  tokens_in INTEGER NOT NULL,
  tokens_out INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  cost_usd REAL,                          -- null until somebody tells it
  estimated INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX request_conversation ON request(conversation);
CREATE INDEX request_at ON request(at);
CREATE INDEX request_turn ON request(turn);
CREATE TABLE spent(                       -- sums, kept for ever; mission 0 is nobody's
  day TEXT NOT NULL,
  agent_id INTEGER NOT NULL,
  mission INTEGER NOT NULL,
  tokens_in INTEGER NOT NULL,
  tokens_out INTEGER NOT NULL,
  cache_read INTEGER NOT NULL,
  cache_write INTEGER NOT NULL,
  cost_usd REAL NOT NULL,
  unpriced INTEGER NOT NULL,
  PRIMARY KEY(day, agent_id, mission)) WITHOUT ROWID;
CREATE INDEX spent_mission ON spent(mission);
CREATE TABLE turn(                        -- prompts that gave a mission
  id TEXT PRIMARY KEY,
  mission INTEGER NOT NULL,
  seen_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE transcript(                  -- how far each one is read
  path TEXT PRIMARY KEY,
  agent_id INTEGER NOT NULL,
  read_bytes INTEGER NOT NULL,
  read_at INTEGER NOT NULL,
  turn TEXT,
  context_tokens INTEGER,
  model TEXT) WITHOUT ROWID;
CREATE INDEX attempt_agent ON attempt(agent_id, started_at);
"""

_GIVEN = """
CREATE TABLE given(                       -- missions that a person gave to one agent, for as long as it lives
  seq INTEGER PRIMARY KEY REFERENCES mission,
  agent_id INTEGER NOT NULL);
CREATE INDEX given_agent ON given(agent_id);
"""

_FEWER_PAGES = """
-- What a commit costs is the pages that it writes: an index that each change of state rewrites is one of them.
DROP INDEX mission_pending;
DROP INDEX mission_open;
CREATE INDEX mission_delayed ON mission(priority, seq) WHERE state = 'retrying';

-- An attempt that runs or succeeded is in its mission's own row, which changes anyway; the log holds the others.
DELETE FROM attempt WHERE code IS NULL AND EXISTS (
  SELECT 1 FROM mission m WHERE m.seq = attempt.seq AND m.attempts = attempt.n AND m.state IN ('running', 'completed'));
CREATE INDEX mission_started ON mission(agent_id, started_at) WHERE started_at IS NOT NULL;
CREATE VIEW attempts AS
  SELECT seq, n, agent_id, started_at, ended_at, code, message FROM attempt
  UNION ALL
  SELECT seq, attempts, agent_id, started_at, ended_at, NULL, NULL FROM mission WHERE state IN ('running', 'completed');
"""

UPGRADES = {0: _MISSIONS, 1: _USAGE, 2: _GIVEN, 3: _FEWER_PAGES}
"""What takes a store from each format to the next; 0 is an empty file."""
