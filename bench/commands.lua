-- wrk: values for 1,000 metrics in turn. The requests are made beforehand, so that making them
-- takes no time from the server on the same machine.
local requests = {}
local sent = 0
function init()
    wrk.headers["Content-Type"] = "application/json"
    for n = 1, 10000 do
        requests[n] = wrk.format("POST", "/metrics/UpdateMetricValueCommand", nil,
            '{"id":"m' .. (n * 7919 % 1000) .. '","props":{"value":' .. n .. '}}')
    end
end
function request()
    sent = sent % #requests + 1
    return requests[sent]
end
