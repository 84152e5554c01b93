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
    // `told`: the same without paths, addresses and what else only the log may hold.
    Unavailable(const std::string& what, std::string told)
        : std::runtime_error(what), told_(std::move(told)) {}

    // For people who may not know the inside. Empty: what() alone says it, and is for the log.
    [[nodiscard]] const std::string& told() const { return told_; }

private:
    std::string told_;
};

// What is stored can't be read: an unknown event type, a payload or a version out of order.
// Trying again doesn't help until the data or the program changes.
class Corrupt : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A feed no longer has the events behind a checkpoint: what is made from them must be rebuilt
// from the store, and then goes on from EventFeed::start().
class Trimmed : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A setting or file that the program was given can't be used (e.g. a store of a newer format, or
// one that another process owns). what() is one sentence for the person who started it.
class Unusable : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Another process owns what this one needs for itself.
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
