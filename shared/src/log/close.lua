-- Ends a log from outside (a cancel, a refusal, a deadline), whoever writes it: the entry's attempt is above all others.
-- KEYS  1 log  2 its listeners
-- ARGV  1 attempt  2 payload  3 ttl ms
-- Returns 1 when this call closed it, 0 when it was closed already.
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local after = '0-0'
if last then
  after = last[1]
  for i = 1, #last[2], 2 do
    if last[2][i] == 't' then return 0 end
  end
end
local id = ARGV[1] .. '-1'
redis.call('XADD', KEYS[1], id, 'e', ARGV[2], 'p', after, 't', '1')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local message = KEYS[1] .. ' ' .. id .. ' ' .. after .. ' ' .. ARGV[2]
for _, channel in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  redis.call('PUBLISH', channel, message)
end
return 1
