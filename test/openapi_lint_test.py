#!/usr/bin/env python3
"""Checks the OpenAPI document with redocly, whose warnings count as errors.

    openapi_lint_test.py
"""
import os
import subprocess
import sys

from servers import ROOT, engine

# It shall check, and talk to nobody.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}

sys.exit(subprocess.run(
    [engine("redocly"), "lint", "--config", ROOT / "test/openapi/redocly.yaml",
     ROOT / "src/api/openapi.json"], env={**os.environ, **QUIET}).returncode)
