-- ARGV[2...]: contexts; number of endings and those (outcome, reason, kind it turned out to be or ''); number of
-- completions and their lease ids; then for each completion COMPLETION, packed; its counts (kind/outcome/reason, count);
-- those passed over (site/reason, digest, when, record); two revisits (fingerprint, site, when, record) if it has them;
-- its children. Returns how many leases ended, and the refused children by their place among all. The leases end and
-- their children are queued in this one step.
local COMPLETION = '>IIIBI'  -- number of its ending, of counts, of those passed over; whether it has revisits; children

-- A revisit waits apart from the queue, in place of an earlier one of the same fingerprint.
local function keep(at)
  local fingerprint, site, due, record = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local earlier = call('HGET', P .. 'revisit_entries', fingerprint)
  if earlier then
    call('ZREM', P .. 'revisits:' .. struct.unpack('>Ic0', earlier), fingerprint)
  else
    sum(totals, 'revisits', 1)
  end
  call('HSET', P .. 'revisit_entries', fingerprint, record)
  call('ZADD', P .. 'revisits:' .. site, due, fingerprint)
end

promote()
local at = read_contexts(2)
local endings = {}
local last = at + tonumber(ARGV[at]) * 3
for i = at + 1, last, 3 do
  endings[#endings + 1] = {outcome = ARGV[i], reason = ARGV[i + 1], found = ARGV[i + 2]}
end
at = last + 1
local number = tonumber(ARGV[at])
local ids = {}
for i = at + 1, at + number do
  ids[#ids + 1] = ARGV[i]
end
at = at + number + 1
local ended, taken_back = 0, take_back(ids)
for place = 1, number do
  local lease = taken_back[place]
  local ending, counts, passed, again, children = struct.unpack(COMPLETION, ARGV[at])
  at = at + 1
  local inside = 0
  for i = at, at + counts * 2 - 1, 2 do
    if lease then
      count(scope(lease.head.site, lease.head.report), ARGV[i], tonumber(ARGV[i + 1]))
    end
    if ARGV[i] == 'inside/fetched/' then
      inside = ARGV[i + 1]
    end
  end
  at = at + counts * 2
  if lease then
    local of = endings[ending]
    ended = ended + 1
    count_end(lease.host, lease.head, of.outcome, of.reason, of.found, inside)
    list_all(at, passed)
  end
  at = at + passed * 4
  local revisits = at
  at = at + again * 8
  local _, unseen
  _, unseen, at = accept(at, children, lease ~= nil)
  if lease and again == 1 then
    keep(unseen and revisits or revisits + 4)
  end
end
write_queues('RPUSH')
write_sums()
return {ended, unpack(refused)}
