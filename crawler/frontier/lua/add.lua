-- ARGV[2...]: contexts, number of targets, targets. Returns how many were accepted, and the refused by their place.
promote()
local at = read_contexts(2)
local accepted = accept(at + 1, tonumber(ARGV[at]), true)
write_queues('RPUSH')
write_sums()
return {accepted, unpack(refused)}
