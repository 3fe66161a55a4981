-- Hosts settled at one address are held by one worker, and rest together.
local function occupy(host, address, worker)
  call('HSET', P .. 'occupied', host, address)
  call('HSET', P .. 'occupants', address, worker)
  call('HINCRBY', P .. 'occupancy', address, 1)
end

local function leave(host, address)
  call('HDEL', P .. 'occupied', host)
  if call('HINCRBY', P .. 'occupancy', address, -1) == 0 then
    call('HDEL', P .. 'occupancy', address)
    call('HDEL', P .. 'occupants', address)
    call('ZADD', P .. 'resting_addresses', 'GT', score(now + ADDRESS_GAP), address)
  end
end

-- Until when a worker may not ask at an address; nil when it may. While another holds it, that is looked at anew soon.
local TAKEN_SECONDS = 1

local function taken_until(address, worker)
  local occupant = call('HGET', P .. 'occupants', address)
  if occupant then
    return occupant ~= worker and now + TAKEN_SECONDS or nil
  end
  local rests = call('ZSCORE', P .. 'resting_addresses', address)
  return rests and not is_over(rests) and seconds(rests) or nil
end
