// Plain HTTP requests, one after the other on a connection that is kept: to the services beside a
// process that hand out credentials or work. Private to this room. For one thread.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "aws/signing.hpp"

namespace aws {

struct HttpRequest {
    std::string method = "GET";
    std::string url = {};
    std::vector<Header> headers = {};
    std::string body = {};
    std::chrono::milliseconds connect_timeout{1'000};
    std::chrono::milliseconds timeout{3'000};  // for all of it; 0: none
    std::size_t answer_bytes_max = 64UL * 1024;
    // Such services are beside us; others are reached as the environment's proxy variables say.
    bool by_proxy = false;
    // Asked some times a second while the answer is waited for; true ends that. May be empty.
    std::function<bool()> stop = {};
};

struct HttpReply {
    int status = 0;                                   // 0: no answer
    std::map<std::string, std::string> headers = {};  // names in lower case
    std::string body = {};
    std::string failure = {};  // why there is no answer, without what was sent
    bool stopped = false;
};

class HttpSession {
public:
    HttpSession();  // throws std::bad_alloc
    ~HttpSession();
    HttpSession(const HttpSession&) = delete;
    HttpSession& operator=(const HttpSession&) = delete;

    HttpReply ask(const HttpRequest& request);

private:
    CURLM* const multi_;
    CURL* const easy_;
};

}  // namespace aws
