#include "aws/exchange.hpp"

#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace aws {

template <class Value>
void Exchange::set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
    if (code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
}

Exchange::Exchange() : handle_(curl_easy_init()) {
    if (!handle_) throw std::bad_alloc();
    // What stays the same for all that it ever sends.
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_NOSIGNAL, 1L);
    // A name server that says nothing would else hold up the thread at the end of its transfer, and
    // with it all others (libcurl joins its resolver's thread).
    set(CURLOPT_QUICK_EXIT, 1L);
    set(CURLOPT_POST, 1L);
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_PREREQFUNCTION, &count_sending);
    set(CURLOPT_PREREQDATA, this);
}

void Exchange::add_line(const std::string& line) {
    curl_slist* longer = curl_slist_append(lines_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    // `longer` owns it now.  NOLINTNEXTLINE(bugprone-unused-return-value)
    static_cast<void>(lines_.release());
    lines_.reset(longer);
}

void Exchange::prepare(const std::string& url, const std::vector<Header>& headers,
                       const std::string& body, ExchangeLimits limits, bool new_connection) {
    set(CURLOPT_HTTPHEADER, nullptr);
    lines_.reset();
    answer_ = {};
    sendings_ = 0;
    for (const auto& [name, value] : headers) add_line(name + ": " + value);
    add_line("Expect:");  // libcurl would ask first, and wait
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_FRESH_CONNECT, new_connection ? 1L : 0L);
    set(CURLOPT_HTTPHEADER, lines_.get());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_POSTFIELDS, body.data());
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits.total.count()));
}

std::size_t Exchange::take_body(char* bytes, std::size_t, std::size_t size, void* exchange) {
    std::string& body = static_cast<Exchange*>(exchange)->answer_.body;
    if (body.size() + size > answer_bytes_max) return 0;  // ends the transfer with an error
    body.append(bytes, size);
    return size;
}

std::size_t Exchange::take_header(char* bytes, std::size_t, std::size_t size, void* exchange) {
    HttpAnswer& answer = static_cast<Exchange*>(exchange)->answer_;
    const std::string_view line(bytes, size);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    const std::string name = base::lower(line.substr(0, colon));
    const std::string_view value = base::trim(line.substr(colon + 1));
    if (name == "x-amz-crc32") answer.crc32 = value;
    if (name == "x-amzn-errortype") answer.error_type = value;
    if (name == "date") answer.date = value;
    return size;
}

int Exchange::count_sending(void* exchange, char*, char*, int, int) {
    ++static_cast<Exchange*>(exchange)->sendings_;
    return CURL_PREREQFUNC_OK;
}

Exchange::End Exchange::end(CURLcode code) {
    End end;
    if (code == CURLE_OK) {
        long status = 0;
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
        end.answered = true;
        end.sent_in_vain = sendings_ > 1;
        end.answer = std::move(answer_);
        end.answer.status = static_cast<int>(status);
        return end;
    }
    long bytes_sent = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_REQUEST_SIZE, &bytes_sent);
    end.sent_in_vain = bytes_sent > 0;
    end.reason = curl_easy_strerror(code);
    return end;
}

}  // namespace aws
