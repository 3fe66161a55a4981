-- ARGV[2...], for each completion: lease id, outcome, reason, kind it turned out to be or nothing, number of link
-- counts, those (reason, count), number of children, those. Returns how many leases ended.
-- A lease ends and its children are queued in this one step.
promote()
local ended = 0
local at = 2
while at <= #ARGV do
  local host, _, head = take_back(ARGV[at])
  if host then
    ended = ended + 1
    count_end(host, head, ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
  end
  local links = tonumber(ARGV[at + 4])
  at = at + 5
  for i = at, at + links * 2 - 1, 2 do
    if host then
      sum(counted, head.site .. '/link/skipped/' .. ARGV[i], tonumber(ARGV[i + 1]))
    end
  end
  at = at + links * 2
  local children = tonumber(ARGV[at])
  accept(at + 1, children)
  at = at + 1 + children * TARGET
end
write_sums()
return ended
