// The exceptions of es: each ends the operation it comes from. Outcomes that a caller must expect
// (a conflict, a refused command) are return values instead; see event_store.hpp and decision.hpp.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace es {

// A store or service can't be used now; the same call may succeed later.
class Unavailable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    Unavailable(const std::string& what, std::string public_message)
        : std::runtime_error(what), public_message_(std::move(public_message)) {}

    // The cause without paths, addresses and other internals, so that clients may see it. Empty:
    // there is only what(), which is for the log.
    [[nodiscard]] const std::string& public_message() const { return public_message_; }

private:
    std::string public_message_;
};

// What is stored can't be read: an unknown event type, a payload or a version out of order.
// Trying again doesn't help until the data or the program changes.
class Corrupt : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A feed's retention is exceeded: it no longer has every event after a checkpoint. What is built
// from them must be rebuilt from the store (event_feed.hpp).
class Trimmed : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A configuration error: a setting or a file can't be used (e.g. a store of a newer format). Trying
// again doesn't help until it is changed.
class Unusable : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Another process holds the lock of something that only one may use at a time.
class InUse : public Unusable {
    using Unusable::Unusable;
};

// What the exception says that is being handled: any, for a domain's code may throw what it likes.
inline std::string current_error() {
    try {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace es
