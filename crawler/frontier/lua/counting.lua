-- Sums kept until the end of the script: one write for a figure, however many targets it is about.
local scopes, loads, counted, totals, taken = {}, {}, {}, {}, {}

local function sum(sums, name, amount)
  sums[name] = (sums[name] or 0) + amount
end

-- The figures of a site's targets that came of one report, or of none ('').
local function scope(site, report)
  local name = report == '' and site or report .. '\0' .. site
  local found = scopes[name]
  if not found then
    found = {site = site, report = report, known = 0, pending = 0, leased = 0, counts = {}}
    scopes[name] = found
  end
  return found
end

-- `name`: kind/outcome/reason.
local function count(of, name, amount)
  sum(of.counts, name, amount)
end

local function write_figure(of, figure)
  if of[figure] ~= 0 then
    call('HINCRBY', P .. 'standing', figure .. '/' .. of.site, of[figure])
    if of.report ~= '' then
      call('HINCRBY', P .. 'report:' .. of.report, figure, of[figure])
    end
  end
end

-- A host with nothing left is forgotten: it is settled anew when more of it becomes known.
local function write_loads()
  local hosts, loaded, emptied = {}, {}, {}
  for host, amount in pairs(loads) do
    if amount ~= 0 then
      hosts[#hosts + 1] = host
    end
  end
  for i, before in ipairs(ask_many('HMGET', P .. 'hosts', hosts)) do
    local host = hosts[i]
    local load = tonumber(before or 0) + loads[host]
    if load == 0 then
      emptied[#emptied + 1] = host
    else
      loaded[#loaded + 1], loaded[#loaded + 2] = host, load
    end
  end
  call_many('HSET', P .. 'hosts', nil, loaded)
  call_many('HDEL', P .. 'hosts', nil, emptied)
  call_many('HDEL', P .. 'settled', nil, emptied)
end

local function write_sums()
  write_loads()
  for _, of in pairs(scopes) do
    write_figure(of, 'known')
    write_figure(of, 'pending')
    write_figure(of, 'leased')
    for name, amount in pairs(of.counts) do
      call('HINCRBY', P .. 'counts', of.site .. '/' .. name, amount)
      if of.report ~= '' then
        call('HINCRBY', P .. 'report:' .. of.report, of.site .. '/' .. name, amount)
      end
    end
  end
  for name, amount in pairs(totals) do
    call('HINCRBY', P .. 'totals', name, amount)
  end
  for purse, amount in pairs(taken) do
    if purse.report then
      call('HINCRBY', P .. 'report:' .. purse.report, 'accepted', amount)
    else
      call('HINCRBY', P .. 'taken', purse.name, amount)
    end
  end
end
