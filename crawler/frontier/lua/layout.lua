-- What every script shares; each is sent with this in front. KEYS[1]: prefix. ARGV[1]: epoch seconds, or '' for now.
--
--   requests:HOST:PRIORITY  list    entries, oldest first: a list packs them with a few bytes each on top
--   priorities:HOST         zset    which of those lists exist
--   ready                   zset    hosts with entries that nobody holds, by when they may next be asked
--   resting                 zset    hosts that may not be asked yet, by when they may; stale members are dropped
--   underway                hash    host -> its leases; a host in here is held
--   held:WORKER             set     the hosts that a worker holds
--   settled                 hash    host -> the address it answers at, while anything of it is known
--   occupied                hash    host -> that address, while its holder may ask it there and no other worker may
--   occupants               hash    address -> the worker that holds all of its hosts
--   occupancy               hash    address -> how many of its hosts are held
--   resting_addresses       zset    addresses that may not be asked yet, by when they may; stale ones are dropped
--   delayed                 zset    number, host and entry, by when the entry becomes due
--   leases                  hash    id -> start, worker, host, entry
--   expiries                zset    lease ids by when they expire
--   answered:WORKER         string  the worker's last call for leases and what it was given
--   hosts                   hash    host -> targets not yet ended
--   dupefilter:BUCKET       set     fingerprints, few enough in each to stay a packed integer set
--   standing                hash    known/SITE, pending/SITE, leased/SITE -> count
--   counts                  hash    SITE/kind/outcome/reason -> count
--   budgets                 hash    page/SITE, picture/SITE -> the most in one round
--   taken                   hash    page/SITE, picture/SITE -> accepted in this round
--   rounds                  hash    site -> number, beginning, interval, name of the call that began it
--   halts                   hash    site or * -> the halt
--   reports                 zset    ids by when the report was received
--   report:ID               hash    body, opened (the call that did), most, accepted, items; known, pending, leased,
--                                   and SITE/kind/outcome/reason -> count
--   items:ID                list    when accepted, and what came of the report
--   fates:ID                hash    number of an item -> what became of it
--   revisits:SITE           zset    fingerprints by when the revisit is due
--   revisit_entries         hash    fingerprint -> site, host, item, entry
--   passed:SITE/REASON      zset    digests of what was passed over, by when it was last seen
--   passed_records:SITE/REASON  hash  digest -> the record
--   passed_lists            set     the SITE/REASON of those
--   totals                  hash    revisits, and the numbers last given to a lease and a delayed entry
--
-- An entry is a head that the scripts read and a body that they do not; crawler/frontier/entries.py writes it.

local call = redis.call
local P = KEYS[1] .. ':'

local now = tonumber(ARGV[1])
if not now then
  local time = call('TIME')
  now = time[1] + time[2] / 1e6
end

-- What is ordered by when it may be asked, is due or expires has whole microseconds for scores: a small sorted set keeps
-- integers as such, and finds a place among them several times as fast as among fractions. They are texts, as a number is
-- made one again for each command that it is given to. All else has seconds.
local function score(moment)
  return string.format('%.0f', moment * 1e6)
end

local function seconds(of_score)
  return of_score / 1e6
end

local NOW = score(now)

local function is_over(of_score)
  return tonumber(of_score) <= tonumber(NOW)
end

local HEAD = '>HdBIHHc0Bc0'  -- priority, gap, kind, attempt, expiries, site, report; its item follows if there is one
local SITE, SITE_AT = '>Hc0Bc0', 18  -- the last two of them, and where they begin
local LEASE = '>dHc0Hc0'  -- start, worker, host
local KINDS = {'page', 'picture'}
local DUE_AT_ONCE = 1000
local MANY = 1000  -- words handed to one command: Lua passes some 8,000 at most

-- One command with many words, or a few with as many as they take each; a call of Redis's costs more than a word.
-- `words` are in pairs or single; `option` stands before them. Returns what the last one answered.
local function call_many(command, key, option, words)
  local answer
  for i = 1, #words, MANY do
    local last = math.min(i + MANY - 1, #words)
    if option then
      answer = call(command, key, option, unpack(words, i, last))
    else
      answer = call(command, key, unpack(words, i, last))
    end
  end
  return answer
end

-- The answers to a command that gives one for each word; false where there is none.
local function ask_many(command, key, words)
  if #words > 0 and #words <= MANY then
    return call(command, key, unpack(words))
  end
  local answers = {}
  for i = 1, #words, MANY do
    for _, answer in ipairs(call(command, key, unpack(words, i, math.min(i + MANY - 1, #words)))) do
      answers[#answers + 1] = answer
    end
  end
  return answers
end

local function read_head(entry)
  local priority, gap, kind, attempt, expiries, site, report, body = struct.unpack(HEAD, entry)
  local item
  if report ~= '' then
    item, body = struct.unpack('>I', entry, body)
  end
  return {
    priority = priority, gap = gap, kind = kind, attempt = attempt, expiries = expiries, site = site, report = report,
    item = item, body = body,
  }
end

local function site_of(entry)
  local site, report = struct.unpack(SITE, entry, SITE_AT)
  return site, report
end

local function write_entry(head, entry)
  local item = head.item and struct.pack('>I', head.item) or ''
  return struct.pack(
    HEAD, head.priority, head.gap, head.kind, head.attempt, head.expiries, #head.site, head.site, #head.report,
    head.report
  ) .. item .. string.sub(entry, head.body)
end
