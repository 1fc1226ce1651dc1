package redis

import goredis "github.com/redis/go-redis/v9"

// scripts are the steps that no single command does. Each touches KEYS[1] only.
// Times are in milliseconds.
type scripts struct{ create, update, list, reserve, release, hit, swap, take *goredis.Script }

func newScripts() scripts {
	return scripts{
		// create: data, ttl. 0: it exists.
		create: goredis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'rev', 1, 'data', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`),

		// update: the revision that is replaced, the next, data, ttl.
		// 0: it has another revision; -1: there is none.
		update: goredis.NewScript(`
local rev = redis.call('HGET', KEYS[1], 'rev')
if not rev then return -1 end
if rev ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'rev', ARGV[2], 'data', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`),

		// list: ID, ttl, how many there may be. 0: there are as many.
		// The server's clock it is, since all instances share that one.
		list: goredis.NewScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if not redis.call('ZSCORE', KEYS[1], ARGV[1])
and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1`),

		// reserve: ID, ttl. 0: it is another's.
		reserve: goredis.NewScript(`
local id = redis.call('GET', KEYS[1])
if id and id ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`),

		// release: ID.
		release: goredis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`),

		// hit: delta, window. Returns the counter and what is left of its window.
		hit: goredis.NewScript(`
local n, delta = redis.call('GET', KEYS[1]), tonumber(ARGV[1])
if not n then
  if delta <= 0 then return {0, 0} end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return {delta, tonumber(ARGV[2])}
end
n = tonumber(n)
if delta ~= 0 then
  n = math.max(n + delta, 0)
  redis.call('SET', KEYS[1], n, 'KEEPTTL')
end
return {n, redis.call('PTTL', KEYS[1])}`),

		// swap: the value that is replaced, or nothing, the next, ttl. 0: it has
		// another value, or none.
		swap: goredis.NewScript(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`),

		// take: GETDEL, which Redis has since 6.2 only, and users of older ACLs
		// may not. The answer is a value, or nothing.
		take: goredis.NewScript(`
local value = redis.call('GET', KEYS[1])
if value then redis.call('DEL', KEYS[1]) end
return value`),
	}
}
