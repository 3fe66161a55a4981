-- ARGV: now, limit, sites. Returns how many were queued.
local limit = tonumber(ARGV[2])

-- The sites with something due, each with the first of it.
local first = {}

local function look(site)
  local found = call('ZRANGEBYSCORE', P .. 'revisits:' .. site, '-inf', now, 'WITHSCORES', 'LIMIT', 0, 1)
  first[site] = found[1] and {fingerprint = found[1], due = tonumber(found[2])} or nil
end

for i = 3, #ARGV do
  look(ARGV[i])
end
promote()
local queued = 0
while queued < limit do
  local site
  for each, found in pairs(first) do
    if not site or found.due < first[site].due then
      site = each
    end
  end
  if not site then
    break
  end
  local fingerprint = first[site].fingerprint
  local record = call('HGET', P .. 'revisit_entries', fingerprint)
  local _, host, item, entry_at = struct.unpack('>Ic0Ic0Ic0', record)
  local entry = string.sub(record, entry_at)
  local head = read_head(entry)
  call('HDEL', P .. 'revisit_entries', fingerprint)
  call('ZREM', P .. 'revisits:' .. site, fingerprint)
  enqueue(host, become_known(host, head.site, head.report, entry, item))
  queued = queued + 1
  look(site)
end
write_queues('RPUSH')
sum(totals, 'revisits', -queued)
write_sums()
return queued
