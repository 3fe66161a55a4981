-- ARGV: now, host, epoch seconds.
local host, until_then = ARGV[2], tonumber(ARGV[3])
if until_then > now then
  call('ZADD', P .. 'resting', 'GT', until_then, host)
  call('ZADD', P .. 'ready', 'XX', 'GT', until_then, host)
end
return 0
