-- What a server tells and asks several times a second: that it is there, who else is, and which counters moved.
--
-- KEYS     the servers, by when they were last here; the stream of counters that moved, and what is remembered of the
--          server (decide.lua).
-- ARGV     the server's name, how long one that is silent is still counted in ms, the last entry of the stream that it
--          has read, how many it takes; a name alone: it leaves.
-- Answer   {how many servers, last entry read, 1 if the store knows the server, then for each that moved: its counter, what
--          was used of it, what of that was charged, when in ms, and when all of it lapses in ms}. A store that does not
--          know the server may have lost its memory.
local now_parts = redis.call('TIME')
local now = now_parts[1] * 1000 + math.floor(now_parts[2] / 1000)
if #ARGV == 1 then
    redis.call('ZREM', KEYS[1], ARGV[1])
    return {0, '0', 1}
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
local is_known = redis.call('EXPIRE', KEYS[3], 3600)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
local answer = {redis.call('ZCARD', KEYS[1]), ARGV[3], is_known}
local read = redis.call('XREAD', 'COUNT', ARGV[4], 'STREAMS', KEYS[2], ARGV[3])
for _, entry in ipairs(read and read[1][2] or {}) do
    answer[2] = entry[1]
    answer[#answer + 1] = entry[2][2]
    answer[#answer + 1] = entry[2][4]
    answer[#answer + 1] = entry[2][6]
    answer[#answer + 1] = string.match(entry[1], '^%d+')
    answer[#answer + 1] = entry[2][8] or answer[#answer] -- of a server of an older version
end
return answer
