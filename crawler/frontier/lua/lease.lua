-- ARGV: now, worker, limit, most of one host, lease seconds, the call's own name (16 characters), the open sites.
-- Returns expiry, id, host and entry of each lease, one after the other.
local worker, limit, per_host = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local expires_at, name = now + tonumber(ARGV[5]), ARGV[6]
local reply = {}

local function tell(expiry, id, host, entry)
  local n = #reply
  reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = string.format('%.17g', expiry), id, host, entry
end

-- Asked again because the answer got lost: the same leases once more, as far as they have not ended since.
local answered = call('GET', P .. 'answered:' .. worker)
if answered and string.sub(answered, 1, 16) == name then
  for id in string.gmatch(string.sub(answered, 17), '%S+') do
    local record = call('HGET', P .. 'leases', id)
    if record then
      local _, _, host, entry_at = struct.unpack(LEASE, record)
      tell(tonumber(call('ZSCORE', P .. 'expiries', id)), id, host, string.sub(record, entry_at))
    end
  end
  if #reply > 0 then
    return reply
  end
end

local open = {}
for i = 7, #ARGV do
  open[ARGV[i]] = true
end

promote()
call('ZREMRANGEBYSCORE', P .. 'resting', '-inf', now)

-- Who could give how many: hosts that nobody holds, longest waiting first, then those this worker holds.
local offers, offered = {}, 0

-- A host whose next entry belongs to a site that is closed (now, or to this worker) lines up anew.
local CLOSED_SECONDS, LOOK_AT = 3, 1000

local function next_is_open(host)
  local priority = call('ZRANGE', P .. 'priorities:' .. host, 0, 0)[1]
  local entry = priority and call('LINDEX', P .. 'requests:' .. host .. ':' .. priority, 0)
  return entry and open[read_head(entry).site]
end

local function offer(host, room)
  local most = 0
  for _, priority in ipairs(call('ZRANGE', P .. 'priorities:' .. host, 0, -1)) do
    if most < room then
      most = most + call('LLEN', P .. 'requests:' .. host .. ':' .. priority)
    end
  end
  most = math.min(most, room)
  if most > 0 then
    offers[#offers + 1] = {host = host, most = most, share = 0}
    offered = offered + most
  end
end

local looked_at = 0
while #offers < limit and looked_at < LOOK_AT and per_host > 0 do
  local hosts = call('ZRANGEBYSCORE', P .. 'ready', '-inf', now, 'LIMIT', #offers, limit - #offers)
  for _, host in ipairs(hosts) do
    if next_is_open(host) then
      offer(host, per_host)
    else
      call('ZADD', P .. 'ready', 'XX', now + CLOSED_SECONDS, host)
      looked_at = looked_at + 1
    end
  end
  if #hosts == 0 then
    break
  end
end
for _, host in ipairs(call('SMEMBERS', P .. 'held:' .. worker)) do
  if not call('ZSCORE', P .. 'resting', host) and next_is_open(host) then
    offer(host, per_host - tonumber(call('HGET', P .. 'underway', host)))
  end
end

-- In rounds of one each, so that as many hosts as can take part.
local left = math.min(limit, offered)
while left > 0 do
  for _, each in ipairs(offers) do
    if left > 0 and each.share < each.most then
      each.share = each.share + 1
      left = left - 1
    end
  end
end

local function pop(host, count)
  local entries = {}
  while #entries < count do
    local priority = call('ZRANGE', P .. 'priorities:' .. host, 0, 0)[1]
    local queue = P .. 'requests:' .. host .. ':' .. priority
    local popped = call('LPOP', queue, count - #entries)
    for i, entry in ipairs(popped) do
      if not open[read_head(entry).site] then
        for k = #popped, i, -1 do
          call('LPUSH', queue, popped[k])
        end
        return entries
      end
      entries[#entries + 1] = entry
    end
    if call('EXISTS', queue) == 0 then
      call('ZREM', P .. 'priorities:' .. host, priority)
    end
  end
  return entries
end

local ids = {}
for _, each in ipairs(offers) do
  if each.share > 0 then
    local host = each.host
    local last = call('HINCRBY', P .. 'totals', 'leases', each.share)
    local opening = struct.pack(LEASE, now, #worker, worker, #host, host)
    local entries = pop(host, each.share)
    for i, entry in ipairs(entries) do
      -- A number for the order, a name so that an id never comes back, even if the server forgot the number.
      local id = string.format('%012x', last - each.share + i) .. name
      ids[#ids + 1] = id
      call('HSET', P .. 'leases', id, opening .. entry)
      call('ZADD', P .. 'expiries', expires_at, id)
      tell(expires_at, id, host, entry)
    end
    call('ZREM', P .. 'ready', host)
    call('HINCRBY', P .. 'underway', host, #entries)
    call('SADD', P .. 'held:' .. worker, host)
  end
end
if #ids > 0 then
  call('SET', P .. 'answered:' .. worker, name .. table.concat(ids, ' '), 'PX', math.ceil(tonumber(ARGV[5]) * 1000))
end
return reply
