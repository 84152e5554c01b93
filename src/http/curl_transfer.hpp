// One request of libcurl's and its answer, to be sent by itself or among others. Private to this
// room.
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "http/message.hpp"

namespace http {

class CurlTransfer {
public:
    // `ca_file` empty: the authorities that the system trusts. Throws ClientError.
    CurlTransfer(std::string base, std::chrono::milliseconds timeout, std::string ca_file);
    ~CurlTransfer() = default;
    CurlTransfer(const CurlTransfer&) = delete;  // libcurl is given pointers into it
    CurlTransfer& operator=(const CurlTransfer&) = delete;

    // The next request; its connection is kept. Throws ClientError.
    void prepare(const std::string& method, const std::string& target, const Headers& headers,
                 std::string body);
    [[nodiscard]] CURL* handle() const { return handle_.get(); }
    // What came of it. Throws ClientError.
    Response result(CURLcode code);

private:
    struct Free {
        void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    };
    struct FreeList {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    using List = std::unique_ptr<curl_slist, FreeList>;

    template <class Value>
    void set(CURLoption option, Value value);
    void set_tls();
    void set_method(const std::string& method);
    static void append(List& list, const std::string& line);
    static List header_lines(const Headers& headers);
    [[noreturn]] void fail(CURLcode code) const;
    [[nodiscard]] std::string distrust() const;
    [[nodiscard]] std::string reason(CURLcode code) const;

    const std::string base_;
    const std::chrono::milliseconds timeout_;
    const std::string ca_file_;
    std::unique_ptr<CURL, Free> handle_;
    List lines_;
    std::string body_;
    std::string shown_request_;  // for errors
    std::array<char, CURL_ERROR_SIZE> error_{};
    Response response_;
};

}  // namespace http
