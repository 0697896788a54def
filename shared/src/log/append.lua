-- Appends one entry to a response log and tells everyone who reads it. Atomic, hence the only judge of who may write.
-- KEYS  1 log (stream)  2 its listeners (set of channels)
-- ARGV  1 attempt  2 seq  3 id of the entry that a new attempt continues ('-' when seq > 1)
--       4 payload  5 '1' when terminal  6 '1' when healing: re-appending what this attempt had written before  7 ttl ms
-- Returns OK:<channels that heard it> | DUP | FENCED | CLOSED | GAP:<last id>
local attempt, seq = tonumber(ARGV[1]), tonumber(ARGV[2])
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local lastId, lastAttempt, lastSeq, closed = '0-0', 0, 0, false
if last then
  lastId = last[1]
  local a, s = string.match(lastId, '^(%d+)%-(%d+)$')
  lastAttempt, lastSeq = tonumber(a), tonumber(s)
  for i = 1, #last[2], 2 do
    if last[2][i] == 't' then closed = true end
  end
end
if lastAttempt > attempt then return 'FENCED' end
if lastAttempt == attempt and seq <= lastSeq then
  -- A claim that stands with other words is a stranger's: two starts with one number, of which the first one won.
  if seq == 1 and ARGV[6] ~= '1' then
    local claim = redis.call('XRANGE', KEYS[1], ARGV[1] .. '-1', ARGV[1] .. '-1')[1]
    if claim and claim[2][2] ~= ARGV[4] then return 'FENCED' end
  end
  return 'DUP'
end
if closed then return 'CLOSED' end
if lastAttempt == attempt then
  if seq ~= lastSeq + 1 then return 'GAP:' .. lastId end
elseif seq ~= 1 then
  return 'GAP:' .. lastId
elseif last and ARGV[3] ~= lastId and ARGV[6] ~= '1' then
  return 'GAP:' .. lastId
end
local id = ARGV[1] .. '-' .. ARGV[2]
if ARGV[5] == '1' then
  redis.call('XADD', KEYS[1], id, 'e', ARGV[4], 'p', ARGV[3], 't', '1')
else
  redis.call('XADD', KEYS[1], id, 'e', ARGV[4], 'p', ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], ARGV[7])
redis.call('PEXPIRE', KEYS[2], ARGV[7])
local heard = 0
local message = KEYS[1] .. ' ' .. id .. ' ' .. ARGV[3] .. ' ' .. ARGV[4]
for _, channel in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  heard = heard + redis.call('PUBLISH', channel, message)
end
return 'OK:' .. heard
