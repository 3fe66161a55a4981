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

local function write_sums()
  for host, amount in pairs(loads) do
    if amount ~= 0 and call('HINCRBY', P .. 'hosts', host, amount) == 0 then
      -- It is settled anew when more of it becomes known.
      call('HDEL', P .. 'hosts', host)
      call('HDEL', P .. 'settled', host)
    end
  end
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
