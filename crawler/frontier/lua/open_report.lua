-- ARGV: now, id, when it was received, most items, the call's own name, body. Returns 1 when this call opened it, be it
-- that it was asked again because the answer got lost.
local report = P .. 'report:' .. ARGV[2]
local opened = call('HGET', report, 'opened')
if opened then
  return opened == ARGV[5] and 1 or 0
end
call('HSET', report, 'opened', ARGV[5], 'most', ARGV[4], 'body', ARGV[6])
call('ZADD', P .. 'reports', ARGV[3], ARGV[2])
return 1
