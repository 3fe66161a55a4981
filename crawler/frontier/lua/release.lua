-- ARGV: now, lease id, not before, attempt. Returns 1 when this call ended the lease.
promote()
local lease = take_back({ARGV[2]})[1]
if not lease then
  return 0
end
lease.head.attempt = tonumber(ARGV[4])
wait_again(lease.head)
enqueue_or_delay(lease.host, write_entry(lease.head, lease.entry), tonumber(ARGV[3]))
write_queues('RPUSH')
write_sums()
return 1
