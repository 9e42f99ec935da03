-- Sliding window counters: of the window before, as large a share counts as the last `length` still reach into.
-- KEYS: whose calls, one for each call; ARGV: for each of them how many, in how many milliseconds.
-- Returns for each whether it is allowed (1, 0), how many more would be, and the milliseconds until there are more.
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
    if calls < amount then -- enough of the window before will have slid out
        left = left - math.floor((amount - calls) * length / before)
    end
    return {0, 0, left + 1}
end

local counts = {}
for i, key in ipairs(KEYS) do
    counts[i] = count(key, tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i]))
end
return counts
