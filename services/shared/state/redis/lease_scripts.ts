/**
 * The lease table of a pool and what is done with it, in Lua: each script is one step to all others.
 *
 * The whole table is one hash, so a server either has it or has lost it; parts cannot be missing:
 *
 *     run          the server's run id at the time of `since`: another one means a restart or a failover
 *     since        from when this server is known to have the table, ms of its own clock
 *     fence        the highest fence given
 *     lease:NAME   "fence end epoch ttl holder": end in ms of the server's clock; epoch: `since` at the last grant
 *
 * Where `since` is missing or the run id has changed, leases may have been lost: also an append-only file and a
 * replica may lack the last moments. `since` becomes now, and a free name is granted only to who asks with a TTL
 * that has passed since then. What was granted before has ended by that time, or its holder has renewed.
 *
 * A renewal shows epoch and end of its lease. From another epoch, and with an end still to come, it is believed
 * where the table has nothing newer: so holders at work go on through a loss.
 *
 * A fence is the server's time in ms, or one more than the last where that is higher: a counter alone would
 * start again at 1 in an emptied server, and a holder of before would seem the newer one.
 *
 * @module
 */

/** Leases are few: a prefix for each gateway, a leader for each service. Past this the ended ones are swept. */
const SWEEP_ABOVE = 1_000;

/** KEYS: table. ARGV: run id ("" unknown), name, holder, ttl. */
const BEGIN = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function text(n) return string.format('%.0f', n) end
local tbl, run, name, holder, ttl = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local since = tonumber(redis.call('HGET', tbl, 'since'))
local known = redis.call('HGET', tbl, 'run')
if not since or since > now or (known and run ~= '' and known ~= run) then
  since = now
  redis.call('HSET', tbl, 'since', text(since))
  known = false
end
if not known and run ~= '' then redis.call('HSET', tbl, 'run', run) end

local field = 'lease:' .. name
local old
local entry = redis.call('HGET', tbl, field)
if entry then
  local f, e, s, l, h = string.match(entry, '^(%d+) (%d+) (%d+) (%d+) (.*)$')
  if not f then
    -- Whoever it was may be at work: as good as lost.
    redis.call('HDEL', tbl, field)
    since = now
    redis.call('HSET', tbl, 'since', text(since))
  end
  old = f and { fence = tonumber(f), ends = tonumber(e), epoch = tonumber(s), ttl = tonumber(l), holder = h }
  -- The server's clock was set back: no lease lasts longer than its time from now.
  if old and old.ends > now + old.ttl then
    old.ends = now + old.ttl
    redis.call('HSET', tbl, field,
      text(old.fence)..' '..text(old.ends)..' '..text(old.epoch)..' '..text(old.ttl)..' '..old.holder)
  end
end
local live = old and old.ends > now
local last = tonumber(redis.call('HGET', tbl, 'fence')) or 0

local function grant(fence)
  if fence > last then redis.call('HSET', tbl, 'fence', text(fence)) end
  local ends = now + ttl
  redis.call('HSET', tbl, field,
    text(fence)..' '..text(ends)..' '..text(since)..' '..text(ttl)..' '..holder)
  return { fence, ends, since }
end
`;

/** Gives {fence, end, epoch}; {0, 0} where another has it; {0, ms} where nobody gets it for so long. */
export const ACQUIRE = `${BEGIN}
if live and old.holder ~= holder then return { 0, 0 } end
-- Its own of another epoch is no proof: it may have been given up since, and another's grant lost.
if live and old.epoch == since then return grant(old.fence) end
if now < since + ttl then return { 0, since + ttl - now } end
if redis.call('HLEN', tbl) > ${SWEEP_ABOVE} then
  local all = redis.call('HGETALL', tbl)
  for i = 1, #all, 2 do
    local ends = string.match(all[i], '^lease:') and string.match(all[i + 1], '^%d+ (%d+)')
    if ends and tonumber(ends) <= now then redis.call('HDEL', tbl, all[i]) end
  end
end
return grant(math.max(last + 1, now))
`;

/** ARGV further: fence, epoch and end of the lease ("" for both where its holder knows that it has ended). */
export const RENEW = `${BEGIN}
local fence, epoch, ends = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if live and old.holder == holder and old.fence == fence then return grant(fence) end
local lost = epoch and epoch ~= since and now < ends
if lost and (not old or (old.epoch ~= since and old.fence <= fence)) then return grant(fence) end
return { 0, 0 }
`;

/** KEYS: table. ARGV: name, holder, fence. The highest fence stays. */
export const RELEASE = `
local entry = redis.call('HGET', KEYS[1], 'lease:' .. ARGV[1])
if not entry then return 0 end
local fence, holder = string.match(entry, '^(%d+) %d+ %d+ %d+ (.*)$')
if holder ~= ARGV[2] or fence ~= ARGV[3] then return 0 end
return redis.call('HDEL', KEYS[1], 'lease:' .. ARGV[1])
`;

/** KEYS: table. ARGV: run id. Vouches that nobody holds a lease; gives how many do, and then changes nothing. */
export const DECLARE_NEW = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local all, live = redis.call('HGETALL', KEYS[1]), 0
for i = 1, #all, 2 do
  local ends = string.match(all[i], '^lease:') and string.match(all[i + 1], '^%d+ (%d+)')
  if ends and tonumber(ends) > now then live = live + 1 end
end
if live == 0 then
  redis.call('HSET', KEYS[1], 'since', '0')
  if ARGV[1] ~= '' then redis.call('HSET', KEYS[1], 'run', ARGV[1]) end
end
return live
`;
