#!/usr/bin/env python3
"""Creates metrics m0, m1, ... (gauges): make_metrics.py URL COUNT"""
import http.client
import json
import sys
import urllib.parse

connection = http.client.HTTPConnection(urllib.parse.urlparse(sys.argv[1]).netloc)
for number in range(int(sys.argv[2])):
    props = {"name": f"Metric {number}", "description": "For measuring", "target": 1e9,
             "unit": "units", "deadline": "2035-12-31", "kind": "gauge"}
    connection.request("POST", "/metrics/CreateMetricCommand",
                       json.dumps({"id": f"m{number}", "props": props}),
                       {"Content-Type": "application/json"})
    response = connection.getresponse()
    body = response.read()
    assert response.status == 201, body
