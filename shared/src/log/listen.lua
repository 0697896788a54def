-- Has the writers of a log publish to a reader's channel and, unless the log is fresh, returns what it holds already.
-- KEYS  1 log  2 its listeners
-- ARGV  1 channel  2 ttl ms  3 id after which to read ('' when there is nothing to read)  4 most entries to return
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
if ARGV[3] == '' then return {} end
return redis.call('XRANGE', KEYS[1], '(' .. ARGV[3], '+', 'COUNT', ARGV[4])
