-- ARGV: now, worker, limit, most of one host, lease seconds, the call's own name (16 characters), the open sites.
-- Returns expiry, id, host and entry of each lease, one after the other.
local worker, limit, per_host = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local expires_at, name = now + tonumber(ARGV[5]), ARGV[6]
local reply = {}

local function tell(expiry, id, host, entry)
  local n = #reply
  reply[n + 1], reply[n + 2], reply[n + 3], reply[n + 4] = expiry, id, host, entry
end

-- Asked again because the answer got lost: the same leases once more, as far as they have not ended since.
local answered = call('GET', P .. 'answered:' .. worker)
if answered and string.sub(answered, 1, 16) == name then
  for id in string.gmatch(string.sub(answered, 17), '%S+') do
    local record = call('HGET', P .. 'leases', id)
    if record then
      local _, _, host, entry_at = struct.unpack(LEASE, record)
      tell(string.format('%.17g', seconds(call('ZSCORE', P .. 'expiries', id))), id, host, string.sub(record, entry_at))
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
call('ZREMRANGEBYSCORE', P .. 'resting', '-inf', NOW)
call('ZREMRANGEBYSCORE', P .. 'resting_addresses', '-inf', NOW)
local any_settled = call('EXISTS', P .. 'settled') == 1

-- A host of which nothing may be handed out now, since what is next belongs to closed sites or since its address rests or
-- is another worker's, lines up anew.
local CLOSED_SECONDS, LOOK_AT = 3, 1000

-- Until when hosts are to be left alone for their address's sake: false for those that are not, by their place.
local function taken_away(hosts)
  local until_then = {}
  local addresses = any_settled and ask_many('HMGET', P .. 'settled', hosts)
  for i = 1, #hosts do
    until_then[i] = addresses and addresses[i] and taken_until(addresses[i], worker) or false
  end
  return until_then
end

-- Who could give how many: hosts that nobody holds, longest waiting first, then those this worker holds.
local offers = {}

-- Finds a host's next queue, lowest priority first, whose first entry belongs to an open site: what is behind a closed
-- site's entry waits with it, but other queues go on.
local function find_queue(of)
  while of.looked_at < #of.priorities do
    of.looked_at = of.looked_at + 1
    local priority = of.priorities[of.looked_at]
    local key = P .. 'requests:' .. of.host .. ':' .. priority
    local entries = call('LRANGE', key, 0, 1)
    if entries[1] and open[site_of(entries[1])] then
      local queue = {key = key, priority = priority, length = #entries}
      of.queues[#of.queues + 1] = queue
      return queue
    end
  end
end

local function offer(host, room, underway)
  local priorities = call('ZRANGE', P .. 'priorities:' .. host, 0, -1)
  local of = {
    host = host, room = room, underway = underway, priorities = priorities, looked_at = 0, queues = {}, most = 1,
    share = 0,
  }
  if find_queue(of) then
    offers[#offers + 1] = of
    return true
  end
  return false
end

local looked_at = 0
while #offers < limit and looked_at < LOOK_AT and per_host > 0 do
  local hosts = call('ZRANGEBYSCORE', P .. 'ready', '-inf', NOW, 'LIMIT', #offers, limit - #offers)
  if #hosts == 0 then
    break
  end
  for i, taken in ipairs(taken_away(hosts)) do
    if taken or not offer(hosts[i], per_host, 0) then
      call('ZADD', P .. 'ready', 'XX', score(taken or now + CLOSED_SECONDS), hosts[i])
      looked_at = looked_at + 1
    end
  end
end

-- Those it holds are asked for more only when there are too few others.
if #offers < limit then
  local held = call('SMEMBERS', P .. 'held:' .. worker)
  local rests, underway = ask_many('ZMSCORE', P .. 'resting', held), ask_many('HMGET', P .. 'underway', held)
  for i, taken in ipairs(taken_away(held)) do
    local room = per_host - tonumber(underway[i])
    if not (taken or rests[i]) and room > 0 then
      offer(held[i], room, tonumber(underway[i]))
    end
  end
end

-- With fewer hosts than leases wanted, some give more than one.
local offered = #offers
if #offers < limit then
  offered = 0
  for _, each in ipairs(offers) do
    local queue = each.queues[1]
    each.most = 0
    while queue and each.most < each.room do
      queue.length = queue.length > 1 and call('LLEN', queue.key) or 1
      each.most = math.min(each.most + queue.length, each.room)
      queue = each.most < each.room and find_queue(each)
    end
    offered = offered + each.most
  end
end

-- In rounds of one each, so that as many hosts as can take part.
local left = math.max(0, math.min(limit, offered))
local last = call('HINCRBY', P .. 'totals', 'leases', left)
local first = last - left
while left > 0 do
  for _, each in ipairs(offers) do
    if left > 0 and each.share < each.most then
      each.share = each.share + 1
      left = left - 1
    end
  end
end

-- Takes up to `number` entries out of a queue, as far as they belong to open sites.
local function pop(host, queue, number)
  local entries = call('LPOP', queue.key, number)
  for i, entry in ipairs(entries) do
    local site, report = site_of(entry)
    if not open[site] then
      for _ = i, #entries do
        call('LPUSH', queue.key, table.remove(entries))
      end
      return entries
    end
    local of = scope(site, report)
    of.pending, of.leased = of.pending - 1, of.leased + 1
  end
  if #entries == queue.length then
    call('ZREM', P .. 'priorities:' .. host, queue.priority)
  end
  return entries
end

local expiry, expires = string.format('%.17g', expires_at), score(expires_at)
local ids, records, expiries = {}, {}, {}
local underway, newly_held, asked = {}, {}, {}
for _, each in ipairs(offers) do
  local host = each.host
  local opening = struct.pack(LEASE, now, #worker, worker, #host, host)
  local given = 0
  for _, queue in ipairs(each.queues) do
    if given < each.share then
      for _, entry in ipairs(pop(host, queue, each.share - given)) do
        -- A number for the order, a name so that an id never comes back, even if the server forgot the number.
        local id = string.format('%012x', first + #ids + 1) .. name
        local n = #records
        ids[#ids + 1] = id
        records[n + 1], records[n + 2] = id, opening .. entry
        expiries[n + 1], expiries[n + 2] = expires, id
        tell(expiry, id, host, entry)
        given = given + 1
      end
    end
  end
  if given > 0 then
    underway[#underway + 1], underway[#underway + 2] = host, each.underway + given
    asked[#asked + 1] = host
    if each.underway == 0 then
      newly_held[#newly_held + 1] = host
    end
  end
end
call_many('HSET', P .. 'leases', nil, records)
call_many('ZADD', P .. 'expiries', nil, expiries)
call_many('HSET', P .. 'underway', nil, underway)
call_many('ZREM', P .. 'ready', nil, newly_held)
call_many('SADD', P .. 'held:' .. worker, nil, newly_held)
if any_settled then
  local occupied = ask_many('HMGET', P .. 'occupied', asked)
  for i, address in ipairs(ask_many('HMGET', P .. 'settled', asked)) do
    if address and not occupied[i] then
      occupy(asked[i], address, worker)
    end
  end
end
if #ids > 0 then
  call('SET', P .. 'answered:' .. worker, name .. table.concat(ids, ' '), 'PX', math.ceil(tonumber(ARGV[5]) * 1000))
end
write_sums()
return reply
