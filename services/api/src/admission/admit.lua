-- Gives a caller's jobs their places on a queue, or refuses all of them and changes nothing. `scheduling/order.ts` says
-- what order is fair; this is the same over what is on the queue, and on its way there.
-- KEYS  1 prioritized (score: order * 2^32 + n)  2 wait  3 fair: caller -> tag  4 admitted: "<ms> <id>" -> order
-- ARGV  1 caller  2 now ms  3 most jobs here  4 most jobs ahead ('' for any number)  5 jobs elsewhere that go before these
--       6 first fair order  7 last order  8 ms after which one on its way was lost  9 ms the tags are worth  10.. ids
-- Returns what became of it, the jobs here (these included, if placed), and: ahead of the first, and its order
--   {'placed', here, ahead, order} | {'full', here} | {'late', here, ahead}
local unit = 4294967296
local now, first, last = tonumber(ARGV[2]), tonumber(ARGV[6]), tonumber(ARGV[7])
local count = #ARGV - 9

-- Lost ones gather at the head, where virtual time leaves them behind. One of the future is from before a clock went back.
local oldest = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
while oldest[1] and math.abs(now - tonumber(string.match(oldest[1], '^%d+'))) > tonumber(ARGV[8]) do
  redis.call('ZREM', KEYS[4], oldest[1])
  oldest = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
end

local waiting = redis.call('LLEN', KEYS[2])
local here = waiting + redis.call('ZCARD', KEYS[1]) + redis.call('ZCARD', KEYS[4])
if here + count > tonumber(ARGV[3]) then return { 'full', here } end

-- The head: the lowest fair order on the queue or on its way.
local head = tonumber(oldest[2])
local lowest = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('%.0f', first * unit), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if lowest[2] then
  local order = math.floor(tonumber(lowest[2]) / unit)
  if not head or order < head then head = order end
end
local time, start = 0, 0
if head then
  time = head - first
  start = math.max(time, tonumber(redis.call('ZSCORE', KEYS[3], ARGV[1]) or 0))
end
local order = math.min(first + start, last)

local ahead = tonumber(ARGV[5]) + waiting
  + redis.call('ZCOUNT', KEYS[1], '-inf', string.format('(%.0f', (order + 1) * unit))
  + redis.call('ZCOUNT', KEYS[4], '-inf', order)
if ARGV[4] ~= '' and ahead > tonumber(ARGV[4]) then return { 'late', here, ahead } end

if head then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', time)
else
  redis.call('DEL', KEYS[3])
end
redis.call('ZADD', KEYS[3], start + count, ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[9])
for i = 1, count do
  redis.call('ZADD', KEYS[4], math.min(order + i - 1, last), ARGV[2] .. ' ' .. ARGV[9 + i])
end
redis.call('PEXPIRE', KEYS[4], ARGV[8])
return { 'placed', here + count, ahead, order }
