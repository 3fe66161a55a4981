-- ARGV: now, worker, lease seconds, greatest age in seconds, lease ids. Returns the ids that were not renewed.
local worker, lease_seconds, greatest_age = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local lost = {}
for i = 5, #ARGV do
  local id = ARGV[i]
  local record = call('HGET', P .. 'leases', id)
  local started, holder
  if record then
    started, holder = struct.unpack('>dHc0', record)
  end
  if holder == worker and started + greatest_age > now then
    call('ZADD', P .. 'expiries', 'XX', score(math.min(now + lease_seconds, started + greatest_age)), id)
  else
    lost[#lost + 1] = id
  end
end
return lost
