-- ARGV[2...]: contexts, then for each completion: lease id, outcome, reason, kind it turned out to be or nothing;
-- number of counts beside it, those (kind/outcome/reason, count); number of those passed over, those (site/reason,
-- digest, when, record); 1 and two revisits (fingerprint, site, when, record), or 0; number of children, those.
-- Returns how many leases ended, and the refused children by their place among all. A lease ends and its children are queued in this one step.

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
local ended = 0
local at = read_contexts(2)
while at <= #ARGV do
  local host, _, head = take_back(ARGV[at])
  local outcome, reason, found = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local beside, inside = tonumber(ARGV[at + 4]), 0
  at = at + 5
  for i = at, at + beside * 2 - 1, 2 do
    if host then
      count(scope(head.site, head.report), ARGV[i], tonumber(ARGV[i + 1]))
    end
    if ARGV[i] == 'inside/fetched/' then
      inside = ARGV[i + 1]
    end
  end
  at = at + beside * 2
  if host then
    ended = ended + 1
    count_end(host, head, outcome, reason, found, inside)
  end
  local passed = tonumber(ARGV[at])
  at = at + 1
  if host then
    list_all(at, passed)
  end
  at = at + passed * 4
  local again
  if ARGV[at] == '1' then
    again = at + 1
    at = at + 8
  end
  at = at + 1
  local unseen, _
  if ARGV[at] == '0' then
    at = at + 1
  else
    _, unseen, at = accept(at + 1, tonumber(ARGV[at]), host ~= nil)
  end
  if host and again then
    keep(unseen and again or again + 4)
  end
end
write_sums()
return {ended, unpack(refused)}
