// One HTTP/1.1 request through libcurl and its answer: by itself, or among others (transfers.hpp).
// What must hold for every request of ours is set here: HTTP only, no redirect is followed, no
// signals, TLS 1.2 at least with the server's certificate checked, limits on time and size.
//
//     curl::Transfer transfer;
//     transfer.prepare({.url = "http://127.0.0.1:3001/metrics/books"});
//     const curl::End end = transfer.perform();
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace curl {

using Headers = std::vector<std::pair<std::string, std::string>>;

// A body that is sent in chunks as it is made: fills what it is given and says how much of it; 0:
// the body is complete; nullopt: nothing yet, Transfer::resume() follows.
using BodySource = std::function<std::optional<std::size_t>(std::span<char>)>;
// Takes the body of an answer piece by piece.
using BodySink = std::function<void(std::string_view)>;

struct Request {
    std::string method = "GET";
    std::string url = {};
    Headers headers = {};
    std::string body = {};
    std::chrono::milliseconds connect_timeout{1'000};
    std::chrono::milliseconds timeout{3'000};    // for all of it; 0: none
    std::size_t answer_bytes_max = 64UL * 1024;  // a longer answer is a failure
    bool by_proxy = false;                       // as the environment's variables say
    bool new_connection = false;                 // not one that was kept
    std::string ca_file = {};     // its authorities alone are trusted; empty: the system's
    BodySource body_source = {};  // instead of `body`; of a POST
    BodySink body_sink = {};      // instead of Answer::body
};

struct Answer {
    int status = 0;
    std::string body = {};
    Headers headers = {};  // in the order received, values trimmed

    // The last one of that name, in either case; empty: none.
    [[nodiscard]] std::string header(std::string_view name) const;
};

struct End {
    CURLcode code = CURLE_OK;  // anything else: there is no answer
    Answer answer = {};
    std::string failure = {};  // why there is no answer, without what was sent
    std::string detail = {};   // what libcurl adds to that; may name the server
    // At least one sending got no answer: libcurl sends again on its own when a kept connection
    // ends before the answer begins.
    bool sent_in_vain = false;
};

// Sets libcurl up, once for the process; what is here does so by itself.
void set_up();

// For one thread. Not to be moved: libcurl keeps pointers into it.
class Transfer {
public:
    Transfer();  // throws std::bad_alloc
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    // Throws std::runtime_error when libcurl doesn't take it.
    void prepare(Request request);
    // To be added to Transfers; end() follows when it has ended or was removed.
    [[nodiscard]] CURL* handle() const { return handle_.get(); }
    End end(CURLcode code);
    // The body's source has something again, or the end.
    void resume() const { curl_easy_pause(handle(), CURLPAUSE_CONT); }
    // Of the answer that has begun to come; 0: none has.
    [[nodiscard]] int status() const;
    // By itself; blocks.
    End perform() { return end(curl_easy_perform(handle())); }

private:
    struct FreeHandle {
        void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    };
    struct FreeList {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };

    template <class Value>
    void set(CURLoption option, Value value);
    void set_tls();
    void set_method();
    void set_headers();
    void set_callbacks();
    void add_line(const std::string& line);
    [[nodiscard]] bool has_header(std::string_view name) const;
    static std::size_t give_body(char* buffer, std::size_t, std::size_t size, void* transfer);
    static std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* transfer);
    static std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* transfer);
    static int count_sending(void* transfer, char*, char*, int, int);

    std::unique_ptr<CURL, FreeHandle> handle_;
    std::unique_ptr<curl_slist, FreeList> lines_;
    Request request_;
    Answer answer_;
    int sendings_ = 0;
    std::array<char, CURL_ERROR_SIZE> detail_{};
};

}  // namespace curl
