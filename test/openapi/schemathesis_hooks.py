"""What schemathesis must know of the two APIs that OpenAPI can't say."""
import json

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, ServerError
from schemathesis.openapi.checks import AllowHeaderMismatch, RejectedPositiveData

# How long a question may wait for a version, instead of up to 10 s.
WAIT_MS = 5
# The question that an address needs unless there is a cursor.
QUESTIONS = {"/metrics/GetMetricsByExpiration": "isExpired",
             "/metrics/GetMetricsBySuccess": "isSuccessful"}

# Query parameters that may be any text.
TEXTS = {"owner", "q", "tag", "unit"}

# Where a metric is created, and the member of the body that describes it.
CREATIONS = {"/metrics/CreateMetricCommand": "props", "/metrics": None}


@schemathesis.serializer("application/x-ndjson")
def lines(context, value):
    """A text stays as it is; else it is one line."""
    return (value if isinstance(value, str) else json.dumps(value)).encode()


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Of headers that have a pattern schemathesis makes only letters and digits, where it isn't told
    the format: no entity tag is among them."""
    for name in ("IfMatch", "IfNoneMatch"):
        raw_schema["components"]["parameters"][name]["schema"]["format"] = "_if_match_header"


@schemathesis.hook
def map_case(context, case):
    """Most versions that are asked for never come: they are awaited briefly. A `wait` that is out of
    range, or no number, is left as it is."""
    if "minVersion" in (case.query or {}):
        wait = str(case.query.get("wait", WAIT_MS))
        if wait.isascii() and wait.isdigit() and int(wait) <= 10_000:
            case.query["wait"] = min(int(wait), WAIT_MS)
    return case


def problem_type(response):
    """Without "/problems/"; None where there is no body (HEAD)."""
    if not response.content: return None
    return json.loads(response.content)["type"].rpartition("/")[2]


def wrong_headers(response):
    """The names of the headers that are wrong, if nothing else is."""
    if not response.content: return set()
    errors = json.loads(response.content).get("errors", [])
    return {error.get("header") for error in errors}


def is_contradictory(case):
    """What a schema that linters take can't say of a body's members together."""
    body = case.body if isinstance(case.body, dict) else {}
    if case.path in CREATIONS:
        # Required, unless the goal is kept.
        members = body.get(CREATIONS[case.path], body)
        return isinstance(members, dict) and "deadline" not in members
    if case.path.endswith("/values/{version}"):
        # A value is taken back, or it is changed.
        changes = {"value", "observedAt", "comment"} & set(body)
        return bool(changes) if body.get("retracted") is True else not changes
    return False


def is_sent_as_text(case):
    """Whether a question is a right one once it is a URL: there a number is a text, and an empty
    list is nothing."""
    return all(name in TEXTS or value in ([], {}) for name, value in (case.query or {}).items())


def is_right(failure, case, response):
    """Whether an answer that a check objects to is the one that the contract asks for."""
    if isinstance(failure, AcceptedNegativeData): return is_sent_as_text(case)
    # The document has the methods of both APIs, which are at two addresses.
    if isinstance(failure, AllowHeaderMismatch): return True
    # Whatever the body is, it has lines, and the answer says of each what it is.
    if isinstance(failure, AcceptedNegativeData) and case.path == "/values": return True
    if not isinstance(failure, (RejectedPositiveData, ServerError)): return False
    status = response.status_code
    query = case.query or {}
    if status == 503:
        # A version that is not there in the time given.
        return "minVersion" in query and problem_type(response) in (None, "not-yet-visible")
    if status == 400 and "cursor" in query:
        # Cursors are opaque: one that is made up is none, whatever it looks like.
        return True
    if status == 400 and case.path in QUESTIONS:
        # Required, unless there is a cursor: OpenAPI has no way to say that.
        return QUESTIONS[case.path] not in query
    # One way through the events or the other.
    if status == 400 and {"after", "before"} <= set(query): return True
    # The past is not waited for, and has no version to come.
    if status == 400 and "asOf" in query: return True
    # Which bytes are percent-encoded UTF-8 no pattern says.
    if status == 400 and wrong_headers(response) == {"X-By"}: return True
    if status == 400 and is_contradictory(case): return True
    # The metric is at another version than If-Match names.
    if status == 412: return problem_type(response) == "precondition-failed"
    # A rule of the domain: it depends on what was recorded before, and on the clock.
    return status == 422 and case.method in ("POST", "PATCH")


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return not is_right(failure, case, response)
