-- ARGV: now, worker, host, address. Returns 1 when the worker may ask the host there now.
local worker, host, address = ARGV[2], ARGV[3], ARGV[4]
local ours = call('SISMEMBER', P .. 'held:' .. worker, host) == 1
local occupied = call('HGET', P .. 'occupied', host)
if occupied and occupied ~= address then
  leave(host, occupied)
end
if call('HEXISTS', P .. 'hosts', host) == 1 then
  call('HSET', P .. 'settled', host, address)
end
if not ours and call('HEXISTS', P .. 'underway', host) == 1 then
  return 0
end
if occupied == address then
  return 1
end
if taken_until(address, worker) then
  return 0
end
if ours then
  occupy(host, address, worker)
end
return 1
