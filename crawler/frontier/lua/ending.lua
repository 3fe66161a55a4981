-- Give back the hosts that leases have ended of: host -> {number, worker, gap of the last}. One without any other lease
-- is free again, and rests.
local function give_back(endings)
  local hosts, kept, freed, rests, until_then = {}, {}, {}, {}, {}
  for host in pairs(endings) do
    hosts[#hosts + 1] = host
  end
  for i, underway in ipairs(ask_many('HMGET', P .. 'underway', hosts)) do
    local host = hosts[i]
    local ending = endings[host]
    local left = tonumber(underway or 0) - ending.number
    if left > 0 then
      kept[#kept + 1], kept[#kept + 2] = host, left
    else
      freed[#freed + 1] = host
      until_then[ending.gap] = until_then[ending.gap] or score(now + ending.gap)
      rests[#rests + 1], rests[#rests + 2] = until_then[ending.gap], host
    end
  end
  call_many('HSET', P .. 'underway', nil, kept)
  if #freed == 0 then
    return
  end
  call_many('HDEL', P .. 'underway', nil, freed)
  call_many('ZADD', P .. 'resting', 'GT', rests)
  local of_workers, waiting = {}, {}
  for _, host in ipairs(freed) do
    local worker = endings[host].worker
    of_workers[worker] = of_workers[worker] or {}
    table.insert(of_workers[worker], host)
    if call('EXISTS', P .. 'priorities:' .. host) == 1 then
      waiting[#waiting + 1] = host
    end
  end
  for worker, of_worker in pairs(of_workers) do
    call_many('SREM', P .. 'held:' .. worker, nil, of_worker)
  end
  if call('EXISTS', P .. 'occupied') == 1 then
    for i, address in ipairs(ask_many('HMGET', P .. 'occupied', freed)) do
      if address then
        leave(freed[i], address)
      end
    end
  end
  line_up(waiting)
end

-- Take leases out. Returns the host, entry and head of each by its place, or nil where it has ended.
local function take_back(ids)
  local taken, endings, ended = {}, {}, {}
  for i, record in ipairs(ask_many('HMGET', P .. 'leases', ids)) do
    local id = ids[i]
    if record and not ended[id] then
      ended[id] = true
      ended[#ended + 1] = id
      local _, worker, host, entry_at = struct.unpack(LEASE, record)
      local entry = string.sub(record, entry_at)
      local head = read_head(entry)
      taken[i] = {host = host, entry = entry, head = head}
      local ending = endings[host] or {number = 0, worker = worker}
      endings[host], ending.number, ending.gap = ending, ending.number + 1, head.gap
      local of = scope(head.site, head.report)
      of.leased = of.leased - 1
    end
  end
  if #ended > 0 then
    call_many('HDEL', P .. 'leases', nil, ended)
    call_many('ZREM', P .. 'expiries', nil, ended)
    give_back(endings)
  end
  return taken
end

-- A target that was taken back waits again.
local function wait_again(head)
  local of = scope(head.site, head.report)
  of.pending = of.pending + 1
end

-- A target that was taken back is done with.
local function count_end(host, head, outcome, reason, found, inside)
  local kind = found ~= '' and found or KINDS[head.kind]
  sum(loads, host, -1)
  count(scope(head.site, head.report), kind .. '/' .. outcome .. '/' .. reason, 1)
  if head.item then
    local fate = table.concat({kind, outcome, reason, inside, string.format('%.17g', now)}, ' ')
    call('HSET', P .. 'fates:' .. head.report, head.item, fate)
  end
end
