-- ARGV: now, site, number of the round before, interval, the call's own name (16 characters), contexts, number of
-- seeds, those. Returns 1 when this call began the round (be it that it was asked again because the answer got lost),
-- and the refused seeds by their place.
local ROUND = '>Iddc16'  -- number, beginning, interval, name of the call
local site, after, interval, name = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local number, began_by = 0, nil
local current = call('HGET', P .. 'rounds', site)
if current then
  local _
  number, _, _, began_by = struct.unpack(ROUND, current)
end
if number == after + 1 and began_by == name then
  return {1}
end
if number ~= after then
  return {0}
end
call('HSET', P .. 'rounds', site, struct.pack(ROUND, after + 1, now, interval, name))
call('HDEL', P .. 'taken', 'page/' .. site, 'picture/' .. site)
promote()
local at = read_contexts(6)
accept(at + 1, tonumber(ARGV[at]), true)
write_queues('RPUSH')
write_sums()
return {1, unpack(refused)}
