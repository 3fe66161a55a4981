-- Listed once, as it was last seen; the oldest of its site and reason goes when there are too many.
local function list(name, digest, seen, record)
  local places, records = P .. 'passed:' .. name, P .. 'passed_records:' .. name
  local listed = call('ZSCORE', places, digest)
  if listed and tonumber(listed) > tonumber(seen) then
    return
  end
  call('ZADD', places, seen, digest)
  call('HSET', records, digest, record)
  if not listed then
    local surplus = call('ZCARD', places) - LISTED_PER_REASON
    if surplus > 0 then
      local oldest = call('ZPOPMIN', places, surplus)
      for i = 1, #oldest, 2 do
        call('HDEL', records, oldest[i])
      end
    end
    call('SADD', P .. 'passed_lists', name)
  end
end

-- `number` of those passed over from ARGV[at]: site/reason, digest, when, record.
local function list_all(at, number)
  for i = at, at + number * 4 - 1, 4 do
    list(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
  end
end
