#include "http/curl_transfer.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

#include "http/client.hpp"

namespace http {
namespace {

// An answer larger than this is an error; the client keeps it in memory.
constexpr std::size_t body_bytes_max = 256 * 1024 * 1024;

// What OpenSSL says of a certificate (X509_V_ERR_..., a part of its interface).
constexpr long not_yet_valid = 9;
constexpr long has_expired = 10;
constexpr long first_unknown_authority = 18;  // signed by itself
constexpr long last_unknown_authority = 21;

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

CurlTransfer::CurlTransfer(std::string base, std::chrono::milliseconds timeout, std::string ca_file)
    : base_(std::move(base)), timeout_(timeout), ca_file_(std::move(ca_file)) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    handle_.reset(curl_easy_init());
    if (!handle_) throw ClientError("libcurl can't be set up");
}

template <class Value>
void CurlTransfer::set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
    if (code != CURLE_OK) throw ClientError(curl_easy_strerror(code));
}

void CurlTransfer::append(List& list, const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    // `longer` owns it now.  NOLINTNEXTLINE(bugprone-unused-return-value)
    static_cast<void>(list.release());
    list.reset(longer);
}

CurlTransfer::List CurlTransfer::header_lines(const Headers& headers) {
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

void CurlTransfer::set_method(const std::string& method) {
    set(CURLOPT_NOBODY, method == "HEAD" ? 1L : 0L);
    if (method == "HEAD") return;
    if (!body_.empty() || method != "GET") {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
        set(CURLOPT_POSTFIELDS, body_.data());
    }
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
}

// libcurl checks the certificate and its name unless it is told not to.
void CurlTransfer::set_tls() {
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    if (ca_file_.empty()) return;
    set(CURLOPT_CAINFO, ca_file_.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // those of the system don't count then
}

void CurlTransfer::prepare(const std::string& method, const std::string& target,
                           const Headers& headers, std::string body) {
    curl_easy_reset(handle_.get());  // keeps the connection
    response_ = {};
    error_.front() = '\0';
    lines_ = header_lines(headers);
    body_ = std::move(body);
    shown_request_ = method + " " + shown_url(base_) + target;
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");  // redirects are answers: none is followed
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set(CURLOPT_PROXY, "");  // whatever the environment says
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_.count()));
    set(CURLOPT_URL, (base_ + target).c_str());
    set(CURLOPT_ERRORBUFFER, error_.data());
    set_tls();
    set_method(method);
    set(CURLOPT_HTTPHEADER, lines_.get());
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_WRITEDATA, &response_.body);
    set(CURLOPT_HEADERFUNCTION, take_header);
    set(CURLOPT_HEADERDATA, &response_.headers);
}

Response CurlTransfer::result(CURLcode code) {
    if (code != CURLE_OK) fail(code);
    long status = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return std::move(response_);
}

void CurlTransfer::fail(CURLcode code) const {
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        throw Untrusted(shown_url(base_) + " can't be trusted: " + distrust());
    }
    if (code == CURLE_SSL_CACERT_BADFILE) {
        throw Untrusted("the CA file " + (ca_file_.empty() ? "of this system" : ca_file_) +
                        " can't be read, or holds no certificate in PEM form");
    }
    const std::string why = shown_request_ + ": " + reason(code);
    if (code == CURLE_COULDNT_CONNECT) throw Refused(why);
    throw ClientError(why);
}

std::string CurlTransfer::distrust() const {
    long found = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_SSL_VERIFYRESULT, &found);
    if (found == has_expired) return "its certificate has expired";
    if (found == not_yet_valid) return "its certificate is not valid yet";
    const std::string_view detail = error_.data();
    if (detail.find("subject name") != std::string_view::npos) {  // libcurl compares names itself
        return "its certificate is for another name";
    }
    if (found >= first_unknown_authority && found <= last_unknown_authority) {
        return "its certificate is of an authority that is not known here; --ca-file names the "
               "file with that authority's certificate";
    }
    return std::string(detail);
}

std::string CurlTransfer::reason(CURLcode code) const {
    const std::string_view detail = error_.data();
    if (code == CURLE_UNSUPPORTED_PROTOCOL) return "an address begins with http:// or https://";
    if (code != CURLE_SSL_CONNECT_ERROR) return curl_easy_strerror(code);
    if (detail.find("wrong version number") != std::string_view::npos) {
        return "no TLS is spoken there; an address without it begins with http://";
    }
    return "no connection with TLS came about: " + std::string(detail);
}

}  // namespace http
