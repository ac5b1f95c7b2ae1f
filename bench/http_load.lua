-- For wrk: stamps random cards over every connection, and writes the results as one line of JSON.
-- Arguments: a file with one card a line, "path<TAB>key"; "keys" if each request has an Idempotency-Key of its own.

local requests, once_only, sent = {}, false, 0
local lead = ""

function setup(thread)
   thread:set("seed", os.time() + math.random(1000000))
end

function init(args)
   math.randomseed(seed)
   once_only = args[2] == "keys"
   lead = string.format("bench-%d-%06d-", seed, math.random(999999))
   for line in io.lines(args[1]) do
      local path, key = line:match("^(%S+)\t(%S+)$")
      local headers = { ["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json" }
      if once_only then headers["Idempotency-Key"] = "@" end
      requests[#requests + 1] = wrk.format("POST", path, headers, '{"stamps": 1}')
   end
end

function request()
   local chosen = requests[math.random(#requests)]
   if not once_only then return chosen end
   sent = sent + 1
   return (chosen:gsub("(Idempotency%-Key: )@", "%1" .. lead .. sent, 1))
end

function done(summary, latency)
   local e = summary.errors
   io.write(string.format(
      '\n{"answers": %d, "failures": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f}\n',
      summary.requests, e.connect + e.read + e.write + e.status + e.timeout, summary.duration / 1e6,
      latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
