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
