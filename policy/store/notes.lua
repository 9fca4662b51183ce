-- What servers tell each other (store.h, "notes"): of each name the text with the greatest stamp.
--
-- KEYS     a hash: "epoch", "count" of changes, and ":NAME" -> "STAMP TEXT"; a sorted set: ":NAME" by its last change.
-- ARGV     the epoch and the number of the last change that the caller knows, an epoch for a store that has none,
--          how many changes it takes at most (0: none), then NAME, STAMP, TEXT for each of its own; no text: forget it.
-- Answer   {epoch, number of the last change in this answer, 1 if there are more, then NAME, "STAMP TEXT", ...}
local hash, changes = KEYS[1], KEYS[2]
local most = tonumber(ARGV[4])
local epoch = redis.call('HGET', hash, 'epoch')

-- Nothing there, or only half of it (a store that makes room for others): all begins anew.
if not epoch or redis.call('ZCARD', changes) ~= redis.call('HLEN', hash) - 2 then
    redis.call('DEL', hash, changes)
    epoch = ARGV[3]
    redis.call('HSET', hash, 'epoch', epoch, 'count', 0)
end

for at = 5, #ARGV, 3 do
    local name, stamp, text = ':' .. ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2]
    local former = redis.call('HGET', hash, name)
    local known = former and tonumber(string.match(former, '^%d+')) or -1
    if text == '' then
        if former and known <= stamp then
            redis.call('HDEL', hash, name)
            redis.call('ZREM', changes, name)
        end
    elseif stamp > known then
        redis.call('HSET', hash, name, ARGV[at + 1] .. ' ' .. text)
        redis.call('ZADD', changes, redis.call('HINCRBY', hash, 'count', 1), name)
    end
end

local since = epoch == ARGV[1] and ARGV[2] or '0'
local answer = {epoch, since, 0}
if most == 0 then return answer end
local found = redis.call('ZRANGEBYSCORE', changes, '(' .. since, '+inf', 'WITHSCORES', 'LIMIT', 0, most + 1)
for at = 1, math.min(#found, 2 * most), 2 do
    answer[2] = found[at + 1]
    answer[#answer + 1] = string.sub(found[at], 2)
    answer[#answer + 1] = redis.call('HGET', hash, found[at])
end
if #found > 2 * most then answer[3] = 1 end
return answer
