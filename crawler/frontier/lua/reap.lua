-- ARGV: now, most expiries of a target, most leases in this call. Returns how many leases had expired.
promote()
-- Backwards, as each goes before the one that was put back just now.
local expired = call('ZREVRANGEBYSCORE', P .. 'expiries', NOW, '-inf', 'LIMIT', 0, tonumber(ARGV[3]))
local taken = take_back(expired)
for i = 1, #expired do
  local host, entry, head = taken[i].host, taken[i].entry, taken[i].head
  head.expiries = head.expiries + 1
  if head.expiries >= tonumber(ARGV[2]) then
    count_end(host, head, 'failed', 'lease_expired', '', 0)
  else
    wait_again(head)
    enqueue(host, write_entry(head, entry))
  end
end
write_queues('LPUSH')
write_sums()
return #expired
