-- One request a line of a file: "METHOD PATH TOKEN BODY", `-` for what there is not.
-- Arguments: the file, the number of threads, how long a connection pauses before each request, milliseconds, and
-- whether each line is sent `once` or `again` and again.
-- Once all lines were sent, wrk ends as if interrupted, and says so. At the end: how many answers there were of each status, as JSON.
local ffi = require("ffi")
ffi.cdef("int kill(int, int); int getpid(void);")
local threads = {}

function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

function init(args)
    lines, statuses, position, used_up, pause = {}, {}, 0, 0, tonumber(args[3])
    again = args[4] == "again"
    local n = 0
    for line in io.lines(args[1]) do
        if n % tonumber(args[2]) == number then
            table.insert(lines, line)
        end
        n = n + 1
    end
end

function delay()
    return pause
end

function request()
    position = position + 1
    if position > #lines and again then
        position = 1
    end
    local line = lines[position]
    if line == nil then
        used_up = 1
        ffi.C.kill(ffi.C.getpid(), 2) -- SIGINT; a thread that merely stops has wrk wait out its time
        return wrk.format("GET", "/health/live")
    end
    local method, path, token, body = line:match("^(%S+) (%S+) (%S+) (.+)$")
    local headers = {}
    if token ~= "-" then
        headers["Authorization"] = "Bearer " .. token
    end
    if body == "-" then
        body = nil
    else
        headers["Content-Type"] = "application/json"
    end
    return wrk.format(method, path, headers, body)
end

function response(status)
    statuses[status] = (statuses[status] or 0) + 1
end

function done(summary, latency)
    local total, without = {}, 0
    for _, thread in ipairs(threads) do
        without = without + thread:get("used_up")
        for status, n in pairs(thread:get("statuses")) do
            total[status] = (total[status] or 0) + n
        end
    end
    local parts = {}
    for status, n in pairs(total) do
        table.insert(parts, string.format('"%d": %d', status, n))
    end
    io.write(string.format(
        '\nRESULT {"statuses": {%s}, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "errors": %d, "used_up": %d}\n',
        table.concat(parts, ", "), summary.duration / 1e6,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        without
    ))
end
