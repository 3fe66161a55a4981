-- Hosts that have entries line up, unless they are held, behind those that have waited longer.
local function line_up(hosts)
  local held, rested, free = ask_many('HMGET', P .. 'underway', hosts), ask_many('ZMSCORE', P .. 'resting', hosts), {}
  for i, host in ipairs(hosts) do
    if not held[i] then
      local from = rested[i] and not is_over(rested[i]) and rested[i] or NOW
      free[#free + 1], free[#free + 2] = from, host
    end
  end
  call_many('ZADD', P .. 'ready', 'NX', free)
end

-- What is to be queued by the end of the script: host -> priority -> entries, and the hosts in order.
local arrivals, arrived = {}, {}

local function enqueue(host, entry)
  local queues, priority = arrivals[host], struct.unpack('>H', entry)
  if not queues then
    queues = {}
    arrivals[host], arrived[#arrived + 1] = queues, host
  end
  local entries = queues[priority]
  if not entries then
    entries = {}
    queues[priority] = entries
  end
  entries[#entries + 1] = entry
end

-- Queue the arrivals: `push` is RPUSH, or LPUSH to put them before what waits.
local function write_queues(push)
  local waiting = {}
  for _, host in ipairs(arrived) do
    local begun = {}
    for priority, entries in pairs(arrivals[host]) do
      local length = call_many(push, P .. 'requests:' .. host .. ':' .. priority, nil, entries)
      -- A queue that was there is known, and its host is held or has lined up.
      if length == #entries then
        begun[#begun + 1], begun[#begun + 2] = priority, priority
      end
    end
    if #begun > 0 then
      call_many('ZADD', P .. 'priorities:' .. host, nil, begun)
      waiting[#waiting + 1] = host
    end
  end
  line_up(waiting)
  arrivals, arrived = {}, {}
end

-- Due entries wait apart, so that they do not stand in the way of others of their host.
local function enqueue_or_delay(host, entry, not_before)
  if not_before > now then
    local number = call('HINCRBY', P .. 'totals', 'delayed', 1)
    local member = string.format('%012x', number) .. struct.pack('>Hc0', #host, host) .. entry
    call('ZADD', P .. 'delayed', score(not_before), member)
  else
    enqueue(host, entry)
  end
end

-- Queue what has become due, in the order it did.
local function promote()
  local due = call('ZRANGEBYSCORE', P .. 'delayed', '-inf', NOW, 'LIMIT', 0, DUE_AT_ONCE)
  for _, member in ipairs(due) do
    local host, entry = struct.unpack('>Hc0', member, 13)
    enqueue(host, string.sub(member, entry))
  end
  if #due > 0 then
    call('ZREM', P .. 'delayed', unpack(due))
    write_queues('RPUSH')
  end
end
