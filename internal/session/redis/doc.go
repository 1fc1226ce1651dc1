// Package redis is the engine of session records for many proxies: a Redis, a
// Redis Cluster, or a Redis that Sentinels watch over.
//
// Every step that must be atomic is one command or one small script on one key,
// so that it works on a Cluster, whose nodes share nothing:
//
//	PREFIX s:ID     hash     rev and data of a record
//	PREFIX r:KEY    string   the ID of the session that KEY is reserved for
//	PREFIX c:KEY    string   a counter
//	PREFIX i:SITE   zset     the site's sessions that are not over, by when they
//	                         are forgotten; advisory
//	PREFIX v:KEY    string   a value of others than sessions; see [Store.Values]
//	PREFIX wake     channel  the sites whose sessions have changed
//
// An ACL user needs the keys and the channel PREFIX*, and the commands that are
// in this package: get, set, del, exists, hget, hset, pexpire, pttl, zadd,
// zcard, zrem, zremrangebyscore, zscan, zscore, time, eval, evalsha, publish,
// subscribe, ping, hello (with auth), and cluster or sentinel where there is
// one.
//
// # Faults
//
// A proxy must not wait for a store: by default a step dials for 300 ms, reads
// and writes for 250 ms each, takes 500 ms as a whole, and tries once. Whatever
// goes wrong then wraps [session.ErrUnavailable]. A step that failed may have
// been done: a claim is idempotent for its agent, and all else expires.
// Connections come back by themselves.
//
// Set maxmemory-policy noeviction: a Redis that evicts forgets customers who
// wait. It then refuses what does not fit, which is [session.ErrFull].
// Replication is asynchronous: a failover can lose the last moments, among them
// a claim, which can then be made again. The audit record shows both. A logout can
// be lost as well; the agent's browser has forgotten its cookie nevertheless.
package redis
