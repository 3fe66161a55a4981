-- ARGV: now, host, epoch seconds.
local host, until_then = ARGV[2], tonumber(ARGV[3])
if until_then > now then
  call('ZADD', P .. 'resting', 'GT', score(until_then), host)
  call('ZADD', P .. 'ready', 'XX', 'GT', score(until_then), host)
end
return 0
