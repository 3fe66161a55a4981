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
for _, halted in ipairs(call('HKEYS', P .. 'halts')) do
  open[halted] = nil
  if halted == '*' then
    return reply
  end
end

promote()
call('ZREMRANGEBYSCORE', P .. 'resting', '-inf', now)
call('ZREMRANGEBYSCORE', P .. 'resting_addresses', '-inf', now)
local any_settled = call('EXISTS', P .. 'settled') == 1

-- Who could give how many: hosts that nobody holds, longest waiting first, then those this worker holds.
local offers, offered = {}, 0

-- A host whose next entry belongs to a site that is closed (now, or to this worker) lines up anew, and so does one
-- whose address another worker holds or which rests.
local CLOSED_SECONDS, LOOK_AT, WRITTEN_AT_ONCE = 3, 1000, 1000

local function taken_away(host)
  local address = any_settled and call('HGET', P .. 'settled', host)
  return address and taken_until(address, worker)
end

-- Returns until when it is to be left alone, or nothing.
local function offer(host, room)
  local taken = taken_away(host)
  if taken then
    return taken
  end
  local priorities = call('ZRANGE', P .. 'priorities:' .. host, 0, -1)
  local queue = P .. 'requests:' .. host .. ':'
  local entry = priorities[1] and call('LINDEX', queue .. priorities[1], 0)
  if not (entry and open[site_of(entry)]) then
    return now + CLOSED_SECONDS
  end
  local most = 0
  for _, priority in ipairs(priorities) do
    if most < room then
      most = most + call('LLEN', queue .. priority)
    end
  end
  most = math.min(most, room)
  if most > 0 then
    offers[#offers + 1] = {host = host, most = most, share = 0, priorities = priorities}
    offered = offered + most
  end
end

local looked_at = 0
while #offers < limit and looked_at < LOOK_AT and per_host > 0 do
  local hosts = call('ZRANGEBYSCORE', P .. 'ready', '-inf', now, 'LIMIT', #offers, limit - #offers)
  if #hosts == 0 then
    break
  end
  for _, host in ipairs(hosts) do
    local closed = offer(host, per_host)
    if closed then
      call('ZADD', P .. 'ready', 'XX', closed, host)
      looked_at = looked_at + 1
    end
  end
end
for _, host in ipairs(call('SMEMBERS', P .. 'held:' .. worker)) do
  if not call('ZSCORE', P .. 'resting', host) then
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

-- What belongs to a closed site is waited for, and all behind it.
local function pop(host, priorities, number)
  local entries = {}
  for _, priority in ipairs(priorities) do
    local queue = P .. 'requests:' .. host .. ':' .. priority
    local popped = call('LPOP', queue, number - #entries)
    for i, entry in ipairs(popped) do
      local site, report = site_of(entry)
      if not open[site] then
        for k = #popped, i, -1 do
          call('LPUSH', queue, popped[k])
        end
        return entries
      end
      local of = scope(site, report)
      of.pending, of.leased = of.pending - 1, of.leased + 1
      entries[#entries + 1] = entry
    end
    if call('EXISTS', queue) == 0 then
      call('ZREM', P .. 'priorities:' .. host, priority)
    end
    if #entries == number then
      return entries
    end
  end
  return entries
end

local ids, records, expiries = {}, {}, {}
local last = call('HINCRBY', P .. 'totals', 'leases', math.max(0, math.min(limit, offered)))

local function write_leases()
  if #records > 0 then
    call('HSET', P .. 'leases', unpack(records))
    call('ZADD', P .. 'expiries', unpack(expiries))
    records, expiries = {}, {}
  end
end

for _, each in ipairs(offers) do
  if each.share > 0 then
    local host = each.host
    local opening = struct.pack(LEASE, now, #worker, worker, #host, host)
    local entries = pop(host, each.priorities, each.share)
    for _, entry in ipairs(entries) do
      -- A number for the order, a name so that an id never comes back, even if the server forgot the number.
      local id = string.format('%012x', last - math.min(limit, offered) + #ids + 1) .. name
      ids[#ids + 1] = id
      local n = #records
      records[n + 1], records[n + 2] = id, opening .. entry
      expiries[n + 1], expiries[n + 2] = expires_at, id
      tell(expires_at, id, host, entry)
      if #records > WRITTEN_AT_ONCE then
        write_leases()
      end
    end
    if call('HINCRBY', P .. 'underway', host, #entries) == #entries then
      call('ZREM', P .. 'ready', host)
      call('SADD', P .. 'held:' .. worker, host)
    end
    local address = any_settled and call('HGET', P .. 'settled', host)
    if address and call('HEXISTS', P .. 'occupied', host) == 0 then
      occupy(host, address, worker)
    end
  end
end
write_leases()
if #ids > 0 then
  call('SET', P .. 'answered:' .. worker, name .. table.concat(ids, ' '), 'PX', math.ceil(tonumber(ARGV[5]) * 1000))
end
write_sums()
return reply
