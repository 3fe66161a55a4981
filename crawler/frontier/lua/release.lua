-- ARGV: now, lease id, not before, attempt. Returns 1 when this call ended the lease.
promote()
local host, entry, head = take_back(ARGV[2])
if not host then
  return 0
end
head.attempt = tonumber(ARGV[4])
wait_again(head)
enqueue_or_delay(host, write_entry(head, entry), tonumber(ARGV[3]))
write_sums()
return 1
