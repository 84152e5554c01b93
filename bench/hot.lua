-- wrk: values for one metric; made beforehand, as in commands.lua.
local requests = {}
local sent = 0
function init()
    wrk.headers["Content-Type"] = "application/json"
    for n = 1, 1000 do
        requests[n] = wrk.format("POST", "/metrics/UpdateMetricValueCommand", nil,
            '{"id":"m1","props":{"value":' .. n .. '}}')
    end
end
function request()
    sent = sent % #requests + 1
    return requests[sent]
end
