-- One decision on counters that several servers share: all of it, or nothing (redis_decision.c).
--
-- KEYS     a counter each, a hash: "z" its state; "w" that its warning was given; "r:OWNER" what a message has reserved,
--          "AMOUNT UNTIL"; "t" when it was reset; "b" what was restored after a loss of memory, and when, "AMOUNT WHEN". Then the key that remembers that this owner has settled; the stream of
--          counters that moved by a hundredth of their limit (pulse.lua); what the store remembers of the server that asks.
-- ARGV     operation ("reserve", "settle", "release", "look", "reset"), owner, how long a reservation lasts in us, how
--          often the server has found the store without memory, 1 if it tells what it knows; then for each counter: kind
--          (0 refill, 1 sliding, 2 calendar), limit, burst, period_us, starts_us, ends_us, amount, is_watched, warn_at,
--          warn_until, extra (reserved as well where a tenth of the limit stays free), what the server knows was charged,
--          when, and when all of it lapses: of before a time when the store may have lost its memory, else 0.
-- Answer   {"anew", time} where the store does not know the server: it may have lost its memory, and is to be asked again,
--          with what is known. Else {"fits" or "exceeded", the server's time in us}, and for each counter: is_exceeded,
--          used, clears_us, reset_us, warns, what was reserved, what of `used` was charged. Times are in us since EPOCH;
--          -1: never.
--
-- Time is the server's, in us since EPOCH, so that doubles keep a hundredth of one. The arithmetic is window.c's.
local EPOCH = 1735689600
local SLOTS = 13
local FIXED, FIELDS = 5, 14
local now_parts = redis.call('TIME')
local now = (now_parts[1] - EPOCH) * 1000000 + now_parts[2]
local operation, owner, lasts = ARGV[1], ARGV[2], tonumber(ARGV[3])
local count = math.floor((#ARGV - FIXED) / FIELDS)
local settled, moved, memory = KEYS[#KEYS - 2], KEYS[#KEYS - 1], KEYS[#KEYS]

if owner ~= '' and redis.call('GET', memory) ~= ARGV[4] then
    if ARGV[5] == '0' then return {'anew', tostring(now)} end
    redis.call('SET', memory, ARGV[4], 'EX', 3600)
end

local function read(i)
    local at = FIXED + (i - 1) * FIELDS
    local c = {
        kind = tonumber(ARGV[at + 1]), limit = tonumber(ARGV[at + 2]), burst = tonumber(ARGV[at + 3]),
        period = tonumber(ARGV[at + 4]), starts = tonumber(ARGV[at + 5]), ends = tonumber(ARGV[at + 6]),
        amount = tonumber(ARGV[at + 7]), watched = ARGV[at + 8] == '1', warn_at = tonumber(ARGV[at + 9]),
        warn_until = tonumber(ARGV[at + 10]), extra = tonumber(ARGV[at + 11]),
        known = tonumber(ARGV[at + 12]), known_at = tonumber(ARGV[at + 13]), known_until = tonumber(ARGV[at + 14]),
        granted = 0, key = KEYS[i], reserved = 0, own = 0, until_us = 0, stamp = 0, empty_at = 0, used = {}
    }
    c.capacity = c.kind == 0 and c.burst or c.limit
    c.interval = math.ceil(c.period * 1000 / c.limit) / 1000
    c.step = math.max(1, math.ceil(c.period / (SLOTS - 1)))
    local fields = redis.call('HGETALL', c.key)
    for f = 1, #fields, 2 do
        local name, value = fields[f], fields[f + 1]
        if name == 'z' then
            local state = cmsgpack.unpack(value)
            c.stamp, c.empty_at, c.used, c.is_there = state[1], state[2], state[3], true
        elseif name == 'w' then
            c.warned = true
        elseif name == 't' then
            c.reset_at = tonumber(value)
        elseif name == 'b' then
            c.restored, c.restored_at = string.match(value, '^(%S+) (%S+)$')
        else
            local amount, ends = string.match(value, '^(%d+) (%d+)$')
            amount, ends = tonumber(amount), tonumber(ends)
            if ends == nil or ends <= now then
                redis.call('HDEL', c.key, name)
            else
                c.reserved = c.reserved + amount
                c.until_us = math.max(c.until_us, ends)
                if name == 'r:' .. owner then c.own = amount end
            end
        end
    end
    return c
end

local function slot_of_now(c)
    return math.floor(now / c.step)
end

local function slot(c, number)
    if number < 0 or number > c.stamp or number <= c.stamp - SLOTS then return 0 end
    return c.used[number % SLOTS + 1] or 0
end

local function charged(c)
    if c.kind == 0 then return math.ceil(math.max(c.stamp - now, 0) / c.interval - 0.000001) end
    if c.kind == 2 then return c.stamp == c.starts and (c.used[1] or 0) or 0 end
    local current, sum = slot_of_now(c), 0
    for number = current - SLOTS + 1, current do sum = sum + slot(c, number) end
    return sum
end

-- When `amount` more fits; -1: never.
local function ready(c, amount)
    if amount > c.capacity then return -1 end
    if c.kind == 0 then
        return math.max(now, math.ceil(math.max(c.stamp, now) + (amount + c.reserved - c.burst) * c.interval))
    end
    if c.kind == 2 then return c.ends end
    local current, wanted = slot_of_now(c), charged(c) + c.reserved + amount
    for number = current - SLOTS + 1, current do
        local lapsing = slot(c, number)
        wanted = wanted - lapsing
        if lapsing > 0 and wanted <= c.limit then return (number + SLOTS) * c.step end
    end
    return now
end

local function fits(c, amount)
    if c.kind == 0 then
        return amount + c.reserved <= c.burst and
            math.max(c.stamp, now) + (amount + c.reserved - c.burst) * c.interval <= now + 0.5
    end
    return charged(c) + c.reserved + amount <= c.limit
end

-- `number`: into which slot of a sliding window.
local function charge(c, amount, number)
    if c.kind == 0 then
        c.stamp = math.min(math.max(c.stamp, now) + amount * c.interval, now + 2 * c.burst * c.interval)
        c.empty_at = math.ceil(c.stamp)
    elseif c.kind == 1 then
        local current = slot_of_now(c)
        if current - c.stamp >= SLOTS then c.used = {} end
        for fresh = math.max(c.stamp + 1, current - SLOTS + 1), current do c.used[fresh % SLOTS + 1] = 0 end
        c.stamp = math.max(c.stamp, current)
        for i = 1, SLOTS do c.used[i] = c.used[i] or 0 end
        c.used[number % SLOTS + 1] = c.used[number % SLOTS + 1] + amount
        c.empty_at = math.max(c.empty_at, (number + SLOTS) * c.step)
    else
        if c.stamp ~= c.starts then c.used = {0} end
        c.stamp = c.starts
        c.used[1] = (c.used[1] or 0) + amount
        c.empty_at = c.ends
    end
end

local function hundredth(c)
    return math.floor(charged(c) * 100 / c.capacity)
end

local function tell_others(c)
    redis.call('XADD', moved, 'MAXLEN', '~', 20000, '*', 'k', c.key, 'u', charged(c) + c.reserved, 'c', charged(c),
        'e', math.ceil(math.max(c.empty_at, now) / 1000) + EPOCH * 1000)
end

local function write(c)
    redis.call('HSET', c.key, 'z', cmsgpack.pack({c.stamp, c.empty_at, c.used}))
end

-- A key is forgotten once nothing in it counts any more.
local function expire(c)
    local ends = math.max(c.empty_at, c.until_us, now)
    redis.call('PEXPIREAT', c.key, math.ceil(ends / 1000) + EPOCH * 1000 + 60000)
end

-- What was charged as a server knows that was told so before the store lost its memory. Of several that tell, what the
-- first told is restored, and what others knew beyond that is added; where nothing was lost, less is known than is there.
local function missing(c)
    local known, at = c.known, c.known_at
    if known == 0 or at <= (c.reset_at or -1) or c.known_until <= now then return 0 end
    if c.kind == 0 then known = math.ceil(known - (now - at) / c.interval - 0.000001) end
    if c.restored and at < tonumber(c.restored_at) then return known - tonumber(c.restored) end
    return known - charged(c)
end

local function restore(c)
    local amount = missing(c)
    if amount <= 0 then return end
    if c.restored or not c.is_there then
        redis.call('HSET', c.key, 'b', string.format('%d %s', (c.restored or 0) + amount, c.restored_at or tostring(now)))
    end
    local youngest = math.floor(c.known_until / c.step) - SLOTS -- so that it lapses when it would have
    charge(c, amount, math.max(slot_of_now(c) - SLOTS + 1, math.min(slot_of_now(c), youngest)))
    write(c)
    expire(c)
end

local counters, answer = {}, {'fits', tostring(now)}
for i = 1, count do
    counters[i] = read(i)
    if operation == 'reserve' or operation == 'settle' then restore(counters[i]) end
end

if operation == 'settle' then
    local is_new = redis.call('SET', settled, '1', 'NX', 'PX', 3600000)
    for _, c in ipairs(counters) do
        redis.call('HDEL', c.key, 'r:' .. owner)
        c.reserved = c.reserved - c.own
        if is_new and c.amount > 0 then
            if c.warned and charged(c) < c.warn_until then c.warned = false; redis.call('HDEL', c.key, 'w') end
            local before = hundredth(c)
            charge(c, c.amount, slot_of_now(c))
            write(c)
            if hundredth(c) ~= before then tell_others(c) end
            if c.warn_at > 0 and not c.warned and charged(c) >= c.warn_at then
                c.warns = true
                redis.call('HSET', c.key, 'w', '1')
            end
        end
        c.amount = 0
        expire(c)
    end
elseif operation == 'release' then
    for _, c in ipairs(counters) do redis.call('HDEL', c.key, 'r:' .. owner) end
elseif operation == 'reset' then
    for _, c in ipairs(counters) do
        c.granted = redis.call('HDEL', c.key, 'z', 'w')
        c.stamp, c.empty_at, c.used = 0, 0, {}
        redis.call('HSET', c.key, 't', tostring(now))
        redis.call('PEXPIRE', c.key, 86400000)
        tell_others(c)
    end
else
    for _, c in ipairs(counters) do
        c.exceeded = not fits(c, c.amount)
        if c.exceeded and not c.watched then answer[1] = 'exceeded' end
    end
    if operation == 'reserve' and answer[1] == 'fits' then
        for _, c in ipairs(counters) do
            local room = math.floor(c.capacity * 0.9) - charged(c) - c.reserved - c.amount
            c.granted = c.amount + math.max(0, math.min(c.extra, room))
            if c.granted > 0 then
                redis.call('HSET', c.key, 'r:' .. owner, string.format('%d %d', c.own + c.granted, now + lasts))
                c.until_us = math.max(c.until_us, now + lasts)
                expire(c)
            end
        end
    end
end
for _, c in ipairs(counters) do
    local used = charged(c) + c.reserved
    answer[#answer + 1] = c.exceeded and 1 or 0
    answer[#answer + 1] = used
    answer[#answer + 1] = string.format('%d', c.exceeded and ready(c, c.amount) or now)
    answer[#answer + 1] = string.format('%d', used > 0 and c.empty_at > now and c.empty_at or now)
    answer[#answer + 1] = c.warns and 1 or 0
    answer[#answer + 1] = c.granted
    answer[#answer + 1] = charged(c)
end
return answer
