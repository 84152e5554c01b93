-- wrk: conditional puts of events as the product stores them, of 1,000 metrics in turn, unsigned.
local sent = 0
function init()
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/x-amz-json-1.0"
    wrk.headers["X-Amz-Target"] = "DynamoDB_20120810.PutItem"
    wrk.headers["X-Amz-Date"] = "20261125T080000Z"
    wrk.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=bench/20261125/eu-central-1/" ..
        "dynamodb/aws4_request, SignedHeaders=host, Signature=0"
end
function request()
    sent = sent + 1
    return wrk.format(nil, "/", nil, '{"TableName":"yardstick-events","Item":{"aggregateId":{"S":"b' ..
        (sent * 7919 % 1000) .. '"},"order":{"N":"' .. (math.floor(sent / 1000) + 1) ..
        '"},"name":{"S":"MetricValueUpdated"},"occurredOn":{"S":"2026-11-25T08:00:00.000Z"},' ..
        '"payload":{"M":{"value":{"N":"' .. sent .. '"}}},"metadata":{"M":{"schema":{"N":"1"},' ..
        '"commandId":{"S":"3409f1fa-d9aa-415c-a19c-dff78679e2a1"},' ..
        '"append":{"S":"3409f1fa-d9aa-415c-a19c-dff78679e2a1"}}}},' ..
        '"ConditionExpression":"attribute_not_exists(#id)",' ..
        '"ExpressionAttributeNames":{"#id":"aggregateId"},' ..
        '"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}')
end
