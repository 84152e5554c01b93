// One HTTP POST on its way through libcurl's multi interface. Private to this room.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "aws/signing.hpp"
#include "aws/verdict.hpp"

namespace aws {

// An answer larger than this is an error; DynamoDB's are of some megabytes at most.
inline constexpr std::size_t answer_bytes_max = 64UL * 1024 * 1024;

struct ExchangeLimits {
    std::chrono::milliseconds connect;
    std::chrono::milliseconds total;
};

// Not to be moved while libcurl has it: it keeps pointers into it. Used by one thread.
class Exchange {
public:
    Exchange();
    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;

    // To be started by adding handle() to a multi handle. `body` must stay until it ended.
    void prepare(const std::string& url, const std::vector<Header>& headers,
                 const std::string& body, ExchangeLimits limits, bool new_connection);
    [[nodiscard]] CURL* handle() const { return handle_.get(); }

    struct End {
        bool answered = false;
        HttpAnswer answer;
        // The request was sent without an answer, by this attempt or before it: libcurl sends again
        // on its own when a kept connection ends before the answer begins.
        bool sent_in_vain = false;
        std::string reason;  // why there is no answer
    };
    // After libcurl said that it ended, or when it is taken from it before that.
    End end(CURLcode code);

private:
    struct FreeHandle {
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    };
    struct FreeList {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };

    template <class Value>
    void set(CURLoption option, Value value);
    void add_line(const std::string& line);
    static std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* exchange);
    static std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* exchange);
    static int count_sending(void* exchange, char*, char*, int, int);

    std::unique_ptr<CURL, FreeHandle> handle_;
    std::unique_ptr<curl_slist, FreeList> lines_;
    HttpAnswer answer_;
    int sendings_ = 0;
};

}  // namespace aws
