// Plain HTTP requests, one after the other on a connection that is kept: to the services beside a
// process that hand out credentials or work. Private to this room. For one thread.
#pragma once

#include <functional>

#include "base/curl/transfer.hpp"
#include "base/curl/transfers.hpp"

namespace aws {

class HttpSession {
public:
    // `stop` is asked some times a second while the answer is waited for; true ends that with
    // CURLE_ABORTED_BY_CALLBACK. May be empty.
    curl::End ask(curl::Request request, const std::function<bool()>& stop = {});

private:
    curl::Transfers transfers_{1};
    curl::Transfer transfer_;  // ends before them
};

}  // namespace aws
