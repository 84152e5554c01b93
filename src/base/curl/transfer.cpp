#include "base/curl/transfer.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <stdexcept>

#include "base/text.hpp"

namespace curl {
namespace {

bool is_named(const Headers::value_type& header, std::string_view name) {
    return std::ranges::equal(header.first, name,
                              [](char a, char b) { return base::lower(a) == base::lower(b); });
}

}  // namespace

std::string Answer::header(std::string_view name) const {
    std::string value;
    for (const auto& one : headers) {
        if (is_named(one, name)) value = one.second;
    }
    return value;
}

void set_up() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Transfer::Transfer() {
    set_up();
    handle_.reset(curl_easy_init());
    if (!handle_) throw std::bad_alloc();
}

template <class Value>
void Transfer::set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle(), option, value);
    if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
}

void Transfer::prepare(Request request) {
    curl_easy_reset(handle());  // keeps the connection
    request_ = std::move(request);
    answer_ = {};
    sendings_ = 0;
    detail_.front() = '\0';
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");  // redirects are answers: none is followed
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    // A name server that says nothing would else hold up the thread at the end of its transfer, and
    // with it all others (libcurl joins its resolver's thread).
    set(CURLOPT_QUICK_EXIT, 1L);
    if (!request_.by_proxy) set(CURLOPT_PROXY, "");
    set(CURLOPT_FRESH_CONNECT, request_.new_connection ? 1L : 0L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count()));
    set_tls();
    set_method();
    set_headers();
    set_callbacks();
}

// libcurl checks the certificate and its name unless it is told not to.
void Transfer::set_tls() {
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (request_.ca_file.empty()) return;
    set(CURLOPT_CAINFO, request_.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // those of the system don't count then
}

void Transfer::set_method() {
    if (request_.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
        return;
    }
    if (request_.body_source) {
        set(CURLOPT_POST, 1L);
        set(CURLOPT_READFUNCTION, &give_body);
        set(CURLOPT_READDATA, this);
    } else if (!request_.body.empty() || request_.method != "GET") {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        set(CURLOPT_POSTFIELDS, request_.body.data());
    }
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

void Transfer::add_line(const std::string& line) {
    curl_slist* longer = curl_slist_append(lines_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    // `longer` owns it now.  NOLINTNEXTLINE(bugprone-unused-return-value)
    static_cast<void>(lines_.release());
    lines_.reset(longer);
}

bool Transfer::has_header(std::string_view name) const {
    return std::ranges::any_of(request_.headers,
                               [&](const auto& header) { return is_named(header, name); });
}

void Transfer::set_headers() {
    lines_.reset();
    for (const auto& [name, value] : request_.headers) {
        // "Name;" is how libcurl is told to send an empty value.
        add_line(value.empty() ? name + ";" : name + ": " + value);
    }
    // libcurl would add these of its own accord; "Expect" makes it ask first, and wait.
    if (!has_header("Content-Type")) add_line("Content-Type:");
    if (!has_header("Expect")) add_line("Expect:");
    if (request_.body_source) add_line("Transfer-Encoding: chunked");
    set(CURLOPT_HTTPHEADER, lines_.get());
}

void Transfer::set_callbacks() {
    set(CURLOPT_ERRORBUFFER, detail_.data());
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_PREREQFUNCTION, &count_sending);
    set(CURLOPT_PREREQDATA, this);
}

std::size_t Transfer::give_body(char* buffer, std::size_t, std::size_t size, void* transfer) {
    const auto given = static_cast<Transfer*>(transfer)->request_.body_source({buffer, size});
    return given ? *given : std::size_t{CURL_READFUNC_PAUSE};
}

std::size_t Transfer::take_body(char* bytes, std::size_t, std::size_t size, void* transfer) {
    auto& self = *static_cast<Transfer*>(transfer);
    if (self.request_.body_sink) {
        self.request_.body_sink({bytes, size});
        return size;
    }
    std::string& body = self.answer_.body;
    if (body.size() + size > self.request_.answer_bytes_max) return 0;  // ends it with an error
    body.append(bytes, size);
    return size;
}

std::size_t Transfer::take_header(char* bytes, std::size_t, std::size_t size, void* transfer) {
    Headers& headers = static_cast<Transfer*>(transfer)->answer_.headers;
    const std::string_view line(bytes, size);
    if (line.starts_with("HTTP/")) headers.clear();  // what came before was a 100 Continue
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    headers.emplace_back(line.substr(0, colon), base::trim(line.substr(colon + 1)));
    return size;
}

int Transfer::count_sending(void* transfer, char*, char*, int, int) {
    ++static_cast<Transfer*>(transfer)->sendings_;
    return CURL_PREREQFUNC_OK;
}

int Transfer::status() const {
    long status = 0;
    curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
}

End Transfer::end(CURLcode code) {
    End end{.code = code};
    if (code == CURLE_OK) {
        end.sent_in_vain = sendings_ > 1;
        end.answer = std::move(answer_);
        end.answer.status = status();
        return end;
    }
    long bytes_sent = 0;
    curl_easy_getinfo(handle(), CURLINFO_REQUEST_SIZE, &bytes_sent);
    end.sent_in_vain = bytes_sent > 0;
    end.failure = curl_easy_strerror(code);
    end.detail = detail_.data();
    return end;
}

}  // namespace curl
