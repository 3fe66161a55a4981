-- Targets as they are sent: first the number of contexts and those (site, kind, report or '', host), then for each target
-- TARGET, packed; fingerprint, entry and, if it came of a report, its item. A fingerprint stays a string: numbers here
-- have 53 bits.
local TARGET = '>IHBd'  -- number of its context, bucket, force, not before
local contexts, purses = {}, {}

-- Those that were counted as beyond the budget, by their place among all that were sent. Few: the rest is told by counts.
local offered, refused, MOST_REFUSED = 0, {}, 1000

-- What a target is paid from: its report's budget, or its site's for pages or pictures.
local function purse_of(context)
  local name = context.report ~= '' and 'report:' .. context.report or context.kind .. '/' .. context.site
  local purse = purses[name]
  if not purse then
    purse = {name = name}
    local most, gone
    if context.report ~= '' then
      purse.report = context.report
      most, gone = unpack(call('HMGET', P .. 'report:' .. context.report, 'most', 'accepted'))
    else
      most = call('HGET', P .. 'budgets', name)
      gone = most and call('HGET', P .. 'taken', name)
    end
    purse.left = most and tonumber(most) - tonumber(gone or 0)
    purses[name] = purse
  end
  return purse
end

-- Returns where the next word stands.
local function read_contexts(at)
  local last = at + tonumber(ARGV[at]) * 4
  for i = at + 1, last, 4 do
    contexts[#contexts + 1] = {site = ARGV[i], kind = ARGV[i + 1], report = ARGV[i + 2], host = ARGV[i + 3]}
  end
  return last + 1
end

-- One more target is known, and waits. Returns its entry, with the number of its item.
local function become_known(host, head_site, report, entry, item)
  local of = scope(head_site, report)
  of.known, of.pending = of.known + 1, of.pending + 1
  sum(loads, host, 1)
  if report == '' then
    return entry
  end
  local head = read_head(entry)
  head.item = call('HINCRBY', P .. 'report:' .. report, 'items', 1)
  call('RPUSH', P .. 'items:' .. report, struct.pack('>d', now) .. item)
  return write_entry(head, entry)
end

-- Returns how many of `number` targets from ARGV[at] are new (or forced) and within the budget, whether one of them
-- had never been seen before (be it beyond the budget), and where the next word stands. Those beyond it are counted
-- if `counting`.
local function accept(at, number, counting)
  local accepted, unseen = 0, false
  for _ = 1, number do
    offered = offered + 1
    local number_of, bucket, force, not_before = struct.unpack(TARGET, ARGV[at])
    local context, fingerprint = contexts[number_of], ARGV[at + 1]
    context.purse = context.purse or purse_of(context)
    local purse, filter, first = context.purse, P .. 'dupefilter:' .. bucket, nil
    local room = not purse.left or purse.left > 0
    if room then
      first = call('SADD', filter, fingerprint) == 1
    else
      first = call('SISMEMBER', filter, fingerprint) == 0
    end
    unseen = unseen or first
    if first or force == 1 then
      if room then
        accepted = accepted + 1
        purse.left = purse.left and purse.left - 1
        sum(taken, purse, 1)
        local entry = become_known(context.host, context.site, context.report, ARGV[at + 2], ARGV[at + 3])
        enqueue_or_delay(context.host, entry, not_before)
      elseif counting then
        count(scope(context.site, context.report), 'link/skipped/over_budget', 1)
        if #refused < MOST_REFUSED then
          refused[#refused + 1] = offered
        end
      end
    end
    at = at + (context.report ~= '' and 4 or 3)
  end
  return accepted, unseen, at
end
