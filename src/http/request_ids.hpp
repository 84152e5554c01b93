// Where the X-Request-Id of a request comes from that brings none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace http {

// Makes an X-Request-Id without asking the system each time.
class RequestIds {
public:
    RequestIds();
    std::string next();
    // The caller's own id, if it is fit to be kept.
    static bool is_fit(std::string_view id);

private:
    std::string prefix_;
    std::uint64_t count_ = 0;
};

}  // namespace http
