#include "http/client.hpp"

#include <curl/curl.h>

#include <mutex>
#include <new>

namespace http {
namespace {

// An answer larger than this is an error; the client keeps it in memory.
constexpr std::size_t body_bytes_max = 256 * 1024 * 1024;

struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

void append(List& list, const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    // `longer` owns it now.  NOLINTNEXTLINE(bugprone-unused-return-value)
    static_cast<void>(list.release());
    list.reset(longer);
}

List header_lines(const Headers& headers) {
    List lines;
    for (const auto& [name, value] : headers) {
        // "Name;" is how libcurl is told to send an empty value.
        append(lines, value.empty() ? name + ";" : name + ": " + value);
    }
    // libcurl would add these of its own accord.
    if (headers.find("Content-Type") == nullptr) append(lines, "Content-Type:");
    if (headers.find("Expect") == nullptr) append(lines, "Expect:");
    return lines;
}

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* to) {
    std::string& body = *static_cast<std::string*>(to);
    if (body.size() + size > body_bytes_max) return 0;  // ends the transfer with an error
    body.append(bytes, size);
    return size;
}

std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* to) {
    Headers& headers = *static_cast<Headers*>(to);
    const std::string_view line(bytes, size);
    if (line.starts_with("HTTP/")) headers = {};  // what came before was a 100 Continue
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string_view value = line.substr(colon + 1);
    const std::size_t first = value.find_first_not_of(" \t\r\n");
    value.remove_prefix(std::min(first, value.size()));
    value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
    headers.add(std::string(line.substr(0, colon)), std::string(value));
    return size;
}

}  // namespace

struct Client::Impl {
    Impl(std::string base_url, std::chrono::milliseconds time_max)
        : base(std::move(base_url)), timeout(time_max) {
        static std::once_flag once;
        std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
        handle.reset(curl_easy_init());
        if (!handle) throw ClientError("libcurl can't be set up");
    }

    template <class Value>
    void set(CURLoption option, Value value) {
        const CURLcode code = curl_easy_setopt(handle.get(), option, value);
        if (code != CURLE_OK) throw ClientError(curl_easy_strerror(code));
    }

    void set_method(const std::string& method, const std::string& body) {
        set(CURLOPT_NOBODY, method == "HEAD" ? 1L : 0L);
        if (method == "HEAD") return;
        if (!body.empty() || method != "GET") {
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
            set(CURLOPT_POSTFIELDS, body.data());
        }
        set(CURLOPT_CUSTOMREQUEST, method.c_str());
    }

    struct Free {
        void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    };
    std::string base;
    std::chrono::milliseconds timeout;
    std::unique_ptr<CURL, Free> handle;
};

Client::Client(std::string base, std::chrono::milliseconds timeout)
    : impl_(std::make_unique<Impl>(std::move(base), timeout)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Response Client::send(const std::string& method, const std::string& target, const Headers& headers,
                      const std::string& body) {
    Impl& curl = *impl_;
    curl_easy_reset(curl.handle.get());  // keeps the connection
    Response response;
    const List lines = header_lines(headers);
    curl.set(CURLOPT_NOSIGNAL, 1L);
    curl.set(CURLOPT_PROTOCOLS_STR, "http");
    curl.set(CURLOPT_PROXY, "");  // whatever the environment says
    curl.set(CURLOPT_PATH_AS_IS, 1L);
    curl.set(CURLOPT_TIMEOUT_MS, static_cast<long>(curl.timeout.count()));
    curl.set(CURLOPT_URL, (curl.base + target).c_str());
    curl.set_method(method, body);
    curl.set(CURLOPT_HTTPHEADER, lines.get());
    curl.set(CURLOPT_WRITEFUNCTION, take_body);
    curl.set(CURLOPT_WRITEDATA, &response.body);
    curl.set(CURLOPT_HEADERFUNCTION, take_header);
    curl.set(CURLOPT_HEADERDATA, &response.headers);
    const CURLcode code = curl_easy_perform(curl.handle.get());
    if (code != CURLE_OK) {
        const std::string why = method + " " + curl.base + target + ": " + curl_easy_strerror(code);
        if (code == CURLE_COULDNT_CONNECT) throw Refused(why);
        throw ClientError(why);
    }
    long status = 0;
    curl_easy_getinfo(curl.handle.get(), CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    return response;
}

Response Client::post_json(const std::string& target, const std::string& body, Headers headers) {
    headers.set("Content-Type", "application/json");
    return send("POST", target, headers, body);
}

}  // namespace http
