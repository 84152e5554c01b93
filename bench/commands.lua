-- wrk: values for 1,000 metrics in turn, each another one.
wrk.headers["Content-Type"] = "application/json"
local sent = 0
function request()
    sent = sent + 1
    return wrk.format("POST", "/metrics/UpdateMetricValueCommand", nil,
        '{"id":"m' .. (sent * 7919 % 1000) .. '","props":{"value":' .. sent .. '}}')
end
