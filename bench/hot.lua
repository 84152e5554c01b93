-- wrk: values for one metric.
wrk.headers["Content-Type"] = "application/json"
local sent = 0
function request()
    sent = sent + 1
    return wrk.format("POST", "/metrics/UpdateMetricValueCommand", nil,
        '{"id":"m1","props":{"value":' .. sent .. '}}')
end
