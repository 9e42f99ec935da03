-- Sends the requests of a file, one per line: "METHOD PATH TOKEN BODY", with `-` for a missing token or body.
-- Arguments: the file; the pause of a connection before each request in milliseconds; `once` to send each line once, or
-- `again` to repeat the file.
-- With `once`, the script interrupts wrk when all lines are answered. Finally it prints, as JSON, the number of answers
-- by status and whether connections ran out of lines. It supports one thread only.
local ffi = require("ffi")
ffi.cdef("int kill(int, int); int getpid(void);")
local LONG = 3600 * 1000 -- milliseconds
local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    lines, statuses, pause, again = {}, {}, tonumber(args[2]), args[3] == "again"
    promised, position, answered, used_up = 0, 0, 0, 0
    looked_at = false
    for line in io.lines(args[1]) do
        table.insert(lines, line)
    end
end

-- Called before each request of a connection. A connection without a remaining line sleeps until wrk ends.
function delay()
    promised = promised + 1
    if promised > #lines and not again then
        used_up = 1
        return LONG
    end
    return pause
end

function request()
    if looked_at then
        position = position % #lines + 1
    else
        looked_at = true -- wrk's first call is for inspection; it does not send that request
        return formatted(lines[1])
    end
    return formatted(lines[position])
end

function formatted(line)
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
    answered = answered + 1
    if answered == #lines and not again then
        ffi.C.kill(ffi.C.getpid(), 2) -- SIGINT
    end
end

function done(summary, latency)
    local thread, parts = threads[1], {}
    for status, n in pairs(thread:get("statuses")) do
        table.insert(parts, string.format('"%d": %d', status, n))
    end
    io.write(string.format(
        '\nRESULT {"statuses": {%s}, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "errors": %d, "used_up": %s}\n',
        table.concat(parts, ", "), summary.duration / 1e6,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        tostring(thread:get("used_up") == 1)
    ))
end
