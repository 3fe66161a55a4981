-- What every script shares; each is sent with this in front. KEYS[1]: prefix. ARGV[1]: epoch seconds, or '' for now.
--
--   requests:HOST:PRIORITY  list    entries, oldest first: a list packs them with a few bytes each on top
--   priorities:HOST         zset    which of those lists exist
--   ready                   zset    hosts with entries that nobody holds, by when they may next be asked
--   resting                 zset    hosts that may not be asked yet, by when they may; stale members are dropped
--   underway                hash    host -> its leases; a host in here is held
--   held:WORKER             set     the hosts that a worker holds
--   delayed                 zset    number, host and entry, by when the entry becomes due
--   leases                  hash    id -> start, worker, host, entry
--   expiries                zset    lease ids by when they expire
--   answered:WORKER         string  the worker's last call for leases and what it was given
--   hosts                   hash    host -> targets not yet ended
--   dupefilter:BUCKET       set     fingerprints, few enough in each to stay a packed integer set
--   counts                  hash    site/kind/outcome/reason -> count
--   totals                  hash    accepted, ended, and the numbers last given to a lease and a delayed entry
--
-- An entry is a head that the scripts read and a body that they do not; crawler/frontier/entries.py writes it.

local call = redis.call
local P = KEYS[1] .. ':'

local now = tonumber(ARGV[1])
if not now then
  local time = call('TIME')
  now = time[1] + time[2] / 1e6
end

local HEAD = '>HdBIHHc0'  -- priority, gap, kind, attempt, expiries, site
local LEASE = '>dHc0Hc0'  -- start, worker, host
local KINDS = {'page', 'picture'}
local DUE_AT_ONCE = 1000

local function read_head(entry)
  local priority, gap, kind, attempt, expiries, site, body = struct.unpack(HEAD, entry)
  return {priority = priority, gap = gap, kind = kind, attempt = attempt, expiries = expiries, site = site, body = body}
end

local function write_entry(head, entry)
  return struct.pack(HEAD, head.priority, head.gap, head.kind, head.attempt, head.expiries, #head.site, head.site)
    .. string.sub(entry, head.body)
end

-- A host that has entries and no holder lines up, behind those that have waited longer.
local function line_up(host)
  if call('HEXISTS', P .. 'underway', host) == 0 then
    local rested = tonumber(call('ZSCORE', P .. 'resting', host) or now)
    call('ZADD', P .. 'ready', 'NX', math.max(rested, now), host)
  end
end

local lined_up = {}

local function enqueue(host, entry, push)
  local priority = struct.unpack('>H', entry)
  local queue = host .. ':' .. priority
  call(push, P .. 'requests:' .. queue, entry)
  if not lined_up[queue] then
    lined_up[queue] = true
    call('ZADD', P .. 'priorities:' .. host, priority, priority)
    line_up(host)
  end
end

-- Due entries wait apart, so that they do not stand in the way of others of their host.
local function enqueue_or_delay(host, entry, not_before)
  if not_before > now then
    local number = call('HINCRBY', P .. 'totals', 'delayed', 1)
    local member = string.format('%012x', number) .. struct.pack('>Hc0', #host, host) .. entry
    call('ZADD', P .. 'delayed', not_before, member)
  else
    enqueue(host, entry, 'RPUSH')
  end
end

-- Queue what has become due, in the order it did.
local function promote()
  local due = call('ZRANGEBYSCORE', P .. 'delayed', '-inf', now, 'LIMIT', 0, DUE_AT_ONCE)
  for _, member in ipairs(due) do
    local host, entry = struct.unpack('>Hc0', member, 13)
    enqueue(host, string.sub(member, entry), 'RPUSH')
  end
  if #due > 0 then
    call('ZREM', P .. 'delayed', unpack(due))
  end
end

-- Sums kept until the end of the script: one write for a host or a count, however many targets it has.
local loads, counted, totals = {}, {}, {}

local function sum(sums, name, amount)
  sums[name] = (sums[name] or 0) + amount
end

local function write_sums()
  for host, amount in pairs(loads) do
    if amount ~= 0 and call('HINCRBY', P .. 'hosts', host, amount) == 0 then
      call('HDEL', P .. 'hosts', host)
    end
  end
  for name, amount in pairs(counted) do
    call('HINCRBY', P .. 'counts', name, amount)
  end
  for name, amount in pairs(totals) do
    call('HINCRBY', P .. 'totals', name, amount)
  end
end

-- Six arguments a target, from ARGV[at]: host, bucket, fingerprint, force, not before, entry. Returns how many of
-- them are new (or forced). A fingerprint stays a string: numbers here have 53 bits.
local TARGET = 6

local function accept(at, count)
  local accepted = 0
  for i = at, at + (count - 1) * TARGET, TARGET do
    local host = ARGV[i]
    local new = call('SADD', P .. 'dupefilter:' .. ARGV[i + 1], ARGV[i + 2])
    if new == 1 or ARGV[i + 3] == '1' then
      accepted = accepted + 1
      sum(loads, host, 1)
      enqueue_or_delay(host, ARGV[i + 5], tonumber(ARGV[i + 4]))
    end
  end
  if accepted > 0 then
    sum(totals, 'accepted', accepted)
  end
  return accepted
end

-- Take a lease out; nil when it has ended. Its host is free again, and rests, once it has no other.
local function take_back(id)
  local record = call('HGET', P .. 'leases', id)
  if not record then
    return nil
  end
  call('HDEL', P .. 'leases', id)
  call('ZREM', P .. 'expiries', id)
  local _, worker, host, entry_at = struct.unpack(LEASE, record)
  local entry = string.sub(record, entry_at)
  local head = read_head(entry)
  if call('HINCRBY', P .. 'underway', host, -1) == 0 then
    call('HDEL', P .. 'underway', host)
    call('SREM', P .. 'held:' .. worker, host)
    call('ZADD', P .. 'resting', 'GT', now + head.gap, host)
    if call('EXISTS', P .. 'priorities:' .. host) == 1 then
      line_up(host)
    end
  end
  return host, entry, head
end

local function count_end(host, head, outcome, reason, found)
  sum(loads, host, -1)
  sum(totals, 'ended', 1)
  sum(counted, head.site .. '/' .. (found ~= '' and found or KINDS[head.kind]) .. '/' .. outcome .. '/' .. reason, 1)
end
