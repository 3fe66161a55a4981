local any_occupied

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
    if any_occupied == nil then
      any_occupied = call('EXISTS', P .. 'occupied') == 1
    end
    local address = any_occupied and call('HGET', P .. 'occupied', host)
    if address then
      leave(host, address)
    end
    if call('EXISTS', P .. 'priorities:' .. host) == 1 then
      line_up(host)
    end
  end
  local of = scope(head.site, head.report)
  of.leased = of.leased - 1
  return host, entry, head
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
