// The Runtime API of AWS Lambda, which a function's process asks for what it is invoked with and
// tells what came of it. (AWS Lambda Developer Guide, "Using the Lambda runtime API".)
//
//     aws::LambdaRuntime runtime("127.0.0.1:9001", stop);
//     while (const auto invocation = runtime.next()) {
//         runtime.answer(*invocation, handle(invocation->event));
//     }
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

namespace curl {
struct End;
}

namespace aws {

// The Runtime API is not there, or says that the process is to end. what() is a sentence without
// its full stop.
class RuntimeGone : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Invocation {
    std::string id;
    std::string event;  // JSON
    // When Lambda gives it up. On the process's own clock: Lambda tells the time of day.
    std::chrono::steady_clock::time_point deadline;
};

// Of the service's form {"errorType", "errorMessage"}.
struct FunctionError {
    std::string type;     // "Yardstick.Misconfigured"
    std::string message;  // holds no secret
};

// For one thread. All calls throw RuntimeGone.
class LambdaRuntime {
public:
    // `address`: AWS_LAMBDA_RUNTIME_API, "host:port", maybe with a path behind it. `stop` is asked
    // some times a second while there is nothing to do. Throws RuntimeGone: it is no such address.
    LambdaRuntime(const std::string& address, std::function<bool()> stop);
    ~LambdaRuntime();

    // Waits for an invocation, however long; nullopt: it is to stop.
    std::optional<Invocation> next();
    // What the function made of it, JSON. False: Lambda doesn't want it any more.
    bool answer(const Invocation& invocation, const std::string& body);
    // The function failed; what it was invoked with may come again.
    bool fail(const Invocation& invocation, const FunctionError& error);
    // The function can't even begin.
    void fail_to_begin(const FunctionError& error);

private:
    bool tell(const Invocation& invocation, const char* what, const std::string& body,
              const std::string& error_type);
    // False: it is refused, which an invocation is that took too long.
    bool post(const std::string& path, const std::string& body, const std::string& error_type);
    [[noreturn]] void gone(const std::string& what, const curl::End& reply) const;

    const std::string base_;
    const std::function<bool()> stop_;
    const std::unique_ptr<class HttpSession> session_;
};

}  // namespace aws
