/**
 * What is done with values, counters and tallies in one step, in Lua.
 *
 * @module
 */

/** KEYS: value. ARGV: "1" or "0" for whether one is expected, that one, the new one, its TTL in ms or "". */
export const COMPARE_AND_SET = `
local present = redis.call('GET', KEYS[1])
if ARGV[1] == '0' then
  if present then return 0 end
elseif present ~= ARGV[2] then
  return 0
end
if ARGV[4] == '' then
  redis.call('SET', KEYS[1], ARGV[3])
else
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
end
return 1
`;

/** What a counter that would pass 2^53 is refused with. */
export const TOO_HIGH = "GOPOOLTOOHIGH";

/** KEYS: counter. ARGV: what to add, TTL in ms of a new one or "". */
export const INCREMENT = `
local had = redis.call('EXISTS', KEYS[1])
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if sum > 9007199254740991 or sum < -9007199254740991 then
  redis.call('DECRBY', KEYS[1], ARGV[1])
  return redis.error_reply('${TOO_HIGH}')
end
if had == 0 and ARGV[2] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return sum
`;

/**
 * KEYS: a hash for each tally, member → "level end ttl". ARGV: member, TTL in ms, a level for each key. Ends are the
 * script's own to look after: fields that expire by themselves need Redis 7.4.
 */
export const TALLY = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local member, ttl = ARGV[1], tonumber(ARGV[2])
local sums = {}
for i, key in ipairs(KEYS) do
  if ARGV[i + 2] == '0' then
    redis.call('HDEL', key, member)
  else
    redis.call('HSET', key, member,
      string.format('%s %.0f %.0f', ARGV[i + 2], now + ttl, ttl))
    if redis.call('PTTL', key) < ttl then redis.call('PEXPIRE', key, ttl) end
  end
  local sum, all = 0, redis.call('HGETALL', key)
  for j = 1, #all, 2 do
    local level, ends, life = string.match(all[j + 1], '^(%d+) (%d+) (%d+)$')
    -- An end further off than its time: the server's clock was set back. The member will tell again.
    -- What cannot be read is nobody's.
    if level and tonumber(ends) > now and tonumber(ends) <= now + tonumber(life) then
      sum = sum + tonumber(level)
    else
      redis.call('HDEL', key, all[j])
    end
  end
  sums[i] = sum
end
return sums
`;

/**
 * KEYS: bucket. ARGV: capacity, tokens a second, cost. Gives {1 or 0, what is left as text}. Kept is "left ms": what was
 * in it at that time of the server's clock. A refusal writes nothing: the bucket fills by itself.
 */
export const TAKE = `
local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local left = capacity
local kept = redis.call('GET', KEYS[1])
local held, at = string.match(kept or '', '^(%S+) (%S+)$')
if held then
  -- The server's clock may have been set back: nothing has come in, and it goes on from now.
  local passed = math.max(0, now - tonumber(at))
  left = math.min(capacity, tonumber(held) + passed * rate / 1000)
end
local function text() return string.format('%.6f', left) end
local function keep()
  local full = math.ceil((capacity - left) / rate * 1000) + 1
  redis.call('SET', KEYS[1], text() .. string.format(' %.3f', now), 'PX', string.format('%.0f', full))
end
if left < cost then
  if held and tonumber(at) > now then keep() end
  return { 0, text() }
end
left = left - cost
keep()
return { 1, text() }
`;
