-- Sliding window counters: the previous window counts by the share of it that lies within the last `length` ms.
-- KEYS: the counter of each call. ARGV: for each call, the limit and the length of the window in milliseconds.
-- Returns for each call whether it is allowed (1 or 0), how many are left, and the milliseconds until more are.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function count(key, amount, length)
    local kept = redis.call('HMGET', key, 'began', 'before', 'calls')
    local began, before, calls = tonumber(kept[1]) or now, tonumber(kept[2]) or 0, tonumber(kept[3]) or 0
    local passed = math.floor((now - began) / length)
    if passed > 0 then
        began = began + passed * length
        before, calls = passed == 1 and calls or 0, 0
    end

    local left = began + length - now
    local remaining = amount - calls - math.floor(before * left / length)
    if remaining > 0 then
        redis.call('HSET', key, 'began', began, 'before', before, 'calls', calls + 1)
        redis.call('PEXPIRE', key, 2 * length)
        return {1, remaining - 1, left}
    end
    if calls < amount then -- until enough of the previous window has expired
        left = left - math.floor((amount - calls) * length / before)
    end
    return {0, 0, left + 1}
end

local counts = {}
for i, key in ipairs(KEYS) do
    counts[i] = count(key, tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i]))
end
return counts
